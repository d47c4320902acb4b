//! What can go wrong on the way to a server, and what to do about it.
//!
//! A message names the thing, its place and the way out. It never carries a password.

use std::fmt;
use std::path::Path;

/// The result of every fallible call of this crate.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No Postgres server program was found.
    NoServer,
    /// Postgres refuses to run as root, and there is no other user to run it as.
    Account,
    /// A folder or file could not be made, read or written.
    Folder,
    /// A program of Postgres ended in an error.
    Program,
    /// The server did not come up, or went away.
    Server,
    /// The server refused a statement.
    Sql,
    /// The closure that prepares a template failed.
    Prepare,
    /// The command of [`run()`](crate::run()) could not be started.
    Command,
}

/// Why there is no database.
///
/// ```
/// use raptor_testkit::{ErrorKind, Options, Server};
///
/// let nowhere = Options { bin_dir: Some("/nowhere".into()), ..Options::default() };
/// let error = Server::start(nowhere).expect_err("there is nothing");
/// assert_eq!(error.kind(), ErrorKind::NoServer);
/// ```
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// An error of the operating system at a place, told as "cannot `doing` `place`: …".
    pub(crate) fn io(doing: &str, place: &Path, cause: &std::io::Error) -> Self {
        Self::new(
            ErrorKind::Folder,
            format!("cannot {doing} {}: {cause}", place.display()),
        )
    }

    /// A statement of ours that the server refused, told as "cannot `doing`: …".
    pub(crate) fn sql(doing: &str, cause: &tokio_postgres::Error) -> Self {
        let told = cause.as_db_error().map_or_else(
            || cause.to_string(),
            |error| format!("{} ({})", error.message(), error.code().code()),
        );
        Self::new(ErrorKind::Sql, format!("cannot {doing}: {told}"))
    }

    /// What class of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
