//! Reads a revision's file. It decides what is a directive and what is text; it runs nothing.
//!
//! The whole file is cut by the SQL lexer first, so that a directive inside a string, a block
//! comment or a dollar quote is none.

mod body;
mod header;
mod schema;
mod statements;
#[cfg(test)]
mod tests;
mod undone;
mod words;

pub(crate) use schema::schema;

use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use crate::revision::Revision;
use raptor_db::lexer::{self, Token, TokenKind, Unterminated};
use std::ops::Range;

/// A `-- raptor:…` line.
pub(crate) struct Directive {
    /// Where the line's comment begins.
    start: usize,
    /// Where its text after `raptor:` begins.
    payload: usize,
    /// Where it ends, without the line end.
    end: usize,
}

/// A file's text with what the readers below need of it.
pub(crate) struct Source {
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    tokens: Vec<Token>,
    directives: Vec<Directive>,
}

impl Revision {
    /// Reads one file. `file` is its name, for messages.
    ///
    /// A byte order mark is passed over and CRLF is read as LF, also inside strings, so that every
    /// checkout applies the same text.
    ///
    /// # Errors
    /// [`ErrorKind::Format`], with line and column.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        parse(file, text).map_err(|error| error.in_file(file))
    }
}

fn parse(file: &str, text: &str) -> Result<Revision> {
    let source = Source::new(text)?;
    let header = header::read(&source)?;
    let body = body::read(&source, header.transactional.unwrap_or(true))
        .map_err(|error| error.in_revision(&header.id))?;
    Ok(Revision {
        file: file.to_owned(),
        id: header.id,
        revises: header.revises,
        depends: header.depends,
        labels: header.labels,
        replaces: header.replaces,
        transactional: header.transactional.unwrap_or(true),
        phase: header.phase,
        role: header.role,
        lock: header.lock,
        title: header.title,
        up: body.up,
        down: body.down,
        irreversible: body.irreversible,
        verify: body.verify,
        undone: undone::read(&source),
    })
}

/// A mistake in the file.
pub(crate) fn wrong(place: Place, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, message).at(place)
}

impl Source {
    fn new(text: &str) -> Result<Self> {
        let text = text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .replace("\r\n", "\n");
        if text.trim().is_empty() {
            return Err(wrong(
                Place::START,
                "the file is empty; it begins with `-- raptor: id=…`",
            ));
        }
        if let Some(at) = text.find('\0') {
            return Err(wrong(
                Place::of(&text, at),
                "a NUL character, which no engine takes in a statement",
            ));
        }
        let tokens = lexer::tokens(&text).map_err(|open| unterminated(&text, open))?;
        let mut directives = Vec::new();
        for token in &tokens {
            if let Some(directive) = directive(&text, token)? {
                directives.push(directive);
            }
        }
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Ok(Self {
            lines: std::iter::once(0).chain(ends).collect(),
            text,
            tokens,
            directives,
        })
    }

    fn place(&self, at: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines[line - 1];
        Place {
            line,
            column: self.text[start..at].chars().count() + 1,
        }
    }

    /// The tokens of a stretch that begins and ends between tokens.
    fn tokens_in(&self, stretch: Range<usize>) -> &[Token] {
        let first = self
            .tokens
            .partition_point(|token| token.start < stretch.start);
        let end = self
            .tokens
            .partition_point(|token| token.start < stretch.end);
        &self.tokens[first..end]
    }

    fn payload(&self, directive: &Directive) -> &str {
        &self.text[directive.payload..directive.end]
    }

    /// The first token between two places that means something to an engine.
    fn code_between(&self, start: usize, end: usize) -> Option<&Token> {
        let first = self.tokens.partition_point(|token| token.start < start);
        self.tokens[first..]
            .iter()
            .take_while(|token| token.start < end)
            .find(|token| token.is_code())
    }
}

/// The directive that a token is, if it is one.
fn directive(text: &str, token: &Token) -> Result<Option<Directive>> {
    let Some((payload, exact)) = marked(text, token) else {
        return Ok(None);
    };
    let place = Place::of(text, token.start);
    let line_start = text[..token.start].rfind('\n').map_or(0, |end| end + 1);
    let before = &text[line_start..token.start];
    if !before.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(wrong(
            place,
            "a directive stands on a line of its own; put `-- raptor:` at the line's start",
        ));
    }
    if !exact {
        return Err(wrong(
            place,
            "a directive is written `-- raptor:`, in lower case and without a blank before the colon",
        ));
    }
    Ok(Some(Directive {
        start: token.start,
        payload,
        end: token.end,
    }))
}

/// Whether a token is a line comment that says `raptor:`; where its payload begins, and whether it
/// is spelt as it should be.
fn marked(text: &str, token: &Token) -> Option<(usize, bool)> {
    if token.kind != TokenKind::Comment || !token.text(text).starts_with("--") {
        return None;
    }
    let comment = token.text(text);
    let word = comment.trim_start_matches('-').trim_start();
    let at = token.start + comment.len() - word.len();
    let rest = word
        .get(..6)
        .filter(|name| name.eq_ignore_ascii_case("raptor"))?;
    let after = &word[6..];
    let colon = after.trim_start();
    if !colon.starts_with(':') {
        return None;
    }
    let exact = rest == "raptor" && after.starts_with(':');
    Some((at + 6 + after.len() - colon.len() + 1, exact))
}

/// An open quote, with the quote that probably swallowed a directive before.
fn unterminated(text: &str, open: Unterminated) -> Error {
    let mut message = format!("{} opened here never ends", open.what);
    // Up to the open quote the text can be cut, or the lexer would have stopped earlier.
    let before = lexer::tokens(&text[..open.at]).unwrap_or_default();
    let swallower = before.iter().find(|token| {
        let multi_line = token.text(text).contains('\n');
        multi_line && token.is_code() && holds_directive(token.text(text))
    });
    if let Some(token) = swallower {
        let line = Place::of(text, token.start).line;
        message = format!(
            "{message}; the quote opened at line {line} holds a `-- raptor:` line: was it to end before?"
        );
    } else if holds_directive(&text[open.at..]) {
        message = format!("{message}, and swallows the `-- raptor:` lines after it");
    }
    wrong(Place::of(text, open.at), message)
}

fn holds_directive(text: &str) -> bool {
    text.lines()
        .any(|line| line.trim_start().starts_with("-- raptor:"))
}
