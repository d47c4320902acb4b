//! A run: the schema, the rows, the keys, and what is missing at the end without a decision.

mod finish;
mod twice;

pub(crate) use finish::Finish;

use crate::ddl::Ddl;
use crate::error::{Error, ErrorKind, Result};
use crate::existing::{aside, heads};
use crate::load::{Begun, Event, Ledger, Load, ranges, readers};
use crate::orphans;
use crate::plan::{Dirty, Mode, Note, Orphans, Plan};
use crate::source::{Source, quoted, quoted_text};
use crate::sync::{self, Follow, Followed, Following};
use raptor_db::{Db, Scope, SnapshotReader, Sql, Transaction, TxOptions, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How a run is begun.
#[derive(Debug, Clone)]
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
    /// Whether the first row that cannot come along, and the first thing that cannot be made, ends the run.
    pub strict: bool,
    /// Whether the application goes on writing to the file, and is followed until it is cut over.
    pub sync: Option<Follow>,
}

impl Default for Begin {
    fn default() -> Self {
        Self {
            workers: 2,
            offline: false,
            schema_only: false,
            again: false,
            strict: false,
            sync: None,
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
    /// How the file was followed, where it was.
    pub sync: Option<Followed>,
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
        let mut asked = self;
        if begin.strict {
            asked.answers.dirty = Dirty::Stop;
        }
        let ledger = Ledger::new(&asked.schema);
        let _alone = ledger.alone(db).await?;
        let following = match &begin.sync {
            Some(follow) => {
                let following = Following::begin(file, &asked, (db, &ledger), follow, begin.again);
                Some(following.await?)
            }
            None => None,
        };
        let state = match &following {
            Some(following) => following.state().to_owned(),
            // Before the rows are read: what is written meanwhile makes the next run begin anew.
            None => crate::state::of(file)?,
        };
        // One more reads what has to be carried over once more.
        let (_snapshot, mut readers) = readers(file, begin.workers.max(1) + 1, begin.offline)?;
        let Some(spare) = readers.pop() else {
            let none = Error::new(ErrorKind::Source, "the file has no reader");
            return Err(none);
        };
        let first = &readers[0];
        let source = Source::read(first)?;
        let plan = asked.fit(&source)?;
        let mut ddl = Ddl::make(&source, &plan);
        if following.is_none() && sync::followed(first)? {
            ddl.notes.push(left_behind());
        }
        let run = Run {
            ddl,
            state,
            text: match begin.schema_only {
                true => format!("# The schema alone.\n{plan}"),
                false => plan.to_string(),
            },
            begin,
            load: Load {
                source: &source,
                plan: &plan,
                db,
                ledger,
                numbered: match &following {
                    Some(_) => sync::numbered(&source, &plan)?,
                    None => BTreeMap::new(),
                },
            },
            following,
        };
        if let Some(missing) = run.begin(first).await? {
            return run.ended(missing).await;
        }
        let done = run.go(readers, spare, on_event).await;
        if done.is_err() && plan.mode == Mode::Existing {
            // The schema is as it was, whatever became of the rows.
            aside::bring_back(db, &plan).await?;
        }
        done
    }
}

/// A run under way.
pub(crate) struct Run<'r> {
    pub(crate) load: Load<'r>,
    pub(crate) ddl: Ddl,
    /// What the file is like.
    state: String,
    /// The plan as text.
    text: String,
    pub(crate) begin: Begin,
    /// The file, where it is followed.
    following: Option<Following>,
}

