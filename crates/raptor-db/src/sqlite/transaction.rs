//! Transactions: a writing one holds the writer thread, a reading one a reader with a snapshot.

use super::exec::Outcome;
use super::job::{Fate, Interactive, Job, Request};
use super::open::{Brake, next_job};
use super::reader::{Reader, StopOnDrop};
use super::session::Mark;
use super::{Sqlite, encode, settings};
use crate::error::{Error, ErrorKind, Result};
use crate::row::Row;
use crate::scope::Scope;
use crate::statement::Parsed;
use crate::value::ValueRef;
use rusqlite::types::Value;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// An open transaction. Dropped unfinished, it is rolled back.
pub(crate) enum Transaction {
    Writing(Writing),
    Reading(Reading),
}

impl Transaction {
    pub(crate) async fn run<'v>(
        &self,
        parsed: &Arc<Parsed>,
        sets: &[impl AsRef<[ValueRef<'v>]> + Sync],
    ) -> Result<Outcome> {
        let sets = sets
            .iter()
            .map(|values| encode::encode(parsed, values.as_ref()))
            .collect::<Result<Vec<_>>>()?;
        match self {
            Self::Writing(writing) => writing.run(parsed, sets).await,
            Self::Reading(reading) => reading.run(parsed, sets).await,
        }
    }

    pub(crate) async fn stream(
        &self,
        parsed: &Arc<Parsed>,
        values: &[ValueRef<'_>],
    ) -> Result<Rows> {
        let values = encode::encode(parsed, values)?;
        let (sender, rows) = mpsc::channel(4);
        let stop = match self {
            Self::Writing(writing) => {
                writing
                    .ask(Request::Stream {
                        parsed: Arc::clone(parsed),
                        values,
                        rows: sender,
                    })
                    .await?;
                None
            }
            Self::Reading(reading) => Some(reading.stream(parsed, values, sender).await?),
        };
        Ok(Rows {
            rows,
            chunk: Vec::new().into_iter(),
            _stop: stop,
        })
    }

    pub(crate) async fn run_text(&self, text: &str) -> Result<()> {
        match self {
            Self::Writing(writing) => writing.text(text).await,
            Self::Reading(reading) => reading.text(text).await,
        }
    }

    /// The state that a savepoint must bring back beside the data.
    pub(crate) async fn mark(&self) -> Result<Option<Mark>> {
        match self {
            Self::Writing(writing) => writing
                .ask_for(|reply| Request::Mark { reply })
                .await?
                .map(Some),
            Self::Reading(_) => Ok(None),
        }
    }

    pub(crate) async fn reset_to(&self, mark: Option<Mark>) -> Result<()> {
        match (self, mark) {
            (Self::Writing(writing), Some(mark)) => writing.ask(Request::ResetTo { mark }).await,
            _ => Ok(()),
        }
    }

    pub(crate) async fn commit(&self) -> Result<()> {
        match self {
            Self::Writing(writing) => writing.commit().await,
            Self::Reading(reading) => reading.commit().await,
        }
    }

    pub(crate) fn rollback(&self) {
        if let Self::Writing(writing) = self {
            writing.close();
        }
    }
}

/// The rows of a stream, as the thread that reads them hands them over.
pub(crate) struct Rows {
    rows: mpsc::Receiver<Result<Vec<Row>>>,
    chunk: std::vec::IntoIter<Row>,
    /// A reader is stopped when nobody reads on; the writer stops at its next row.
    _stop: Option<StopOnDrop>,
}

impl Rows {
    pub(crate) async fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(row) = self.chunk.next() {
                return Ok(Some(row));
            }
            match self.rows.recv().await {
                Some(chunk) => self.chunk = chunk?.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

/// A transaction on the writer thread; it begins with its first statement.
pub(crate) struct Writing {
    job: u64,
    brake: Brake,
    queue: mpsc::Sender<Job>,
    requests: Mutex<Option<std::sync::mpsc::Sender<Request>>>,
    opening: Mutex<Option<Interactive>>,
    fate: Arc<Fate>,
}

impl Writing {
    pub(crate) fn begin(sqlite: &Sqlite, scope: &Scope, deadline: Instant, is_alone: bool) -> Self {
        let (sender, requests) = std::sync::mpsc::channel();
        let job = next_job();
        let fate = Arc::new(Fate::default());
        let opening = Interactive {
            job,
            settings: settings(scope),
            deadline,
            is_alone,
            requests,
            fate: Arc::clone(&fate),
        };
        Self {
            job,
            brake: sqlite.brake.clone(),
            queue: sqlite.jobs.clone(),
            requests: Mutex::new(Some(sender)),
            opening: Mutex::new(Some(opening)),
            fate,
        }
    }

    async fn ask(&self, request: Request) -> Result<()> {
        match &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(requests) => requests.send(request).map_err(|_| self.fate.error())?,
            None => return Err(self.fate.error()),
        }
        let opening = self
            .opening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(opening) = opening {
            let closed = |_| Error::new(ErrorKind::ConnectionLost, "the database was closed");
            self.queue
                .send(Job::Interactive(opening))
                .await
                .map_err(closed)?;
        }
        Ok(())
    }

    async fn ask_for<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.ask(request(reply)).await?;
        answer.await.map_err(|_| self.fate.error())
    }

    async fn run(&self, parsed: &Arc<Parsed>, sets: Vec<Vec<Value>>) -> Result<Outcome> {
        let parsed = Arc::clone(parsed);
        self.ask_for(|reply| Request::Run {
            parsed,
            sets,
            reply,
        })
        .await?
    }

    async fn text(&self, text: &str) -> Result<()> {
        let text = text.to_owned();
        self.ask_for(|reply| Request::Text { text, reply }).await?
    }

    async fn commit(&self) -> Result<()> {
        if self
            .opening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .is_some()
        {
            return Ok(());
        }
        self.ask_for(|reply| Request::Commit { reply }).await?
    }

    /// The writer sees the sender gone and rolls back; a statement that still runs is stopped.
    fn close(&self) {
        drop(
            self.requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        self.brake.cancel(self.job);
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.close();
    }
}

/// A read-only transaction: one reader, one snapshot, one statement at a time.
pub(crate) struct Reading {
    sqlite: Sqlite,
    settings: Vec<(String, String)>,
    deadline: Instant,
    at: &'static Location<'static>,
    reader: Arc<tokio::sync::Mutex<Option<Reader>>>,
}

impl Reading {
    pub(crate) fn begin(
        sqlite: &Sqlite,
        scope: &Scope,
        deadline: Instant,
        at: &'static Location<'static>,
    ) -> Self {
        Self {
            sqlite: sqlite.clone(),
            settings: settings(scope),
            deadline,
            at,
            reader: Arc::default(),
        }
    }

    async fn reader(&self, held: &mut Option<Reader>) -> Result<Reader> {
        if let Some(reader) = held.take() {
            return Ok(reader);
        }
        let reader = self.sqlite.readers.get(self.at).await?;
        reader.begin(self.settings.clone());
        reader.snapshot()?;
        Ok(reader)
    }

    async fn run(&self, parsed: &Arc<Parsed>, sets: Vec<Vec<Value>>) -> Result<Outcome> {
        let mut held = self.reader.lock().await;
        let mut total = Outcome {
            rows: Vec::new(),
            affected: 0,
        };
        for values in sets {
            let reader = self.reader(&mut held).await?;
            let (answer, reader) = reader.run(parsed, values, self.deadline).await;
            *held = reader;
            let outcome = answer?;
            total.affected += outcome.affected;
            total.rows.extend(outcome.rows);
        }
        Ok(total)
    }

    async fn stream(
        &self,
        parsed: &Arc<Parsed>,
        values: Vec<Value>,
        rows: mpsc::Sender<Result<Vec<Row>>>,
    ) -> Result<StopOnDrop> {
        let mut held = Arc::clone(&self.reader).lock_owned().await;
        let reader = self.reader(&mut held).await?;
        // The lock goes along: the next statement waits until the stream is drained or dropped.
        let home = move |reader| *held = Some(reader);
        Ok(reader.stream(Arc::clone(parsed), values, rows, self.deadline, home))
    }

    /// Savepoints, and whatever else a connection that may only query lets through.
    async fn text(&self, text: &str) -> Result<()> {
        let mut held = self.reader.lock().await;
        let reader = self.reader(&mut held).await?;
        let ran = reader.text(text);
        *held = Some(reader);
        ran
    }

    async fn commit(&self) -> Result<()> {
        match self.reader.lock().await.take() {
            Some(reader) => reader.end_snapshot(),
            None => Ok(()),
        }
    }
}
