//! Columns that SQLite would take without a word and keep as something else.
//!
//! A text for both engines is Postgres's spelling. SQLite reads `numeric` as a type that rounds, and
//! `timestamptz` as a number where it can (<https://sqlite.org/datatype3.html>, section 3.1).

use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use raptor_db::lexer::{self, Token, TokenKind};

/// Types whose values SQLite would change or not compare as Postgres does.
const CHANGED: [&str; 22] = [
    "numeric",
    "decimal",
    "timestamptz",
    "timestamp",
    "date",
    "time",
    "timetz",
    "interval",
    "boolean",
    "bool",
    "uuid",
    "json",
    "jsonb",
    "bytea",
    "serial",
    "bigserial",
    "smallserial",
    "money",
    "inet",
    "cidr",
    "real",
    "float",
];

/// Refuses a CREATE TABLE or ADD COLUMN with such a column.
pub(super) fn kept(statement: &str, place: Place) -> Result<()> {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
    let is = |at: usize, word: &str| {
        code.get(at)
            .is_some_and(|token| token.is_word(statement, word))
    };
    let columns = if is(0, "create")
        && code
            .iter()
            .take(4)
            .any(|token| token.is_word(statement, "table"))
    {
        listed(statement, &code)
    } else if is(0, "alter") && is(1, "table") {
        added(statement, &code)
    } else {
        return Ok(());
    };
    for (name, kind) in columns {
        let written = kind.text(statement).to_ascii_lowercase();
        if kind.kind == TokenKind::Word && CHANGED.contains(&written.as_str()) {
            let name = name.text(statement);
            let message = format!(
                "the column {name} is {written}, which SQLite would keep as something else; \
                 write the table once below `-- raptor:up postgres` and once below `-- raptor:up sqlite`"
            );
            return Err(Error::new(ErrorKind::Format, message).at(place));
        }
    }
    Ok(())
}

/// The first two tokens of everything in the table's brackets.
fn listed<'t>(statement: &str, code: &[&'t Token]) -> Vec<(&'t Token, &'t Token)> {
    let mut columns = Vec::new();
    let mut depth = 0;
    for (at, token) in code.iter().enumerate() {
        match token.text(statement) {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," => {}
            _ => continue,
        }
        let begins = depth == 1 && token.text(statement) != ")";
        if begins && let (Some(name), Some(kind)) = (code.get(at + 1), code.get(at + 2)) {
            columns.push((*name, *kind));
        }
    }
    columns
}

/// What follows each ADD [COLUMN] [IF NOT EXISTS].
fn added<'t>(statement: &str, code: &[&'t Token]) -> Vec<(&'t Token, &'t Token)> {
    let mut columns = Vec::new();
    for at in 0..code.len() {
        if !code[at].is_word(statement, "add") {
            continue;
        }
        let skip = ["column", "if", "not", "exists"];
        let rest: Vec<&&Token> = code[at + 1..]
            .iter()
            .skip_while(|token| skip.iter().any(|word| token.is_word(statement, word)))
            .collect();
        if let [name, kind, ..] = rest[..] {
            columns.push((*name, *kind));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::kept;
    use crate::place::Place;

    #[test]
    fn what_sqlite_would_change_is_refused() {
        let refused = [
            (
                "CREATE TABLE t (id text PRIMARY KEY, paid numeric(10, 2))",
                "paid is numeric",
            ),
            (
                "create table if not exists t (\"at\" TIMESTAMPTZ)",
                "\"at\" is timestamptz",
            ),
            (
                "ALTER TABLE t ADD COLUMN IF NOT EXISTS ok boolean",
                "ok is boolean",
            ),
            (
                "CREATE TABLE t (a text DEFAULT lower('x, y'), b uuid)",
                "b is uuid",
            ),
        ];
        for (statement, said) in refused {
            let error = kept(statement, Place::START).unwrap_err().to_string();
            assert!(error.contains(said), "{statement}: {error}");
        }
    }

    #[test]
    fn what_both_keep_alike_is_taken() {
        for statement in [
            "CREATE TABLE t (id text PRIMARY KEY, n bigint, CHECK (n > 0), date text)",
            "CREATE TABLE t (id text, PRIMARY KEY (id), FOREIGN KEY (id) REFERENCES u (uuid))",
            "ALTER TABLE t ADD note text",
            "ALTER TABLE t RENAME COLUMN a TO uuid",
            "CREATE INDEX t_date ON t (a, date)",
        ] {
            kept(statement, Place::START).unwrap();
        }
    }
}
