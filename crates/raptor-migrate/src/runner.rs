//! Brings a database to a revision: one transaction for each, with its move of the head.
//!
//! The same loop runs on both engines. What keeps two deployers apart differs: on Postgres an
//! advisory lock on a connection of its own, on SQLite the lock of the file. In both cases the rows
//! are read again inside the transaction, and the plan is made anew when they have changed.

mod attempt;
mod blockers;
mod call;
mod disk;
mod edited;
mod hands;
mod observer;
mod options;
mod rebuild;
mod rehearser;
mod rescue;
mod settings;
mod stamp;
mod step;
mod stepwise;
mod stop;
mod verify;

pub use blockers::Blocker;
pub(crate) use blockers::holders;
pub(crate) use hands::hold_in_transaction;
pub use options::{Event, Options};
pub(crate) use rehearser::Rehearser;
pub(crate) use rescue::{applied_below, pending};
pub use stamp::stamp;
pub use stop::Stop;

use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Log, Written};
use crate::plan::Planned;
use crate::report::{Direction, Ran, StepRow, WHY_UNKNOWN};
use crate::target::{self, Applied};
use crate::version::Versions;
use attempt::Attempt;
use disk::Disk;
use hands::Hands;
use observer::Observer;
use raptor_db::{Db, Engine, Session};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Applies what is missing up to `target`, written as Alembic has it: `head`, `heads`, an id or the
/// beginning of one, a label, `LABEL@head`, `+N`, `ID+N`.
///
/// A database that names revisions which `chain` does not know has been migrated by a newer
/// release: it is left alone, and [`Ran::unknown`] says so. So is one that is past the target.
///
/// On Postgres, connect with the login that owns the tables or may become their owner
/// ([`Options::role`]), and not through a pooler in transaction mode, which would not keep the lock.
///
/// # Errors
/// [`ErrorKind::Target`], [`ErrorKind::Unsupported`], [`ErrorKind::Edited`] and, when
/// [`Options::strict`], [`ErrorKind::UnknownRevision`] before anything is touched;
/// [`ErrorKind::Statement`] and [`ErrorKind::Verify`] with nothing of that revision left, while
/// those before it stay (with `tx=off`, also the statements before); [`ErrorKind::Locked`];
/// [`ErrorKind::OutOfTime`]; [`ErrorKind::Interrupted`]; [`ErrorKind::Database`].
pub async fn upgrade(
    db: &Db,
    chain: &Chain,
    target: &str,
    options: &Options,
    mut on_step: impl FnMut(Event<'_>) + Send,
) -> Result<Ran> {
    along(db, chain, target, options, 0, &mut on_step).await
}

type OnStep<'o> = &'o mut (dyn FnMut(Event<'_>) + Send + 'o);

/// An upgrade. A database that stands among replaced revisions first goes to the last of them, on
/// the old way.
fn along<'f>(
    db: &'f Db,
    chain: &'f Chain,
    target: &'f str,
    options: &'f Options,
    before: usize,
    on_step: OnStep<'f>,
) -> Pin<Box<dyn Future<Output = Result<Ran>> + Send + 'f>> {
    Box::pin(async move {
        let mut steps = Vec::new();
        if chain.replaces_any() {
            let versions = Versions::new(db.engine(), options.schema.as_deref());
            let mut seen = BTreeSet::new();
            loop {
                let rows = versions.peek(db).await?.unwrap_or_default();
                let Some(row) = chain.halfway(&rows).first().map(|row| (*row).to_owned()) else {
                    break;
                };
                let (old, last) = chain.old_way(&row)?;
                target::leads_past_replaced(chain, target, &row)?;
                let before = before + steps.len();
                let ran = along(db, old, last, options, before, &mut *on_step).await?;
                steps.extend(ran.steps);
                if !seen.insert(rows) {
                    break;
                }
            }
        }
        let mut run = Run::new(db, chain, target, options, Direction::Up, on_step);
        run.before = before + steps.len();
        let mut ran = run.go().await?;
        ran.steps.splice(0..0, steps);
        Ok(ran)
    })
}

