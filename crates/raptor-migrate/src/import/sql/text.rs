//! The text of a numbered file: UTF-8, without a byte order mark, cut at the marks of its runner.

use super::marks;
use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use raptor_db::lexer::{self, Token};

/// The two ways of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) up: Half,
    pub(super) down: Option<Half>,
    /// Whether it says that it runs outside a transaction.
    pub(super) alone: bool,
    /// What is to be known, with file and line.
    pub(super) remarks: Vec<String>,
}

/// One way, and where it stands in the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Half {
    pub(super) file: String,
    pub(super) text: String,
    /// How many lines stand before it.
    pub(super) before: usize,
}

impl Half {
    pub(super) fn place(&self, at: usize) -> Place {
        let place = Place::of(&self.text, at);
        Place {
            line: place.line + self.before,
            column: place.column,
        }
    }

    /// `file:line`, for remarks.
    pub(super) fn at(&self, at: usize) -> String {
        format!("{}:{}", self.file, self.place(at).line)
    }

    /// What is wrong with the file there.
    pub(super) fn wrong(&self, at: usize, message: impl Into<String>) -> Error {
        let error = Error::new(ErrorKind::Format, message);
        error.at(self.place(at)).in_file(&self.file)
    }
}

/// Reads a file, and cuts it at the marks of its runner, if it has them.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Text> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let message = format!("the file is not UTF-8 (byte {at}, counted from 0)");
        Error::new(ErrorKind::Format, message).in_file(file)
    })?;
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n");
    let whole = Half {
        file: file.to_owned(),
        text,
        before: 0,
    };
    let tokens = lexer::tokens(&whole.text)
        .map_err(|open| whole.wrong(open.at, format!("{} opened here never ends", open.what)))?;
    if let Some(token) = meta(&whole.text, &tokens) {
        let message = "a command of psql, which no server takes; write what it stands for";
        return Err(whole.wrong(token.start, message));
    }
    marks::cut(&whole, &tokens)
}

/// `\i file` and its like, at the start of a line.
fn meta<'t>(text: &str, tokens: &'t [Token]) -> Option<&'t Token> {
    tokens.iter().find(|token| {
        let before = text[..token.start].rsplit('\n').next().unwrap_or_default();
        token.text(text).starts_with('\\') && before.trim().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let why = |bytes: &[u8]| read("x.sql", bytes).unwrap_err().to_string();
        assert_eq!(
            why(b"a;\n  'x"),
            "x.sql:2:3: a string opened here never ends"
        );
        assert!(why(b"\\i other.sql").starts_with("x.sql:1:1: a command of psql"));
        assert!(why(b"\xff").contains("not UTF-8"));
    }
}
