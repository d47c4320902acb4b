//! Postgres's advanced regular expressions in the regex crate's spelling.
//!
//! What the two read alike is copied, what they read otherwise is translated, and what only one of
//! them has is refused with its name.

use super::super::answer::{Answer, fail};
use std::iter::Peekable;
use std::str::Chars;

/// Translates a whole pattern; `any_case` is the `i` of `~*`.
pub(super) fn translate(source: &str, any_case: bool) -> Answer<String> {
    let (any_case, body) = match source.strip_prefix("(?i)") {
        Some(body) => (true, body),
        None => (any_case, source),
    };
    if body.starts_with("***") || body.starts_with("(?") && !body.starts_with("(?:") {
        return refuse("an embedded option or a look-around");
    }
    let mut out = String::from(if any_case { "(?is:" } else { "(?s:" });
    let mut reader = Reader {
        chars: body.chars().peekable(),
        depth: 0,
    };
    // Whether a quantifier may follow.
    let mut is_atom = false;
    while let Some(c) = reader.chars.next() {
        is_atom = reader.one(c, is_atom, &mut out)?;
    }
    if reader.depth != 0 {
        return fail("invalid regular expression: parentheses () not balanced");
    }
    out.push(')');
    Ok(out)
}

/// Whether a quantifier is followed by `?`.
pub(super) fn has_lazy(source: &str) -> bool {
    ["*?", "+?", "??", "}?"]
        .iter()
        .any(|lazy| source.contains(lazy))
}

fn refuse<T>(what: &str) -> Answer<T> {
    fail(format!(
        "{what} in a regular expression is not available on SQLite"
    ))
}

struct Reader<'p> {
    chars: Peekable<Chars<'p>>,
    depth: u32,
}

