//! What went wrong with a file, the graph, a target or a database.
//!
//! A message names the revision, the file and the line where there is one, and the way out.

use crate::place::Place;
use std::fmt;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file does not follow the format.
    Format,
    /// The files do not make a graph: an unknown parent, a cycle, an id or label given twice.
    Graph,
    /// The target names no revision, or more than one.
    Target,
    /// The file or folder cannot be read.
    Io,
    /// A revision asks for what this version of the tool does not run. Nothing was touched.
    Unsupported,
    /// The revision says that it has no way back, or has no `down` section. Nothing was touched.
    Irreversible,
    /// The database names revisions that this chain does not hold.
    UnknownRevision,
    /// A statement of a revision failed; nothing of that revision stays.
    Statement,
    /// A `verify` query did not answer true; nothing of that revision stays.
    Verify,
    /// Another deployer held the lock for longer than we were to wait, or others held a lock that a
    /// revision needs through all its tries.
    Locked,
    /// The time for all of it is used up.
    OutOfTime,
    /// It was asked to stop ([`Options::stop`](crate::Options::stop)); what was committed stays.
    Interrupted,
    /// An applied revision's file is not what was applied. Nothing was touched.
    Edited,
    /// The database failed outside a revision's own statements.
    Database,
}

/// The one error of this crate.
///
/// ```
/// use raptor_migrate::{Chain, ErrorKind};
/// let error = Chain::embedded(&[("a.sql", "-- raptor: id=a\n-- raptor:upp\n")]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Format);
/// assert_eq!((error.file(), error.line()), (Some("a.sql"), Some(2)));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    revision: Option<String>,
    file: Option<String>,
    place: Option<Place>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            revision: None,
            file: None,
            place: None,
            source: None,
        }))
    }

    /// The database failed while we did `what`.
    pub(crate) fn database(what: &str, error: raptor_db::Error) -> Self {
        Self::new(ErrorKind::Database, format!("{what}: {error}")).with_source(error)
    }

    /// A statement of a revision failed.
    pub(crate) fn failed(what: &str, error: raptor_db::Error) -> Self {
        Self::new(ErrorKind::Statement, format!("{what}: {}", error.message())).with_source(error)
    }

    /// The same error as another kind, with more words before its own.
    pub(crate) fn because(mut self, kind: ErrorKind, what: &str) -> Self {
        self.0.kind = kind;
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    /// Whether Postgres did not give a lock within `lock_timeout`.
    pub(crate) fn is_lock_timeout(&self) -> bool {
        self.of_database()
            .is_some_and(|error| error.code() == Some("55P03"))
    }

    /// Whether Postgres ended a statement that took longer than `statement_timeout`.
    pub(crate) fn is_statement_timeout(&self) -> bool {
        self.of_database()
            .is_some_and(|error| error.code() == Some("57014"))
    }

    /// Whether a statement was cancelled, by us or by somebody else.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.of_database()
            .is_some_and(|error| error.kind() == raptor_db::ErrorKind::Cancelled)
    }

    /// Whether a row with that key is there already.
    pub(crate) fn is_unique(&self) -> bool {
        self.of_database()
            .is_some_and(|error| error.kind() == raptor_db::ErrorKind::Unique)
    }

    fn of_database(&self) -> Option<&raptor_db::Error> {
        self.0.source.as_ref()?.downcast_ref()
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.0.file.get_or_insert_with(|| file.to_owned());
        self
    }

    pub(crate) fn in_revision(mut self, id: &str) -> Self {
        self.0.revision.get_or_insert_with(|| id.to_owned());
        self
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.0.place.get_or_insert(place);
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong, without the place and the revision.
    pub(crate) fn told(&self) -> &str {
        &self.0.message
    }

    /// What class of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The id of the revision it is about.
    pub fn revision(&self) -> Option<&str> {
        self.0.revision.as_deref()
    }

    /// The file it is about.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// The line in the file, from 1.
    pub fn line(&self) -> Option<usize> {
        self.0.place.map(|place| place.line)
    }

    /// The column in the line, in characters from 1.
    pub fn column(&self) -> Option<usize> {
        self.0.place.map(|place| place.column)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.file() {
            f.write_str(file)?;
            if let Some(place) = self.0.place {
                write!(f, ":{}:{}", place.line, place.column)?;
            }
            f.write_str(": ")?;
        }
        if let Some(revision) = self.revision() {
            write!(f, "revision {revision}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
