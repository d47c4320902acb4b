//! Cuts a section into statements, and refuses those that cannot run as part of a revision.

use super::wrong;
use crate::error::Result;
use crate::place::Place;
use crate::revision::Statement;
use raptor_db::{Engine, lexer, split};

const ONE_TRANSACTION: &str =
    "a revision and its move of the head are one transaction, which the runner begins and ends";

/// The statements of `text`, which stands at `offset` in `source`.
pub(super) fn statements(
    source: &str,
    offset: usize,
    text: &str,
    engine: Option<Engine>,
    transactional: bool,
) -> Result<Vec<Statement>> {
    let open = |open: lexer::Unterminated| {
        let message = format!("{} opened here never ends", open.what);
        wrong(Place::of(source, offset + open.at), message)
    };
    let mut statements = Vec::new();
    // The next statement is looked for behind the last one: the same text may stand there twice.
    let mut from = 0;
    for statement in split(text).map_err(open)? {
        let start = from + text[from..].find(statement).unwrap_or(0);
        from = start + statement.len();
        let tokens = lexer::tokens(statement).map_err(open)?;
        let words: Vec<&str> = tokens
            .iter()
            .filter(|token| token.is_code())
            .map(|token| token.text(statement))
            .collect();
        let first = tokens
            .iter()
            .find(|token| token.is_code())
            .map_or(0, |token| token.start);
        let place = Place::of(source, offset + start + first);
        if let Some(why) = refused(&words, engine, transactional) {
            return Err(wrong(place, why));
        }
        statements.push(Statement {
            text: statement.to_owned(),
            line: place.line,
            column: place.column,
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
