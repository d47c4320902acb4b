//! Cuts a section into statements, and refuses those that cannot run as part of a revision.

use super::{Source, wrong};
use crate::error::Result;
use crate::fingerprint;
use crate::revision::Statement;
use raptor_db::{Engine, lexer};
use std::ops::Range;

const ONE_TRANSACTION: &str =
    "a revision and its move of the head are one transaction, which the runner begins and ends";

/// The statements of a stretch of the source.
pub(super) fn statements(
    source: &Source,
    stretch: Range<usize>,
    engine: Option<Engine>,
    transactional: bool,
) -> Result<Vec<Statement>> {
    let text = source.text.as_str();
    let tokens = source.tokens_in(stretch);
    let mut statements = Vec::new();
    for piece in lexer::pieces(text, tokens) {
        let tokens = &tokens[piece];
        let code = || tokens.iter().filter(|token| token.is_code());
        let (Some(first), Some(last), Some(word)) = (tokens.first(), tokens.last(), code().next())
        else {
            continue;
        };
        let place = source.place(word.start);
        let words: Vec<&str> = code().map(|token| token.text(text)).collect();
        if let Some(why) = refused(&words, engine, transactional) {
            return Err(wrong(place, why));
        }
        statements.push(Statement {
            text: text[first.start..last.end].trim().to_owned(),
            line: place.line,
            column: place.column,
            digest: fingerprint::of_tokens(text, tokens),
        });
    }
    Ok(statements)
}

/// Why a statement cannot run as part of a revision.
fn refused(words: &[&str], engine: Option<Engine>, transactional: bool) -> Option<String> {
    let is = |at: usize, word: &str| {
        words
            .get(at)
            .is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    let any = |word: &str| words.iter().any(|it| it.eq_ignore_ascii_case(word));
    let first = words.first()?.to_ascii_uppercase();
    let control = match first.as_str() {
        "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" => true,
        "START" | "PREPARE" => is(1, "transaction"),
        _ => false,
    };
    if control && transactional {
        return Some(format!("{first} may not stand here: {ONE_TRANSACTION}"));
    }
    if first == "COPY" && (any("stdin") || any("stdout")) {
        let why = "COPY from or to the client has no client here; write INSERT instead";
        return Some(why.to_owned());
    }
    let on_sqlite = engine != Some(Engine::Postgres);
    if on_sqlite && transactional && first == "PRAGMA" && is(1, "foreign_keys") {
        let why = "PRAGMA foreign_keys does nothing inside a transaction, and a revision is one";
        return Some(why.to_owned());
    }
    None
}
