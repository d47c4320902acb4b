//! A database: statements on their own, and transactions that are run again when they lose.

use crate::config::{Config, Engine, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::listen::{self, Listener};
use crate::postgres::{self, Postgres};
use crate::row::Row;
use crate::scope::Scope;
use crate::session::Session;
use crate::sqlite::Sqlite;
use crate::statement::{Parsed, Sql, StatementKind};
use crate::transaction::{
    Open, Repr as TransactionRepr, Transaction, TransactionError, at_most_one, one, runnable,
};
use crate::value::{Params, ValueRef};
use crate::watch::{Limits, until, watch};
use std::panic::Location;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A database; cheap to clone, shared by all tasks.
///
/// ```
/// # async fn example() -> raptor_db::Result<()> {
/// use raptor_db::{Config, Db, Scope, params, sql};
/// let db = Db::open(Config::new("sqlite:./dev.db")?).await?;
/// let row = db.query_one(&Scope::system(), sql!("SELECT :a + 1 AS b"), params! { a: 41 }).await?;
/// assert_eq!(row.get::<i64>("b")?, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Db {
    repr: Repr,
    limits: Limits,
}

#[derive(Clone)]
enum Repr {
    Postgres(Postgres),
    Sqlite(Sqlite),
}

/// How a transaction runs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TxOptions {
    /// Reads only, from one snapshot. False.
    pub read_only: bool,
    /// Postgres: `SERIALIZABLE` instead of `READ COMMITTED`. SQLite always is. False.
    pub serializable: bool,
    /// How long the whole transaction may take, runs again included; 30 s.
    pub deadline: Duration,
    /// How often it is run again at most after losing against another one; 5.
    pub retries: u32,
}

impl Default for TxOptions {
    fn default() -> Self {
        Self {
            read_only: false,
            serializable: false,
            deadline: Duration::from_secs(30),
            retries: 5,
        }
    }
}

impl TxOptions {
    fn mode(self) -> &'static str {
        match (self.read_only, self.serializable) {
            (true, true) => "ISOLATION LEVEL SERIALIZABLE READ ONLY",
            (true, false) => "ISOLATION LEVEL REPEATABLE READ READ ONLY",
            (false, true) => "ISOLATION LEVEL SERIALIZABLE",
            (false, false) => "",
        }
    }
}

struct Answer {
    rows: Vec<Row>,
    affected: u64,
}

