//! A run: the schema, the rows, the keys, and what is missing at the end without a decision.

mod finish;

use crate::ddl::{Ddl, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::existing::{aside, heads};
use crate::load::{Event, Ledger, Load, ranges, readers};
use crate::orphans;
use crate::plan::{Mode, Note, Orphans, Plan, TablePlan};
use crate::source::Source;
use raptor_db::{Db, Scope, SnapshotReader, Sql, Transaction, TxOptions, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How a run is begun.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Begin {
    /// How many ranges are carried over at once, each with a connection of its own.
    pub workers: usize,
    /// Whether nobody writes to the file, so that it is read where it is, in any mode.
    pub offline: bool,
    /// Whether only the schema is made.
    pub schema_only: bool,
    /// Whether a run that came to its end is done again: what was written since is replaced.
    pub again: bool,
}

impl Default for Begin {
    fn default() -> Self {
        Self {
            workers: 2,
            offline: false,
            schema_only: false,
            again: false,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Done {
    /// What became of each table's rows, by the table's name in the file.
    pub tables: BTreeMap<String, TableDone>,
    /// What did not come over as it was, and is to be known.
    pub notes: Vec<Note>,
    /// What is missing, and no decision says so.
    pub missing: Vec<Note>,
    /// How long the rows took, in milliseconds.
    pub copy_ms: u64,
    /// How long keys, indexes, constraints and the rest took, in milliseconds.
    pub keys_ms: u64,
}

/// What became of a table's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct TableDone {
    /// How many came over.
    pub rows: u64,
    /// How many were rejected.
    pub rejected: u64,
}

impl Done {
    /// Whether nothing is missing without a decision.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }
}

impl Plan {
    /// Carries a file over. A run that was killed goes on where it was, when the file is as it was then.
    ///
    /// # Errors
    /// [`ErrorKind::Source`], [`ErrorKind::Plan`], [`ErrorKind::Database`]; what was committed stays,
    /// and the next run goes on with it.
    pub async fn run(
        self,
        file: &Path,
        db: &Db,
        begin: Begin,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Done> {
        // Before the rows are read: what is written meanwhile makes the next run begin anew.
        let state = crate::state::of(file)?;
        let (_snapshot, readers) = readers(file, begin.workers, begin.offline)?;
        let first = &readers[0];
        let source = Source::read(first)?;
        let plan = self.fit(&source)?;
        let run = Run {
            ddl: match plan.mode {
                Mode::Create => Ddl::make(&source, &plan),
                Mode::Existing => Ddl::default(),
            },
            ledger: Ledger::new(&plan.schema),
            state,
            text: match begin.schema_only {
                true => format!("# The schema alone.\n{plan}"),
                false => plan.to_string(),
            },
            plan: &plan,
            source: &source,
            db,
            schema_only: begin.schema_only,
            again: begin.again,
            workers: begin.workers,
        };
        let alone = run.ledger.alone(db).await?;
        let has_ended = run.begin(first).await?;
        let load = Load {
            source: &source,
            plan: &plan,
            db,
            ledger: run.ledger.clone(),
        };
        if has_ended {
            let tallies = load.ledger.tallies(db).await?;
            return finish::told(&run, &load, tallies).await;
        }
        let begun = Instant::now();
        let tallies = match load.run(readers, on_event).await {
            Ok(tallies) => tallies,
            Err(error) => {
                // The schema is as it was, whatever becomes of the rows.
                if plan.mode == Mode::Existing {
                    aside::bring_back(db, &plan).await?;
                }
                return Err(error);
            }
        };
        let copied = begun.elapsed();
        let mut done = finish::finish(&run, &load, tallies).await?;
        done.copy_ms = millis(copied);
        done.keys_ms = millis(begun.elapsed().saturating_sub(copied));
        load.ledger.end(db).await?;
        drop(alone);
        Ok(done)
    }
}

/// A run under way.
struct Run<'r> {
    plan: &'r Plan,
    source: &'r Source,
    db: &'r Db,
    ddl: Ddl,
    ledger: Ledger,
    /// What the file is like.
    state: String,
    /// The plan as text.
    text: String,
    schema_only: bool,
    again: bool,
    workers: usize,
}

impl Run<'_> {
    /// Begins, or goes on with what was begun for the same file and plan; answers whether that has come to
    /// its end already.
    async fn begin(&self, reader: &SnapshotReader) -> Result<bool> {
        self.ledger.make(self.db).await?;
        aside::make(self.db).await?;
        let begun = self.ledger.begun(self.db).await?;
        let goes_on = begun
            .as_ref()
            .is_some_and(|it| it.state == self.state && it.plan == self.text);
        let has_ended = begun.as_ref().is_some_and(|it| it.has_ended);
        if has_ended && goes_on && !self.again {
            return Ok(true);
        }
        if has_ended && !self.again {
            let message = format!(
                "the schema {} was filled by an earlier run that came to its end, of another state of the file or another plan: \
                 `--again` replaces the rows of all its tables, and what was written there since is gone",
                self.plan.schema
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
        let goes_on = goes_on && !has_ended;
        let before = begun.map(|it| Plan::read(&it.plan)).transpose()?;
        if self.plan.answers.orphans == Orphans::Stop {
            self.stop_at_orphans(reader)?;
        }
        if self.plan.mode == Mode::Existing {
            heads::compare(reader, self.source, self.db, self.plan).await?;
        }
        let open = match goes_on || self.schema_only {
            true => Vec::new(),
            false => ranges(reader, self.source, self.plan)?,
        };
        let mut options = TxOptions::default();
        options.deadline = Duration::from_hours(1);
        let (scope, open) = (Scope::system(), &open);
        let before = before.as_ref();
        let done = self.db.tx_with(&scope, options, |tx| async move {
            match self.plan.mode {
                Mode::Create if !goes_on => self.make(&tx, before).await?,
                Mode::Create => {}
                Mode::Existing => {
                    aside::set(&tx, self.plan).await?;
                    if !goes_on {
                        self.empty(&tx, before).await?;
                    }
                }
            }
            if goes_on {
                return Ok(());
            }
            self.ledger
                .begin(&tx, &self.plan.source, &self.state, &self.text, open)
                .await
        });
        done.await.map(|()| false)
    }

    fn stop_at_orphans(&self, reader: &SnapshotReader) -> Result<()> {
        let mut plan = Plan {
            notes: Vec::new(),
            ..self.plan.clone()
        };
        orphans::tell(reader, self.source, &mut plan)?;
        match plan.notes.first() {
            None => Ok(()),
            Some(Note { of, text }) => Err(Error::new(
                ErrorKind::Missing,
                format!("{of}: {text}, and says stop; nothing was carried over"),
            )),
        }
    }

    fn carried(&self) -> impl Iterator<Item = (&TablePlan, String)> {
        carried(self.plan)
    }

    /// The tables, without keys.
    async fn make(&self, tx: &Transaction, before: Option<&Plan>) -> Result<()> {
        let run = async |text: &str| {
            let done = tx.execute_raw(text).await;
            done.map_err(|error| Error::database(&format!("this cannot be made: {text}"), error))
        };
        // What is not ours stays.
        for (_, name) in before.into_iter().flat_map(carried) {
            run(&format!("DROP TABLE IF EXISTS {name} CASCADE")).await?;
        }
        run(&format!(
            "CREATE SCHEMA IF NOT EXISTS {}",
            quoted(&self.plan.schema)
        ))
        .await?;
        for text in &self.ddl.tables {
            run(text).await?;
        }
        Ok(())
    }

    /// Takes out what the plan says is replaced, and nothing else.
    async fn empty(&self, tx: &Transaction, before: Option<&Plan>) -> Result<()> {
        let cannot = |error| Error::database("the tables cannot be emptied", error);
        for (table, name) in self.carried() {
            let count = Sql::dynamic(format!("SELECT count(*) AS rows FROM {name}"));
            let rows: i64 = tx
                .query_one(&count, params! {})
                .await
                .and_then(|row| row.get("rows"))
                .map_err(cannot)?;
            let is_ours =
                before.is_some_and(|it| it.table(&table.name).is_some_and(|it| it.skip.is_none()));
            if !is_ours && rows.unsigned_abs() != table.replaces {
                let message = format!(
                    "{name} has {rows} rows, and the plan knows of {}: somebody has written to it; plan again, and nothing was changed",
                    table.replaces
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
        }
        let names: Vec<String> = self.carried().map(|(_, name)| name).collect();
        match names.is_empty() {
            true => Ok(()),
            false => tx
                .execute_raw(&format!("TRUNCATE {}", names.join(", ")))
                .await
                .map_err(cannot),
        }
    }
}

/// The tables that a plan carries over, with their names on Postgres.
fn carried(plan: &Plan) -> impl Iterator<Item = (&TablePlan, String)> {
    let carried = plan.tables.iter().filter(|it| it.skip.is_none());
    carried.map(|it| (it, format!("{}.{}", quoted(&plan.schema), quoted(&it.to))))
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
