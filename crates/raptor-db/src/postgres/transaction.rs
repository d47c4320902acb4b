//! A transaction on one connection. BEGIN and the scope travel with the first statement.

use super::conn::Outcome;
use super::opening::Opening;
use super::pool::{Loan, Pool};
use crate::error::{Error, ErrorKind, Result, from_postgres};
use crate::scope::Scope;
use crate::statement::Parsed;
use crate::value::ValueRef;
use bytes::Bytes;
use futures_util::FutureExt;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use tokio_postgres::{CopyInSink, RowStream};

const OPEN: u8 = 0;
const FINISHED: u8 = 1;
/// Answers on its connection are no more those of what was asked.
const ASTRAY: u8 = 2;

/// An open transaction. Dropped unfinished, it is rolled back before anyone else gets the
/// connection; with a statement in flight, the connection is given up and the statement cancelled.
pub(crate) struct Transaction {
    loan: Loan,
    /// BEGIN and the scope, until the first statement takes them along.
    opening: Mutex<Option<Opening>>,
    state: AtomicU8,
    /// Rows that nobody reads any more are still on their way.
    behind: AtomicBool,
    /// A COPY ran behind a pooler. PgBouncer loses count of the answers then (it says so itself),
    /// and must be given nothing more before the last one is here.
    miscounted: AtomicBool,
    /// Nothing hangs on COMMIT's answer. A serializable reader may still be told there that what
    /// it read never was.
    commits_unheard: bool,
}

impl Transaction {
    pub(crate) async fn begin(
        pool: &Pool,
        scope: &Scope,
        mode: &str,
        at: &'static Location<'static>,
    ) -> Result<Self> {
        let loan = pool.get(at).await?;
        let opening = Mutex::new(Some(Opening::new(scope, mode)));
        Ok(Self {
            loan,
            opening,
            state: AtomicU8::new(OPEN),
            behind: AtomicBool::new(false),
            miscounted: AtomicBool::new(false),
            commits_unheard: mode.contains("READ ONLY") && !mode.contains("SERIALIZABLE"),
        })
    }

    /// A stream was dropped before its end.
    pub(crate) fn leave_behind(&self) {
        self.behind.store(true, Ordering::Relaxed);
    }

    fn take_opening(&self) -> Option<Opening> {
        self.opening
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }

    fn check_open(&self) -> Result<()> {
        match self.state.load(Ordering::Relaxed) {
            OPEN => Ok(()),
            ASTRAY => Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection was given up, as a COPY on it could not begin",
            )),
            _ => Err(Error::new(
                ErrorKind::Refused,
                "the transaction has ended; use it inside its closure only",
            )),
        }
    }

    /// Runs a future that talks to the server, with BEGIN before it in the same flight if it is
    /// the first one.
    async fn fly<T>(&self, work: Pin<&mut impl Future<Output = Result<T>>>) -> Result<T> {
        self.check_open()?;
        let flight = self.loan.flight();
        let answer = match self.take_opening() {
            None => work.await,
            Some(opening) => {
                // Polled in this order, so they are sent in this order.
                let begin = opening.send(&self.loan);
                let (begun, answer) = futures_util::future::join(begin, work).await;
                begun.and(answer)
            }
        };
        flight.land_with(&answer);
        if answer.is_ok() {
            // Answers come in order: whatever was left behind has passed.
            self.behind.store(false, Ordering::Relaxed);
        }
        answer
    }

    pub(crate) async fn run(&self, parsed: &Parsed, values: &[ValueRef<'_>]) -> Result<Outcome> {
        self.fly(pin!(self.loan.run(parsed, values))).await
    }

    /// Every set of values in one flight; the sum of the rows affected.
    pub(crate) async fn run_many(
        &self,
        parsed: &Parsed,
        sets: &[Vec<ValueRef<'_>>],
    ) -> Result<u64> {
        let work = pin!(async {
            let prepared = self.loan.prepare(parsed).await?;
            let mut affected = 0;
            // All are polled once before the first is waited for: they leave together. A window
            // bounds the memory that answers may take.
            for window in sets.chunks(1_000) {
                let all = window
                    .iter()
                    .map(|values| self.loan.run_prepared(&prepared, parsed, values));
                for outcome in futures_util::future::join_all(all).await {
                    affected += outcome?.affected;
                }
            }
            Ok(affected)
        });
        self.fly(work).await
    }

    pub(crate) async fn stream(
        &self,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<RowStream> {
        self.fly(pin!(async {
            let prepared = self.loan.prepare(parsed).await?;
            self.loan.send(&prepared, parsed, values).await
        }))
        .await
    }

    /// A text of our own making: savepoints, or a migration's statement.
    pub(crate) async fn run_text(&self, text: &str) -> Result<()> {
        self.fly(pin!(async {
            self.loan
                .client
                .batch_execute(text)
                .await
                .map_err(from_postgres)
        }))
        .await
    }

    /// Starts work of the driver's own, such as COPY.
    pub(crate) async fn with_client<T>(
        &self,
        work: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T> {
        self.loan.note_copy();
        self.miscounted
            .store(!self.loan.is_direct, Ordering::Relaxed);
        self.fly(pin!(async {
            let run = work(&self.loan.client);
            let (_, answer) = futures_util::future::join(self.loan.clear_names(), run).await;
            answer.map_err(from_postgres)
        }))
        .await
    }

    /// Begins a COPY from here. Where the server refuses it, the driver sends one more end of what was asked
    /// than there is, and everything after it gets the answer of what was before.
    pub(crate) async fn copy_in(&self, text: &str) -> Result<CopyInSink<Bytes>> {
        let begun = self
            .with_client(async |client| client.copy_in(text).await)
            .await;
        if begun.is_err() {
            self.state.store(ASTRAY, Ordering::Relaxed);
            self.loan.abandon();
        }
        begun
    }

    pub(crate) async fn commit(&self) -> Result<()> {
        self.check_open()?;
        self.state.store(FINISHED, Ordering::Relaxed);
        if self.take_opening().is_some() {
            return Ok(());
        }
        if self.commits_unheard && self.behind.load(Ordering::Relaxed) {
            self.loan.abandon();
            return Ok(());
        }
        if self.commits_unheard && !self.miscounted.load(Ordering::Relaxed) {
            // COMMIT leaves now, and the next user queues behind it.
            let _ = self.loan.client.batch_execute("COMMIT").now_or_never();
            return Ok(());
        }
        let flight = self.loan.flight();
        let rows = self.loan.client.simple_query("COMMIT").await;
        let answer = rows.map(drop).map_err(from_postgres);
        flight.land_with(&answer);
        answer
    }

    pub(crate) fn rollback(&self) {
        if self.state.swap(FINISHED, Ordering::Relaxed) == OPEN && self.take_opening().is_none() {
            if self.behind.load(Ordering::Relaxed) || self.miscounted.load(Ordering::Relaxed) {
                // The next user would wait for rows that nobody reads.
                return self.loan.abandon();
            }
            // Sent at the first poll; the answer is read by the connection, whoever waits for it.
            let _ = self.loan.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.rollback();
    }
}
