//! A new SQLite file that scripts of others make, under SQLite's own rules: none of ours, and none of our
//! functions.

use crate::error::{Error, ErrorKind, Result, from_sqlite};
use crate::statement::lexer::{self, Token};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fmt;
use std::path::Path;

/// A new SQLite file that scripts make. It is not durable before [`SqliteScripts::end`].
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let scripts = raptor_db::SqliteScripts::begin(&folder.path().join("new.db"))?;
/// scripts.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT DEFAULT \"none\");").unwrap();
/// let error = scripts.run("SELECT 1;\nINSERT INTO nodes VALUES (1)").unwrap_err();
/// assert_eq!((error.message.as_str(), error.at), ("no such table: nodes", 10));
/// scripts.end()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteScripts(Connection);

/// Why a script cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptError {
    /// What SQLite says.
    pub message: String,
    /// Where in the script, in bytes from its start.
    pub at: usize,
}

impl SqliteScripts {
    /// Makes the file.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when it is there already or cannot be made.
    pub fn begin(path: &Path) -> Result<Self> {
        let cannot = |why: String| {
            let message = format!("cannot make the SQLite file {}: {why}", path.display());
            Error::new(ErrorKind::Configuration, message)
        };
        if path.exists() {
            return Err(cannot("it is there already".to_owned()));
        }
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            let conn = Connection::open_with_flags(path, flags)?;
            // As SQLite is, where nobody says otherwise.
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, true)?;
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true)?;
            conn.execute_batch(
                "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY",
            )?;
            Ok(conn)
        };
        open()
            .map(Self)
            .map_err(|error| cannot(from_sqlite(error).to_string()))
    }

    /// Runs a script, statement by statement; what ran before an error stays.
    ///
    /// # Errors
    /// The first statement that fails, and a transaction that the script leaves open.
    pub fn run(&self, script: &str) -> Result<(), ScriptError> {
        let wrong = |at, message: String| ScriptError { message, at };
        let tokens = lexer::tokens(script)
            .map_err(|open| wrong(open.at, format!("{} opened here never ends", open.what)))?;
        let mut begun = 0;
        for piece in lexer::pieces(script, &tokens) {
            // With the semicolon, without which SQLite tells of an end that came too early.
            let end = tokens.get(piece.end).or(tokens.get(piece.end - 1));
            let tokens = &tokens[piece];
            let start = tokens.iter().find(|token| token.is_code());
            let (Some(start), Some(end)) = (start, end) else {
                continue;
            };
            self.one(&script[start.start..end.end])
                .map_err(|error| wrong(start.start + error.at, error.message))?;
            if begins(script, start) {
                begun = start.start;
            }
        }
        match self.0.is_autocommit() {
            true => Ok(()),
            false => Err(wrong(
                begun,
                "the transaction that begins here never ends".to_owned(),
            )),
        }
    }

    fn one(&self, statement: &str) -> Result<(), ScriptError> {
        self.0.execute_batch(statement).map_err(|error| {
            let at = match &error {
                rusqlite::Error::SqlInputError { offset, .. } => usize::try_from(*offset).ok(),
                _ => None,
            };
            ScriptError {
                message: from_sqlite(error).message().to_owned(),
                at: at.unwrap_or(0),
            }
        })
    }

    /// Closes the file, all in one piece on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self) -> Result<()> {
        let ended = self
            .0
            .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")
            .and_then(|()| self.0.close().map_err(|(_, error)| error));
        ended.map_err(from_sqlite)
    }
}

fn begins(script: &str, first: &Token) -> bool {
    first.is_word(script, "begin") || first.is_word(script, "savepoint")
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScriptError {}