/// Takes back what is applied, down to `target`, which stays: `base`, `-N`, an id or the beginning
/// of one, a label, `LABEL@base`, `LABEL@-N`, `ID-N`. With it goes all that follows or depends on
/// what goes.
///
/// A revision that `chain` does not know is taken back with the text that the database's log has of
/// it.
///
/// # Errors
/// As [`upgrade`], and [`ErrorKind::Irreversible`] and [`ErrorKind::UnknownRevision`] before
/// anything is touched.
pub async fn downgrade(
    db: &Db,
    chain: &Chain,
    target: &str,
    options: &Options,
    mut on_step: impl FnMut(Event<'_>) + Send,
) -> Result<Ran> {
    let direction = Direction::Down;
    let asked = Run::new(db, chain, target, options, direction, &mut on_step);
    let rows = asked.versions.peek(db).await?.unwrap_or_default();
    // Before the log lends its ways back: they are another chain's then.
    asked.is_this_chains(&rows).await?;
    let lent = rescue::with_logged(db, chain, target, options).await?;
    let mut run = Run::new(db, &lent, target, options, direction, &mut on_step);
    if matches!(lent, Cow::Owned(_)) {
        run.asked = chain;
    }
    run.go().await
}

struct Run<'r> {
    db: &'r Db,
    chain: &'r Chain,
    /// The chain that the answer is about, when the log has lent some to `chain`.
    asked: &'r Chain,
    target: &'r str,
    options: &'r Options,
    direction: Direction,
    versions: Versions,
    log: Log,
    on_step: Mutex<OnStep<'r>>,
    started: Instant,
    steps: Vec<StepRow>,
    /// How many revisions ran on the old way before.
    before: usize,
    has_log: AtomicBool,
    /// The last entry of the log that this run committed.
    last: Mutex<Option<Written>>,
    /// Whether a transaction was begun for the revision that is under way.
    begun: bool,
    /// How many statements are done of the revision that runs statement by statement, once one was
    /// begun.
    half: Option<usize>,
    /// The one revision to run, whatever the target would mean.
    only: Option<usize>,
    observer: Option<&'r Observer>,
}

/// How often others may change the rows under a run before it gives up.
const MOST_MOVES: usize = 1_000;

/// The revisions that are still to be run, and the rows they were planned for.
struct Plan<'r> {
    rows: BTreeSet<String>,
    steps: VecDeque<Planned<'r>>,
}

impl<'r> Run<'r> {
    fn new(
        db: &'r Db,
        chain: &'r Chain,
        target: &'r str,
        options: &'r Options,
        direction: Direction,
        on_step: OnStep<'r>,
    ) -> Self {
        let schema = options.schema.as_deref();
        Self {
            db,
            chain,
            asked: chain,
            target,
            options,
            direction,
            versions: Versions::new(db.engine(), schema),
            log: Log::new(db.engine(), schema),
            on_step: Mutex::new(on_step),
            started: Instant::now(),
            steps: Vec::new(),
            before: 0,
            has_log: AtomicBool::new(false),
            last: Mutex::new(None),
            begun: false,
            half: None,
            only: None,
            observer: None,
        }
    }

    /// Says what happens.
    fn tell(&self, event: Event<'_>) {
        let mut on_step = self.on_step.lock().unwrap_or_else(PoisonError::into_inner);
        on_step(event);
    }

