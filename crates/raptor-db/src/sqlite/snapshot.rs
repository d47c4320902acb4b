//! An SQLite file as it was at one moment, for tools that carry its rows elsewhere: raw values, read
//! by several connections at once, each in a thread of its own.
//!
//! A snapshot never writes to the file, and takes nothing for what it is not: a text is the bytes that
//! are there, whatever the column was declared as. [`Snapshot::live`] alone opens a file to write to it.

use crate::error::{Error, ErrorKind, Result, from_sqlite};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another process's write is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A value with the class that SQLite stores it in (<https://sqlite.org/datatype3.html>).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RawValue<'r> {
    /// NULL.
    Null,
    /// An integer of 64 bits.
    Integer(i64),
    /// A double; never NaN.
    Real(f64),
    /// A text's bytes, which need not be UTF-8.
    Text(&'r [u8]),
    /// Bytes.
    Blob(&'r [u8]),
}

/// One row of [`SnapshotReader::each`].
#[derive(Debug)]
pub struct RawRow<'r> {
    row: &'r rusqlite::Row<'r>,
}

/// Whether an [`SnapshotReader::each`] goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// To the next row.
    On,
    /// No further.
    Enough,
}

/// An SQLite file as it was at one moment.
///
/// ```
/// use raptor_db::{Go, RawValue, Snapshot};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// # std::fs::write(&path, "")?;
/// let mut snapshot = Snapshot::open(&path, 2)?;
/// let reader = snapshot.take().expect("two were asked for");
/// let mut seen = Vec::new();
/// reader.each("SELECT typeof(x), x FROM (SELECT 1.5 AS x)", &[], |row| {
///     seen.push(row.get(1) == RawValue::Real(1.5));
///     Ok(Go::On)
/// })?;
/// assert_eq!(seen, [true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Snapshot {
    readers: Vec<SnapshotReader>,
    /// Where the state is kept, when it could not be read in place; gone when dropped.
    copy: Option<tempfile::TempDir>,
}

/// One connection to a [`Snapshot`], or to a file that lives on, for one thread.
#[derive(Debug)]
pub struct SnapshotReader {
    conn: Connection,
}

impl Snapshot {
    /// Opens the file with `readers` connections that all see the same state.
    ///
    /// A file in WAL mode is read in place, and whoever writes to it goes on. One in rollback mode,
    /// in which a reader holds up writers, is copied into a temporary folder first, at one moment;
    /// so is one that cannot be opened where it is, for want of the right to make its `-shm` file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] without a file, [`ErrorKind::Configuration`] for one that is no
    /// database, [`ErrorKind::Busy`] when another process holds it for 30 s.
    pub fn open(path: &Path, readers: usize) -> Result<Self> {
        Self::begin(path, readers, false)
    }

    /// The same for a file that nobody writes to: it is read in place in any mode, and writers wait.
    ///
    /// # Errors
    /// As [`Snapshot::open`].
    pub fn open_offline(path: &Path, readers: usize) -> Result<Self> {
        Self::begin(path, readers, true)
    }

    fn begin(path: &Path, readers: usize, is_offline: bool) -> Result<Self> {
        is_there(path)?;
        let named = |error: rusqlite::Error| named(path, error);
        let probe = match connect(path) {
            Ok(probe) => probe,
            Err(error) if is_for_want_of_rights(&error) => {
                let copy = tempfile::tempdir().map_err(no_folder)?;
                copied_files(path, copy.path())?;
                let there = copy.path().join("copy.db");
                let readers = connections(&there, readers).map_err(named)?;
                let copy = Some(copy);
                return Ok(Self { readers, copy });
            }
            Err(error) => return Err(named(error)),
        };
        let mode: String = probe
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .map_err(named)?;
        if is_offline || mode == "wal" {
            let readers = connections(path, readers).map_err(named)?;
            return Ok(Self {
                readers,
                copy: None,
            });
        }
        let copy = tempfile::tempdir().map_err(no_folder)?;
        let there = copy.path().join("copy.db");
        back_up(&probe, &there).map_err(named)?;
        let readers = connections(&there, readers).map_err(named)?;
        let copy = Some(copy);
        Ok(Self { readers, copy })
    }

