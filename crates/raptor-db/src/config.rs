//! How to reach a database and how patient to be.

use crate::error::{Error, ErrorKind, Result};
use crate::postgres::{Address, CredentialProvider};
use crate::sqlite::SqliteGuard;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Which engine a [`Db`](crate::Db) talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite, compiled in.
    Sqlite,
    /// A Postgres server, 13 or newer.
    Postgres,
}

impl Engine {
    /// `sqlite` or `postgres`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<Address>),
}

/// How to reach a database and how patient to be. `Debug` shows no password.
///
/// ```
/// use raptor_db::{Config, Engine};
/// let mut config = Config::new("sqlite:./dev.db")?;
/// config.pool_size = 4;
/// assert_eq!(config.engine(), Engine::Sqlite);
/// # Ok::<(), raptor_db::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    pub(crate) target: Target,
    pub(crate) credentials: Option<Arc<dyn CredentialProvider>>,
    /// Postgres connections, or SQLite readers; 10.
    pub pool_size: usize,
    /// How long to wait for a connection before it is an error; 5 s.
    pub acquire_timeout: Duration,
    /// How long to wait for the server to accept a connection; 5 s.
    pub connect_timeout: Duration,
    /// How long one statement may take before it is cancelled on the server; 30 s.
    pub statement_timeout: Duration,
    /// From when on a statement is logged as slow; 200 ms.
    pub slow_statement: Duration,
    /// The age at which a connection is replaced, minus a random tenth; 30 min.
    pub max_lifetime: Duration,
    /// After how long unused a connection is asked whether it still lives; 30 s.
    pub ping_after: Duration,
    /// How many prepared statements each connection keeps; 256.
    pub statement_cache: usize,
    /// What Postgres shows of us in `pg_stat_activity`; `raptor`.
    pub application_name: String,
    /// SQLite: `synchronous=FULL`, so that a commit survives a power cut; true. False is `NORMAL`.
    pub durable: bool,
    /// SQLite: what statements may do, since it has no roles; everything.
    pub sqlite_guard: Option<Arc<SqliteGuard>>,
    /// SQLite: make the file when there is none; true.
    pub create: bool,
    /// SQLite: how long to wait for another process's lock; 5 s.
    pub busy_timeout: Duration,
}

impl Config {
    /// Reads a URL: `sqlite:PATH` (also `sqlite://PATH`), or `postgres://…` with libpq's
    /// parameters, `sslmode`, `sslrootcert`, `sslcert` and `sslkey` among them.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], naming what is wrong and never the password.
    pub fn new(url: &str) -> Result<Self> {
        let target = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Target::Postgres(Box::new(Address::parse(url)?))
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            Target::Sqlite(sqlite_path(path)?)
        } else {
            // What stands there may be anything, also a password: only a scheme is shown.
            let scheme = url.split_once("://").map(|(scheme, _)| scheme);
            let is_scheme = |it: &&str| {
                it.len() <= 24
                    && it
                        .bytes()
                        .all(|b| b.is_ascii_alphabetic() || b"+-.".contains(&b))
            };
            let message = match scheme.filter(is_scheme) {
                Some(scheme) => format!(
                    "the database URL begins with {scheme:?}; write sqlite:PATH or postgres://…"
                ),
                None => "the database URL is none; write sqlite:PATH or postgres://…".to_owned(),
            };
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        Ok(Self {
            target,
            credentials: None,
            pool_size: 10,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            slow_statement: Duration::from_millis(200),
            max_lifetime: Duration::from_mins(30),
            ping_after: Duration::from_secs(30),
            statement_cache: 256,
            application_name: "raptor".to_owned(),
            durable: true,
            sqlite_guard: None,
            create: true,
            busy_timeout: Duration::from_secs(5),
        })
    }

    /// Which engine the URL names.
    pub fn engine(&self) -> Engine {
        match self.target {
            Target::Sqlite(_) => Engine::Sqlite,
            Target::Postgres(_) => Engine::Postgres,
        }
    }

    /// The login that a Postgres URL names.
    pub fn user(&self) -> Option<&str> {
        match &self.target {
            Target::Sqlite(_) => None,
            Target::Postgres(address) => address.driver.get_user(),
        }
    }

    /// The same for another URL.
    ///
    /// # Errors
    /// As [`Config::new`].
    pub fn with_url(mut self, url: &str) -> Result<Self> {
        self.target = Self::new(url)?.target;
        self.credentials = None;
        Ok(self)
    }

    /// Asks `provider` for user and password at every new Postgres connection, instead of taking
    /// the URL's for ever.
    #[must_use]
    pub fn with_credentials(mut self, provider: Arc<dyn CredentialProvider>) -> Self {
        self.credentials = Some(provider);
        self
    }
}

fn sqlite_path(rest: &str) -> Result<PathBuf> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let wrong = |why: &str| {
        Err(Error::new(
            ErrorKind::Configuration,
            format!("the SQLite URL {why}"),
        ))
    };
    if path.is_empty() {
        return wrong("names no file; write sqlite:./dev.db");
    }
    if path.contains(":memory:") {
        return wrong("asks for memory, which readers and the writer cannot share; name a file");
    }
    if path.contains('?') {
        return wrong(
            "has parameters; SQLite is configured by Raptor itself, so name the file alone",
        );
    }
    Ok(PathBuf::from(path))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Config");
        match &self.target {
            Target::Sqlite(path) => shown.field("sqlite", path),
            Target::Postgres(address) => shown.field("postgres", address),
        };
        shown
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}
