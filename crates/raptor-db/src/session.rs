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
    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.0 {
            Repr::Postgres(_) => Engine::Postgres,
            Repr::Sqlite(_) => Engine::Sqlite,
        }
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
