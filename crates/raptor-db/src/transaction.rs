//! An open transaction, the same on both engines.
//!
//! A statement that fails, or whose future is dropped, ends the transaction's use on both engines:
//! what follows is refused, and it can only be rolled back. A savepoint confines that.

use crate::config::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::postgres::{self, CopyIn, CopyOut};
use crate::row::Row;
use crate::sqlite;
use crate::statement::{Parsed, Sql, StatementKind};
use crate::stream::RowStream;
use crate::value::{Params, ValueRef};
use crate::watch::{Limits, watch};
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
/// Pass `&Transaction` on to the functions that do the work. On Postgres two statements joined
/// (`tokio::try_join!`) travel in one flight.
pub struct Transaction(pub(crate) Arc<Open>);

pub(crate) enum Repr {
    Postgres(postgres::Transaction),
    Sqlite(sqlite::Transaction),
}

pub(crate) struct Open {
    pub(crate) repr: Repr,
    pub(crate) limits: Limits,
    failed: AtomicBool,
    savepoints: AtomicU32,
}

/// Marks the transaction as failed, unless the statement ended well.
struct Pending<'t> {
    failed: &'t AtomicBool,
    ended_well: bool,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.ended_well {
            self.failed.store(true, Ordering::Relaxed);
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
            savepoints: AtomicU32::new(0),
        }
    }

    /// Runs one step under the guard that remembers failure.
    async fn step<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.failed.load(Ordering::Relaxed) {
            let message = "an earlier statement of this transaction failed or was dropped; it can only be rolled back \
                           (a savepoint confines a failure)";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let mut pending = Pending {
            failed: &self.failed,
            ended_well: false,
        };
        let answer = work.await;
        pending.ended_well = answer.is_ok();
        answer
    }

    async fn run(&self, parsed: &Arc<Parsed>, values: Vec<ValueRef<'_>>) -> Result<Answer> {
        let work = async {
            match &self.repr {
                Repr::Postgres(tx) => tx.run(parsed, values).await.map(|out| Answer {
                    rows: out.rows,
                    affected: out.affected,
                }),
                Repr::Sqlite(tx) => tx.run(parsed, vec![values]).await.map(|out| Answer {
                    rows: out.rows,
                    affected: out.affected,
                }),
            }
        };
        self.step(watch(parsed, self.limits, work)).await
    }

    async fn run_text(&self, text: &str) -> Result<()> {
        let work = async {
            match &self.repr {
                Repr::Postgres(tx) => tx.run_text(text).await,
                Repr::Sqlite(tx) => tx.run_text(text).await,
            }
        };
        self.step(work).await
    }

    pub(crate) async fn commit(&self) -> Result<()> {
        if self.failed.load(Ordering::Relaxed) {
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
        match &self.repr {
            Repr::Postgres(tx) => tx.rollback(),
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
        Ok(self.0.run(parsed, parsed.bind(params)?).await?.rows)
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
        Ok(self.0.run(parsed, parsed.bind(params)?).await?.affected)
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
        let work = async {
            match &self.0.repr {
                Repr::Postgres(tx) => tx.run_many(parsed, sets).await,
                Repr::Sqlite(tx) => tx.run(parsed, sets).await.map(|outcome| outcome.affected),
            }
        };
        self.0.step(watch(parsed, self.0.limits, work)).await
    }

    /// The rows one by one, in constant memory, as fast as they are taken. Drain or drop the stream
    /// before the next statement.
    ///
    /// # Errors
    /// Whatever the statement fails with before its first row.
    pub async fn stream(&self, sql: &Sql, params: Params<'_>) -> Result<RowStream<'_>> {
        let parsed = runnable(sql)?;
        let values = parsed.bind(params)?;
        let work = async {
            Ok(match &self.0.repr {
                Repr::Postgres(tx) => {
                    RowStream::postgres(tx.stream(parsed, values).await?, parsed.call_site)
                }
                Repr::Sqlite(tx) => RowStream::sqlite(tx.stream(parsed, values).await?),
            })
        };
        self.0.step(watch(parsed, self.0.limits, work)).await
    }

    /// Runs `work` inside a savepoint. Its `Err` takes back what it did and is handed on, and the
    /// transaction stays usable.
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
            Repr::Sqlite(tx) => tx.mark().await?,
            Repr::Postgres(_) => None,
        };
        self.0.run_text(&format!("SAVEPOINT {name}")).await?;
        // Dropped on the way, the savepoint's work would stay behind half done.
        let mut pending = Pending {
            failed: &self.0.failed,
            ended_well: false,
        };
        let answer = work().await;
        pending.ended_well = true;
        drop(pending);
        match answer {
            Ok(value) => {
                self.0
                    .run_text(&format!("RELEASE SAVEPOINT {name}"))
                    .await?;
                Ok(value)
            }
            Err(error) => {
                self.0.failed.store(false, Ordering::Relaxed);
                self.0
                    .run_text(&format!("ROLLBACK TO SAVEPOINT {name}"))
                    .await?;
                self.0
                    .run_text(&format!("RELEASE SAVEPOINT {name}"))
                    .await?;
                if let Repr::Sqlite(tx) = &self.0.repr {
                    tx.reset_to(mark).await?;
                }
                Err(error)
            }
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
        let sink = tx.with_client(async |client| client.copy_in(text).await);
        Ok(CopyIn(Box::pin(self.0.step(sink).await?)))
    }

    /// Starts `COPY … TO STDOUT` (Postgres).
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] on SQLite, or whatever the statement fails with.
    pub async fn copy_out(&self, sql: &Sql) -> Result<CopyOut> {
        let (tx, text) = self.copying(sql)?;
        let stream = tx.with_client(async |client| client.copy_out(text).await);
        Ok(CopyOut(Box::pin(self.0.step(stream).await?)))
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
