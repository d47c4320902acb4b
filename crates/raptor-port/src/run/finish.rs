//! What is made of all rows: indexes and validations side by side, keys, numbers, views; then what is
//! missing.

use super::{Done, Run, TableDone, twice};
use crate::ddl::table::numbers as numbers_of;
use crate::ddl::{Held, Made};
use crate::error::{Error, ErrorKind, Result};
use crate::existing::{aside, numbers};
use crate::left_out;
use crate::load::{Carried, Event, Load, Standing};
use crate::orphans;
use crate::patience::patient;
use crate::plan::{Mode, Note};
use crate::queue::drain;
use crate::source::{Source, quoted};
use raptor_db::{Session, SnapshotReader};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// What is made at the end, step by step, and what came of it.
pub(crate) struct Finish<'r> {
    run: &'r Run<'r>,
    hands: Hands,
    /// What a run that was killed made already.
    made: BTreeSet<String>,
    notes: Vec<Note>,
    missing: Vec<Note>,
}

/// What an index is sorted in. Runs that a core's cache holds are sorted faster than long ones (a fifth of the time
/// against 128 MB, measured with numbers and with texts), and as many of them as 3 GB are merged in one pass.
const MEMORY: &str = "32MB";

/// Sessions that take statements from one queue.
struct Hands(Vec<Session>);