    fn last(&self) -> MutexGuard<'_, Option<Written>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn go(mut self) -> Result<Ran> {
        let stop = &self.options.stop;
        // A look without a lock: an upgrade with nothing to do needs none, and a refusal no wait.
        let look = stop.unless(async {
            let rows = self.versions.peek(self.db).await?.unwrap_or_default();
            let plan = self.plan(rows)?;
            self.is_this_chains(&plan.rows).await?;
            let accepted = self.unedited(&plan.rows).await?;
            Ok((plan, accepted))
        });
        let (plan, accepted) = look.await.map_err(|error| self.interrupted(error, None))?;
        if plan.steps.is_empty() && accepted.is_empty() {
            return self.report(&plan.rows).await;
        }
        let hands = Hands::take(self.db, self.options, || self.tell(Event::Waiting));
        let hands = stop.unless(hands).await;
        let hands = hands.map_err(|error| self.interrupted(error, None))?;
        self.leaves_none_half_run(&plan).await?;
        let noted = self.accept(&hands, &accepted).await;
        noted.map_err(|error| self.interrupted(error, None))?;
        let disk = Disk::of(self.db, &hands.session).await?;
        let rows = self.work(&hands, &disk, plan).await;
        let flushed = disk.flush(&hands.session).await;
        let rows = rows?;
        flushed?;
        self.report(&rows).await
    }

    /// Runs revision after revision, and answers the rows at the end.
    async fn work(
        &mut self,
        hands: &Hands,
        disk: &Disk,
        mut plan: Plan<'r>,
    ) -> Result<BTreeSet<String>> {
        let (mut number, mut moved) = (0, 0);
        while let Some(next) = plan.steps.pop_front() {
            let started = Instant::now();
            number += 1;
            let stopped = self.options.stop.go_on();
            stopped.map_err(|error| self.interrupted(error, None))?;
            disk.is_there()?;
            if plan.steps.is_empty() {
                disk.wait_again(&hands.session).await?;
            } else {
                disk.defer(&hands.session).await?;
            }
            self.tell(Event::Started {
                id: next.revision.id(),
                title: next.revision.title(),
                direction: self.direction,
                number,
                of: number + plan.steps.len(),
            });
            (self.begun, self.half) = (false, None);
            let attempt = self.attempts(hands, &next, &plan.rows).await;
            if let (Err(_), Some(done)) = (&attempt, self.half) {
                let row = next.half_row(self.direction, started.elapsed(), done);
                self.tell(Event::HalfRun(&row));
            }
            match attempt.map_err(|error| self.interrupted(error, Some(&next)))? {
                Attempt::Done(rows) => {
                    let row = next.row(self.direction, started.elapsed());
                    tracing::info!(revision = %row.id, direction = %row.direction, took_ms = row.took_ms, "a revision was run");
                    self.tell(Event::Finished(&row));
                    self.steps.push(row);
                    plan.rows = rows;
                }
                Attempt::Moved(rows) => {
                    number -= 1;
                    moved += 1;
                    if moved > MOST_MOVES {
                        let message = "alembic_version changes again and again, or reads differently as the role that migrates";
                        return Err(Error::new(ErrorKind::Database, message));
                    }
                    plan = self.plan(rows)?;
                }
            }
        }
        Ok(plan.rows)
    }

    /// The revisions to run for these rows, each ready to run; refuses what cannot run.
    fn plan(&self, rows: BTreeSet<String>) -> Result<Plan<'r>> {
        let applied = Applied::of(self.chain, &rows);
        if self.options.strict && !applied.unknown.is_empty() {
            let message = format!(
                "the database has {}, which this chain does not know: {WHY_UNKNOWN}",
                applied.unknown.join(", ")
            );
            return Err(Error::new(ErrorKind::UnknownRevision, message));
        }
        let places = match self.only {
            Some(place) if applied.revisions[place] == (self.direction == Direction::Up) => {
                Vec::new()
            }
            Some(place) => vec![place],
            None => target::plan(self.chain, self.direction, self.target, &applied)?,
        };
        let (engine, steps) = (self.db.engine(), &self.options.steps);
        let ready = |place| Planned::new(self.chain, place, self.direction, engine, steps);
        let steps = places.into_iter().map(ready).collect::<Result<_>>()?;
        Ok(Plan { rows, steps })
    }

    /// Rows that the chain does not know are a newer release's when a row or the log says that this
    /// chain was here before.
    async fn is_this_chains(&self, rows: &BTreeSet<String>) -> Result<()> {
        let applied = Applied::of(self.chain, rows);
        if applied.unknown.is_empty() || applied.count() > 0 {
            return Ok(());
        }
        let past = self.log.past(self.db).await?;
        let is_ours = |id: &str| {
            self.chain.place_of_row(id).is_some() || self.chain.replaced_by(id).is_some()
        };
        if past.iter().any(|id| is_ours(id)) {
            return Ok(());
        }
        let message = format!(
            "the database is another chain's: it has {}, and nothing says that a revision of this chain was ever applied to it; \
             --dir names the folder of the chain that is meant",
            applied.unknown.join(", ")
        );
        Err(Error::new(ErrorKind::UnknownRevision, message))
    }

    /// What a half run revision stands on cannot be taken back from under it: its next run would pass
    /// over what it did.
    async fn leaves_none_half_run(&self, plan: &Plan<'_>) -> Result<()> {
        if self.direction == Direction::Up {
            return Ok(());
        }
        let goes = |place| plan.steps.iter().any(|step| step.place == place);
        for half in self.log.half_run(self.db).await? {
            let Some(place) = self.chain.place_of(&half.id).filter(|place| !goes(*place)) else {
                continue;
            };
            let stands_on =
                |step: &Planned<'_>| self.chain.followed_by(step.place).contains(&place);
            if let Some(step) = plan.steps.iter().find(|step| stands_on(step)) {
                let message = format!(
                    "it cannot be taken back, as {} stands on it: {half}",
                    half.id
                );
                let error = Error::new(ErrorKind::Irreversible, message);
                return Err(error.in_revision(step.revision.id()));
            }
        }
        Ok(())
    }

    async fn report(self, rows: &BTreeSet<String>) -> Result<Ran> {
        let pending = rescue::pending(self.db, &self.log, self.asked, rows).await?;
        Ok(Ran {
            engine: self.db.engine().as_str(),
            target: self.target.to_owned(),
            steps: self.steps,
            versions: rows.iter().cloned().collect(),
            pending,
            unknown: Applied::of(self.asked, rows).unknown,
        })
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
