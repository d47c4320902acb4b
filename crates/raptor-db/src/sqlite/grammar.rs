//! SQLite's own parser, asked about a text with no database behind it.
//!
//! Statements are prepared on an empty database in memory and never run. What depends on what a
//! database holds, such as a table that is not there, is not told.

use super::functions;
use super::session::Session;
use crate::error::{Result, from_sqlite};
use crate::statement::lexer::{self, Token};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error};

/// SQLite's parser.
///
/// ```
/// let grammar = raptor_db::SqliteGrammar::new()?;
/// assert!(grammar.misread("SELECT a FROM t WHERE f(b)").is_none());
/// let misread = grammar.misread("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY)").unwrap();
/// assert_eq!(misread.message, "near \"IDENTITY\": syntax error");
/// assert_eq!(misread.at, Some(46));
/// # Ok::<(), raptor_db::Error>(())
/// ```
#[derive(Debug)]
pub struct SqliteGrammar(Connection);

/// Why SQLite cannot read a statement, whatever its database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteMisread {
    /// What SQLite says.
    pub message: String,
    /// Where it stopped, in bytes from the start; `None` where it does not say.
    pub at: Option<usize>,
}

/// What only the parser says, of any statement.
const OF_THE_PARSER: &[&str] = &[
    "syntax error",
    "unrecognized token",
    "incomplete input",
    "unknown join type",
    "a JOIN clause is required before",
    "clause should come after",
    "unsupported use of NULLS",
    "qualified table names are not allowed",
];

/// What CREATE TABLE is told of something that the database or the connection may have.
const OF_THE_DATABASE: &[&str] = &[
    "no such table",
    "no such function",
    "no such collation",
    "no such module",
    "unknown database",
];

impl SqliteGrammar {
    /// The parser as connections of [`Db`](crate::Db) have it.
    ///
    /// # Errors
    /// When SQLite cannot be opened in memory.
    pub fn new() -> Result<Self> {
        let open = || {
            let conn = Connection::open_in_memory()?;
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
            // A CHECK with a function would not be read to its end otherwise.
            functions::register(&conn, &Session::default())?;
            Ok(conn)
        };
        open().map(Self).map_err(from_sqlite)
    }

    /// Why SQLite cannot read `statement`; `None` where it can, or where it depends on the database.
    ///
    /// PRAGMAs are not looked at: SQLite runs some of them while it reads them.
    pub fn misread(&self, statement: &str) -> Option<SqliteMisread> {
        let tokens = lexer::tokens(statement).unwrap_or_default();
        let code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
        let begins = |word: &str| code.first().is_some_and(|it| it.is_word(statement, word));
        if begins("pragma") || code.is_empty() {
            return None;
        }
        let mut misread = self.prepared(statement)?;
        // Of these, the rest is read only once the table that they name is there.
        if begins("alter") || begins("create") {
            misread = self.beside_a_table(statement, misread)?;
        }
        let is_said = |all: &[&str]| all.iter().any(|words| misread.message.contains(words));
        let is_certain =
            is_said(OF_THE_PARSER) || makes_a_table(statement, &code) && !is_said(OF_THE_DATABASE);
        is_certain.then_some(misread)
    }

    fn prepared(&self, statement: &str) -> Option<SqliteMisread> {
        let misread = match self.0.prepare(statement) {
            Ok(_) => return None,
            Err(Error::SqlInputError { msg, offset, .. }) => SqliteMisread {
                message: msg,
                at: usize::try_from(offset).ok(),
            },
            Err(error) => SqliteMisread {
                message: from_sqlite(error).message().to_owned(),
                at: None,
            },
        };
        Some(misread)
    }

    /// The answer once a table, or else a view, of the missing name is there; they go again.
    fn beside_a_table(&self, statement: &str, misread: SqliteMisread) -> Option<SqliteMisread> {
        let Some(table) = misread.message.strip_prefix("no such table: ") else {
            return Some(misread);
        };
        let table = table.strip_prefix("main.").unwrap_or(table);
        let name = format!("\"{}\"", table.replace('"', "\"\""));
        let beside = |stand_in: String| {
            let made = self
                .0
                .execute_batch(&format!("SAVEPOINT beside; {stand_in}"));
            let answer = self.prepared(statement);
            // The next statement finds none of it, also where it could not be made.
            let gone = self.0.execute_batch("ROLLBACK TO beside; RELEASE beside");
            made.and(gone).ok().map(|()| answer)
        };
        let answer = beside(format!("CREATE TABLE {name} (\"stands in\")"))?;
        let needs_a_view = |it: &SqliteMisread| {
            it.message
                .starts_with("cannot create INSTEAD OF trigger on table")
        };
        match answer {
            Some(it) if needs_a_view(&it) => {
                beside(format!("CREATE VIEW {name} AS SELECT 1 AS a")).flatten()
            }
            answer => answer,
        }
    }
}

