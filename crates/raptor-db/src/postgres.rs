//! The Postgres side: the same function names, in the same order, as `sqlite.rs`.

mod address;
mod bind;
mod conn;
mod connect;
mod copy;
mod credential;
pub(crate) mod decode;
mod listen;
mod login;
mod multiplex;
mod opening;
mod pipeline;
mod pool;
mod pooler;
mod rotating;
mod socket;
mod tls;
mod transaction;
mod turn;

pub(crate) use address::Address;
pub use address::SslMode;
pub(crate) use conn::random_byte;
pub use copy::{CopyIn, CopyOut};
pub use credential::{Credential, CredentialProvider};
pub(crate) use listen::{Listener, wrong_channel};
pub use login::{scram_verifier, with_login};
pub(crate) use multiplex::Shortness;
pub use rotating::{Refreshed, RotatingCredentials, SecretSource};
pub(crate) use transaction::Transaction;

use crate::config::Config;
use crate::error::{Error, Result, from_postgres};
use crate::scope::Scope;
use crate::statement::Parsed;
use crate::value::ValueRef;
use conn::{Conn, Outcome, Prepared};
use connect::{Canceller, Connector};
use futures_util::FutureExt;
use multiplex::{Multiplexer, Place};
use opening::Opening;
use pool::{Loan, Pool};
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;
use tokio_postgres::types::{FromSql, Type};

/// One cell in the server's binary form.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'r> {
    pub(crate) ty: &'r Type,
    pub(crate) raw: Option<&'r [u8]>,
}

/// Takes a cell's bytes as they are.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

impl<'r> Cell<'r> {
    pub(crate) fn of(row: &'r tokio_postgres::Row, place: usize) -> Self {
        let Raw(raw) = row.get(place);
        Self {
            ty: row.columns()[place].type_(),
            raw,
        }
    }
}

/// A pool of connections to one server.
#[derive(Clone)]
pub(crate) struct Postgres {
    pool: Pool,
    multiplexer: Arc<Multiplexer>,
}

impl Postgres {
    /// Makes the pool and proves it with one connection.
    pub(crate) async fn open(
        address: Address,
        config: Config,
        at: &'static Location<'static>,
    ) -> Result<Self> {
        if address.ssl < SslMode::VerifyFull {
            let mode = address.ssl.as_str();
            tracing::warn!(
                sslmode = mode,
                "the Postgres server's identity is not verified; sslmode=verify-full does"
            );
        }
        let size = config.pool_size;
        let pool = Pool::new(Connector::new(address, config)?)?;
        drop(pool.get(at).await.map_err(Error::of_no_statement)?);
        let multiplexer = Arc::new(Multiplexer::new(size));
        Ok(Self { pool, multiplexer })
    }

