//! What the writer is asked to do.

use super::exec::{self, Outcome};
use super::open::Handle;
use super::session::Mark;
use crate::error::{Error, ErrorKind, Result};
use crate::row::Row;
use crate::statement::Parsed;
use rusqlite::types::Value;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// A piece of work with a transaction (in truth a savepoint) of its own.
pub(crate) enum Job {
    Batch(Batch),
    Interactive(Interactive),
    /// The last one: the writer ends.
    Close,
}

/// One statement with one or many sets of values: all or none.
pub(crate) struct Batch {
    pub(crate) job: u64,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) parsed: Arc<Parsed>,
    pub(crate) sets: Vec<Vec<Value>>,
    pub(crate) deadline: Instant,
    pub(crate) is_alone: bool,
    pub(crate) reply: oneshot::Sender<Result<Outcome>>,
}

/// A transaction whose statements come one by one.
pub(crate) struct Interactive {
    pub(crate) job: u64,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) deadline: Instant,
    pub(crate) is_alone: bool,
    pub(crate) requests: std::sync::mpsc::Receiver<Request>,
    pub(crate) fate: Arc<Fate>,
}

/// Why the writer ended a transaction that had not asked for it.
#[derive(Default)]
pub(crate) struct Fate(OnceLock<Ended>);

/// See [`Fate`].
#[derive(Clone, Copy)]
pub(crate) enum Ended {
    /// Its deadline passed between two statements.
    Late,
    /// It kept others waiting for the COMMIT they share.
    GaveWay,
    /// SQLite rolled back everything that was open.
    Lost,
}

impl Fate {
    pub(crate) fn seal(&self, ended: Ended) {
        // The first reason is the true one.
        let _ = self.0.set(ended);
    }

    /// What is said to whoever still asks something of the transaction.
    pub(crate) fn error(&self) -> Error {
        let (kind, message) = match self.0.get() {
            Some(Ended::Late) => (
                ErrorKind::Timeout,
                "the transaction passed its deadline and was rolled back",
            ),
            Some(Ended::GaveWay) => (
                ErrorKind::Serialization,
                "the transaction gave way to others that waited to be committed with it",
            ),
            Some(Ended::Lost) => (
                ErrorKind::Cancelled,
                "SQLite rolled the transaction back with the statement it stopped",
            ),
            None => (ErrorKind::ConnectionLost, "the database was closed"),
        };
        Error::new(kind, message)
    }
}

/// One step of an interactive transaction.
pub(crate) enum Request {
    Run {
        parsed: Arc<Parsed>,
        sets: Vec<Vec<Value>>,
        reply: oneshot::Sender<Result<Outcome>>,
    },
    Stream {
        parsed: Arc<Parsed>,
        values: Vec<Value>,
        rows: mpsc::Sender<Result<Vec<Row>>>,
    },
    Text {
        text: String,
        reply: oneshot::Sender<Result<()>>,
    },
    Mark {
        reply: oneshot::Sender<Result<Mark>>,
    },
    ResetTo {
        mark: Mark,
    },
    Commit {
        reply: oneshot::Sender<Result<()>>,
    },
}

impl Job {
    /// Whether it must not share a COMMIT.
    pub(crate) fn is_alone(&self) -> bool {
        match self {
            Self::Batch(batch) => batch.is_alone,
            Self::Interactive(interactive) => interactive.is_alone,
            Self::Close => true,
        }
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        matches!(self, Self::Batch(batch) if batch.reply.is_closed())
    }

    /// Answers a job that could not even begin.
    pub(crate) fn fail(self, error: Error) {
        match self {
            Self::Close => {}
            Self::Batch(batch) => batch.answer(Err(error)),
            Self::Interactive(interactive) => {
                // The first step carries the answer; without a step there is nobody to tell.
                let left = interactive
                    .deadline
                    .saturating_duration_since(Instant::now());
                if let Ok(request) = interactive.requests.recv_timeout(left) {
                    request.fail(error);
                }
            }
        }
    }
}

impl Batch {
    pub(crate) fn answer(self, answer: Result<Outcome>) {
        let _ = self.reply.send(answer);
    }

    pub(crate) fn alone(mut self) -> Self {
        self.is_alone = true;
        self
    }
}

impl Request {
    /// Does what is asked on the transaction's connection. `Commit` is the writer's own.
    pub(crate) fn serve(self, handle: &Handle) {
        match self {
            Self::Run {
                parsed,
                sets,
                reply,
            } => {
                let mut total = Outcome {
                    rows: Vec::new(),
                    affected: 0,
                };
                let failed =
                    sets.iter()
                        .find_map(|values| match exec::run(handle, &parsed, values) {
                            Ok(outcome) => {
                                total.affected += outcome.affected;
                                total.rows.extend(outcome.rows);
                                None
                            }
                            Err(error) => Some(error),
                        });
                let _ = reply.send(failed.map_or(Ok(total), Err));
            }
            Self::Stream {
                parsed,
                values,
                rows,
            } => stream(handle, &parsed, &values, &rows),
            Self::Text { text, reply } => drop(reply.send(exec::run_text(handle, &text))),
            Self::Mark { reply } => drop(reply.send(Ok(handle.session.mark()))),
            Self::ResetTo { mark } => handle.session.reset_to(mark),
            Self::Commit { reply } => drop(reply.send(Ok(()))),
        }
    }

    fn fail(self, error: Error) {
        match self {
            Self::Run { reply, .. } => drop(reply.send(Err(error))),
            Self::Stream { rows, .. } => drop(rows.try_send(Err(error))),
            Self::Text { reply, .. } | Self::Commit { reply } => drop(reply.send(Err(error))),
            Self::Mark { reply } => drop(reply.send(Err(error))),
            Self::ResetTo { .. } => {}
        }
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Run { reply, .. } => reply.is_closed(),
            Self::Stream { rows, .. } => rows.is_closed(),
            Self::Text { reply, .. } | Self::Commit { reply } => reply.is_closed(),
            Self::Mark { reply } => reply.is_closed(),
            Self::ResetTo { .. } => false,
        }
    }
}

/// How many rows are handed over at once to a taker who is behind.
const CHUNK: usize = 64;

/// Hands rows over as fast as they are taken; stops when nobody takes them any more.
pub(crate) fn stream(
    handle: &Handle,
    parsed: &Parsed,
    values: &[Value],
    rows: &mpsc::Sender<Result<Vec<Row>>>,
) {
    let mut chunk = Vec::new();
    let run = exec::each(handle, parsed, values, |row| {
        chunk.push(row);
        // Waking the taker costs more than a row: only one who waits gets less than a chunk.
        let is_awaited = rows.capacity() == rows.max_capacity();
        if chunk.len() < CHUNK && !is_awaited {
            return ControlFlow::Continue(());
        }
        match rows.blocking_send(Ok(std::mem::take(&mut chunk))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    // Nobody may be there to take it any more.
    let _ = rows.blocking_send(Ok(chunk));
    if let Err(error) = run {
        let _ = rows.blocking_send(Err(error));
    }
}