impl Reader<'_> {
    /// Translates what begins with `c`; answers whether it can be quantified.
    fn one(&mut self, c: char, is_atom: bool, out: &mut String) -> Answer<bool> {
        match c {
            '\\' => self.escape(out),
            '[' => self.bracket(out).map(|()| true),
            '(' => {
                self.depth += 1;
                out.push('(');
                self.group(out)?;
                Ok(false)
            }
            ')' => {
                self.depth = self
                    .depth
                    .checked_sub(1)
                    .ok_or("invalid regular expression: parentheses () not balanced")?;
                out.push(')');
                Ok(true)
            }
            '|' | '^' | '$' => {
                out.push(c);
                Ok(false)
            }
            '*' | '+' | '?' => self.quantifier(c, is_atom, out),
            '{' if self.chars.peek().is_some_and(char::is_ascii_digit) => self.bound(is_atom, out),
            '.' => {
                out.push('.');
                Ok(true)
            }
            c => {
                literal(c, out);
                Ok(true)
            }
        }
    }

    /// After `(`: a plain group, or `(?:`.
    fn group(&mut self, out: &mut String) -> Answer<()> {
        if self.chars.peek() != Some(&'?') {
            return Ok(());
        }
        self.chars.next();
        if self.chars.next() != Some(':') {
            return refuse("a look-around");
        }
        out.push_str("?:");
        Ok(())
    }

    fn quantifier(&mut self, c: char, is_atom: bool, out: &mut String) -> Answer<bool> {
        if !is_atom {
            return fail("invalid regular expression: quantifier operand invalid");
        }
        out.push(c);
        self.lazy(out)
    }

    /// A quantifier's own `?`; what is quantified cannot be again.
    fn lazy(&mut self, out: &mut String) -> Answer<bool> {
        if self.chars.peek() == Some(&'?') {
            self.chars.next();
            out.push('?');
        }
        Ok(false)
    }

    /// `{m}`, `{m,}`, `{m,n}` up to 255.
    fn bound(&mut self, is_atom: bool, out: &mut String) -> Answer<bool> {
        if !is_atom {
            return fail("invalid regular expression: quantifier operand invalid");
        }
        let mut inside = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => inside.push(c),
                _ => return fail("invalid regular expression: invalid repetition count(s)"),
            }
        }
        let mut counts = inside
            .split(',')
            .map(|count| (count.is_empty(), count.parse::<u16>().unwrap_or(u16::MAX)));
        let (_, least) = counts.next().unwrap_or((true, 0));
        let most = counts.next();
        let is_wrong = least > 255
            || most.is_some_and(|(is_open, most)| !is_open && (most > 255 || most < least))
            || counts.next().is_some();
        if is_wrong {
            return fail("invalid regular expression: invalid repetition count(s)");
        }
        out.push_str(&format!("{{{inside}}}"));
        self.lazy(out)
    }

    fn escape(&mut self, out: &mut String) -> Answer<bool> {
        let Some(c) = self.chars.next() else {
            return fail("invalid regular expression: invalid escape \\ sequence");
        };
        let (translated, is_atom) = match c {
            'd' => ("[0-9]", true),
            'D' => ("[^0-9]", true),
            's' => (r"\s", true),
            'S' => (r"\S", true),
            'w' => (r"[\p{Alphabetic}\p{Nd}_]", true),
            'W' => (r"[^\p{Alphabetic}\p{Nd}_]", true),
            'A' => (r"\A", false),
            'Z' => (r"\z", false),
            'm' => (r"\b{start}", false),
            'M' => (r"\b{end}", false),
            'y' => (r"\b", false),
            'Y' => (r"\B", false),
            'a' => (r"\x07", true),
            'b' => (r"\x08", true),
            'B' => (r"\\", true),
            'e' => (r"\x1B", true),
            'f' => (r"\f", true),
            'n' => (r"\n", true),
            'r' => (r"\r", true),
            't' => (r"\t", true),
            'v' => (r"\v", true),
            'u' => {
                let digits: String = self.chars.by_ref().take(4).collect();
                match u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32)
                {
                    Some(c) if digits.len() == 4 => literal(c, out),
                    _ => return fail("invalid regular expression: invalid escape \\ sequence"),
                }
                return Ok(true);
            }
            '0'..='9' => return refuse("a back reference"),
            c if c.is_alphanumeric() => return refuse("this escape"),
            c => {
                literal(c, out);
                return Ok(true);
            }
        };
        out.push_str(translated);
        Ok(is_atom)
    }

    /// From after `[` to its `]`. There a backslash escapes too, and `[` opens a class's name only.
    fn bracket(&mut self, out: &mut String) -> Answer<()> {
        let unended = "invalid regular expression: brackets [] not balanced";
        out.push('[');
        if self.chars.peek() == Some(&'^') {
            self.chars.next();
            out.push('^');
        }
        let mut is_first = true;
        loop {
            let c = self.chars.next().ok_or(unended)?;
            match c {
                ']' if !is_first => break,
                '[' if matches!(self.chars.peek(), Some('.' | '=')) => {
                    return refuse("a collating element");
                }
                '[' if self.chars.peek() == Some(&':') => self.class(out)?,
                '\\' => {
                    let c = self.chars.next().ok_or(unended)?;
                    match c {
                        'd' => out.push_str("0-9"),
                        'D' => out.push_str("[^0-9]"),
                        'S' => out.push_str(r"\S"),
                        'W' => out.push_str(r"[^\p{Alphabetic}\p{Nd}_]"),
                        's' => out.push_str(r"\s"),
                        'w' => out.push_str(r"\p{Alphabetic}\p{Nd}_"),
                        'n' => out.push_str(r"\n"),
                        't' => out.push_str(r"\t"),
                        'r' => out.push_str(r"\r"),
                        c if c.is_alphanumeric() => return refuse("this escape in brackets"),
                        c => literal(c, out),
                    }
                }
                '-' => self.hyphen(is_first, out),
                c => literal(c, out),
            }
            is_first = false;
        }
        out.push(']');
        Ok(())
    }

    /// A range's hyphen, or one that stands for itself at an end.
    fn hyphen(&mut self, is_first: bool, out: &mut String) {
        let is_last = self.chars.peek() == Some(&']');
        out.push_str(if is_first || is_last { r"\-" } else { "-" });
    }

    /// `[:alpha:]`, after its `[`.
    fn class(&mut self, out: &mut String) -> Answer<()> {
        self.chars.next();
        let mut name = String::new();
        loop {
            match self.chars.next() {
                Some(':') => break,
                Some(c) if c.is_ascii_lowercase() => name.push(c),
                _ => return fail("invalid regular expression: invalid character class"),
            }
        }
        if self.chars.next() != Some(']') {
            return fail("invalid regular expression: invalid character class");
        }
        out.push_str(match name.as_str() {
            "alpha" => r"\p{Alphabetic}",
            "alnum" => r"\p{Alphabetic}\p{Nd}",
            "digit" => "0-9",
            "xdigit" => "0-9A-Fa-f",
            "upper" => r"\p{Uppercase}",
            "lower" => r"\p{Lowercase}",
            "space" => r"\s",
            "blank" => r"\t ",
            "word" => r"\p{Alphabetic}\p{Nd}_",
            _ => return refuse("this character class"),
        });
        Ok(())
    }
}

/// A character that stands for itself, inside and outside brackets.
fn literal(c: char, out: &mut String) {
    if c.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn patterns_are_translated_or_refused() {
        for (source, translated) in [
            ("^a.b$", "(?s:^a.b$)"),
            (r"\d+\y{", r"(?s:[0-9]+\b\{)"),
            ("[]a[&-]", r"(?s:[\]a\[\&\-])"),
            ("[[:alpha:]_]{2,}", r"(?s:[\p{Alphabetic}\_]{2,})"),
            ("(?i)x", "(?is:x)"),
            ("(?:a|b)*?", "(?s:(?:a|b)*?)"),
        ] {
            assert_eq!(translate(source, false).unwrap(), translated, "{source}");
        }
        for source in [
            "a**", "^*", "*", "(", ")", "[a", r"(a)\1", "(?=a)", "(?n)a", "a{300}", "[[=a=]]", "\\",
        ] {
            assert!(translate(source, false).is_err(), "{source}");
        }
    }
}
