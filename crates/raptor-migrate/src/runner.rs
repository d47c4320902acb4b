//! Brings a database to a revision: one transaction for each, with its move of the head.
//!
//! The same loop runs on both engines. What keeps two deployers apart differs: on Postgres an
//! advisory lock on a connection of its own, on SQLite the lock of the file. In both cases the rows
//! are read again inside the transaction, and the plan is made anew when they have changed.

mod lock;
mod plan;
mod step;

use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{Direction, Ran, StepRow};
use crate::target::{self, Applied};
use crate::version::Versions;
use lock::Lock;
use plan::Planned;
use raptor_db::{Db, Engine, Session};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How migrations run.
///
/// ```
/// let mut options = raptor_migrate::Options::default();
/// options.schema = Some("raptor".to_owned());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Postgres: the schema to work in; made if it is missing, and alone on the search path. `None`
    /// leaves the login's own. SQLite has no schemas and ignores it.
    pub schema: Option<String>,
    /// How long to wait while another deployer migrates; 15 min.
    pub lock_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            schema: None,
            lock_wait: Duration::from_mins(15),
        }
    }
}

/// What happens, while it happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Another deployer migrates; said once.
    Waiting,
    /// A revision begins.
    Started {
        /// Its id.
        id: &'e str,
        /// Its title, if its file has one.
        title: Option<&'e str>,
        /// Which way it runs.
        direction: Direction,
        /// Which one it is of this run, from 1.
        number: usize,
        /// How many there are in this run.
        of: usize,
    },
    /// A revision is committed.
    Finished(&'e StepRow),
}

