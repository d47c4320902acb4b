//! Cuts a text into SQLite's own tokens (<https://sqlite.org/src/file/src/tokenize.c>).
//!
//! The lexer of `raptor-db` knows Postgres's: it takes `[it's]` for an open string, lets comments
//! nest and joins `<` and `~` to one operator. What decides whether two schemas are the same must cut
//! as SQLite does.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A name in `"…"`, `[…]` or backquotes.
    Quoted,
    /// `'…'`.
    Text,
    /// `x'…'`.
    Blob,
    Number,
    /// An operator or a bracket.
    Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
}

impl Token<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// What it says as a name, where it can be one: SQLite takes strings for names, too.
    pub(super) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Quoted | Kind::Text => Some(unquoted(self.text)),
            Kind::Blob | Kind::Number | Kind::Symbol => None,
        }
    }
}

/// What stands between quotes.
pub(super) fn unquoted(text: &str) -> String {
    let inside = text.get(1..text.len() - 1).unwrap_or_default();
    match text.as_bytes()[0] {
        b'[' => inside.to_owned(),
        quote => {
            let quote = char::from(quote).to_string();
            inside.replace(&quote.repeat(2), &quote)
        }
    }
}

/// The tokens, without blanks and comments; `None` for what is no text of SQLite.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (kind, length) = next(&bytes[at..])?;
        if let Some(kind) = kind {
            let text = text.get(at..at + length)?;
            tokens.push(Token { kind, text });
        }
        at += length;
    }
    Some(tokens)
}

/// The kind of what begins here, none for blanks and comments, and how long it is.
fn next(rest: &[u8]) -> Option<(Option<Kind>, usize)> {
    let second = rest.get(1).copied().unwrap_or(0);
    let code = |kind, length| Some((Some(kind), length));
    match rest[0] {
        b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' => Some((None, 1)),
        // A byte order mark is a blank.
        0xef if rest.starts_with(b"\xef\xbb\xbf") => Some((None, 3)),
        b'-' if second == b'-' => Some((None, until(rest, b"\n", 2))),
        b'/' if second == b'*' => Some((None, until(rest, b"*/", 2))),
        b'-' if rest.starts_with(b"->>") => code(Kind::Symbol, 3),
        b'-' if second == b'>' => code(Kind::Symbol, 2),
        b'|' if second == b'|' => code(Kind::Symbol, 2),
        b'=' | b'<' | b'>' | b'!' => compared(rest[0], second).and_then(|n| code(Kind::Symbol, n)),
        b'\'' => code(Kind::Text, quoted(rest)?),
        b'"' | b'`' => code(Kind::Quoted, quoted(rest)?),
        b'[' => code(Kind::Quoted, closed(rest, b']')?),
        b'x' | b'X' if second == b'\'' => code(Kind::Blob, 1 + quoted(&rest[1..])?),
        b'.' if second.is_ascii_digit() => code(Kind::Number, number(rest)),
        b'0'..=b'9' => code(Kind::Number, number(rest)),
        b'(' | b')' | b';' | b'+' | b'*' | b'%' | b',' | b'&' | b'~' | b'-' | b'/' | b'|'
        | b'.' => code(Kind::Symbol, 1),
        first if first.is_ascii_alphabetic() || first == b'_' || first >= 0x80 => {
            let length = rest.iter().take_while(|byte| is_of_name(**byte)).count();
            code(Kind::Word, length)
        }
        _ => None,
    }
}

fn compared(first: u8, second: u8) -> Option<usize> {
    match (first, second) {
        (b'=', b'=') | (b'<', b'=' | b'>' | b'<') | (b'>', b'=' | b'>') | (b'!', b'=') => Some(2),
        (b'!', _) => None,
        _ => Some(1),
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// To the end of `end`, or of the text: a comment may stay open.
fn until(rest: &[u8], end: &[u8], from: usize) -> usize {
    let found = rest[from..].windows(end.len()).position(|it| it == end);
    found.map_or(rest.len(), |place| from + place + end.len())
}

fn closed(rest: &[u8], end: u8) -> Option<usize> {
    rest.iter().position(|byte| *byte == end).map(|at| at + 1)
}

fn quoted(rest: &[u8]) -> Option<usize> {
    let quote = rest[0];
    let mut at = 1;
    loop {
        at += rest.get(at..)?.iter().position(|byte| *byte == quote)? + 1;
        if rest.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

/// Digits, dots and an exponent; a hexadecimal number and one with `_` have letters of names alone.
fn number(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        let is_sign = matches!(byte, b'+' | b'-')
            && at > 0
            && matches!(rest[at - 1], b'e' | b'E')
            && !rest.starts_with(b"0x")
            && !rest.starts_with(b"0X");
        if !(is_of_name(*byte) || *byte == b'.' || is_sign) {
            break;
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    #[test]
    fn it_cuts_as_sqlite_does() {
        let cut = |text| -> Vec<&str> { tokens(text).unwrap().iter().map(|it| it.text).collect() };
        for (text, expected) in [
            ("a<~b", &["a", "<", "~", "b"][..]),
            ("[it's] /* /* */ x", &["[it's]", "x"]),
            (
                "`a``b` \"c\"\"d\" 'e''f'",
                &["`a``b`", "\"c\"\"d\"", "'e''f'"],
            ),
            (
                "1e-5-.5+0x1e-2",
                &["1e-5", "-", ".5", "+", "0x1e", "-", "2"],
            ),
            (
                "a->>'$.b'->c - -d--e",
                &["a", "->>", "'$.b'", "->", "c", "-", "-", "d"],
            ),
            ("X'0aFF'||x.y$1", &["X'0aFF'", "||", "x", ".", "y$1"]),
            (
                "a!=b==c<>d<<e>=f/* open",
                &["a", "!=", "b", "==", "c", "<>", "d", "<<", "e", ">=", "f"],
            ),
            ("ä\u{feff}ö", &["ä\u{feff}ö"]),
        ] {
            assert_eq!(cut(text), expected, "{text}");
        }
        assert_eq!(tokens("x'00'").unwrap()[0].kind, Kind::Blob);
        for broken in ["'open", "[open", "\"open", "a ! b", "?1", "\u{b}"] {
            assert_eq!(tokens(broken), None, "{broken}");
        }
    }
}
