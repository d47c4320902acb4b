//! A connection of a tool's own: texts run as they are written, transactions by hand.
//!
//! Never for request handling: nothing here sets a scope, retries or cleans up.

use crate::config::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::row::Row;
use crate::statement::{Parsed, Sql, StatementKind};
use crate::value::Params;
use crate::{postgres, sqlite};
use std::sync::Arc;

/// One connection outside the pool, closed when dropped.
pub struct Session(Repr);

enum Repr {
    Postgres(postgres::Session),
    Sqlite(sqlite::Connection),
}

impl From<postgres::Session> for Session {
    fn from(session: postgres::Session) -> Self {
        Self(Repr::Postgres(session))
    }
}

impl From<sqlite::Connection> for Session {
    fn from(session: sqlite::Connection) -> Self {
        Self(Repr::Sqlite(session))
    }
}

impl Session {
    /// Whether no pooler stands between it and the server; on SQLite nothing does.
    pub fn is_direct(&self) -> bool {
        match &self.0 {
            Repr::Postgres(session) => session.is_direct(),
            Repr::Sqlite(_) => true,
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.0 {
            Repr::Postgres(_) => Engine::Postgres,
            Repr::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// What stops a statement of this session from elsewhere.
    pub fn canceller(&self) -> Canceller {
        Canceller(match &self.0 {
            Repr::Postgres(session) => Stops::Postgres(session.canceller()),
            Repr::Sqlite(session) => Stops::Sqlite(session.brake()),
        })
    }

    /// The connection is nobody else's, so what would leak elsewhere is allowed.
    fn parsed(sql: &Sql) -> Result<&Arc<Parsed>> {
        let parsed = sql.parsed()?;
        if parsed.kind == StatementKind::Copy {
            let message = "COPY needs `Transaction::copy_in` or `copy_out`";
            return Err(Error::new(ErrorKind::Refused, message).at(parsed.call_site));
        }
        Ok(parsed)
    }

    /// Runs any text as it is written: `SET`, `BEGIN`, several statements.
    ///
    /// # Errors
    /// Whatever the text fails with.
    pub async fn execute_raw(&self, text: &str) -> Result<()> {
        match &self.0 {
            Repr::Postgres(session) => session.run_text(text).await,
            Repr::Sqlite(session) => session.run_text(text).await,
        }
    }

    /// All rows of one statement.
    ///
    /// # Errors
    /// Whatever the statement fails with.
    pub async fn query(&self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>> {
        let parsed = Self::parsed(sql)?;
        let values = parsed.bind(params)?;
        match &self.0 {
            Repr::Postgres(session) => session
                .run(parsed, &values)
                .await
                .map(|outcome| outcome.rows),
            Repr::Sqlite(session) => session
                .run(parsed, &values)
                .await
                .map(|outcome| outcome.rows),
        }
    }

    /// How many rows the statement wrote.
    ///
    /// # Errors
    /// Whatever the statement fails with.
    pub async fn execute(&self, sql: &Sql, params: Params<'_>) -> Result<u64> {
        let parsed = Self::parsed(sql)?;
        let values = parsed.bind(params)?;
        match &self.0 {
            Repr::Postgres(session) => session
                .run(parsed, &values)
                .await
                .map(|outcome| outcome.affected),
            Repr::Sqlite(session) => session
                .run(parsed, &values)
                .await
                .map(|outcome| outcome.affected),
        }
    }
}

/// Stops the statement that a [`Session`] runs, from another task or thread. The session stays as
/// good as before; its transaction, if one is open, is to be rolled back.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use raptor_db::{Config, Db, ErrorKind};
/// use std::time::Duration;
///
/// let folder = tempfile::tempdir()?;
/// let db = Db::open(Config::new(&format!("sqlite:{}/a.db", folder.path().display()))?).await?;
/// let session = db.session().await?;
/// let canceller = session.canceller();
/// let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
/// let stop = async {
///     tokio::time::sleep(Duration::from_millis(50)).await;
///     canceller.cancel().await;
/// };
/// let (ended, ()) = tokio::join!(session.execute_raw(endless), stop);
/// assert_eq!(ended.unwrap_err().kind(), ErrorKind::Cancelled);
/// session.execute_raw("SELECT 1").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Canceller(Stops);

#[derive(Clone)]
enum Stops {
    Postgres(postgres::SessionCanceller),
    Sqlite(sqlite::Brake),
}

impl Canceller {
    /// Has the statement that runs end with [`ErrorKind::Cancelled`]. On Postgres it waits until the
    /// server has ended it, for a minute at most; without a statement it does nothing there. On
    /// SQLite it returns at once, and without a statement the next long one is stopped.
    pub async fn cancel(&self) {
        match &self.0 {
            Stops::Postgres(canceller) => canceller.cancel().await,
            Stops::Sqlite(brake) => brake.stop(),
        }
    }
}
