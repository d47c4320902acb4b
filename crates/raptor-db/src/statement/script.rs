//! Cuts a file of statements at its semicolons, for migrations.

use super::lexer::{Token, Unterminated, tokens};
use std::ops::Range;

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
    let tokens = tokens(script)?;
    let pieces = pieces(script, &tokens);
    Ok(pieces
        .into_iter()
        .filter_map(|piece| match &tokens[piece] {
            [] => None,
            [first, .., last] => Some(script[first.start..last.end].trim()),
            [one] => Some(script[one.start..one.end].trim()),
        })
        .collect())
}

/// The same over tokens that are cut already: for each statement the places of its tokens, its
/// semicolon not among them.
///
/// ```
/// use raptor_db::lexer;
/// let script = "SELECT 1; SELECT 2";
/// let tokens = lexer::tokens(script).unwrap();
/// assert_eq!(lexer::pieces(script, &tokens), [0..3, 4..8]);
/// ```
pub fn pieces(script: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut statements = Vec::new();
    let mut current = Piece::default();
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        if current.depth == 0 && token.is_symbol(script, ";") {
            if current.code > 0 {
                statements.push(start..at);
            }
            current = Piece::default();
            start = at + 1;
        } else if token.is_code() {
            current.take(script, token);
        }
    }
    if current.code > 0 {
        statements.push(start..tokens.len());
    }
    statements
}

#[derive(Default)]
struct Piece {
    /// How many `BEGIN`s and `CASE`s are open in a body.
    depth: usize,
    /// How many tokens there were.
    code: usize,
    creates: bool,
    /// CREATE with TRIGGER among its first words.
    is_trigger: bool,
    /// Whether the token before was BEGIN.
    begins: bool,
}

impl Piece {
    fn take(&mut self, script: &str, token: &Token) {
        let is = |word| token.is_word(script, word);
        if self.depth == 0 {
            self.creates |= self.code == 0 && is("create");
            self.is_trigger |= self.creates && self.code < 4 && is("trigger");
            if is("begin") && self.is_trigger || is("atomic") && self.begins {
                self.depth = 1;
            }
            self.begins = is("begin");
        } else if is("case") {
            self.depth += 1;
        } else if is("end") {
            self.depth -= 1;
        }
        self.code += 1;
    }
}
