//! Statements that no transaction can hold, and how to tell whether one of them is done.
//!
//! A revision with `tx=off` runs each by itself. Killed on the way, such a statement may have run or
//! not, or left an index that is not valid; before it is run again the catalog is asked.

use crate::error::{Error, Result};
use crate::version::quoted;
use raptor_db::lexer::{self, Token, TokenKind};
use raptor_db::{Engine, Session, Sql, params};

/// Whether the engine refuses the statement inside a transaction.
pub(crate) fn is(statement: &str, engine: Engine) -> bool {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let words: Vec<String> = tokens
        .iter()
        .filter(|token| token.is_code())
        .map(|token| token.text(statement).to_ascii_lowercase())
        .collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    match engine {
        // PRAGMA journal_mode and their like fail or do nothing there. These two write the file's
        // header, which a transaction holds with all else.
        Engine::Sqlite if word(0) == "pragma" => {
            let name = if word(2) == "." { word(3) } else { word(1) };
            !matches!(name, "user_version" | "application_id")
        }
        Engine::Sqlite => matches!(word(0), "vacuum" | "attach" | "detach"),
        Engine::Postgres => match (word(0), word(1)) {
            ("vacuum", _) | ("alter", "system") => true,
            ("create" | "drop", "database" | "tablespace") => true,
            ("create" | "drop", "index") | ("create", "unique") => has("concurrently"),
            ("reindex", _) => has("concurrently") || has("database") || has("system"),
            ("alter", "table") => has("detach") && has("concurrently"),
            _ => false,
        },
    }
}

/// Whether Postgres waits in it for others and holds up nobody meanwhile.
pub(crate) fn is_patient(statement: &str) -> bool {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    tokens
        .iter()
        .any(|token| token.is_word(statement, "concurrently"))
}

/// Whether a statement that was begun once is done. What an interrupted one left behind is taken
/// away.
pub(crate) async fn settled(session: &Session, statement: &str) -> Result<bool> {
    if session.engine() == Engine::Sqlite {
        return Ok(false);
    }
    let Some(index) = Concurrent::of(statement) else {
        return Ok(false);
    };
    let cannot = |error| Error::database("whether the index is there cannot be asked", error);
    let rows = session
        .query(&INDEX, params! { name: index.name.as_str() })
        .await
        .map_err(cannot)?;
    let valid = rows
        .first()
        .map(|row| row.get::<bool>("valid"))
        .transpose()
        .map_err(cannot)?;
    match (index.creates, valid) {
        (true, Some(true)) | (false, None) => Ok(true),
        (true, Some(false)) => {
            let text = format!("DROP INDEX CONCURRENTLY {}", index.name);
            session.execute_raw(&text).await.map_err(|error| {
                Error::database("an index that was left unfinished cannot be dropped", error)
            })?;
            Ok(false)
        }
        (true, None) | (false, Some(_)) => Ok(false),
    }
}

static INDEX: Sql = Sql::new(
    "SELECT indisvalid AND indisready AS valid FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(:name)",
);

/// CREATE or DROP INDEX CONCURRENTLY of one index with a name.
struct Concurrent {
    creates: bool,
    /// As it is written in a statement.
    name: String,
}

impl Concurrent {
    fn of(statement: &str) -> Option<Self> {
        let tokens = lexer::tokens(statement).ok()?;
        let mut code = tokens.iter().filter(|token| token.is_code()).peekable();
        let first = code.next()?;
        let creates = first.is_word(statement, "create");
        let mut word = |word: &str| {
            code.next_if(|token| token.is_word(statement, word))
                .is_some()
        };
        word("unique");
        if !(word("index") && word("concurrently")) {
            return None;
        }
        if word("if") {
            word("not");
            word("exists");
        }
        let mut name = name(code.next()?, statement)?;
        if code
            .next_if(|token| token.is_symbol(statement, "."))
            .is_some()
        {
            name = format!("{name}.{}", self::name(code.next()?, statement)?);
        }
        // CREATE INDEX CONCURRENTLY ON t: the server makes the name.
        if creates && name == quoted("on") {
            return None;
        }
        Some(Self { creates, name })
    }
}

/// An identifier in quotes, folded as Postgres folds it.
fn name(token: &Token, statement: &str) -> Option<String> {
    match token.kind {
        TokenKind::QuotedIdent => Some(token.text(statement).to_owned()),
        TokenKind::Word => Some(quoted(&token.text(statement).to_lowercase())),
        _ => None,
    }
}

/// Whether the statement makes an index whose name the server chooses, so that nobody can tell
/// later whether it is there.
pub(crate) fn is_nameless(statement: &str) -> bool {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let creates = tokens
        .iter()
        .find(|token| token.is_code())
        .is_some_and(|token| token.is_word(statement, "create"));
    creates && is_patient(statement) && Concurrent::of(statement).is_none()
}

#[cfg(test)]
mod tests {
    use super::{Concurrent, is, is_nameless};
    use raptor_db::Engine;

    #[test]
    fn they_are_told_by_their_first_words() {
        let alone = [
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            "create unique index concurrently if not exists i on t (a)",
            "DROP INDEX CONCURRENTLY i",
            "REINDEX TABLE CONCURRENTLY t",
            "VACUUM t",
            "ALTER TABLE p DETACH PARTITION q CONCURRENTLY",
        ];
        for statement in alone {
            assert!(is(statement, Engine::Postgres), "{statement}");
        }
        for statement in [
            "CREATE INDEX i ON t (a)",
            "REINDEX TABLE t",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        ] {
            assert!(!is(statement, Engine::Postgres), "{statement}");
        }
        for statement in [
            "VACUUM",
            "PRAGMA journal_mode = wal",
            "pragma main.page_size = 512",
        ] {
            assert!(is(statement, Engine::Sqlite), "{statement}");
        }
        for statement in [
            "CREATE INDEX i ON t (a)",
            "PRAGMA user_version = 3",
            "pragma main.application_id = 3",
        ] {
            assert!(!is(statement, Engine::Sqlite), "{statement}");
        }
    }

    #[test]
    fn the_index_is_named_as_the_server_names_it() {
        let of = |statement| Concurrent::of(statement).map(|it| (it.creates, it.name));
        assert_eq!(
            of("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS App.\"I x\" ON t (a)"),
            Some((true, "\"app\".\"I x\"".to_owned()))
        );
        assert_eq!(
            of("DROP INDEX CONCURRENTLY IF EXISTS Ix"),
            Some((false, "\"ix\"".to_owned()))
        );
        assert!(is_nameless("CREATE INDEX CONCURRENTLY ON t (a)"));
        assert!(!is_nameless("CREATE INDEX CONCURRENTLY i ON t (a)"));
    }
}
