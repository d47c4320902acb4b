//! Carries the rows over: ranges of tables side by side, each one transaction with its entry in the
//! ledger, so that what was killed goes on where it was, each row exactly once.

mod careful;
mod carry;
mod landing;
mod ledger;
mod page;
mod progress;
mod ranges;
mod rejected;
mod scribe;
mod standing;

pub(crate) use carry::{Carried, Way, needs_care, patient};
pub(crate) use landing::{Cast, Landing, Stage};
pub(crate) use ledger::Ledger;
pub(crate) use ranges::ranges;
pub(crate) use scribe::{ALL, Piece, Range, Scribe, Task};
pub(crate) use standing::Standing;

use crate::error::{Error, ErrorKind, Result};
use crate::existing::Parted;
use crate::kind::Kind;
use crate::line::Line;
use crate::orphans;
use crate::plan::{Nul, Plan};
use crate::queue::drain;
use crate::source::{Source, Table};
use crate::tally::Seed;
use carry::carry;
use progress::Progress;
use raptor_db::{Db, Snapshot, SnapshotReader};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::RwLock;

/// What happens while rows are carried over.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Rows of a table are on their way.
    Carrying {
        /// The table's name in the file.
        table: &'e str,
        /// How many of its rows were sent so far, with those of the run that this one goes on with; fewer
        /// than before when some have to be sent once more.
        rows: u64,
    },
    /// Rows of a table were committed.
    Carried {
        /// The table's name in the file.
        table: &'e str,
        /// How many rows were carried over.
        rows: u64,
        /// How many were rejected.
        rejected: u64,
    },
    /// All rows are there, and something is made of them.
    Making {
        /// What, such as `indexes and keys`.
        what: &'static str,
    },
    /// What the application changed meanwhile was carried over.
    Followed {
        /// How many changes.
        changes: u64,
        /// How long it took.
        took: Duration,
    },
    /// Both sides held the same at one moment, while the application went on writing.
    Proved,
    /// All is ready to be cut over, once this file is gone.
    Held {
        /// The file.
        file: &'e Path,
    },
}

/// What is to be carried over.
pub(crate) struct Load<'l> {
    pub(crate) source: &'l Source,
    pub(crate) plan: &'l Plan,
    pub(crate) db: &'l Db,
    pub(crate) ledger: Ledger,
    pub(crate) parted: Parted,
    /// The tables whose rows' numbers go along, and the column that they go to.
    pub(crate) numbered: BTreeMap<String, &'static str>,
}

/// Where a table's rows go.
pub(crate) struct Place {
    /// Its name on Postgres, with the schema.
    to: String,
    task: Arc<Task>,
    /// Held by many whose rows come in one go, or by one who carries with care: two of these would wait for
    /// each other's unique keys.
    alone: RwLock<()>,
}

/// A range of a table that is not carried over yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    /// The table's name in the file.
    pub(crate) table: String,
    pub(crate) range: Range,
}

/// How a table's rows are read, written and counted.
pub(crate) fn task(
    source: &Source,
    table: &Table,
    plan: &Plan,
    left_out: BTreeMap<String, String>,
) -> Option<Task> {
    let planned = plan.table(&table.name).filter(|it| it.skip.is_none())?;
    let line = Line::new(source, table, planned, (plan.mode, &plan.answers));
    Some(Task {
        seed: Seed::of(&line),
        dirty: plan.answers.dirty,
        left_out,
        looks: plan.answers.nul == Nul::Strip
            || plan.answers.zone.is_named()
            || line.has(Kind::Real)
            || orphans::are_changed(&plan.answers),
        line,
    })
}

/// Readers of one state of a file, one at least; the state lives as long as the first answer.
pub(crate) fn readers(
    file: &Path,
    count: usize,
    offline: bool,
) -> Result<(Snapshot, Vec<SnapshotReader>)> {
    let count = count.max(1);
    let opened = match offline {
        true => Snapshot::open_offline(file, count),
        false => Snapshot::open(file, count),
    };
    let mut snapshot = opened.map_err(Error::source_file)?;
    let readers = std::iter::from_fn(|| snapshot.take()).collect();
    Ok((snapshot, readers))
}

impl Load<'_> {
    /// How a table's rows are read, written and counted on their way.
    pub(crate) fn task(&self, table: &Table) -> Option<Task> {
        let mut task = task(self.source, table, self.plan, BTreeMap::new())?;
        if let Some(to) = self.numbered.get(&table.name) {
            task.line.number(to);
        }
        Some(task)
    }

    /// Carries over what is open, with one connection for each reader.
    ///
    /// # Errors
    /// The first that a range ends with; what was committed stays.
    pub(crate) async fn run(
        &self,
        readers: Vec<SnapshotReader>,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<BTreeMap<String, Carried>> {
        let tasks = self.source.tables.iter().filter_map(|table| {
            let to = self.plan.name_of(self.plan.table(&table.name)?);
            let place = Place {
                to,
                task: Arc::new(self.task(table)?),
                alone: RwLock::default(),
            };
            Some((table.name.clone(), place))
        });
        let tasks: BTreeMap<String, Place> = tasks.collect();
        let before = self.ledger.counted(self.db).await?;
        let rows = tasks.keys().map(|table| {
            let before = before.get(table).copied().unwrap_or_default();
            (table.clone(), AtomicU64::new(before.rows + before.rejected))
        });
        let rows: BTreeMap<String, AtomicU64> = rows.collect();
        let scribes = readers.into_iter().map(Scribe::new);
        let scribes = scribes.collect::<Result<Vec<_>>>()?;
        let carry = async |scribe: &Scribe, open: Open| {
            let place = tasks
                .get(&open.table)
                .ok_or_else(|| unplanned(&open.table))?;
            let progress = Progress::new(&open.table, &rows[&open.table], on_event);
            let done = carry(self, scribe, place, &progress, &open).await?;
            on_event(Event::Carried {
                table: &open.table,
                rows: done.rows,
                rejected: done.rejected,
            });
            Ok(())
        };
        drain(scribes, self.ledger.open(self.db).await?, carry).await?;
        self.ledger.counted(self.db).await
    }
}

fn unplanned(table: &str) -> Error {
    let message = format!("the ledger has the table {table}, of which the plan says nothing");
    Error::new(ErrorKind::Plan, message)
}
