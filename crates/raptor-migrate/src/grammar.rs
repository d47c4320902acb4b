//! What SQLite cannot read of a revision, whatever its database holds.
//!
//! It asks SQLite's own parser, and no database. Postgres's is not at hand.

use crate::error::{Error, Result};
use crate::place::Place;
use crate::plan;
use raptor_db::SqliteGrammar;
use raptor_db::lexer::{self, Token};

/// SQLite's parser.
#[derive(Debug)]
pub(crate) struct Grammar(SqliteGrammar);

/// Why a statement cannot be read, and where in its text that shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misread {
    pub(crate) message: String,
    pub(crate) at: Option<usize>,
}

impl Grammar {
    pub(crate) fn new() -> Result<Self> {
        let failed = |error| Error::database("SQLite's parser cannot be used", error);
        SqliteGrammar::new().map(Self).map_err(failed)
    }

    /// Why SQLite cannot read a statement; `shared` when it is written for both engines, so that it
    /// gets it rewritten.
    pub(crate) fn misread(&self, text: &str, shared: bool) -> Option<Misread> {
        let written = match plan::for_sqlite(text, shared, Place::START) {
            Ok(written) => written,
            Err(error) => {
                return Some(Misread {
                    message: error.told().to_owned(),
                    at: None,
                });
            }
        };
        let misread = self.0.misread(&written)?;
        let at = match misread.at {
            Some(at) if *written == *text => Some(at),
            // The rewritten text has other places; a word that it shares with the file has one there.
            _ => near(&misread.message).and_then(|word| only(text, word)),
        };
        Some(Misread {
            message: misread.message,
            at,
        })
    }
}

/// The word before which the parser stopped.
fn near(message: &str) -> Option<&str> {
    let (word, _) = message.strip_prefix("near \"")?.rsplit_once("\": ")?;
    Some(word)
}

/// Where a word stands that stands there once.
fn only(text: &str, word: &str) -> Option<usize> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let is = |token: &&Token| token.is_code() && token.text(text).eq_ignore_ascii_case(word);
    let mut found = tokens.iter().filter(is);
    let first = found.next()?.start;
    found.next().is_none().then_some(first)
}
