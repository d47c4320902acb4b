//! What can go wrong, told with the place and the way out.

use std::fmt;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file cannot be read, or says what cannot be.
    Declaration,
    /// The database refused, or was not reached.
    Database,
    /// A credential was not changed, or not in the whole.
    Rotation,
}

/// Why something was not done.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<raptor_db::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// The database's, told as "`what`: …".
    pub(crate) fn database(what: &str, error: raptor_db::Error) -> Self {
        Self {
            kind: ErrorKind::Database,
            message: format!("{what}: {}", error.message()),
            source: Some(error),
        }
    }

    /// As [`Error::database`], where what went wrong is of a rotation.
    pub(crate) fn rotation(what: &str, error: &raptor_db::Error) -> Self {
        Self::new(ErrorKind::Rotation, format!("{what}: {}", error.message()))
    }

    /// What class of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<raptor_db::Error> for Error {
    fn from(error: raptor_db::Error) -> Self {
        Self::database("the database", error)
    }
}

impl raptor_db::TransactionError for Error {
    fn database(&self) -> Option<&raptor_db::Error> {
        self.source.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|it| it as _)
    }
}
