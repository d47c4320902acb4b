//! Cuts a file of statements at its semicolons, for migrations.

use super::lexer::{Token, Unterminated, tokens};

/// The statements of a script, without their semicolons; comments stay with the statement they
/// stand before, and a piece without any code is left out.
///
/// A semicolon in a quote, a comment, a `$tag$` body, a SQLite trigger's `BEGIN … END` or a
/// `BEGIN ATOMIC … END` function body cuts nothing.
///
/// ```
/// let script = "CREATE TABLE t (a int); -- that's all; really\nDROP TABLE t;";
/// assert_eq!(raptor_db::split(script).unwrap().len(), 2);
/// ```
///
/// # Errors
/// [`Unterminated`] for a quote or comment that never ends.
pub fn split(script: &str) -> Result<Vec<&str>, Unterminated> {
    let mut statements = Vec::new();
    let mut current = Piece::default();
    for token in tokens(script)? {
        if current.depth == 0 && token.is_symbol(script, ";") {
            current.finish(script, token.start, &mut statements);
            current = Piece {
                start: token.end,
                ..Piece::default()
            };
        } else {
            current.take(script, &token);
        }
    }
    current.finish(script, script.len(), &mut statements);
    Ok(statements)
}

#[derive(Default)]
struct Piece {
    start: usize,
    /// How many `BEGIN`s and `CASE`s are open in a body.
    depth: usize,
    /// Upper-case words of the head, for as long as a body may follow.
    words: Vec<String>,
    has_code: bool,
}

impl Piece {
    fn take(&mut self, script: &str, token: &Token) {
        if !token.is_code() {
            return;
        }
        self.has_code = true;
        let word = token.text(script).to_ascii_uppercase();
        match word.as_str() {
            "BEGIN" if self.depth == 0 && self.is_trigger() => self.depth = 1,
            "ATOMIC"
                if self.depth == 0 && self.words.last().is_some_and(|last| last == "BEGIN") =>
            {
                self.depth = 1;
            }
            "CASE" if self.depth > 0 => self.depth += 1,
            "END" if self.depth > 0 => self.depth -= 1,
            _ => {}
        }
        self.words.push(word);
    }

    fn is_trigger(&self) -> bool {
        self.words.first().is_some_and(|word| word == "CREATE")
            && self.words.iter().take(4).any(|word| word == "TRIGGER")
    }

    fn finish<'a>(&self, script: &'a str, end: usize, statements: &mut Vec<&'a str>) {
        if self.has_code {
            statements.push(script[self.start..end].trim());
        }
    }
}