    /// Opens a file that an application goes on writing to, as it is at each moment, and to write to it
    /// as well; nothing of the file is set otherwise. Whoever holds it is waited for as long as
    /// `patience`.
    ///
    /// ```
    /// use raptor_db::{Go, Snapshot};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("app.db");
    /// # std::fs::write(&path, "")?;
    /// let live = Snapshot::live(&path, std::time::Duration::from_secs(5))?;
    /// live.execute("BEGIN IMMEDIATE; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('one'); COMMIT")?;
    /// let mut rows = 0;
    /// live.each("SELECT text FROM notes", &[], |_| {
    ///     rows += 1;
    ///     Ok(Go::On)
    /// })?;
    /// assert_eq!(rows, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Snapshot::open`]; what only a writer may not do shows with its first statement.
    pub fn live(path: &Path, patience: Duration) -> Result<SnapshotReader> {
        is_there(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let open = || {
            let conn = Connection::open_with_flags(path, flags)?;
            conn.busy_timeout(patience)?;
            conn.execute_batch("SELECT count(*) FROM sqlite_schema")?;
            Ok(SnapshotReader { conn })
        };
        open().map_err(|error| named(path, error))
    }

    /// One of the connections; `None` when all are taken.
    pub fn take(&mut self) -> Option<SnapshotReader> {
        self.readers.pop()
    }

    /// Whether the state had to be copied.
    pub fn is_copy(&self) -> bool {
        self.copy.is_some()
    }
}

impl SnapshotReader {
    /// Calls `each` for every row of a query, in its order, with what integers `params` are for
    /// `?1`, `?2`, …
    ///
    /// # Errors
    /// What the query fails with, and what `each` answers.
    pub fn each(
        &self,
        query: &str,
        params: &[i64],
        mut each: impl FnMut(&RawRow<'_>) -> Result<Go>,
    ) -> Result<()> {
        let mut statement = self.conn.prepare_cached(query).map_err(from_sqlite)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(params))
            .map_err(from_sqlite)?;
        while let Some(row) = rows.next().map_err(from_sqlite)? {
            if each(&RawRow { row })? == Go::Enough {
                break;
            }
        }
        Ok(())
    }

    /// Runs statements one after the other, whose rows nobody asks for. A snapshot takes those alone that
    /// write to temporary tables.
    ///
    /// # Errors
    /// The first that one fails with; those before it have run.
    pub fn execute(&self, statements: &str) -> Result<()> {
        self.conn.execute_batch(statements).map_err(from_sqlite)
    }

    /// The names of a query's columns.
    ///
    /// # Errors
    /// What the query fails with.
    pub fn columns(&self, query: &str) -> Result<Vec<String>> {
        let statement = self.conn.prepare(query).map_err(from_sqlite)?;
        let names = statement.column_names();
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

impl RawRow<'_> {
    /// The value in a column, counted from 0.
    ///
    /// # Panics
    /// When the query has fewer columns.
    pub fn get(&self, column: usize) -> RawValue<'_> {
        match self.row.get_ref(column).expect("the query has that column") {
            ValueRef::Null => RawValue::Null,
            ValueRef::Integer(value) => RawValue::Integer(value),
            ValueRef::Real(value) => RawValue::Real(value),
            ValueRef::Text(bytes) => RawValue::Text(bytes),
            ValueRef::Blob(bytes) => RawValue::Blob(bytes),
        }
    }
}

impl RawValue<'_> {
    /// The text, where it is one in UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The integer, where it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }
}