impl Db {
    /// Opens the database and proves that it can be reached. SQLite creates the file.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionLost`], [`ErrorKind::Auth`], [`ErrorKind::Configuration`].
    #[track_caller]
    pub fn open(config: Config) -> impl Future<Output = Result<Self>> + Send {
        let at = Location::caller();
        async move {
            let limits = Limits {
                statement: config.statement_timeout,
                slow: config.slow_statement,
            };
            let repr = match config.target.clone() {
                Target::Sqlite(path) => Repr::Sqlite(Sqlite::open(path, config)?),
                Target::Postgres(address) => {
                    Repr::Postgres(Postgres::open(*address, config, at).await?)
                }
            };
            Ok(Self { repr, limits })
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.repr {
            Repr::Postgres(_) => Engine::Postgres,
            Repr::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// The file, on SQLite.
    pub fn path(&self) -> Option<&Path> {
        match &self.repr {
            Repr::Postgres(_) => None,
            Repr::Sqlite(sqlite) => Some(sqlite.path()),
        }
    }

    async fn run(
        &self,
        scope: &Scope,
        parsed: &Arc<Parsed>,
        values: &[ValueRef<'_>],
    ) -> Result<Answer> {
        scope.check().map_err(|error| error.at(parsed.call_site))?;
        let mut tries = 0;
        loop {
            let once = pin!(self.run_once(scope, parsed, values, tries > 0));
            let answer = watch(parsed, self.limits, once).await;
            match answer {
                Err(error) if error.is_retryable() && tries < TxOptions::default().retries => {
                    tries += 1;
                    Box::pin(pause(tries, &error)).await;
                }
                answer => return answer,
            }
        }
    }

    async fn run_once(
        &self,
        scope: &Scope,
        parsed: &Arc<Parsed>,
        values: &[ValueRef<'_>],
        is_alone: bool,
    ) -> Result<Answer> {
        match &self.repr {
            Repr::Postgres(postgres) => {
                let out = postgres.run(scope, parsed, values).await?;
                Ok(Answer {
                    rows: out.rows,
                    affected: out.affected,
                })
            }
            Repr::Sqlite(sqlite) => {
                if parsed.kind != StatementKind::Read {
                    refuse_inside_own_transaction(sqlite)
                        .map_err(|error| error.at(parsed.call_site))?;
                }
                let deadline = Instant::now() + self.limits.statement;
                let out = sqlite
                    .run(scope, parsed, values, deadline, is_alone)
                    .await?;
                Ok(Answer {
                    rows: out.rows,
                    affected: out.affected,
                })
            }
        }
    }

    /// All rows of one statement, run as a transaction of its own.
    ///
    /// # Errors
    /// Whatever the statement fails with.
    pub async fn query(&self, scope: &Scope, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>> {
        let parsed = runnable(sql)?;
        Ok(self.run(scope, parsed, &parsed.bind(params)?).await?.rows)
    }

    /// Exactly one row.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::TooManyRows`], or whatever the statement fails with.
    pub async fn query_one(&self, scope: &Scope, sql: &Sql, params: Params<'_>) -> Result<Row> {
        one(sql, self.query(scope, sql, params).await?)
    }

    /// One row or none.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyRows`], or whatever the statement fails with.
    pub async fn query_opt(
        &self,
        scope: &Scope,
        sql: &Sql,
        params: Params<'_>,
    ) -> Result<Option<Row>> {
        at_most_one(sql, self.query(scope, sql, params).await?)
    }

    /// How many rows the statement wrote.
    ///
    /// # Errors
    /// Whatever the statement fails with.
    pub async fn execute(&self, scope: &Scope, sql: &Sql, params: Params<'_>) -> Result<u64> {
        let parsed = runnable(sql)?;
        Ok(self
            .run(scope, parsed, &parsed.bind(params)?)
            .await?
            .affected)
    }

    /// A transaction: committed when the closure answers `Ok`, rolled back when it answers `Err` or
    /// is dropped. When it loses against another one it is run again, a bounded number of times,
    /// so the closure must do nothing that a second run would repeat outside the database.
    ///
    /// ```
    /// # async fn example(db: raptor_db::Db) -> raptor_db::Result<()> {
    /// use raptor_db::{Scope, params, sql};
    /// let (from, to) = (1, 2);
    /// db.tx(&Scope::system(), |tx| async move {
    ///     tx.execute(sql!("UPDATE accounts SET cents = cents - 100 WHERE id = :from"), params! { from }).await?;
    ///     tx.execute(sql!("UPDATE accounts SET cents = cents + 100 WHERE id = :to"), params! { to }).await
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The closure's own, COMMIT's, or [`ErrorKind::Timeout`].
    #[track_caller]
    pub fn tx<T, E, F, Fut>(
        &self,
        scope: &Scope,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        F: Fn(Transaction) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
        E: TransactionError,
        T: Send,
    {
        self.tx_with(scope, TxOptions::default(), work)
    }

    /// A read-only transaction over one snapshot.
    ///
    /// # Errors
    /// As [`Db::tx`].
    #[track_caller]
    pub fn read<T, E, F, Fut>(
        &self,
        scope: &Scope,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        F: Fn(Transaction) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
        E: TransactionError,
        T: Send,
    {
        self.tx_with(
            scope,
            TxOptions {
                read_only: true,
                ..TxOptions::default()
            },
            work,
        )
    }

    /// [`Db::tx`] with options.
    ///
    /// # Errors
    /// As [`Db::tx`].
    #[track_caller]
    pub fn tx_with<T, E, F, Fut>(
        &self,
        scope: &Scope,
        options: TxOptions,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        F: Fn(Transaction) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
        E: TransactionError,
        T: Send,
    {
        let at = Location::caller();
        async move {
            scope.check().map_err(|error| error.at(at))?;
            let deadline = Instant::now() + options.deadline;
            let runs = pin!(async {
                let mut tries = 0;
                loop {
                    let answer = self
                        .attempt(scope, options, &work, deadline, tries > 0, at)
                        .await;
                    match answer {
                        Err(error) if tries < options.retries && retryable(&error) => {
                            tries += 1;
                            if let Some(error) = error.database() {
                                Box::pin(pause(tries, error)).await;
                            }
                        }
                        answer => return answer,
                    }
                }
            });
            match until(deadline, runs).await {
                Ok(answer) => answer,
                Err(_) => {
                    let message = format!(
                        "the transaction did not end within {:?} and was rolled back",
                        options.deadline
                    );
                    Err(Error::new(ErrorKind::Timeout, message).at(at).into())
                }
            }
        }
    }

    async fn attempt<T, E, F, Fut>(
        &self,
        scope: &Scope,
        options: TxOptions,
        work: &F,
        deadline: Instant,
        is_alone: bool,
        at: &'static Location<'static>,
    ) -> Result<T, E>
    where
        F: Fn(Transaction) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, E>> + Send,
        E: TransactionError,
    {
        let mut held = Vec::new();
        let repr = match &self.repr {
            Repr::Postgres(postgres) => {
                TransactionRepr::Postgres(postgres.begin(scope, options.mode(), at).await?)
            }
            Repr::Sqlite(sqlite) if options.read_only => {
                TransactionRepr::Sqlite(sqlite.begin_reading(scope, deadline, at))
            }
            Repr::Sqlite(sqlite) => {
                refuse_inside_own_transaction(sqlite).map_err(|error| error.at(at))?;
                held.push(sqlite.key());
                TransactionRepr::Sqlite(sqlite.begin_writing(scope, deadline, is_alone))
            }
        };
        let _ = HELD.try_with(|outer| held.extend(outer));
        let open = Arc::new(Open::new(repr, self.limits));
        let _ending = Ending(Arc::clone(&open));
        let answer = HELD.scope(held, work(Transaction(Arc::clone(&open)))).await;
        match answer {
            Ok(value) => {
                open.commit().await.map_err(|error| error.at(at))?;
                Ok(value)
            }
            Err(error) => {
                open.rollback();
                Err(error)
            }
        }
    }

    /// Listens on channels: what a later commit says with `pg_notify` wakes the listener, in this
    /// process and in others, on both engines.
    ///
    /// # Errors
    /// [`ErrorKind::Parameter`] for a name no engine takes, or the connection's failure.
    pub async fn listen(&self, channels: &[&str]) -> Result<Listener> {
        let channels = listen::check(channels)?;
        match &self.repr {
            Repr::Postgres(postgres) => Ok(postgres.listen(channels).await?.into()),
            Repr::Sqlite(sqlite) => Ok(sqlite.listen(channels)?.into()),
        }
    }

    /// A connection of one's own, for tools that run texts as they are written.
    ///
    /// # Errors
    /// The connection's failure.
    #[track_caller]
    pub fn session(&self) -> impl Future<Output = Result<Session>> + Send {
        let at = Location::caller();
        async move {
            match &self.repr {
                Repr::Postgres(postgres) => Ok(postgres.session(at).await?.into()),
                Repr::Sqlite(sqlite) => Ok(sqlite.session()?.into()),
            }
        }
    }

    /// Postgres connections open and idle, for metrics; zeros on SQLite.
    pub fn pool_sizes(&self) -> (usize, usize) {
        match &self.repr {
            Repr::Postgres(postgres) => postgres.sizes(),
            Repr::Sqlite(_) => (0, 0),
        }
    }

    /// Closes idle connections of a credential that was rotated now, instead of when somebody asks for one; one of the
    /// newest is there before they go. Nothing on SQLite.
    pub async fn shed_idle(&self) {
        if let Repr::Postgres(postgres) = &self.repr {
            postgres.shed().await;
        }
    }

    /// Ends the use of the database, for every clone: queued writes are finished first, and so are
    /// requests to cancel what was given up. Call it before the process ends.
    pub async fn close(self) {
        match self.repr {
            Repr::Postgres(postgres) => postgres.close().await,
            Repr::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}

tokio::task_local! {
    /// The SQLite databases whose one writer this task's transactions hold.
    static HELD: Vec<usize>;
}

/// On SQLite, writing beside one's own open transaction would wait for oneself until the deadline.
fn refuse_inside_own_transaction(sqlite: &Sqlite) -> Result<()> {
    let held = HELD.try_with(|held| held.contains(&sqlite.key()));
    if held != Ok(true) {
        return Ok(());
    }
    let message = "this would wait for the transaction it runs in: SQLite has one writer. Use the closure's `Transaction`";
    Err(Error::new(ErrorKind::Refused, message))
}

/// Ends a transaction whose closure is dropped, wherever its handle may have been moved to.
struct Ending(Arc<Open>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.rollback();
    }
}

fn retryable(error: &impl TransactionError) -> bool {
    error.database().is_some_and(Error::is_retryable)
}

/// Backs off: 5 ms doubled each time, at most half a second, each between half and all of it.
async fn pause(tries: u32, error: &Error) {
    let full = Duration::from_millis(5 << tries.min(7)).min(Duration::from_millis(500));
    let jitter = 0.5 + f64::from(postgres::random_byte()) / 510.0;
    tracing::debug!(
        kind = error.kind().as_str(),
        tries,
        "a transaction lost and is run again"
    );
    metrics::counter!("raptor_db_retries_total", "kind" => error.kind().as_str()).increment(1);
    tokio::time::sleep(full.mul_f64(jitter)).await;
}
