//! One revision in one transaction: BEGIN, its statements, `verify`, the head, the log, COMMIT.

use super::attempt::Attempt;
use super::hands::Hands;
use super::{Event, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::guard;
use crate::log::{Action, Entry};
use crate::plan::{Planned, Ready, Work};
use crate::report::Direction;
use crate::revision::Revision;
use crate::target::Applied;
use crate::version::{Move, quoted};
use raptor_db::{Engine, Session, Sql, params};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Between two tries for SQLite's lock, on top of the engine's own wait.
const PAUSE: Duration = Duration::from_millis(50);

const NOTHING: &str = "nothing of it stays, as this statement failed";

/// What the transaction that is open found.
pub(super) struct Found {
    pub(super) has_table: bool,
    pub(super) has_log: bool,
    pub(super) rows: BTreeSet<String>,
}

impl Run<'_> {
    /// The revision as one transaction.
    pub(super) async fn whole(
        &mut self,
        hands: &Hands,
        next: &Planned<'_>,
        rows: &BTreeSet<String>,
        waited: Duration,
    ) -> Result<Attempt> {
        let session = &hands.session;
        if next.rebuilds() {
            // It does nothing once a transaction is open.
            super::rebuild::foreign_keys(session, false).await?;
        }
        let answer = self.in_transaction(session, next, rows, waited).await;
        if next.rebuilds() {
            let on = super::rebuild::foreign_keys(session, true).await;
            return answer.and_then(|answer| on.map(|()| answer));
        }
        answer
    }

    async fn in_transaction(
        &mut self,
        session: &Session,
        next: &Planned<'_>,
        rows: &BTreeSet<String>,
        waited: Duration,
    ) -> Result<Attempt> {
        let found = self.begin(session, Some(next.revision)).await?;
        if found.rows != *rows {
            self.undo(session).await?;
            return Ok(Attempt::Moved(found.rows));
        }
        match self.step(session, next, &found, waited).await {
            Ok(rows) => Ok(Attempt::Done(rows)),
            Err(error) => Err(self.undone(session, in_revision(error, next)).await),
        }
    }

    /// Opens a transaction that no other deployer can write beside, and reads the rows in it.
    pub(super) async fn begin(
        &mut self,
        session: &Session,
        revision: Option<&Revision>,
    ) -> Result<Found> {
        if self.is_postgres() {
            self.begin_postgres(session, revision).await?;
        } else {
            self.left()?;
            self.begin_sqlite(session).await?;
        }
        self.begun = true;
        match self.find(session).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.undone(session, error).await),
        }
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
                        self.tell(Event::Waiting);
                    }
                    self.options.stop.pause(PAUSE).await?;
                }
                answer => {
                    return answer
                        .map_err(|error| Error::database("no transaction to migrate in", error));
                }
            }
        }
    }

    async fn find(&self, session: &Session) -> Result<Found> {
        // It is never dropped, so it is asked for until it is there.
        let was_there = self.has_log.load(Ordering::Relaxed);
        let has_log = was_there || self.log.exists(session).await?;
        // The log is made after the table of versions, which is never dropped.
        if !has_log && !self.versions.exists(session).await? {
            return Ok(Found {
                has_table: false,
                has_log,
                rows: BTreeSet::new(),
            });
        }
        if self.is_postgres() && !was_there {
            let lock = self.versions.lock();
            session
                .execute_raw(&lock)
                .await
                .map_err(|error| Error::database("alembic_version cannot be locked", error))?;
        }
        Ok(Found {
            has_table: true,
            has_log,
            rows: self.versions.rows(session).await?,
        })
    }

    /// Runs the revision and commits; answers the rows afterwards. An error leaves the transaction
    /// for the caller to roll back.
    async fn step(
        &mut self,
        session: &Session,
        next: &Planned<'_>,
        found: &Found,
        waited: Duration,
    ) -> Result<BTreeSet<String>> {
        self.tables(session, found).await?;
        if let Some(observer) = self.observer {
            observer.begin(session).await?;
        }
        self.become_its_role(session, next.revision).await?;
        let keys = match next.rebuilds() {
            true => Some(super::rebuild::Before::look(session).await?),
            false => None,
        };
        let of = next.work.len();
        for (number, work) in (1..).zip(&next.work) {
            let id = next.revision.id();
            self.options.stop.go_on()?;
            self.tell(Event::Working { id, number, of });
            match work {
                Work::Statement(statement) => self.statement(session, statement, NOTHING).await?,
                Work::Call(call, step) => {
                    super::call::to_its_end(session, call, &**step, &self.options.stop).await?;
                }
                Work::Rebuild(rebuild) => super::rebuild::rebuild(session, rebuild).await?,
            }
            if let Some(observer) = self.observer {
                observer.after(session, id, number, work).await?;
            }
        }
        if let Some(keys) = keys {
            keys.compare(session, &next.work).await?;
        }
        self.become_the_runs_role(session, next.revision).await?;
        self.finish(session, next, &found.rows, waited).await
    }

    /// `verify`, the head, the log and COMMIT; answers the rows afterwards.
    pub(super) async fn finish(
        &mut self,
        session: &Session,
        next: &Planned<'_>,
        before: &BTreeSet<String>,
        waited: Duration,
    ) -> Result<BTreeSet<String>> {
        let stays = if next.revision.is_transactional() {
            "nothing of it stays"
        } else {
            "its statements stay, and it does not count as applied"
        };
        for (place, query) in &next.verify {
            super::verify::holds(session, *place, query, stays).await?;
        }
        if next.revision.is_transactional() {
            let ran = next.work.iter().filter_map(|work| match work {
                Work::Statement(statement) => Some(&*statement.text),
                _ => None,
            });
            self.take_back(session, next.revision, ran).await?;
        }
        let mut applied = Applied::of(self.chain, before);
        applied.revisions[next.place] = self.direction == Direction::Up;
        let rows = self.chain.effective_heads(&applied.revisions);
        let change = Move::between(before, &rows);
        let revision = next.revision;
        let is_up = self.direction == Direction::Up;
        let entry = Entry {
            action: if is_up { Action::Up } else { Action::Down },
            body: Some(revision.fingerprint()),
            file: is_up.then(|| revision.way_back()),
            lock_wait: waited,
            ..self.entry(revision.id(), &rows)
        };
        let moving = self.versions.apply(session, &change);
        let written = if self.is_postgres() {
            // Neither needs the other's answer.
            let (moved, tail) = tokio::join!(moving, self.log.tail(session));
            moved?;
            self.log.write(session, &entry, &tail?).await?
        } else {
            moving.await?;
            let last = self.last().take();
            self.log.append_behind(session, &entry, last).await?
        };
        session.execute_raw("COMMIT").await.map_err(not_committed)?;
        *self.last() = Some(written);
        self.has_log.store(true, Ordering::Relaxed);
        Ok(rows)
    }

    pub(super) fn entry<'e>(
        &'e self,
        revision: &'e str,
        versions: &'e BTreeSet<String>,
    ) -> Entry<'e> {
        Entry {
            action: Action::Stamp,
            revision,
            statement: None,
            progress: None,
            versions,
            body: None,
            file: None,
            release: self.options.release.as_deref(),
            lock_wait: Duration::ZERO,
        }
    }

    /// Makes the table of versions and the log where they are missing.
    pub(super) async fn tables(&self, session: &Session, found: &Found) -> Result<()> {
        if !found.has_table {
            let cannot = |error| Error::database("alembic_version cannot be made", error);
            if self.is_postgres() && self.options.schema.is_none() {
                has_schema(session).await?;
            }
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
                .map_err(cannot)?;
        }
        if !found.has_log {
            let cannot = |error| Error::database("raptor_migration_log cannot be made", error);
            session.execute_raw(&self.log.ddl()).await.map_err(cannot)?;
        }
        Ok(())
    }

    /// One statement of a revision; `stays` says what of it is there when it fails.
    pub(super) async fn statement(
        &self,
        session: &Session,
        statement: &Ready<'_>,
        stays: &str,
    ) -> Result<()> {
        if self.db.engine() == Engine::Sqlite {
            guard::drop_table(session, &statement.text)
                .await
                .map_err(|error| error.at(statement.place))?;
        }
        session
            .execute_raw(&statement.text)
            .await
            .map_err(|error| Error::failed(stays, error).at(statement.place))
    }
}