/// Makes what is made of all rows, and says what became of them.
pub(super) async fn finish(
    run: &Run<'_>,
    mut carried: BTreeMap<String, Carried>,
    spare: SnapshotReader,
    on_event: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<Done> {
    let Load { plan, db, .. } = run.load;
    let mut finish = Finish::new(run).await?;
    let making = |what| on_event(Event::Making { what });
    making("indexes and keys");
    let twice = finish.indexes().await?;
    if !twice.is_empty() {
        carried = twice::carry_once_more(run, &twice, spare, on_event).await?;
    }
    finish.keys().await;
    finish.strict()?;
    // Before rows are compared with rows, so that it is known how many there are.
    making("statistics");
    finish.analyze().await?;
    making("checks and foreign keys");
    finish.hold().await;
    finish.validate().await?;
    finish.strict()?;
    if plan.mode == Mode::Existing {
        finish.came_back(aside::bring_back(db, plan).await?);
    }
    making("numbers, views and triggers");
    finish.numbers(run.load.source).await?;
    finish.rest().await?;
    finish.strict()?;
    Ok(finish.report(&carried))
}

/// Tries once more what was missing at the end of a run; answers what is missing still.
pub(super) async fn once_more(run: &Run<'_>, mut missing: Vec<Note>) -> Result<Vec<Note>> {
    let Load { plan, db, .. } = run.load;
    if missing.is_empty() {
        return Ok(missing);
    }
    if plan.mode == Mode::Create {
        return Finish::new(run).await?.once_more(missing).await;
    }
    let aside = aside::listed_names(db, plan).await?;
    missing.retain(|it| !aside.contains(&it.of));
    missing.extend(aside::bring_back(db, plan).await?.missing);
    Ok(missing)
}

impl Hands {
    /// Two for each worker: one sorts while another waits for the disk.
    async fn new(run: &Run<'_>) -> Result<Self> {
        let workers = run.begin.workers.max(1);
        let settings = format!(
            "SET search_path = {}, public, pg_catalog; SET maintenance_work_mem = '{MEMORY}'; SET synchronous_commit = off",
            quoted(&run.load.plan.schema)
        );
        let mut sessions = Vec::with_capacity(2 * workers);
        while sessions.len() < 2 * workers {
            match patient(run.load.db).await {
                Ok(session) => {
                    session.execute_raw(&settings).await?;
                    run.load.ledger.work(&session).await?;
                    sessions.push(session);
                }
                // The server has no more to give.
                Err(_) if sessions.len() >= workers => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Self(sessions))
    }

    /// Lets statements that are many keep to one process each: they fill the cores by themselves.
    async fn share(&self, statements: usize) -> Result<()> {
        let share = match statements >= self.0.len().div_ceil(2) {
            true => "SET max_parallel_maintenance_workers = 0",
            false => "RESET max_parallel_maintenance_workers",
        };
        for session in &self.0 {
            session.execute_raw(share).await?;
        }
        Ok(())
    }

    /// Runs statements side by side; answers the numbers of those that failed. Lost connections are errors.
    async fn run(&self, texts: Vec<String>) -> Result<Vec<(usize, raptor_db::Error)>> {
        let failed = Mutex::new(Vec::new());
        let run = async |session: &&Session, (number, text): (usize, String)| match session
            .execute_raw(&text)
            .await
        {
            Err(error) if error.kind() == raptor_db::ErrorKind::ConnectionLost => {
                Err(Error::database(&text, error))
            }
            Err(error) => {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.push((number, error));
                Ok(())
            }
            Ok(()) => Ok(()),
        };
        drain(&self.0, texts.into_iter().enumerate(), run).await?;
        Ok(failed.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<'r> Finish<'r> {
    pub(crate) async fn new(run: &'r Run<'r>) -> Result<Self> {
        Ok(Self {
            run,
            hands: Hands::new(run).await?,
            made: {
                let made = run.load.ledger.made(run.load.db).await?;
                let (gone, there): (Vec<Standing>, Vec<Standing>) =
                    made.into_iter().partition(Standing::is_gone);
                let is_there =
                    |it: &Standing| !gone.iter().any(|gone| gone.statement == it.statement);
                let there = there.into_iter().filter(is_there);
                there.map(|it| it.statement).collect()
            },
            notes: run.ddl.notes.clone(),
            missing: Vec::new(),
        })
    }

    /// Indexes side by side. Answers the unique ones in which rows are the same.
    pub(crate) async fn indexes(&mut self) -> Result<Vec<Made>> {
        let mut indexes = self.run.ddl.indexes();
        indexes.retain(|it| !self.made.contains(&it.text));
        let making = |it: &Made| self.run.load.ledger.making(it);
        let texts = indexes.iter().map(making).collect();
        self.hands.share(indexes.len()).await?;
        let mut twice = Vec::new();
        for (number, error) in self.hands.run(texts).await? {
            let index = indexes[number].clone();
            match error.kind() {
                raptor_db::ErrorKind::Unique => twice.push(index),
                _ => self.missing.push(not_made(&index, &error)),
            }
        }
        Ok(twice)
    }

    /// The keys that are of indexes.
    pub(crate) async fn keys(&mut self) {
        self.make(&self.run.ddl.keys()).await;
    }

    /// Constraints that new rows are held to from now on.
    pub(crate) async fn hold(&mut self) {
        let adds: Vec<Made> = self.run.ddl.held().iter().map(Held::made).collect();
        self.make(&adds).await;
    }

    /// Looks at the rows that are there.
    pub(crate) async fn validate(&mut self) -> Result<()> {
        let is_made = |it: &&Held| {
            !self
                .missing
                .iter()
                .any(|note| note.text.starts_with(&it.add))
        };
        let held = self.run.ddl.held();
        let made: Vec<&Held> = held.iter().filter(is_made).collect();
        let texts = made.iter().map(|it| it.validate.clone()).collect();
        for (number, error) in self.hands.run(texts).await? {
            let it = made[number];
            let note = Note {
                of: format!("{} of {}", it.name, it.of),
                text: orphans::new_alone(&error),
            };
            match orphans::are_let(self.run.load.plan, &it.of) {
                true => self.notes.push(note),
                // Such as rows that point at one that was rejected.
                false => self.missing.push(note),
            }
        }
        Ok(())
    }

    /// Numbers go on behind the largest, and those that were given once, and whose rows are gone, are not
    /// given again.
    pub(crate) async fn numbers(&mut self, source: &Source) -> Result<()> {
        let Load { plan, db, .. } = self.run.load;
        let is_made = plan.mode == Mode::Create;
        if !is_made {
            numbers::reset(db, plan).await?;
        }
        let tables = source.tables.iter().zip(&plan.tables);
        let tables = tables.filter(|(table, planned)| {
            planned.skip.is_none() && (is_made || table.last_number.is_some())
        });
        let made: Vec<Made> = tables
            .filter_map(|(table, planned)| numbers_of(plan, table, planned))
            .collect();
        for it in &made {
            if let Err(error) = self.hands.0[0].execute_raw(&it.text).await {
                self.missing.push(not_made(it, &error));
            }
        }
        Ok(())
    }

    /// Views and triggers; then all is there, and how columns are is noted.
    pub(crate) async fn rest(&mut self) -> Result<()> {
        self.make(&self.run.ddl.rest()).await;
        let tables = self.run.ddl.tables.iter();
        let tables = tables.map(|it| (it.of.as_str(), it.name.as_str()));
        let note = self.run.load.ledger.columns(tables);
        let noted = self.hands.0[0].execute_raw(&note).await;
        noted.map_err(|error| {
            Error::database("the columns cannot be noted (raptor_port.made)", error)
        })
    }

    /// Makes and validates what was missing at the end of a run, and may be possible now; answers what is
    /// missing still.
    async fn once_more(mut self, missing: Vec<Note>) -> Result<Vec<Note>> {
        let ddl = &self.run.ddl;
        let held = ddl.held();
        let adds = held.iter().map(Held::made).collect();
        for made in [ddl.indexes(), ddl.keys(), adds, ddl.rest()] {
            self.make(&made).await;
        }
        self.validate().await?;
        let statements = [ddl.indexes(), ddl.keys(), ddl.rest()].concat();
        let is_tried = |it: &&Note| {
            let of_statement = statements
                .iter()
                .any(|made| it.text.starts_with(&made.text));
            let of_held = held.iter().any(|held| {
                it.text.starts_with(&held.add) || it.of == format!("{} of {}", held.name, held.of)
            });
            of_statement || of_held
        };
        let others = missing.iter().filter(|it| !is_tried(it)).cloned();
        Ok(others.chain(self.missing).collect())
    }

    pub(crate) async fn analyze(&self) -> Result<()> {
        let plan = self.run.load.plan;
        let analyze = plan
            .carried()
            .map(|it| format!("ANALYZE {}", plan.name_of(it)));
        let failed = self.hands.run(analyze.collect()).await?;
        match failed.into_iter().next() {
            Some((_, error)) => Err(Error::database("ANALYZE", error)),
            None => Ok(()),
        }
    }

    /// Ends a strict run at the first thing that is missing.
    fn strict(&self) -> Result<()> {
        match self.missing.first() {
            Some(Note { of, text }) if self.run.begin.strict => {
                let message = format!("{of}: {text}; --strict has it stop here");
                Err(Error::new(ErrorKind::Missing, message))
            }
            _ => Ok(()),
        }
    }

    /// Tells what became of what was set aside.
    pub(crate) fn came_back(&mut self, back: aside::Back) {
        self.notes.extend(back.notes);
        self.missing.extend(back.missing);
    }

    pub(crate) fn report(self, carried: &BTreeMap<String, Carried>) -> Done {
        report(&self.run.load, carried, self.notes, self.missing)
    }

    /// Makes things one after the other.
    async fn make(&mut self, made: &[Made]) {
        for it in made {
            if self.made.contains(&it.text) {
                continue;
            }
            let text = self.run.load.ledger.making(it);
            if let Err(error) = self.hands.0[0].execute_raw(&text).await {
                self.missing.push(not_made(it, &error));
            }
        }
    }
}

fn not_made(it: &Made, error: &raptor_db::Error) -> Note {
    Note {
        of: it.of.clone(),
        text: format!("{}: {}", it.text, error.message()),
    }
}

/// Says what became of each table's rows.
pub(super) fn report(
    load: &Load<'_>,
    carried: &BTreeMap<String, Carried>,
    notes: Vec<Note>,
    missing: Vec<Note>,
) -> Done {
    let mut done = Done {
        notes,
        missing,
        left_out: left_out::names(load.source, load.plan),
        ..Done::default()
    };
    for table in load.plan.carried() {
        let of_it = carried.get(&table.name).copied().unwrap_or_default();
        let of_it = TableDone::from(of_it);
        // A run that came to its end has noted it.
        let beyond = left_out::beyond(&table.name, of_it, table.rejects);
        let beyond = beyond.filter(|it| !done.missing.contains(it));
        done.missing.extend(beyond);
        done.tables.insert(table.name.clone(), of_it);
    }
    done
}