/// Connections in transactions of one state. Nothing was committed between the first and the last
/// when a connection outside of them saw nothing change.
fn connections(path: &Path, count: usize) -> rusqlite::Result<Vec<SnapshotReader>> {
    let witness = connect(path)?;
    for _ in 0..TRIES {
        let before = version(&witness)?;
        let mut readers = Vec::with_capacity(count);
        for _ in 0..count {
            let conn = connect(path)?;
            conn.set_prepared_statement_cache_capacity(64);
            // A transaction begins with the first read.
            conn.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
            readers.push(SnapshotReader { conn });
        }
        if version(&witness)? == before {
            return Ok(readers);
        }
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    Err(rusqlite::Error::SqliteFailure(code, None))
}

/// How often connections are opened anew, where something is committed between the first and the last.
const TRIES: usize = 1_000;

fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA data_version", [], |row| row.get(0))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    conn.execute_batch("PRAGMA cache_size = -8000; SELECT count(*) FROM sqlite_schema")?;
    Ok(conn)
}

fn is_there(path: &Path) -> Result<()> {
    if path.is_file() {
        return Ok(());
    }
    let message = format!("there is no SQLite file {}", path.display());
    Err(Error::new(ErrorKind::NotFound, message))
}

fn is_for_want_of_rights(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    error
        .sqlite_error_code()
        .is_some_and(|code| matches!(code, CannotOpen | ReadOnly))
}

/// All pages in one step, which is one transaction.
fn back_up(from: &Connection, to: &Path) -> rusqlite::Result<()> {
    let mut copy = Connection::open_with_flags(to, OpenFlags::default())?;
    let backup = Backup::new(from, &mut copy)?;
    let mut tries = 0;
    loop {
        match backup.step(-1)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked if tries < 300 => {
                tries += 1;
                std::thread::sleep(PATIENCE / 300);
            }
            _ => {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(code, None));
            }
        }
    }
}

/// The file and its logs, byte for byte, where SQLite itself may not open them; then what a process
/// that was killed left half done is rolled back, in the copy.
fn copied_files(path: &Path, folder: &Path) -> Result<()> {
    let before = stamps(path);
    for (suffix, from) in SUFFIXES.iter().zip(files(path)) {
        if !suffix.is_empty() && !from.exists() {
            continue;
        }
        let to = folder.join(format!("copy.db{suffix}"));
        // The copy is ours to write to, whatever the file's rights are.
        let copied = std::fs::File::open(&from)
            .and_then(|mut file| std::io::copy(&mut file, &mut std::fs::File::create(&to)?));
        copied.map_err(|error| {
            let message = format!("cannot read {}: {error}", from.display());
            Error::new(ErrorKind::Permission, message)
        })?;
    }
    if stamps(path) != before {
        let message = format!(
            "{} is written to, and this login may not open it as a database; give it the right to write to the file's folder, or stop the application",
            path.display()
        );
        return Err(Error::new(ErrorKind::Busy, message));
    }
    let recovered = Connection::open_with_flags(folder.join("copy.db"), OpenFlags::default())
        .and_then(|conn| conn.execute_batch("SELECT count(*) FROM sqlite_schema"));
    recovered.map_err(|error| named(path, error))
}

const SUFFIXES: [&str; 3] = ["", "-wal", "-journal"];

fn files(path: &Path) -> impl Iterator<Item = PathBuf> {
    SUFFIXES.iter().map(move |suffix| {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        file.into()
    })
}

fn stamps(path: &Path) -> Vec<Option<(u64, std::time::SystemTime)>> {
    let stamp = |file: PathBuf| {
        let data = std::fs::metadata(file).ok()?;
        Some((data.len(), data.modified().ok()?))
    };
    files(path).map(stamp).collect()
}

fn no_folder(error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!("no temporary folder for a copy of the SQLite file: {error}"),
    )
}

fn named(path: &Path, error: rusqlite::Error) -> Error {
    let error = from_sqlite(error);
    let message = format!("cannot read the SQLite file {}: {error}", path.display());
    Error::new(error.kind(), message)
}
