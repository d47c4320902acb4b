//! A run: the schema, the rows, the keys, and what is missing at the end without a decision.

mod finish;
mod ground;
mod kept;
mod twice;

pub(crate) use finish::Finish;

use crate::ddl::Ddl;
use crate::error::{Error, ErrorKind, Result};
use crate::existing::{Parted, Target, aside, heads, place, pointed};
use crate::load::{Carried, Event, Ledger, Load, Standing, ranges, readers};
use crate::orphans;
use crate::plan::{Dirty, Mode, Note, Orphans, Plan};
use crate::source::Source;
use crate::sync::{self, Follow, Followed, Following};
use raptor_db::{Db, Scope, SnapshotReader, TxOptions};
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
    /// Columns that the plan leaves out, as `table.column`.
    pub left_out: Vec<String>,
    /// Whether the file takes no more writes, as it was cut over.
    pub is_closed: bool,
}

/// What became of a table's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct TableDone {
    /// How many came over.
    pub rows: u64,
    /// How many were rejected.
    pub rejected: u64,
    /// How many cells of those that came over were changed, as a decision has it.
    pub changed: u64,
}

impl From<Carried> for TableDone {
    fn from(it: Carried) -> Self {
        Self {
            rows: it.rows,
            rejected: it.rejected,
            changed: it.changed,
        }
    }
}

impl Done {
    /// Whether nothing is missing without a decision.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }
}

impl Plan {
    /// Brings back what a run set aside in a schema that was there, which was ended on the way: foreign keys
    /// and triggers. Answers what is not as it was.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while another run is under way; [`ErrorKind::Database`].
    pub async fn bring_back(&self, db: &Db) -> Result<Vec<Note>> {
        let ledger = Ledger::new(&self.schema);
        if self.mode != Mode::Existing || !ledger.is_there(db).await? {
            return Ok(Vec::new());
        }
        let _alone = ledger.alone(db).await?;
        let back = aside::bring_back(db, self).await?;
        Ok(back.notes.into_iter().chain(back.missing).collect())
    }

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
        let (following, is_new) = follow(file, &asked, (db, &ledger), &begin).await?;
        // Before the rows are read: what is written meanwhile makes the next run begin anew.
        let state = match &following {
            Some(following) => following.state().to_owned(),
            None => crate::state::of(file)?,
        };
        // One more reads what has to be carried over once more.
        let (_snapshot, mut readers) = readers(file, begin.workers.max(1) + 1, begin.offline)?;
        let spare = readers.pop().ok_or_else(unread)?;
        let first = &readers[0];
        let source = Source::read(first)?;
        let plan = asked.fit(&source)?;
        let source = pointed(db, source, &plan).await?;
        let ddl = ddl(
            &source,
            &plan,
            following.is_none() && sync::followed(first)?,
        );
        let numbered = numbered(following.is_some(), db, &source, &plan).await;
        if is_new && numbered.is_err() {
            // Nothing was begun: nothing is left in the file.
            sync::release(file)?;
        }
        let run = Run {
            ddl,
            state,
            text: written(&plan, &begin),
            begin,
            load: Load {
                source: &source,
                plan: &plan,
                db,
                ledger,
                parted: Parted::of(&Target::columns(db, &plan.schema).await?),
                numbered: numbered?,
            },
            is_closed: following.is_some() || sync::is_closed(first)?,
            following,
        };
        let begun = run.begin(first).await;
        if is_new && begun.is_err() {
            sync::release(file)?;
        }
        if let Some(missing) = begun? {
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
    /// Whether the file takes no more writes, or does not at the end.
    is_closed: bool,
}

/// How an earlier run into the same schema stands.
enum Stand {
    /// It came to its end, of the same file and plan; what was missing then.
    Ended(Vec<Note>),
    /// There was none, or it is done again, or gone on with.
    Begun(Earlier),
}

/// An earlier run, of which something may be there.
#[derive(Default)]
struct Earlier {
    /// Whether it is gone on with.
    goes_on: bool,
    before: Option<Plan>,
    /// What it made.
    made: Vec<Standing>,
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
            ..
        } = &self.load;
        ground::encoding(db).await?;
        ledger.make(db).await?;
        aside::make(db).await?;
        let stand = match self.stand().await? {
            Stand::Ended(missing) => return Ok(Some(missing)),
            Stand::Begun(stand) => stand,
        };
        let goes_on = stand.goes_on && self.has_kept(&stand.made).await?;
        if plan.answers.orphans == Orphans::Stop {
            self.stop_at_orphans(reader)?;
        }
        if plan.mode == Mode::Existing {
            heads::compare(reader, source, db, plan).await?;
            place::look(db, plan).await?;
        }
        let open = match goes_on || self.begin.schema_only {
            true => Vec::new(),
            false => ranges(reader, source, plan)?,
        };
        let mut options = TxOptions::default();
        options.deadline = Duration::from_hours(1);
        let (scope, open, made) = (Scope::system(), &open, &stand.made);
        let before = stand.before.as_ref();
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
                Mode::Create => self.make(&tx, before, made).await?,
                Mode::Existing => self.empty(&tx, made).await?,
            }
            let (source, state, text) = (&plan.source, &self.state, &self.text);
            ledger.begin(&tx, source, state, text, open).await?;
            self.note_tables(&tx).await?;
            match &self.following {
                Some(_) => sync::start(&tx, plan, numbered, entry).await,
                None if plan.mode == Mode::Existing => sync::clear(&tx, plan).await,
                None => Ok(()),
            }
        });
        done.await.map(|()| None)
    }

    /// How an earlier run into the same schema stands.
    async fn stand(&self) -> Result<Stand> {
        let Load {
            plan, db, ledger, ..
        } = &self.load;
        let Some(begun) = ledger.begun(db).await? else {
            return Ok(Stand::Begun(Earlier::default()));
        };
        let is_same = begun.state == self.state && begun.plan == self.text;
        let before = Plan::read(&begun.plan)?;
        match begun.ended {
            Some(missing) if is_same && !self.begin.again => Ok(Stand::Ended(missing)),
            Some(_) if !self.begin.again => Err(self.has_ended()),
            None if before.mode != plan.mode => Err(other_mode(&before)),
            ended => Ok(Stand::Begun(Earlier {
                goes_on: is_same && ended.is_none() && !self.begin.again,
                before: Some(before),
                made: ledger.made(db).await?,
            })),
        }
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
        done.is_closed = self.is_closed;
        self.load.ledger.end(self.load.db, &done.missing).await?;
        if let Some(following) = &self.following {
            following.end().await?;
        }
        Ok(done)
    }

    /// What a run came to that had come to its end before.
    async fn ended(&self, missing: Vec<Note>) -> Result<Done> {
        let Load { db, ledger, .. } = &self.load;
        let before = missing.len();
        let missing = finish::once_more(self, missing).await?;
        if missing.len() < before {
            ledger.end(db, &missing).await?;
        }
        let mut carried = ledger.counted(db).await?;
        let followed = match &self.following {
            Some(following) => Some(following.ended(&self.load, &mut carried).await?),
            None => None,
        };
        let mut done = finish::report(&self.load, &carried, self.ddl.notes.clone(), missing);
        done.sync = followed;
        done.is_closed = self.is_closed;
        done.notes.push(Note {
            of: "the run".to_owned(),
            text: "came to its end before, and no row was carried now: this is what it came to then, and what was missing was tried once \
                   more (`--again` does it again)".to_owned(),
        });
        Ok(done)
    }

    fn has_ended(&self) -> Error {
        let message = format!(
            "the schema {} was filled by an earlier run that came to its end, of another state of the file or another plan, or by \
             --schema-only: \
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
}

/// The tables whose rows are known by their numbers alone, where the file is followed.
async fn numbered(
    is_followed: bool,
    db: &Db,
    source: &Source,
    plan: &Plan,
) -> Result<BTreeMap<String, &'static str>> {
    match is_followed {
        true => {
            place::tells_apart(db, source, plan).await?;
            sync::numbered(source, plan)
        }
        false => Ok(BTreeMap::new()),
    }
}

