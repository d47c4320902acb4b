//! An open transaction, the same on both engines.
//!
//! A statement that fails ends the transaction's use on both engines: what follows is refused, and
//! it can only be rolled back. A savepoint confines that, except for a statement that passed its
//! deadline or whose future was dropped: it is cancelled, and nobody knows when that arrives.

use crate::config::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::postgres::{self, CopyIn, CopyOut};
use crate::row::Row;
use crate::sqlite;
use crate::statement::{Parsed, Sql, StatementKind};
use crate::stream::{self, RowStream};
use crate::value::{Params, ValueRef};
use crate::watch::{Limits, watch};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Errors that a transaction's closure may answer with. The database's own error inside decides
/// whether the transaction is run again.
pub trait TransactionError: From<Error> + Send {
    /// The database's error, if it is one.
    fn database(&self) -> Option<&Error>;
}

impl TransactionError for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

/// An open transaction, handed to the closure of [`Db::tx`](crate::Db::tx).
///
/// Pass `&Transaction` on to the functions that do the work. On Postgres statements that are joined
/// travel in one flight:
///
/// ```
/// # async fn example(tx: &raptor_db::Transaction, id: i64) -> raptor_db::Result<()> {
/// use raptor_db::{params, sql};
/// tokio::try_join!(
///     async { tx.execute(sql!("DELETE FROM entries WHERE account = :id"), params! { id }).await },
///     async { tx.execute(sql!("UPDATE accounts SET cents = 0 WHERE id = :id"), params! { id }).await },
/// )?;
/// # Ok(())
/// # }
/// ```
pub struct Transaction(pub(crate) Arc<Open>);

pub(crate) enum Repr {
    Postgres(postgres::Transaction),
    Sqlite(sqlite::Transaction),
}

pub(crate) struct Open {
    pub(crate) repr: Repr,
    pub(crate) limits: Limits,
    failed: AtomicBool,
    /// Failed beyond what a savepoint confines.
    cancelled: AtomicBool,
    ended: AtomicBool,
    /// Statements that have not been answered.
    running: AtomicU32,
    /// Streams and COPYs that have not ended.
    flowing: AtomicU32,
    savepoints: AtomicU32,
}

/// A statement under way: dropped without an answer, it takes the transaction down with it.
struct Pending<'t> {
    open: &'t Open,
    answered: bool,
}

