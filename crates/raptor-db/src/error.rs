//! What went wrong, in the same words on both engines.
//!
//! A message names what happened, to what, and what to do next. It never carries a parameter's
//! value or a password: Postgres's `DETAIL`, which repeats values, is kept beside it, and only who asks
//! for it has it.

mod postgres;
mod sqlite;

use std::fmt;
use std::panic::Location;

pub(crate) use postgres::from_postgres;
pub(crate) use sqlite::from_sqlite;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of thing went wrong; equal on both engines for the same mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A unique or primary key has that value already.
    Unique,
    /// A foreign key points at nothing, or a row is still pointed at.
    ForeignKey,
    /// A NULL where none may stand.
    NotNull,
    /// A CHECK (or, on Postgres, an exclusion constraint) refused the row.
    Check,
    /// One row was asked for and there is none.
    NotFound,
    /// More than one row came where one was asked for.
    TooManyRows,
    /// The transaction lost against another one; running it again may succeed.
    Serialization,
    /// A lock was not to be had in time.
    Busy,
    /// A deadline passed: the statement's, the transaction's or the wait for a connection.
    Timeout,
    /// The server ended the statement because somebody asked it to.
    Cancelled,
    /// The connection broke or could not be made; whether a COMMIT in flight happened is unknown.
    ConnectionLost,
    /// The server refused the login.
    Auth,
    /// The login may not do that, or the transaction is read-only.
    Permission,
    /// The text is not SQL, or names what does not exist.
    Syntax,
    /// A value does not fit its type without loss.
    Type,
    /// A parameter is missing, surplus or misspelt.
    Parameter,
    /// A statement that may not stand in statement text: `BEGIN`, `COMMIT`, `SET` and their like.
    Refused,
    /// This engine cannot do that.
    Unsupported,
    /// A setting or URL is wrong.
    Configuration,
    /// None of the above.
    Other,
}

impl ErrorKind {
    /// The kind as one word, for labels and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unique => "unique",
            Self::ForeignKey => "foreign_key",
            Self::NotNull => "not_null",
            Self::Check => "check",
            Self::NotFound => "not_found",
            Self::TooManyRows => "too_many_rows",
            Self::Serialization => "serialization",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::ConnectionLost => "connection_lost",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::Syntax => "syntax",
            Self::Type => "type",
            Self::Parameter => "parameter",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Configuration => "configuration",
            Self::Other => "other",
        }
    }
}

/// The one error of this crate.
///
/// ```
/// use raptor_db::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::NotFound, "no customer with that id");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// ```
pub struct Error(Box<Inner>);

#[derive(Default)]
struct Inner {
    kind: Option<ErrorKind>,
    message: String,
    sqlstate: Option<String>,
    constraint: Option<String>,
    table: Option<String>,
    columns: Vec<String>,
    detail: Option<String>,
    call_site: Option<&'static Location<'static>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of your own, for example from inside a transaction's closure.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind: Some(kind),
            message: message.into(),
            ..Inner::default()
        }))
    }

    /// What class of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind.unwrap_or(ErrorKind::Other)
    }

    /// The message without the call site, for texts that do not stand in a program.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The five-character SQLSTATE (Postgres), or SQLite's extended result code as `sqlite:NNNN`.
    pub fn code(&self) -> Option<&str> {
        self.0.sqlstate.as_deref()
    }

    /// The constraint that refused the row, where the engine names it.
    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    /// The table the error is about, where the engine names it.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The columns the error is about, in the constraint's order; empty where the engine does not say.
    pub fn columns(&self) -> &[String] {
        &self.0.columns
    }

    /// Postgres's `DETAIL`, such as what hangs on a table that was to be dropped. It may repeat the values of a
    /// row, so that it stands in no message of ours: whoever shows it knows to whom.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The call site of the statement that failed.
    pub fn call_site(&self) -> Option<&'static Location<'static>> {
        self.0.call_site
    }

    /// Whether running the whole transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::Serialization => true,
            // SQLite's lock is the database's; a Postgres lock_timeout is the caller's own wish.
            ErrorKind::Busy => self.code().is_some_and(|code| code.starts_with("sqlite:")),
            _ => self.is_stale_plan(),
        }
    }

    /// A prepared statement that the server no longer knows or whose result type has changed.
    pub(crate) fn is_stale_plan(&self) -> bool {
        match self.code() {
            Some("26000" | "42P05") => true,
            Some("0A000") => self.0.message.contains("cached plan"),
            _ => false,
        }
    }

    pub(crate) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.sqlstate = Some(code.into());
        self
    }

    pub(crate) fn with_constraint(mut self, constraint: Option<String>) -> Self {
        self.0.constraint = constraint;
        self
    }

    pub(crate) fn with_table(mut self, table: Option<String>) -> Self {
        self.0.table = table;
        self
    }

    pub(crate) fn with_columns(mut self, columns: Vec<String>) -> Self {
        self.0.columns = columns;
        self
    }

    pub(crate) fn with_detail(mut self, detail: Option<String>) -> Self {
        self.0.detail = detail;
        self
    }

    /// Names the statement, unless a nearer one is named already.
    pub(crate) fn at(mut self, call_site: &'static Location<'static>) -> Self {
        self.0.call_site.get_or_insert(call_site);
        self
    }

    /// No statement failed: there was none yet.
    pub(crate) fn of_no_statement(mut self) -> Self {
        self.0.call_site = None;
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match self.0.call_site {
            Some(at) => write!(f, " (statement at {}:{})", at.file(), at.line()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown
            .field("kind", &self.kind())
            .field("message", &self.0.message);
        if let Some(code) = self.code() {
            shown.field("code", &code);
        }
        if let Some(constraint) = self.constraint() {
            shown.field("constraint", &constraint);
        }
        if let Some(at) = self.0.call_site {
            shown.field("call_site", &format_args!("{}:{}", at.file(), at.line()));
        }
        shown.finish()
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