/// Has the file be followed, where it is to be; answers whether it was not before.
async fn follow(
    file: &Path,
    plan: &Plan,
    (db, ledger): (&Db, &Ledger),
    begin: &Begin,
) -> Result<(Option<Following>, bool)> {
    let Some(follow) = &begin.sync else {
        return Ok((None, false));
    };
    let was_followed = sync::is_followed(file)?;
    let following = Following::begin(file, plan, (db, ledger), follow, begin.again).await?;
    Ok((Some(following), !was_followed))
}

/// The schema, and what is to be known of the file.
fn ddl(source: &Source, plan: &Plan, is_left_behind: bool) -> Ddl {
    let mut ddl = Ddl::make(source, plan);
    if is_left_behind {
        ddl.notes.push(left_behind());
    }
    ddl
}

fn other_mode(before: &Plan) -> Error {
    let (mode, schema) = (before.mode, &before.schema);
    let message = format!(
        "an earlier run into the schema {schema} has not come to its end, and its mode was {mode:?}: `raptor port run` with its plan \
         brings it there first, and what it set aside back"
    );
    Error::new(ErrorKind::Plan, message)
}

/// The plan as a run is known by it.
fn written(plan: &Plan, begin: &Begin) -> String {
    match begin.schema_only {
        true => format!("# The schema alone.\n{plan}"),
        false => plan.to_string(),
    }
}

fn unread() -> Error {
    Error::new(ErrorKind::Source, "the file has no reader")
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
