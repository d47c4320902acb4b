//! Postgres's spelling to SQLite's: a short list of rewrites over tokens, done once per call site.
//!
//! Nothing here parses SQL. A rewrite finds the operand beside an operator by its tokens (a literal,
//! a name, a call, a pair of parentheses) and wraps it in a function that is registered in SQLite
//! and answers as Postgres does. What cannot be made to answer the same is refused, with its place.
//! `docs/SQL.md` lists all of it.

mod call;
mod cast;
mod clause;
mod json;
mod literal;
mod operator;
mod piece;

pub(crate) use json::{Json, jsonb_text, parse as parse_json};

use crate::statement::lexer::Token;
use piece::Pieces;

/// What SQLite cannot do as Postgres does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What it is and what to write instead.
    pub(crate) what: String,
    /// Where in the text, in bytes.
    pub(crate) at: usize,
}

/// One rewrite of the whole text.
type Rule = fn(&mut Pieces) -> Result<(), Refusal>;

/// All rewrites, in their order: a later one finds what an earlier one wrote.
const RULES: &[Rule] = &[
    literal::strings,
    clause::refuse,
    literal::typed,
    cast::casts,
    call::spelt_with_words,
    call::arrays,
    operator::intervals,
    operator::json,
    operator::patterns,
    clause::words,
    clause::locks,
    clause::null_order,
];

/// The text that SQLite gets.
///
/// # Errors
/// [`Refusal`] for what SQLite cannot do as Postgres does.
pub(crate) fn to_sqlite(sql: &str, tokens: &[Token]) -> Result<String, Refusal> {
    let mut pieces = Pieces::new(sql, tokens);
    for rule in RULES {
        rule(&mut pieces)?;
    }
    Ok(pieces.text())
}

#[cfg(test)]
mod tests;