/// Whether it is CREATE TABLE with columns: what is wrong with it then is wrong on every database.
fn makes_a_table(statement: &str, code: &[&Token]) -> bool {
    let is = |at: usize, word: &str| code.get(at).is_some_and(|it| it.is_word(statement, word));
    let temporary = usize::from(is(1, "temp") || is(1, "temporary"));
    if !is(0, "create") || !is(1 + temporary, "table") {
        return false;
    }
    let mut depth = 0_usize;
    !code.iter().any(|token| {
        depth += usize::from(token.is_symbol(statement, "("));
        depth = depth.saturating_sub(usize::from(token.is_symbol(statement, ")")));
        depth == 0 && token.is_word(statement, "as")
    })
}

#[cfg(test)]
mod tests {
    use super::SqliteGrammar;

    fn said(statement: &str) -> Option<String> {
        let grammar = SqliteGrammar::new().unwrap();
        let first = grammar.misread(statement);
        assert_eq!(first, grammar.misread(statement), "{statement}");
        first.map(|it| it.message)
    }

    #[test]
    fn what_no_database_makes_right_is_told() {
        let cases = [
            (
                "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
                "near \"IDENTITY\"",
            ),
            ("CREATE TABLE t (a text DEFAULT now())", "near \"(\""),
            ("CREATE TABLE t (a uuid) STRICT", "unknown datatype for t.a"),
            (
                "CREATE TABLE t (a text, a text)",
                "duplicate column name: a",
            ),
            ("CREATE TABLE t (a text CHECK (b > 1))", "no such column: b"),
            (
                "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY",
                "near \"IDENTITY\"",
            ),
            (
                "ALTER TABLE t ADD COLUMN a text, ADD COLUMN b text",
                "near \",\"",
            ),
            (
                "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
                "near \"EXECUTE\"",
            ),
            (
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELEC 1; END",
                "near \"SELEC\"",
            ),
            (
                "CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELEC 1; END",
                "near \"SELEC\"",
            ),
            ("CREATE TABLE t AS SELECT FROM x", "near \"FROM\""),
            ("SELECT 1 FROM", "incomplete input"),
            (
                "INSERT INTO t (a) SELECT b FROM u ON CONFLICT DO NOTHING",
                "near \"DO\"",
            ),
            ("DELETE FROM a USING b WHERE a.i = b.i", "near \"USING\""),
        ];
        for (statement, words) in cases {
            let said = said(statement).unwrap_or_default();
            assert!(said.contains(words), "{statement}: {said}");
        }
    }

    #[test]
    fn what_depends_on_the_database_is_not() {
        for statement in [
            "",
            "-- nothing",
            "SELECT f(a) FROM x.t WHERE b = 1",
            "CREATE TABLE t (a text NOT NULL DEFAULT (now()) CHECK (f(a)) COLLATE elsewhere) STRICT",
            "CREATE TABLE t AS SELECT a FROM x",
            "CREATE TABLE other.t (a text)",
            "CREATE VIRTUAL TABLE t USING elsewhere (a, b)",
            "CREATE INDEX i ON t (lower(a)) WHERE b",
            "CREATE TRIGGER g AFTER UPDATE OF a ON t WHEN new.a BEGIN UPDATE u SET b = 1; END",
            "CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
            "ALTER TABLE \"a \"\"b\" RENAME COLUMN c TO d",
            "ALTER TABLE t ADD COLUMN a text UNIQUE",
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
            "DROP TABLE t",
            "PRAGMA journal_mode = off",
            "PRAGMA is not looked at",
            "VACUUM",
            "REINDEX i",
        ] {
            assert_eq!(said(statement), None, "{statement}");
        }
    }
}