impl<'t> Pending<'t> {
    fn new(open: &'t Open) -> Self {
        open.running.fetch_add(1, Ordering::SeqCst);
        Self {
            open,
            answered: false,
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.open.cancel();
        }
        self.open.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Rows or bytes that come or go after their statement was answered. What goes wrong with them
/// fails the transaction as a statement's failure does: a COMMIT after it must not be answered Ok.
pub(crate) struct Flow {
    open: Arc<Open>,
    ended: bool,
    /// Whether less than all of it is a failure, as for COPY FROM.
    must_end: bool,
}

impl Flow {
    fn new(open: &Arc<Open>, must_end: bool) -> Self {
        open.flowing.fetch_add(1, Ordering::SeqCst);
        Self {
            open: Arc::clone(open),
            ended: false,
            must_end,
        }
    }

    /// All of it has passed.
    pub(crate) fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.open.flowing.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Hands the error on, after it has failed the transaction.
    pub(crate) fn fail(&mut self, error: Error) -> Error {
        self.open.failed.store(true, Ordering::SeqCst);
        self.end();
        error
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.end();
        if self.must_end {
            self.open.failed.store(true, Ordering::SeqCst);
        } else if let Repr::Postgres(tx) = &self.open.repr {
            tx.leave_behind();
        }
    }
}

struct Answer {
    rows: Vec<Row>,
    affected: u64,
}

impl Open {
    pub(crate) fn new(repr: Repr, limits: Limits) -> Self {
        Self {
            repr,
            limits,
            failed: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            running: AtomicU32::new(0),
            flowing: AtomicU32::new(0),
            savepoints: AtomicU32::new(0),
        }
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.failed.store(true, Ordering::SeqCst);
    }

    /// Runs one step under the guard that remembers failure.
    async fn step<T>(&self, work: Pin<&mut impl Future<Output = Result<T>>>) -> Result<T> {
        if self.failed.load(Ordering::SeqCst) {
            let message = "an earlier statement of this transaction failed or was dropped; it can only be rolled back \
                           (a savepoint confines a failure)";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        if self.flowing.load(Ordering::SeqCst) > 0 {
            let message = "a stream or COPY of this transaction is still open; drain, finish or drop it first";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let mut pending = Pending::new(self);
        if self.ended.load(Ordering::SeqCst) {
            pending.answered = true;
            let message = "the transaction has ended; use it inside its closure only";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let answer = work.await;
        pending.answered = true;
        match &answer {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Timeout => self.cancel(),
            Err(_) => self.failed.store(true, Ordering::SeqCst),
        }
        answer
    }

    async fn run(&self, parsed: &Arc<Parsed>, values: &[ValueRef<'_>]) -> Result<Answer> {
        let work = pin!(async {
            match &self.repr {
                Repr::Postgres(tx) => tx.run(parsed, values).await.map(|out| Answer {
                    rows: out.rows,
                    affected: out.affected,
                }),
                Repr::Sqlite(tx) => tx.run(parsed, &[values]).await.map(|out| Answer {
                    rows: out.rows,
                    affected: out.affected,
                }),
            }
        });
        self.step(pin!(watch(parsed, self.limits, work))).await
    }

    async fn run_text(&self, text: &str) -> Result<()> {
        let work = pin!(async {
            match &self.repr {
                Repr::Postgres(tx) => tx.run_text(text).await,
                Repr::Sqlite(tx) => tx.run_text(text).await,
            }
        });
        self.step(work).await
    }

    pub(crate) async fn commit(&self) -> Result<()> {
        self.ended.store(true, Ordering::SeqCst);
        // Moved out of the closure, a statement may yet fail, and COMMIT would not tell.
        if self.running.load(Ordering::SeqCst) + self.flowing.load(Ordering::SeqCst) > 0 {
            self.rollback();
            let message = "a statement, stream or COPY of this transaction was still running when its closure answered: \
                           the transaction was rolled back";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        if self.failed.load(Ordering::SeqCst) {
            self.rollback();
            let message = "a statement of this transaction failed or was dropped, yet its closure answered Ok: \
                           the transaction was rolled back";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        match &self.repr {
            Repr::Postgres(tx) => tx.commit().await,
            Repr::Sqlite(tx) => tx.commit().await,
        }
    }

    pub(crate) fn rollback(&self) {
        self.ended.store(true, Ordering::SeqCst);
        match &self.repr {
            Repr::Postgres(tx) => {
                if self.running.load(Ordering::SeqCst) + self.flowing.load(Ordering::SeqCst) > 0 {
                    tx.leave_behind();
                }
                tx.rollback();
            }
            Repr::Sqlite(tx) => tx.rollback(),
        }
    }
}

impl Transaction {
    /// Which engine this runs on.
    pub fn engine(&self) -> Engine {
        match self.0.repr {
            Repr::Postgres(_) => Engine::Postgres,
            Repr::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// All rows of the answer.
    ///
    /// # Errors
    /// Whatever the statement fails with.
    pub async fn query(&self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>> {
        let parsed = runnable(sql)?;
        Ok(self.0.run(parsed, &parsed.bind(params)?).await?.rows)
    }

    /// Exactly one row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::TooManyRows`], or whatever the statement fails with.
    pub async fn query_one(&self, sql: &Sql, params: Params<'_>) -> Result<Row> {
        one(sql, self.query(sql, params).await?)
    }

    /// One row or none.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyRows`], or whatever the statement fails with.
    pub async fn query_opt(&self, sql: &Sql, params: Params<'_>) -> Result<Option<Row>> {
        at_most_one(sql, self.query(sql, params).await?)
    }

    /// How many rows the statement wrote (or, for a query, answered).
    ///
    /// # Errors
    /// Whatever the statement fails with.
    pub async fn execute(&self, sql: &Sql, params: Params<'_>) -> Result<u64> {
        let parsed = runnable(sql)?;
        Ok(self.0.run(parsed, &parsed.bind(params)?).await?.affected)
    }

    /// The statement once for each set of parameters, in one flight; the sum of the rows written.
    ///
    /// # Errors
    /// The first failure; the transaction is then of no further use.
    pub async fn execute_many(&self, sql: &Sql, sets: &[Params<'_>]) -> Result<u64> {
        let parsed = runnable(sql)?;
        let sets = sets
            .iter()
            .map(|params| parsed.bind(params))
            .collect::<Result<Vec<_>>>()?;
        let work = pin!(async {
            match &self.0.repr {
                Repr::Postgres(tx) => tx.run_many(parsed, &sets).await,
                Repr::Sqlite(tx) => tx.run(parsed, &sets).await.map(|outcome| outcome.affected),
            }
        });
        self.0.step(pin!(watch(parsed, self.0.limits, work))).await
    }

    /// The rows one by one, in constant memory, as fast as they are taken. Until the stream is
    /// drained or dropped, the transaction takes no other statement.
    ///
    /// # Errors
    /// Whatever the statement fails with before its first row.
    pub async fn stream(&self, sql: &Sql, params: Params<'_>) -> Result<RowStream<'_>> {
        let parsed = runnable(sql)?;
        let values = parsed.bind(params)?;
        let work = pin!(async {
            Ok(match &self.0.repr {
                Repr::Postgres(tx) => stream::Source::from(tx.stream(parsed, &values).await?),
                Repr::Sqlite(tx) => stream::Source::from(tx.stream(parsed, &values).await?),
            })
        });
        let watched = pin!(watch(parsed, self.0.limits, work));
        let rows = self.0.step(watched).await?;
        let flow = Flow::new(&self.0, false);
        Ok(RowStream::new(rows, parsed.call_site, flow))
    }

    /// Runs `work` inside a savepoint. Its `Err` takes back what it did and is handed on, and the
    /// transaction stays usable. A statement run beside `work` is taken back with it.
    ///
    /// # Errors
    /// `work`'s own, or the savepoint's.
    pub async fn savepoint<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
        E: TransactionError,
        T: Send,
    {
        let name = format!(
            "raptor_{}",
            self.0.savepoints.fetch_add(1, Ordering::Relaxed)
        );
        let mark = match &self.0.repr {
            Repr::Sqlite(tx) => self.0.step(pin!(tx.mark())).await?,
            Repr::Postgres(_) => None,
        };
        self.0.run_text(&format!("SAVEPOINT {name}")).await?;
        // Dropped on the way, the savepoint's work would stay behind half done.
        let mut pending = Pending::new(&self.0);
        let answer = work().await;
        pending.answered = true;
        drop(pending);
        match answer {
            Ok(value) => {
                self.0
                    .run_text(&format!("RELEASE SAVEPOINT {name}"))
                    .await?;
                Ok(value)
            }
            Err(error) => {
                // Where this fails the transaction has failed for good, and the reason is `error`.
                if let Err(lost) = self.take_back(&name, mark).await {
                    tracing::debug!(error = %lost, "a savepoint could not be rolled back");
                }
                Err(error)
            }
        }
    }

    async fn take_back(&self, name: &str, mark: Option<sqlite::Mark>) -> Result<()> {
        let cancelled = self.0.cancelled.load(Ordering::SeqCst);
        self.0.failed.store(cancelled, Ordering::SeqCst);
        let back = format!("ROLLBACK TO SAVEPOINT {name}");
        self.0.run_text(&back).await?;
        self.0
            .run_text(&format!("RELEASE SAVEPOINT {name}"))
            .await?;
        match &self.0.repr {
            Repr::Sqlite(tx) => self.0.step(pin!(tx.reset_to(mark))).await,
            Repr::Postgres(_) => Ok(()),
        }
    }

    /// Runs one statement exactly as written, without parameters or rewrites: for migrations, whose
    /// texts may be written for one engine.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] for transaction control, or whatever the statement fails with.
    pub async fn execute_raw(&self, text: &str) -> Result<()> {
        crate::statement::refuse_control(text)?;
        self.0.run_text(text).await
    }

    /// Starts `COPY … FROM STDIN` (Postgres).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] on SQLite, or whatever the statement fails with.
    pub async fn copy_in(&self, sql: &Sql) -> Result<CopyIn> {
        let (tx, text) = self.copying(sql)?;
        let sink = self.0.step(pin!(tx.copy_in(text))).await?;
        Ok(CopyIn::new(sink, Flow::new(&self.0, true)))
    }

    /// Starts `COPY … TO STDOUT` (Postgres).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] on SQLite, or whatever the statement fails with.
    pub async fn copy_out(&self, sql: &Sql) -> Result<CopyOut> {
        let (tx, text) = self.copying(sql)?;
        let stream = tx.with_client(async |client| client.copy_out(text).await);
        let stream = self.0.step(pin!(stream)).await?;
        Ok(CopyOut::new(stream, Flow::new(&self.0, false)))
    }

    fn copying<'s>(&self, sql: &'s Sql) -> Result<(&postgres::Transaction, &'s str)> {
        if sql.kind()? != StatementKind::Copy {
            return Err(
                Error::new(ErrorKind::Refused, "this is no COPY statement").at(sql.call_site())
            );
        }
        match &self.0.repr {
            Repr::Postgres(tx) => Ok((tx, sql.postgres_text()?)),
            Repr::Sqlite(_) => {
                let message = "SQLite has no COPY; use `execute_many`";
                Err(Error::new(ErrorKind::Unsupported, message).at(sql.call_site()))
            }
        }
    }
}

/// The parsed statement, if it is one that runs as a query.
pub(crate) fn runnable(sql: &Sql) -> Result<&Arc<Parsed>> {
    let parsed = sql.parsed()?;
    if parsed.kind == StatementKind::Copy {
        let message = "COPY needs `Transaction::copy_in` or `copy_out`";
        return Err(Error::new(ErrorKind::Refused, message).at(parsed.call_site));
    }
    parsed.check_leak()?;
    Ok(parsed)
}

/// Exactly one row of an answer.
pub(crate) fn one(sql: &Sql, rows: Vec<Row>) -> Result<Row> {
    at_most_one(sql, rows)?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "one row was expected and none came").at(sql.call_site())
    })
}

/// At most one row of an answer.
pub(crate) fn at_most_one(sql: &Sql, mut rows: Vec<Row>) -> Result<Option<Row>> {
    if rows.len() > 1 {
        let message = format!("at most one row was expected and {} came", rows.len());
        return Err(Error::new(ErrorKind::TooManyRows, message).at(sql.call_site()));
    }
    Ok(rows.pop())
}