    /// One statement on its own; inside BEGIN … COMMIT, all in one flight, when the scope sets
    /// something.
    pub(crate) async fn run(
        &self,
        scope: &Scope,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<Outcome> {
        let counted = self.multiplexer.count(parsed);
        let place = self.multiplexer.place(&self.pool, parsed, counted.as_ref());
        match place.await? {
            Place::Alone(loan) => Self::run_alone(&loan, scope, parsed, values).await,
            Place::Shared(seat, prepared) => {
                let answer = {
                    let conn = seat.connection();
                    let run = pin!(Self::run_on(&conn, &prepared, scope, parsed, values));
                    seat.ride(run, &parsed.shortness).await
                };
                if let Some(answer) = answer {
                    return answer;
                }
                // Nothing has happened yet, and no connection is held.
                let loan = self.pool.get(parsed.call_site).await?;
                Box::pin(Self::run_alone(&loan, scope, parsed, values)).await
            }
        }
    }

    async fn run_alone(
        loan: &Loan,
        scope: &Scope,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<Outcome> {
        let mut is_first = true;
        loop {
            let flight = loan.flight();
            let answer = match loan.prepare(parsed).await {
                Ok(prepared) => Self::run_on(loan, &prepared, scope, parsed, values).await,
                Err(error) => Err(error),
            };
            flight.land_with(&answer);
            match answer {
                // Nothing has happened but a failed look-up of the plan: once more, prepared anew.
                Err(error) if error.is_stale_plan() && is_first => is_first = false,
                answer => return answer,
            }
        }
    }

    /// Leaves at the first poll, in one piece: a dropped future never leaves a transaction half
    /// sent, and nobody else's statement is within it.
    async fn run_on(
        conn: &Conn,
        prepared: &Prepared,
        scope: &Scope,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<Outcome> {
        let started = Instant::now();
        let answer = if scope.is_system() {
            let run = pin!(conn.run_prepared(prepared, parsed, values));
            conn.in_one_piece(run).await
        } else {
            let run = pin!(Self::run_scoped(conn, prepared, scope, parsed, values));
            conn.in_one_piece(run).await
        };
        parsed.shortness.note(started.elapsed());
        answer
    }

    /// With its scope as one transaction; inside BEGIN and COMMIT, which travel with it, where those two cannot be one.
    async fn run_scoped(
        conn: &Conn,
        prepared: &Prepared,
        scope: &Scope,
        parsed: &Parsed,
        values: &[ValueRef<'_>],
    ) -> Result<Outcome> {
        let reads = parsed.kind == crate::StatementKind::Read;
        let opening = Opening::of_one(scope, parsed.kind, conn);
        if let Some(known) = opening.pipelined(conn) {
            let run = conn.run_prepared(prepared, parsed, values);
            return opening.run_pipelined(conn, &known, run).await;
        }
        let begin = opening.send(conn);
        if reads {
            let run = async {
                let mut run = pin!(conn.run_prepared(prepared, parsed, values));
                let mut started = run.as_mut().now_or_never();
                // COMMIT leaves behind the query; nothing hangs on its answer.
                let _ = conn.client.batch_execute("COMMIT").now_or_never();
                match started.take() {
                    Some(answer) => answer,
                    None => run.await,
                }
            };
            let (begun, answer) = futures_util::future::join(begin, run).await;
            return begun.and(answer);
        }
        let commit = conn.client.batch_execute("COMMIT");
        let (begun, answer, committed) =
            futures_util::future::join3(begin, conn.run_prepared(prepared, parsed, values), commit)
                .await;
        begun?;
        let answer = answer?;
        committed.map_err(from_postgres)?;
        Ok(answer)
    }

    pub(crate) async fn begin(
        &self,
        scope: &Scope,
        mode: &str,
        at: &'static Location<'static>,
    ) -> Result<Transaction> {
        Transaction::begin(&self.pool, scope, mode, at).await
    }

    pub(crate) async fn listen(&self, channels: Vec<String>) -> Result<Listener> {
        Listener::open(self.pool.clone(), channels).await
    }

    /// Connections open and idle.
    /// Closes what lies idle of an older credential.
    pub(crate) async fn shed(&self) {
        self.pool.shed().await;
    }

    pub(crate) fn sizes(&self) -> (usize, usize) {
        self.pool.sizes()
    }

    /// Ends the use of the pool; waits for what was cancelled to be so.
    pub(crate) async fn close(&self) {
        self.pool.close();
        self.pool.connector().until_cancelled().await;
    }

    /// A connection taken out of the pool's turn-over, for a tool.
    pub(crate) async fn session(&self, at: &'static Location<'static>) -> Result<Session> {
        let conn = self
            .pool
            .connector()
            .connect()
            .await
            .map_err(|error: Error| error.at(at))?;
        Ok(Session { conn })
    }
}

/// A connection of a tool's own.
pub(crate) struct Session {
    conn: conn::Conn,
}

/// Stops what a tool's connection is doing.
#[derive(Clone)]
pub(crate) struct SessionCanceller {
    canceller: Canceller,
    client: Arc<tokio_postgres::Client>,
}

impl SessionCanceller {
    pub(crate) async fn cancel(&self) {
        let client = Arc::clone(&self.client);
        self.canceller.clone().cancel(client).await;
    }
}

impl Session {
    pub(crate) fn is_direct(&self) -> bool {
        self.conn.is_direct
    }

    pub(crate) fn canceller(&self) -> SessionCanceller {
        SessionCanceller {
            canceller: self.conn.canceller(),
            client: Arc::clone(&self.conn.client),
        }
    }

    pub(crate) async fn run(&self, parsed: &Parsed, values: &[ValueRef<'_>]) -> Result<Outcome> {
        let flight = self.conn.flight();
        let answer = self.conn.run(parsed, values).await;
        flight.land_with(&answer);
        answer
    }

    pub(crate) async fn run_text(&self, text: &str) -> Result<()> {
        let flight = self.conn.flight();
        let answer = self
            .conn
            .client
            .batch_execute(text)
            .await
            .map_err(from_postgres);
        flight.land_with(&answer);
        answer
    }
}
