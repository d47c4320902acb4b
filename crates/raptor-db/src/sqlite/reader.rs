//! Readers: small reads run on the caller's own thread, large ones on a thread of their own.
//!
//! A read begins inline with a budget of work. When it is used up the read is stopped and started
//! again on a blocking thread, and its statement is remembered as heavy. Reading twice is harmless:
//! a lone SELECT has its own snapshot, and inside a read transaction the snapshot is the same.

use super::exec::{self, Outcome};
use super::job::stream;
use super::open::{Handle, Role, next_job, open};
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, from_sqlite};
use crate::row::Row;
use crate::statement::Parsed;
use rusqlite::types::Value;
use std::ops::ControlFlow;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// What an inline read may use: steps of the progress handler, and rows.
const INLINE_STEPS: i64 = 16;
const INLINE_ROWS: usize = 256;

/// Every reader of one file.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Shared>);

struct Shared {
    path: PathBuf,
    config: Config,
    idle: Mutex<Vec<Handle>>,
    permits: Arc<Semaphore>,
}

/// A reader on loan; it goes back clean when dropped.
pub(crate) struct Reader {
    handle: Option<Handle>,
    readers: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, config: Config) -> Self {
        let permits = Arc::new(Semaphore::new(config.pool_size.max(1)));
        Self(Arc::new(Shared {
            path,
            config,
            idle: Mutex::default(),
            permits,
        }))
    }

    /// A reader for the statement at `waiter`.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when all stay in use.
    pub(crate) async fn get(&self, waiter: &'static Location<'static>) -> Result<Reader> {
        let permits = Arc::clone(&self.0.permits);
        let permit = match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => Box::pin(self.wait(permits, waiter)).await?,
        };
        let idle = self
            .0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let handle = match idle {
            Some(handle) => handle,
            None => open(&self.0.path, Role::Reader, &self.0.config)?,
        };
        Ok(Reader {
            handle: Some(handle),
            readers: Arc::clone(&self.0),
            _permit: permit,
        })
    }

    async fn wait(
        &self,
        permits: Arc<Semaphore>,
        waiter: &'static Location<'static>,
    ) -> Result<OwnedSemaphorePermit> {
        let config = &self.0.config;
        match tokio::time::timeout(config.acquire_timeout, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => {
                let message = "the database was closed";
                Err(Error::new(ErrorKind::ConnectionLost, message).at(waiter))
            }
            Err(_) => {
                let message = format!(
                    "no reader came free within {:?}: all {} are in use",
                    config.acquire_timeout, config.pool_size
                );
                Err(Error::new(ErrorKind::Timeout, message).at(waiter))
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn close(&self) {
        self.0.permits.close();
        self.0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else {
            return;
        };
        drop(handle.session.end());
        handle.brake.release(0, None, None);
        if handle.conn.is_autocommit() || handle.conn.execute_batch("ROLLBACK").is_ok() {
            self.readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(handle);
        }
    }
}

/// Stops a read on its thread when the caller goes away.
pub(crate) struct StopOnDrop(super::open::Brake, u64);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel(self.1);
    }
}

impl Reader {
    fn handle(&self) -> &Handle {
        self.handle
            .as_ref()
            .expect("a reader on loan has its connection")
    }

    /// Fixes the scope and `now()` for what follows.
    pub(crate) fn begin(&self, settings: Vec<(String, String)>) {
        self.handle().session.begin(settings);
    }

    /// Opens a snapshot.
    pub(crate) fn snapshot(&self) -> Result<()> {
        self.handle()
            .conn
            .execute_batch("BEGIN")
            .map_err(from_sqlite)
    }

    pub(crate) fn end_snapshot(&self) -> Result<()> {
        self.handle()
            .conn
            .execute_batch("COMMIT")
            .map_err(from_sqlite)
    }

    /// Runs a text as it is.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        self.handle().brake.release(0, None, None);
        exec::run_text(self.handle(), text)
    }

    /// Runs a read and gives the reader back beside the answer; `None` when the caller's future
    /// was dropped on the way, in which case the reader finds home by itself.
    pub(crate) async fn run(
        self,
        parsed: &Arc<Parsed>,
        values: Vec<Value>,
        deadline: Instant,
    ) -> (Result<Outcome>, Option<Self>) {
        if !parsed.heavy.load(Ordering::Relaxed)
            && let Some(answer) = self.inline(parsed, &values, deadline)
        {
            return (answer, Some(self));
        }
        parsed.heavy.store(true, Ordering::Relaxed);
        let job = next_job();
        let stop = StopOnDrop(self.handle().brake.clone(), job);
        let parsed = Arc::clone(parsed);
        let work = tokio::task::spawn_blocking(move || {
            self.handle().brake.release(job, None, Some(deadline));
            (exec::run(self.handle(), &parsed, &values), Some(self))
        });
        let answer = work
            .await
            .unwrap_or_else(|panic| (Err(Error::new(ErrorKind::Other, panic.to_string())), None));
        drop(stop);
        answer
    }

    /// `None` when the read is too large to be done here.
    fn inline(
        &self,
        parsed: &Parsed,
        values: &[Value],
        deadline: Instant,
    ) -> Option<Result<Outcome>> {
        self.handle()
            .brake
            .release(0, Some(INLINE_STEPS), Some(deadline));
        let mut rows = Vec::new();
        let mut too_many = false;
        let ran = exec::each(self.handle(), parsed, values, |row| {
            too_many = rows.len() >= INLINE_ROWS;
            rows.push(row);
            if too_many {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        match ran {
            Err(error) if error.kind() == ErrorKind::Cancelled => None,
            Ok(_) if too_many => None,
            answer => Some(answer.map(|affected| Outcome { rows, affected })),
        }
    }

    /// Streams a read from a thread of its own; the reader goes home when the stream ends.
    pub(crate) fn stream(
        self,
        parsed: Arc<Parsed>,
        values: Vec<Value>,
        rows: mpsc::Sender<Result<Vec<Row>>>,
        deadline: Instant,
        home: impl FnOnce(Self) + Send + 'static,
    ) -> StopOnDrop {
        let job = next_job();
        let stop = StopOnDrop(self.handle().brake.clone(), job);
        tokio::task::spawn_blocking(move || {
            self.handle().brake.release(job, None, Some(deadline));
            stream(self.handle(), &parsed, &values, &rows);
            home(self);
        });
        stop
    }
}
