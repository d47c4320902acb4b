//! A JSON document as `jsonb::text` writes it: the last of equal keys, shorter keys first, one blank
//! behind each comma and colon, numbers without exponent and with the digits that they were written with.
//!
//! It only takes documents that were found to be valid.

use super::decimal;
use std::collections::BTreeMap;

/// The text of a valid document; nothing where it is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut reader = Reader { rest: text };
    let mut out = String::with_capacity(text.len() + 16);
    reader.value(&mut out)?;
    Some(out)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn value(&mut self, out: &mut String) -> Option<()> {
        match self.next()? {
            '{' => self.object(out),
            '[' => self.list(out),
            '"' => {
                let text = self.string()?;
                write(out, &text);
                Some(())
            }
            first => {
                let end = self.rest.find([',', ']', '}', ' ', '\t', '\n', '\r']);
                let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                let word = format!("{first}{word}");
                if matches!(word.as_str(), "true" | "false" | "null") {
                    out.push_str(&word);
                } else {
                    out.push_str(&number(&word)?);
                }
                Some(())
            }
        }
    }

    /// The next sign that is no blank.
    fn next(&mut self) -> Option<char> {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let sign = rest.chars().next()?;
        self.rest = &rest[sign.len_utf8()..];
        Some(sign)
    }

    fn object(&mut self, out: &mut String) -> Option<()> {
        let mut members: BTreeMap<(usize, String), String> = BTreeMap::new();
        loop {
            match self.next()? {
                '}' => break,
                ',' => {}
                '"' => {
                    let key = self.string()?;
                    // The colon.
                    self.next()?;
                    let mut value = String::new();
                    self.value(&mut value)?;
                    members.insert((key.len(), key), value);
                }
                _ => return None,
            }
        }
        out.push('{');
        for (number, ((_, key), value)) in members.iter().enumerate() {
            if number > 0 {
                out.push_str(", ");
            }
            write(out, key);
            out.push_str(": ");
            out.push_str(value);
        }
        out.push('}');
        Some(())
    }

    fn list(&mut self, out: &mut String) -> Option<()> {
        out.push('[');
        let mut is_first = true;
        loop {
            let before = self.rest;
            match self.next()? {
                ']' => break,
                ',' => {}
                _ => {
                    self.rest = before;
                    if !std::mem::take(&mut is_first) {
                        out.push_str(", ");
                    }
                    self.value(out)?;
                }
            }
        }
        out.push(']');
        Some(())
    }

    /// The rest of a string whose first quote is read.
    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let at = self.rest.find(['"', '\\'])?;
            text.push_str(&self.rest[..at]);
            let is_end = self.rest.as_bytes()[at] == b'"';
            self.rest = &self.rest[at + 1..];
            if is_end {
                return Some(text);
            }
            let escape = self.rest.chars().next()?;
            self.rest = &self.rest[escape.len_utf8()..];
            text.push(match escape {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.unicode()?,
                other => other,
            });
        }
    }

    /// The sign behind `\u`, which may be written as two halves.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        let second = self.hex()?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?)
    }

    fn hex(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok()
    }
}

fn number(word: &str) -> Option<String> {
    let text = decimal::of_text(word).ok()?;
    let is_zero = !text.bytes().any(|it| (b'1'..=b'9').contains(&it));
    Some(if is_zero {
        text.trim_start_matches('-').to_owned()
    } else {
        text.into_owned()
    })
}

fn write(out: &mut String, text: &str) {
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            sign if u32::from(sign) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(sign)));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
}