/// What a COMMIT's error says of the revision.
pub(super) fn not_committed(error: raptor_db::Error) -> Error {
    let what = match error.kind() {
        raptor_db::ErrorKind::ConnectionLost => {
            "it ran, and whether it was committed is not known, as the connection was lost at COMMIT; \
             `raptor migrate current` tells, and the next run goes on from there"
        }
        _ => "it ran, but COMMIT failed",
    };
    Error::failed(what, error)
}

/// Refuses a login whose `search_path` names no schema that is there: all would go into the
/// server's own.
async fn has_schema(session: &Session) -> Result<()> {
    let rows = session.query(&PATH, params! {}).await;
    let read = rows.and_then(|rows| Ok((rows[0].get("schema")?, rows[0].get("path")?)));
    let (schema, path): (Option<String>, String) =
        read.map_err(|error| Error::database("the search_path cannot be read", error))?;
    if schema.is_some_and(|schema| schema != "pg_catalog") {
        return Ok(());
    }
    let message = format!(
        "no schema of the login's search_path, {path}, is there to work in: create it, or name one with --schema, which makes it"
    );
    Err(Error::new(ErrorKind::Database, message))
}

/// Names the revision and its file.
pub(super) fn in_revision(error: Error, next: &Planned<'_>) -> Error {
    error
        .in_file(next.revision.file())
        .in_revision(next.revision.id())
}

static PATH: Sql =
    Sql::new("SELECT current_schema()::text AS schema, current_setting('search_path') AS path");
static HAS_SCHEMA: Sql =
    Sql::new("SELECT 1 AS found FROM pg_catalog.pg_namespace WHERE nspname = :schema");