impl Run<'_> {
    /// Begins, or goes on with what was begun for the same file and plan; where that has come to its end
    /// already, answers what was missing then.
    async fn begin(&self, reader: &SnapshotReader) -> Result<Option<Vec<Note>>> {
        let Load {
            source,
            plan,
            db,
            ledger,
            numbered,
        } = &self.load;
        ledger.make(db).await?;
        aside::make(db).await?;
        let begun = ledger.begun(db).await?;
        let is_same = |it: &Begun| it.state == self.state && it.plan == self.text;
        let mut goes_on = begun.as_ref().is_some_and(is_same);
        if let Some(missing) = begun.as_ref().and_then(|it| it.ended.as_ref()) {
            match (goes_on, self.begin.again) {
                (_, true) => goes_on = false,
                (true, false) => return Ok(Some(missing.clone())),
                (false, false) => return Err(self.has_ended()),
            }
        }
        let before = begun.map(|it| Plan::read(&it.plan)).transpose()?;
        if plan.answers.orphans == Orphans::Stop {
            self.stop_at_orphans(reader)?;
        }
        if plan.mode == Mode::Existing {
            heads::compare(reader, source, db, plan).await?;
        }
        let open = match goes_on || self.begin.schema_only {
            true => Vec::new(),
            false => ranges(reader, source, plan)?,
        };
        let mut options = TxOptions::default();
        options.deadline = Duration::from_hours(1);
        let (scope, open, before) = (Scope::system(), &open, before.as_ref());
        let entry = match &self.following {
            Some(_) => sync::last(reader)?,
            None => sync::Entry::default(),
        };
        let done = db.tx_with(&scope, options, |tx| async move {
            if plan.mode == Mode::Existing {
                aside::set(&tx, plan).await?;
            }
            if goes_on {
                return Ok(());
            }
            match plan.mode {
                Mode::Create => self.make(&tx, before).await?,
                Mode::Existing => self.empty(&tx, before).await?,
            }
            let (source, state, text) = (&plan.source, &self.state, &self.text);
            ledger.begin(&tx, source, state, text, open).await?;
            match &self.following {
                Some(_) => sync::start(&tx, plan, numbered, entry).await,
                None if plan.mode == Mode::Existing => sync::clear(&tx, plan).await,
                None => Ok(()),
            }
        });
        done.await.map(|()| None)
    }

    /// Carries the rows over, and makes what is made of all of them.
    async fn go(
        &self,
        readers: Vec<SnapshotReader>,
        spare: SnapshotReader,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Done> {
        let begun = Instant::now();
        let carried = self.load.run(readers, on_event).await?;
        let copied = begun.elapsed();
        let mut done = match &self.following {
            Some(following) => following.go(self, on_event).await?,
            None => finish::finish(self, carried, spare, on_event).await?,
        };
        done.copy_ms = millis(copied);
        done.keys_ms = millis(begun.elapsed().saturating_sub(copied));
        self.load.ledger.end(self.load.db, &done.missing).await?;
        if let Some(following) = &self.following {
            following.end().await?;
        }
        Ok(done)
    }

    /// What a run came to that had come to its end before.
    async fn ended(&self, missing: Vec<Note>) -> Result<Done> {
        let Load { db, ledger, .. } = &self.load;
        let mut carried = ledger.counted(db).await?;
        let followed = match &self.following {
            Some(following) => Some(following.ended(&self.load, &mut carried).await?),
            None => None,
        };
        let mut done = finish::report(&self.load, &carried, self.ddl.notes.clone(), missing);
        done.sync = followed;
        Ok(done)
    }

    fn has_ended(&self) -> Error {
        let message = format!(
            "the schema {} was filled by an earlier run that came to its end, of another state of the file or another plan: \
             `--again` replaces the rows of all its tables, and what was written there since is gone",
            self.load.plan.schema
        );
        Error::new(ErrorKind::Plan, message)
    }

    fn stop_at_orphans(&self, reader: &SnapshotReader) -> Result<()> {
        let found = orphans::found(reader, self.load.source, self.load.plan)?;
        match found.first().map(orphans::Orphaned::note) {
            None => Ok(()),
            Some(Note { of, text }) => Err(Error::new(
                ErrorKind::Missing,
                format!("{of}: {text}, and says stop; nothing was carried over"),
            )),
        }
    }

    /// The tables, without keys.
    async fn make(&self, tx: &Transaction, before: Option<&Plan>) -> Result<()> {
        let run = async |text: &str| {
            let done = tx.execute_raw(text).await;
            done.map_err(|error| Error::database(&format!("this cannot be made: {text}"), error))
        };
        // What is not ours stays.
        if let Some(before) = before {
            for table in before.carried() {
                let name = before.name_of(table);
                run(&format!("DROP TABLE IF EXISTS {name} CASCADE")).await?;
            }
        }
        run(&format!(
            "CREATE SCHEMA IF NOT EXISTS {}",
            quoted(&self.load.plan.schema)
        ))
        .await?;
        run(&self.finds()).await?;
        for text in self.ddl.tables(&self.load.plan.schema) {
            run(&text).await?;
        }
        Ok(())
    }

    /// Where names are looked for that are written without a schema.
    fn finds(&self) -> String {
        let path = format!("{}, public, pg_catalog", quoted(&self.load.plan.schema));
        let path = quoted_text(&path);
        format!("SELECT pg_catalog.set_config('search_path', {path}, true)")
    }

    /// Takes out what the plan says is replaced, and nothing else.
    async fn empty(&self, tx: &Transaction, before: Option<&Plan>) -> Result<()> {
        let cannot = |error| Error::database("the tables cannot be emptied", error);
        let plan = self.load.plan;
        for table in plan.carried() {
            let name = plan.name_of(table);
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
        let names: Vec<String> = plan.carried().map(|it| plan.name_of(it)).collect();
        match names.is_empty() {
            true => Ok(()),
            false => tx
                .execute_raw(&format!("TRUNCATE {}", names.join(", ")))
                .await
                .map_err(cannot),
        }
    }
}

fn left_behind() -> Note {
    Note {
        of: "the file".to_owned(),
        text: "has the triggers of a run with --sync, which did not come to its end: `raptor port release` takes them out".to_owned(),
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
