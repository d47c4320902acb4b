//! One Postgres connection: its prepared statements, and whether it is fit to be used again.

use super::bind::{Bound, bind};
use super::connect::Canceller;
use super::opening::{Known, Opening};
use super::pipeline::MARK;
use super::pooler::Pooler;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, from_postgres};
use crate::row::Row;
use crate::statement::Parsed;
use crate::value::ValueRef;
use futures_util::TryStreamExt;
use futures_util::future::join;
use hashlink::LruCache;
use std::borrow::Cow;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, RowStream, Statement};

/// A connection, shared by the statements that are pipelined on it.
pub(crate) struct Conn {
    pub(crate) client: Arc<Client>,
    canceller: Canceller,
    pub(crate) generation: u64,
    born: Instant,
    lifetime: Duration,
    statements: Mutex<LruCache<u64, Prepared>>,
    scopes: Mutex<Known>,
    /// Nothing stands between us and the server.
    pub(crate) is_direct: bool,
    /// Behind a pooler that does not track statements: only types are kept, and every statement
    /// is sent whole.
    untracked: AtomicBool,
    broken: AtomicBool,
    /// Rows that nobody waits for are still to come.
    retired: AtomicBool,
    /// A COPY ran, of whose two ends the server answers one.
    copied: AtomicBool,
    /// Who has it on loan, and since when.
    holder: Mutex<Option<(Instant, &'static Location<'static>)>>,
}

/// How a connection knows a statement.
#[derive(Clone)]
pub(crate) enum Prepared {
    Named(Statement),
    Types(Arc<[Type]>),
}

/// What a statement answered.
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    pub(crate) affected: u64,
}

impl Conn {
    pub(crate) fn new(
        client: Client,
        canceller: Canceller,
        generation: u64,
        pooler: Pooler,
        config: &Config,
    ) -> Self {
        // A tenth off, at random, so that connections made together do not all end together.
        let jitter = f64::from(random_byte()) / 2550.0;
        Self {
            client: Arc::new(client),
            canceller,
            generation,
            born: Instant::now(),
            lifetime: config.max_lifetime.mul_f64(1.0 - jitter),
            statements: Mutex::new(LruCache::new(config.statement_cache.max(1))),
            scopes: Mutex::default(),
            is_direct: pooler == Pooler::None,
            untracked: AtomicBool::new(pooler == Pooler::Untracked),
            broken: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            copied: AtomicBool::new(false),
            holder: Mutex::new(None),
        }
    }

