//! Opens a connection so that SQLite behaves as Postgres would, as far as it can.

use super::functions;
use super::guard::Watch;
use super::session::Session;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, from_sqlite};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

/// A connection with the state its functions share and the brake its progress handler watches.
pub(crate) struct Handle {
    pub(crate) conn: Connection,
    pub(crate) session: Session,
    pub(crate) brake: Brake,
    /// What its statements may do, where that is not everything.
    pub(crate) guard: Option<Watch>,
}

/// Stops a running statement: by its job's number, a deadline, a budget of work, or whatever it is.
#[derive(Clone)]
pub(crate) struct Brake(Arc<BrakeState>);

struct BrakeState {
    /// The job that runs now, and the one that is to stop.
    running: AtomicU64,
    cancelled: AtomicU64,
    /// Whatever runs is to stop, once.
    stops: AtomicBool,
    /// Microseconds after `start`; `i64::MAX` for none.
    deadline: AtomicI64,
    /// How many more steps of `STEP` instructions; `i64::MAX` for no end.
    budget: AtomicI64,
    start: Instant,
}

/// SQLite instructions between two looks at the brake: some tens of microseconds.
const STEP: i32 = 2_000;

impl Brake {
    fn new() -> Self {
        Self(Arc::new(BrakeState {
            running: AtomicU64::new(0),
            cancelled: AtomicU64::new(u64::MAX),
            stops: AtomicBool::new(false),
            deadline: AtomicI64::new(i64::MAX),
            budget: AtomicI64::new(i64::MAX),
            start: Instant::now(),
        }))
    }

    /// Lets job number `job` run, for at most `steps` steps from here on and until `deadline`.
    pub(crate) fn release(&self, job: u64, steps: Option<i64>, deadline: Option<Instant>) {
        let micros = deadline.map_or(i64::MAX, |at| {
            i64::try_from(at.saturating_duration_since(self.0.start).as_micros())
                .unwrap_or(i64::MAX)
        });
        self.0.running.store(job, Ordering::Relaxed);
        self.0.deadline.store(micros, Ordering::Relaxed);
        self.0
            .budget
            .store(steps.unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Stops job number `job` if it runs now; harmless to every other.
    pub(crate) fn cancel(&self, job: u64) {
        if self.0.running.load(Ordering::Relaxed) == job {
            self.0.cancelled.store(job, Ordering::Relaxed);
        }
    }

    /// Stops whatever runs, or the next statement that runs long enough to look.
    pub(crate) fn stop(&self) {
        self.0.stops.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_past_deadline(&self) -> bool {
        let deadline = self.0.deadline.load(Ordering::Relaxed);
        deadline != i64::MAX
            && i64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(i64::MAX) >= deadline
    }

    fn is_stopped(&self) -> bool {
        self.0.stops.load(Ordering::Relaxed) && self.0.stops.swap(false, Ordering::Relaxed)
    }

    fn is_on(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed) == self.0.running.load(Ordering::Relaxed)
            || self.is_stopped()
            || self.0.budget.fetch_sub(1, Ordering::Relaxed) <= 0
            || self.is_past_deadline()
    }
}

/// The next job's number, unique in the process.
pub(crate) fn next_job() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Opens `path` for `role`.
///
/// # Errors
/// [`ErrorKind::Configuration`] when the file is no database or its folder is missing.
pub(crate) fn open(path: &Path, role: Role, config: &Config) -> Result<Handle> {
    let mut conn = connect(path, role).map_err(|error| {
        let obstacle = obstacle(path).filter(|_| role == Role::Writer);
        let why = obstacle.unwrap_or_else(|| from_sqlite(error).to_string());
        let message = format!("cannot open the SQLite database {}: {why}", path.display());
        Error::new(ErrorKind::Configuration, message)
    })?;
    let session = Session::default();
    let brake = Brake::new();
    configure(&conn, role, config)
        .and_then(|()| functions::register(&conn, &session))
        .and_then(|()| {
            let watched = brake.clone();
            conn.progress_handler(STEP, Some(move || watched.is_on()))
        })
        .map_err(|error| {
            let error = from_sqlite(error);
            Error::new(
                error.kind(),
                format!("cannot use the SQLite database {}: {error}", path.display()),
            )
        })?;
    let guard = config.sqlite_guard.as_ref();
    let guard = guard.map(|guard| Watch::over(&mut conn, guard));
    Ok(Handle {
        guard: guard.transpose().map_err(from_sqlite)?,
        conn,
        session,
        brake,
    })
}

/// What SQLite's "unable to open database file" does not say.
fn obstacle(path: &Path) -> Option<String> {
    if path.is_dir() {
        return Some("it is a folder".to_owned());
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let error = if path.exists() {
        std::fs::File::open(path).err()?
    } else if !folder.exists() {
        return Some(format!("there is no folder {}", folder.display()));
    } else {
        return Some(format!(
            "no file can be made in the folder {}; its owner or its permissions forbid it, or the disk is full",
            folder.display()
        ));
    };
    Some(error.to_string())
}

fn connect(path: &Path, role: Role) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    if role == Role::Writer {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    Connection::open_with_flags(path, flags)
}

fn configure(conn: &Connection, role: Role, config: &Config) -> rusqlite::Result<()> {
    conn.busy_timeout(config.busy_timeout)?;
    // A misspelt "column" must be an error, not a string.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A plan holds whatever is bound: otherwise a new value may have the text prepared anew.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if role == Role::Writer {
        conn.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        })?;
        conn.execute_batch(if config.durable {
            "PRAGMA synchronous = FULL"
        } else {
            "PRAGMA synchronous = NORMAL"
        })?;
    } else {
        conn.execute_batch("PRAGMA query_only = ON")?;
    }
    conn.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA mmap_size = 268435456")?;
    conn.set_prepared_statement_cache_capacity(config.statement_cache);
    Ok(())
}