/// Applies what is missing up to `target`: `head`, `heads`, an id or the beginning of one.
///
/// A database that names revisions which `chain` does not know has been migrated by a newer
/// release: it is left alone, and [`Ran::unknown`] says so. So is one that is past the target.
///
/// On Postgres, connect with the login that owns the tables, and not through a pooler in
/// transaction mode, which would not keep the lock.
///
/// # Errors
/// [`ErrorKind::Target`] and [`ErrorKind::Unsupported`] before anything is touched;
/// [`ErrorKind::Statement`] and [`ErrorKind::Verify`] with nothing of that revision left, while
/// those before it stay; [`ErrorKind::Locked`]; [`ErrorKind::Database`].
pub async fn upgrade(
    db: &Db,
    chain: &Chain,
    target: &str,
    options: &Options,
    on_step: impl FnMut(Event<'_>) + Send,
) -> Result<Ran> {
    Run::new(db, chain, target, options, Direction::Up, on_step)
        .go()
        .await
}

/// Takes back what is applied, down to `target` (which stays): an id or the beginning of one, `-1`,
/// or `base`. It follows one line; a way through a branch or merge is refused.
///
/// # Errors
/// As [`upgrade`], and [`ErrorKind::Irreversible`] and [`ErrorKind::UnknownRevision`] before
/// anything is touched.
pub async fn downgrade(
    db: &Db,
    chain: &Chain,
    target: &str,
    options: &Options,
    on_step: impl FnMut(Event<'_>) + Send,
) -> Result<Ran> {
    Run::new(db, chain, target, options, Direction::Down, on_step)
        .go()
        .await
}

struct Run<'r, F> {
    db: &'r Db,
    chain: &'r Chain,
    target: &'r str,
    options: &'r Options,
    direction: Direction,
    versions: Versions,
    on_step: F,
    steps: Vec<StepRow>,
}

/// What the transaction that is open found.
struct Found {
    has_table: bool,
    rows: BTreeSet<String>,
}

impl<'r, F: FnMut(Event<'_>) + Send> Run<'r, F> {
    fn new(
        db: &'r Db,
        chain: &'r Chain,
        target: &'r str,
        options: &'r Options,
        direction: Direction,
        on_step: F,
    ) -> Self {
        Self {
            db,
            chain,
            target,
            options,
            direction,
            versions: Versions::new(db.engine(), options.schema.as_deref()),
            on_step,
            steps: Vec::new(),
        }
    }

    async fn go(mut self) -> Result<Ran> {
        // A look without a lock: an upgrade with nothing to do needs none, and a refusal no wait.
        let rows = self.versions.peek(self.db).await?.unwrap_or_default();
        if self.plan(&rows)?.is_empty() {
            return Ok(self.report(&rows));
        }
        let on_step = &mut self.on_step;
        let _lock = Lock::take(self.db, self.options, || on_step(Event::Waiting)).await?;
        let session = self
            .db
            .session()
            .await
            .map_err(|error| Error::database("no connection to migrate on", error))?;
        let rows = self.work(&session).await?;
        Ok(self.report(&rows))
    }

    /// Runs revision after revision, and answers the rows at the end.
    async fn work(&mut self, session: &Session) -> Result<BTreeSet<String>> {
        // The plan, and the rows it was made for.
        let mut plan: Vec<Planned<'r>> = Vec::new();
        let mut planned_for: Option<BTreeSet<String>> = None;
        let (mut number, mut of) = (0, 0);
        loop {
            if planned_for.is_some() && plan.is_empty() {
                return Ok(planned_for.unwrap_or_default());
            }
            let started = Instant::now();
            let found = self.begin(session).await?;
            if planned_for.as_ref() != Some(&found.rows) {
                let again = self.plan(&found.rows);
                plan = match again {
                    Ok(plan) => plan,
                    Err(error) => return Err(self.undone(session, error).await),
                };
                plan.reverse();
                of = number + plan.len();
            }
            let Some(next) = plan.pop() else {
                self.undo(session).await?;
                return Ok(found.rows);
            };
            number += 1;
            (self.on_step)(Event::Started {
                id: next.revision.id(),
                title: next.revision.title(),
                direction: self.direction,
                number,
                of,
            });
            let rows = match self.step(session, &next, found).await {
                Ok(rows) => rows,
                Err(error) => return Err(self.undone(session, error).await),
            };
            let row = next.row(self.direction, started.elapsed());
            tracing::info!(revision = %row.id, direction = %row.direction, took_ms = row.took_ms, "a revision was run");
            (self.on_step)(Event::Finished(&row));
            self.steps.push(row);
            planned_for = Some(rows);
        }
    }

    /// The revisions to run for these rows, each ready to run; refuses what cannot run.
    fn plan(&self, rows: &BTreeSet<String>) -> Result<Vec<Planned<'r>>> {
        let applied = Applied::of(self.chain, rows);
        let places = match self.direction {
            // A newer release has been here, and what its revisions stand on is not known.
            Direction::Up if !applied.unknown.is_empty() => Vec::new(),
            Direction::Up => target::up(self.chain, self.target, &applied)?,
            Direction::Down => {
                if !applied.unknown.is_empty() {
                    let message = format!(
                        "the database has {}, which this chain does not know; only a release that has it can take it back",
                        applied.unknown.join(", ")
                    );
                    return Err(Error::new(ErrorKind::UnknownRevision, message));
                }
                target::down(self.chain, self.target, &applied)?
            }
        };
        places
            .into_iter()
            .map(|place| Planned::new(self.chain, place, self.direction, self.db.engine()))
            .collect()
    }

    fn report(self, rows: &BTreeSet<String>) -> Ran {
        let applied = Applied::of(self.chain, rows);
        Ran {
            engine: self.db.engine().as_str(),
            target: self.target.to_owned(),
            steps: self.steps,
            versions: rows.iter().cloned().collect(),
            pending: self.chain.len() - applied.count(),
            unknown: applied.unknown,
        }
    }

    async fn undo(&self, session: &Session) -> Result<()> {
        session
            .execute_raw("ROLLBACK")
            .await
            .map_err(|error| Error::database("the transaction cannot be rolled back", error))
    }

    /// Rolls back and hands `error` on; closing the connection rolls back where ROLLBACK cannot.
    async fn undone(&self, session: &Session, error: Error) -> Error {
        if let Err(failed) = self.undo(session).await {
            tracing::debug!(%failed, "the engine had rolled back already");
        }
        error
    }

    fn is_postgres(&self) -> bool {
        self.db.engine() == Engine::Postgres
    }
}