    /// Notes who has it on loan from now on.
    pub(crate) fn held_by(&self, holder: Option<&'static Location<'static>>) {
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner) =
            holder.map(|at| (Instant::now(), at));
    }

    /// Who has it on loan, and since when.
    pub(crate) fn holder(&self) -> Option<(Instant, &'static Location<'static>)> {
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed) || self.client.is_closed()
    }

    /// Whether statements of several callers may be under way on it: nothing stands between it and
    /// a server that keeps what was prepared.
    pub(crate) fn can_be_shared(&self) -> bool {
        self.is_direct
            && !self.untracked.load(Ordering::Relaxed)
            && !self.retired.load(Ordering::Relaxed)
            && !self.is_broken()
    }

    /// Whether a statement may share its end with the next: each end that was asked for has been counted.
    pub(crate) fn can_pipeline(&self) -> bool {
        self.can_be_shared() && !self.copied.load(Ordering::Relaxed)
    }

    /// A COPY runs from here on.
    pub(crate) fn note_copy(&self) {
        self.copied.store(true, Ordering::Relaxed);
    }

    /// Polls `work` for the first time while nobody else sends, so that what it sends then leaves
    /// in one piece.
    pub(crate) async fn in_one_piece<T>(&self, work: Pin<&mut impl Future<Output = T>>) -> T {
        self.canceller.turn.in_one_piece(work).await
    }

    /// Whether there is a newer credential, and nothing else is wrong with it.
    pub(crate) fn is_outdated(&self, generation: u64) -> bool {
        self.generation < generation && self.unfit(self.generation).is_none()
    }

    /// Why the connection must not be used again, if so.
    pub(crate) fn unfit(&self, generation: u64) -> Option<&'static str> {
        if self.is_broken() {
            Some("broken")
        } else if self.retired.load(Ordering::Relaxed) {
            Some("busy with what nobody waits for")
        } else if self.generation < generation {
            Some("of an older credential")
        } else if self.born.elapsed() >= self.lifetime {
            Some("past its lifetime")
        } else {
            None
        }
    }

    /// What cancels a statement on the server.
    pub(crate) fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Never to be pooled again; what it is doing is cancelled on the server.
    pub(crate) fn abandon(&self) {
        if !self.broken.swap(true, Ordering::Relaxed)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(self.canceller.clone().cancel(Arc::clone(&self.client)));
        }
    }

    /// Never to be pooled again; what it is doing goes on.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether the connection is lost is told by an answer first: the driver may not know yet.
    pub(crate) fn note_loss<T>(&self, answer: &Result<T>) {
        if let Err(error) = answer
            && error.kind() == ErrorKind::ConnectionLost
        {
            self.broken.store(true, Ordering::Relaxed);
        }
    }

    /// Starts watching a statement: dropped unfinished, the connection is abandoned.
    pub(crate) fn flight(&self) -> Flight<'_> {
        Flight {
            conn: self,
            landed: false,
        }
    }

    fn statements(&self) -> std::sync::MutexGuard<'_, LruCache<u64, Prepared>> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The statement as the server described it, if it was asked for.
    pub(crate) fn prepared(&self, parsed: &Parsed) -> Option<Prepared> {
        self.statements().get(&parsed.id).cloned()
    }

    /// The statement as the server described it, asked for once a connection.
    pub(crate) async fn prepare(&self, parsed: &Parsed) -> Result<Prepared> {
        if let Some(known) = self.prepared(parsed) {
            return Ok(known);
        }
        // On the heap: once a connection and statement.
        Box::pin(self.describe(parsed)).await
    }

    async fn describe(&self, parsed: &Parsed) -> Result<Prepared> {
        let mut tries = 0;
        // A text of somebody else's has no mark.
        let text = match parsed.postgres.starts_with(MARK) {
            true => Cow::Owned(format!(" {}", parsed.postgres)),
            false => Cow::Borrowed(&*parsed.postgres),
        };
        let statement = loop {
            let (_, described) = join(self.clear_names(), self.client.prepare(&text)).await;
            match described.map_err(from_postgres) {
                // Behind an untracking pooler another client's statement may have the name.
                Err(error) if error.code() == Some("42P05") && tries < 50 => {
                    self.untracked.store(true, Ordering::Relaxed);
                    tries += 1;
                }
                Err(error) => {
                    if error.code() == Some("26000") {
                        // The driver's own statement, see `Pooler`.
                        self.broken.store(true, Ordering::Relaxed);
                    }
                    return Err(error.at(parsed.call_site));
                }
                Ok(statement) => break statement,
            }
        };
        let prepared = if self.untracked.load(Ordering::Relaxed) {
            Prepared::Types(statement.params().into())
        } else {
            Prepared::Named(statement)
        };
        if parsed.cached {
            self.statements().insert(parsed.id, prepared.clone());
        }
        Ok(prepared)
    }

    /// Behind an untracking pooler, what others have left on the server under names that the next
    /// statement may get. Joined with what follows it leaves in the same flight; no user of such a
    /// pooler can count on a name beyond its own transaction.
    pub(crate) async fn clear_names(&self) {
        if self.untracked.load(Ordering::Relaxed) {
            // Where this fails, so does what it was sent ahead of.
            let _ = self.client.batch_execute("DEALLOCATE ALL").await;
        }
    }

    /// What sets a scope, where it was prepared here.
    pub(crate) fn scope(&self, opening: &Opening) -> Option<Statement> {
        self.scopes().get(opening)
    }

    pub(crate) fn keep_scope(&self, opening: &Opening, statement: Statement) {
        self.scopes().keep(opening, statement);
    }

    pub(crate) fn forget_scopes(&self) {
        *self.scopes() = Known::default();
    }

    fn scopes(&self) -> std::sync::MutexGuard<'_, Known> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was known of a statement, after the server said that it is stale.
    pub(crate) fn forget(&self, parsed: &Parsed) {
        let named = matches!(
            self.statements().remove(&parsed.id),
            Some(Prepared::Named(_))
        );
        if named {
            tracing::debug!(call_site = %parsed.call_site, "a prepared statement was stale and is prepared anew");
        }
    }

    /// Sends the statement; the answer streams as it comes.
    pub(crate) async fn send(
        &self,
        prepared: &Prepared,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<RowStream> {
        let sent = match prepared {
            Prepared::Named(statement) => {
                let bound = bind(parsed, values, statement.params())?;
                self.client.query_raw(statement, bound).await
            }
            Prepared::Types(types) => {
                let bound: Vec<(Bound<'_>, Type)> = bind(parsed, values, types)?
                    .into_iter()
                    .zip(types.iter().cloned())
                    .collect();
                self.client.query_typed_raw(&parsed.postgres, bound).await
            }
        };
        sent.map_err(|error| self.failed(parsed, error))
    }

    /// Sends the statement and takes the whole answer.
    pub(crate) async fn run(&self, parsed: &Parsed, values: &[ValueRef<'_>]) -> Result<Outcome> {
        let prepared = self.prepare(parsed).await?;
        self.run_prepared(&prepared, parsed, values).await
    }

    /// As [`Conn::run`]; sends at its first poll.
    pub(crate) async fn run_prepared(
        &self,
        prepared: &Prepared,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<Outcome> {
        let stream = pin!(self.send(prepared, parsed, values).await?);
        self.collect(parsed, stream).await
    }

    async fn collect(&self, parsed: &Parsed, mut stream: Pin<&mut RowStream>) -> Result<Outcome> {
        let mut rows = Vec::new();
        while let Some(row) = stream
            .try_next()
            .await
            .map_err(|error| self.failed(parsed, error))?
        {
            rows.push(Row::from(row));
        }
        Ok(Outcome {
            rows,
            affected: stream.rows_affected().unwrap_or(0),
        })
    }

    pub(crate) fn failed(&self, parsed: &Parsed, error: tokio_postgres::Error) -> Error {
        let error = from_postgres(error).at(parsed.call_site);
        if error.code().is_some_and(|code| code.starts_with("42")) {
            // Said of a statement that was described well before: its tables have changed since.
            self.forget(parsed);
        }
        if error.is_stale_plan() {
            self.forget(parsed);
            if error.code() == Some("26000") {
                // The server has lost a statement it had: nothing between us keeps them. Where that
                // was known already, it is one of the driver's own (see `Pooler`), and is lost for good.
                if self.untracked.swap(true, Ordering::Relaxed) {
                    self.broken.store(true, Ordering::Relaxed);
                }
                self.statements().clear();
                self.forget_scopes();
            }
        }
        error
    }

    /// Asks the server whether it still lives.
    pub(crate) async fn ping(&self) -> bool {
        let flight = self.flight();
        let alive =
            tokio::time::timeout(Duration::from_secs(2), self.client.simple_query("")).await;
        flight.land();
        matches!(alive, Ok(Ok(_)))
    }
}

/// A statement on its way. Dropped before it landed, it takes its connection down with it.
pub(crate) struct Flight<'c> {
    conn: &'c Conn,
    landed: bool,
}

impl Flight<'_> {
    /// The answer is here: the connection is as good as before.
    pub(crate) fn land(mut self) {
        self.landed = true;
    }

    /// The same, unless the answer is that the connection is lost.
    pub(crate) fn land_with<T>(self, answer: &Result<T>) {
        self.conn.note_loss(answer);
        self.land();
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.landed {
            self.conn.abandon();
        }
    }
}

/// One byte of randomness, for jitter only.
pub(crate) fn random_byte() -> u8 {
    let mut byte = [0];
    // Without randomness there is no jitter, which harms nobody.
    getrandom::fill(&mut byte).map_or(128, |()| byte[0])
}
