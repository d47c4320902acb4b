//! One revision in one transaction: BEGIN, its statements, `verify`, the head, COMMIT.

use super::plan::Planned;
use super::{Event, Found, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::guard;
use crate::place::Place;
use crate::report::Direction;
use crate::target::Applied;
use crate::version::{Move, quoted};
use raptor_db::{Engine, Session, Sql, params};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Between two tries for SQLite's lock, on top of the engine's own wait.
const PAUSE: Duration = Duration::from_millis(50);

impl<F: FnMut(Event<'_>) + Send> Run<'_, F> {
    /// Opens a transaction that no other deployer can write beside, and reads the rows in it.
    pub(super) async fn begin(&mut self, session: &Session) -> Result<Found> {
        if self.is_postgres() {
            self.begin_postgres(session).await?;
        } else {
            self.begin_sqlite(session).await?;
        }
        match self.find(session).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.undone(session, error).await),
        }
    }

    /// What an earlier revision SET for the session ends here.
    async fn begin_postgres(&self, session: &Session) -> Result<()> {
        let mut text = "RESET ALL; BEGIN".to_owned();
        if let Some(schema) = &self.options.schema {
            text = format!(
                "{text}; SET LOCAL search_path = {}, pg_catalog",
                quoted(schema)
            );
        }
        session.execute_raw(&text).await.map_err(no_transaction)
    }

    async fn begin_sqlite(&mut self, session: &Session) -> Result<()> {
        let started = Instant::now();
        let mut has_waited = false;
        loop {
            match session.execute_raw("BEGIN IMMEDIATE").await {
                Err(error) if error.kind() == raptor_db::ErrorKind::Busy => {
                    if started.elapsed() >= self.options.lock_wait {
                        let message = format!(
                            "another process held the database for {:?}",
                            self.options.lock_wait
                        );
                        return Err(Error::new(ErrorKind::Locked, message).with_source(error));
                    }
                    if !std::mem::replace(&mut has_waited, true) {
                        (self.on_step)(Event::Waiting);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                answer => return answer.map_err(no_transaction),
            }
        }
    }

    async fn find(&self, session: &Session) -> Result<Found> {
        if !self.versions.exists(session).await? {
            return Ok(Found {
                has_table: false,
                rows: BTreeSet::new(),
            });
        }
        if self.is_postgres() {
            // Others may read; whoever would write, Alembic too, waits for this transaction.
            let lock = format!(
                "LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE",
                self.versions.table
            );
            session
                .execute_raw(&lock)
                .await
                .map_err(|error| Error::database("alembic_version cannot be locked", error))?;
        }
        Ok(Found {
            has_table: true,
            rows: self.versions.rows(session).await?,
        })
    }

    /// Runs the revision and commits; answers the rows afterwards. An error leaves the transaction
    /// for the caller to roll back.
    pub(super) async fn step(
        &self,
        session: &Session,
        next: &Planned<'_>,
        found: Found,
    ) -> Result<BTreeSet<String>> {
        let named = |error: Error| {
            error
                .in_file(next.revision.file())
                .in_revision(next.revision.id())
        };
        if !found.has_table {
            self.make_table(session).await?;
        }
        self.statements(session, next).await.map_err(named)?;
        for (place, query) in &next.verify {
            verify(session, *place, query).await.map_err(named)?;
        }
        let mut applied = Applied::of(self.chain, &found.rows);
        applied.revisions[next.place] = self.direction == Direction::Up;
        let rows = self.chain.effective_heads(&applied.revisions);
        let change = Move::between(&found.rows, &rows);
        self.versions.apply(session, &change).await.map_err(named)?;
        session
            .execute_raw("COMMIT")
            .await
            .map_err(|error| named(failed("it ran, but COMMIT failed", error)))?;
        Ok(rows)
    }

    async fn make_table(&self, session: &Session) -> Result<()> {
        let cannot = |error| Error::database("alembic_version cannot be made", error);
        if let Some(schema) = self
            .options
            .schema
            .as_deref()
            .filter(|_| self.is_postgres())
        {
            // Asked first: IF NOT EXISTS needs the right to make one even when it is there.
            let there = session
                .query(&HAS_SCHEMA, params! { schema })
                .await
                .map_err(cannot)?;
            if there.is_empty() {
                let text = format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema));
                session.execute_raw(&text).await.map_err(cannot)?;
            }
        }
        session
            .execute_raw(&self.versions.ddl())
            .await
            .map_err(cannot)
    }

    async fn statements(&self, session: &Session, next: &Planned<'_>) -> Result<()> {
        for statement in &next.statements {
            if self.db.engine() == Engine::Sqlite {
                guard::drop_table(session, &statement.text)
                    .await
                    .map_err(|error| error.at(statement.place))?;
            }
            session
                .execute_raw(&statement.text)
                .await
                .map_err(|error| {
                    failed("nothing of it stays, as this statement failed", error)
                        .at(statement.place)
                })?;
        }
        Ok(())
    }
}

static HAS_SCHEMA: Sql =
    Sql::new("SELECT 1 AS found FROM pg_catalog.pg_namespace WHERE nspname = :schema");

fn failed(what: &str, error: raptor_db::Error) -> Error {
    Error::new(ErrorKind::Statement, format!("{what}: {}", error.message())).with_source(error)
}

fn no_transaction(error: raptor_db::Error) -> Error {
    Error::database("no transaction to migrate in", error)
}

/// At least one row, and true in the first column of each.
async fn verify(session: &Session, place: Place, query: &Sql) -> Result<()> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Verify, message).at(place));
    let rows = session.query(query, params! {}).await.map_err(|error| {
        failed("nothing of it stays, as this `verify` query failed", error).at(place)
    })?;
    if rows.is_empty() {
        return refuse("nothing of it stays, as this `verify` query answered no row".to_owned());
    }
    for (number, row) in rows.iter().enumerate() {
        let answer = row.get::<Option<bool>>(0).map_err(|error| {
            let message = format!(
                "`verify` takes queries that answer true or false: {}",
                error.message()
            );
            Error::new(ErrorKind::Verify, message)
                .with_source(error)
                .at(place)
        })?;
        if answer != Some(true) {
            let shown = answer.map_or("null", |_| "false");
            return refuse(format!(
                "nothing of it stays, as this `verify` query answered {shown} (row {})",
                number + 1
            ));
        }
    }
    Ok(())
}
