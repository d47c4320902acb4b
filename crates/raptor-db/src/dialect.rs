//! What SQLite gets where Postgres gets the text as it is written.
//!
//! A text is written for Postgres. [`to_sqlite`] changes the tokens that SQLite spells otherwise and
//! puts calls of registered functions (`sqlite/functions.rs`) round operands where SQLite would
//! answer something else. It is no parser: it knows operands and brackets, not grammar, and leaves
//! everything else to SQLite. What cannot be done faithfully is a [`Refusal`] that names the
//! construct and its place. `docs/SQL.md` lists every construct and its fate; its table and the
//! modules here are one and the same list:
//!
//! | module | constructs |
//! |---|---|
//! | `literal` | strings, numbers, names |
//! | `cast`, `types` | `::type`, `CAST`, `type '…'` |
//! | `call` | special call syntax, names that mean something else to SQLite, decimal results |
//! | `array` | `ARRAY[…]`, subscripts, `= ANY`, `unnest` |
//! | `operator`, `arithmetic` | operators |
//! | `clause` | ORDER BY, LIMIT, FOR UPDATE, and the refused ones |
//!
//! Definitions (`CREATE …`, `ALTER …`, `DROP …`) pass unchanged: a migration has a section for each
//! engine. Nothing here looks at a schema, so a column's type is known only where the text says it.

mod arithmetic;
mod array;
mod call;
mod cast;
mod clause;
mod concat;
mod json;
mod literal;
mod operand;
mod operator;
mod rewrite;
mod types;

pub(crate) use json::{Json, Key, jsonb_text};

use crate::statement::lexer::{Token, TokenKind};
use rewrite::{Change, Rewrite};

/// A construct that SQLite cannot do as Postgres does.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The construct, and what to write instead where there is something.
    pub(crate) what: String,
    /// Where it stands, in bytes from the start.
    pub(crate) at: usize,
}

impl Refusal {
    fn new(what: impl Into<String>, at: usize) -> Self {
        Self {
            what: what.into(),
            at,
        }
    }
}

/// The passes, in their order: each relies on what the ones before have recognised.
const PASSES: &[fn(&mut Rewrite<'_>) -> Change] = &[
    literal::rewrite,
    expressions,
    array::rewrite,
    operator::words,
    clause::rewrite,
];

/// The text for SQLite.
///
/// # Errors
/// [`Refusal`] for what SQLite cannot do faithfully.
pub(crate) fn to_sqlite(sql: &str, tokens: &[Token]) -> Result<String, Refusal> {
    let mut rewrite = Rewrite::new(sql, tokens)?;
    if rewrite.is_any_word(0, DEFINITIONS) {
        return Ok(sql.to_owned());
    }
    for pass in PASSES {
        pass(&mut rewrite)?;
    }
    Ok(rewrite.finish())
}

const DEFINITIONS: &[&str] = &[
    "create", "alter", "drop", "analyze", "reindex", "vacuum", "explain", "grant", "revoke",
    "comment",
];

/// Casts, calls and operators from the inside out: each is done where it ends, so that it knows what
/// its operands are.
fn expressions(rewrite: &mut Rewrite<'_>) -> Change {
    let mut at = 0;
    while at < rewrite.len() {
        match rewrite.kind(at) {
            Some(TokenKind::String | TokenKind::DollarString) => cast::prefixed(rewrite, at)?,
            Some(TokenKind::Word) => operator::value(rewrite, at)?,
            Some(TokenKind::Cast) => at = cast::postfix(rewrite, at)?,
            Some(TokenKind::Punct) if rewrite.is_symbol(at, ")") => {
                operator::inside(rewrite, rewrite.partner(at) + 1..at)?;
                call::rewrite(rewrite, at)?;
            }
            Some(TokenKind::Punct) if rewrite.is_symbol(at, "]") => {
                operator::inside(rewrite, rewrite.partner(at) + 1..at)?;
                array::bracket(rewrite, at)?;
            }
            _ => {}
        }
        at += 1;
    }
    operator::inside(rewrite, 0..rewrite.len())?;
    literal::refuse_untyped(rewrite)
}

#[cfg(test)]
mod tests;
