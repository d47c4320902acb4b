//! What can go wrong in a port.

use std::borrow::Cow;
use std::fmt;

/// The answer of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, to what, and the way out.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<raptor_db::Error>,
}

/// What class of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The SQLite file cannot be read.
    Source,
    /// The plan is not understood, or does not fit the file.
    Plan,
    /// Something is missing, and no decision says so.
    Missing,
    /// Another run is under way. Nothing was begun.
    Busy,
    /// No baseline can be written, or the chain cannot be worked with.
    Chain,
    /// The system refused something.
    Io,
    /// The database to carry over to failed.
    Database,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
        }))
    }

    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{what}: {error}"))
    }

    /// The database failed while we did `what`.
    pub(crate) fn database(what: &str, error: raptor_db::Error) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::Database,
            message: Cow::Owned(format!("{what}: {}", error.message())),
            source: Some(error),
        }))
    }

    pub(crate) fn source_file(error: raptor_db::Error) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::Source,
            message: Cow::Owned(error.message().to_owned()),
            source: Some(error),
        }))
    }

    /// The chain of revisions cannot be worked with.
    pub(crate) fn chain(error: raptor_migrate::Error) -> Self {
        let mut causes = std::iter::successors(std::error::Error::source(&error), |it| it.source());
        let database = causes.any(|it| it.is::<raptor_db::Error>());
        let kind = match database {
            true => ErrorKind::Database,
            false => ErrorKind::Chain,
        };
        Self::new(kind, error.to_string())
    }

    /// What class of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl From<raptor_db::Error> for Error {
    fn from(error: raptor_db::Error) -> Self {
        Self::database("the database to carry over to failed", error)
    }
}

impl raptor_db::TransactionError for Error {
    fn database(&self) -> Option<&raptor_db::Error> {
        self.0.source.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|it| it as _)
    }
}
