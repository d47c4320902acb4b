//! The SQLite side: the same function names, in the same order, as `postgres.rs`.

mod columns;
mod connection;
pub(crate) mod decode;
mod encode;
mod exec;
mod functions;
mod grammar;
mod guard;
mod job;
mod notify;
mod open;
mod reader;
mod scripts;
mod session;
mod snapshot;
mod transaction;
mod writer;

pub(crate) use columns::Columns;
pub(crate) use connection::Connection;
pub(crate) use exec::Outcome;
pub(crate) use functions::parse_interval;
pub use grammar::{SqliteGrammar, SqliteMisread};
pub use guard::{ColumnRights, SqliteGuard, TableRights};
pub(crate) use notify::Listener;
pub(crate) use open::Brake;
pub use scripts::{ScriptError, SqliteScripts};
pub(crate) use session::Mark;
pub use snapshot::{Go, RawRow, RawValue, Snapshot, SnapshotReader};
pub(crate) use transaction::{Reading, Rows, Transaction, Writing};

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::scope::Scope;
use crate::statement::{Parsed, StatementKind};
use crate::value::ValueRef;
use job::{Batch, Job};
use notify::Notifier;
use open::{Role, next_job};
use reader::Readers;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use writer::Writer;

/// A row, copied out of SQLite.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) columns: Arc<[Box<str>]>,
    pub(crate) values: Box<[rusqlite::types::Value]>,
}

/// One file: one writer, some readers.
#[derive(Clone)]
pub(crate) struct Sqlite {
    jobs: mpsc::Sender<Job>,
    brake: Brake,
    readers: Readers,
    notifier: Notifier,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Sqlite {
    pub(crate) fn path(&self) -> &Path {
        self.readers.path()
    }

    /// Opens the file; creates it when the configuration says so.
    pub(crate) fn open(path: PathBuf, config: Config) -> Result<Self> {
        if !config.create && !path.exists() {
            let message = format!("the SQLite database {} does not exist", path.display());
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let handle = open::open(&path, Role::Writer, &config)?;
        let brake = handle.brake.clone();
        let notifier = Notifier::new(&path);
        let writer = Writer::new(handle, notifier.clone());
        let (jobs, queue) = mpsc::channel(1_024);
        let thread = std::thread::Builder::new()
            .name("raptor-sqlite-writer".to_owned())
            .spawn(move || writer.work(queue))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Other,
                    format!("the writer thread does not start: {error}"),
                )
            })?;
        let readers = Readers::new(path, config);
        Ok(Self {
            jobs,
            brake,
            readers,
            notifier,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Tells this database from every other that is open.
    pub(crate) fn key(&self) -> usize {
        Arc::as_ptr(&self.thread).addr()
    }

    /// One statement on its own: a read on a reader, all else as a transaction on the writer.
    pub(crate) async fn run(
        &self,
        scope: &Scope,
        parsed: &Arc<Parsed>,
        values: &[ValueRef<'_>],
        deadline: Instant,
        is_alone: bool,
    ) -> Result<Outcome> {
        let values = encode::encode(parsed, values)?;
        if parsed.kind == StatementKind::Read {
            let reader = self.readers.get(parsed.call_site).await?;
            reader.begin(settings(scope));
            return reader.run(parsed, values, deadline).await.0;
        }
        let (reply, answer) = oneshot::channel();
        let job = next_job();
        let stop = StopOnDrop {
            brake: &self.brake,
            job,
        };
        let batch = Batch {
            job,
            settings: settings(scope),
            parsed: Arc::clone(parsed),
            sets: vec![values],
            deadline,
            is_alone,
            reply,
        };
        let closed = || Error::new(ErrorKind::ConnectionLost, "the database was closed");
        self.jobs
            .send(Job::Batch(batch))
            .await
            .map_err(|_| closed())?;
        let answer = answer.await.map_err(|_| closed())?;
        drop(stop);
        answer
    }

    pub(crate) fn begin_writing(
        &self,
        scope: &Scope,
        deadline: Instant,
        is_alone: bool,
    ) -> Transaction {
        Transaction::Writing(Writing::begin(self, scope, deadline, is_alone))
    }

    pub(crate) fn begin_reading(
        &self,
        scope: &Scope,
        deadline: Instant,
        at: &'static std::panic::Location<'static>,
    ) -> Transaction {
        Transaction::Reading(Reading::begin(self, scope, deadline, at))
    }

    pub(crate) fn listen(&self, channels: Vec<String>) -> Result<Listener> {
        self.notifier.listen(channels)
    }

    /// A writing connection of a tool's own.
    pub(crate) fn session(&self) -> Result<Connection> {
        let config = self.readers.config();
        let handle = open::open(self.readers.path(), Role::Writer, config)?;
        let notifier = self.notifier.clone();
        Ok(Connection::new(handle, notifier, config.busy_timeout))
    }

    /// Waits until the writer has answered everything that was queued.
    pub(crate) async fn close(self) {
        let Self {
            jobs,
            readers,
            thread,
            notifier,
            ..
        } = self;
        readers.close();
        // Whatever was queued before is done first; a writer that has ended already needs no word.
        let _ = jobs.send(Job::Close).await;
        let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        notifier.close();
    }
}

/// Stops a write on the writer thread when its caller goes away.
struct StopOnDrop<'b> {
    brake: &'b Brake,
    job: u64,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.brake.cancel(self.job);
    }
}

fn settings(scope: &Scope) -> Vec<(String, String)> {
    scope
        .settings()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
