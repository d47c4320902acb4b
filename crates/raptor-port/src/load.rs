//! Carries the rows over: ranges of tables side by side, each one transaction with its entry in the
//! ledger, so that what was killed goes on where it was, each row exactly once.

mod careful;
mod carry;
mod landing;
mod ledger;
mod page;
mod ranges;
mod rejected;
mod scribe;

pub(crate) use ledger::Ledger;
pub(crate) use ranges::ranges;
pub(crate) use scribe::{Range, Scribe, Task};

use crate::error::{Error, ErrorKind, Result};
use crate::line::Line;
use crate::orphans;
use crate::plan::{Dirty, Nul, Plan};
use crate::source::{Source, Table};
use crate::tally::{Seed, Tally};
use carry::{Carried, carry};
use raptor_db::{Db, Snapshot, SnapshotReader};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What happens while rows are carried over.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Rows of a table were committed.
    Carried {
        /// The table's name in the file.
        table: &'e str,
        /// How many rows were carried over.
        rows: u64,
        /// How many were rejected.
        rejected: u64,
    },
}

/// What is to be carried over.
pub(crate) struct Load<'l> {
    pub(crate) source: &'l Source,
    pub(crate) plan: &'l Plan,
    pub(crate) db: &'l Db,
    pub(crate) ledger: Ledger,
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
    left_out: BTreeSet<String>,
) -> Option<Task> {
    let planned = plan.table(&table.name).filter(|it| it.skip.is_none())?;
    let line = Line::new(source, table, planned, &plan.answers);
    Some(Task {
        seed: Seed::of(&line),
        dirty: plan.answers.dirty,
        left_out,
        stops: plan.answers.dirty == Dirty::Stop,
        looks: plan.answers.nul == Nul::Strip || orphans::are_changed(&plan.answers),
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
    /// Carries over what is open, with one connection for each reader.
    ///
    /// # Errors
    /// The first that a range ends with; what was committed stays.
    pub(crate) async fn run(
        &self,
        readers: Vec<SnapshotReader>,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<BTreeMap<String, Tally>> {
        let tasks = self.source.tables.iter().filter_map(|table| {
            let to = self.plan.table(&table.name)?.to.clone();
            Some((
                table.name.clone(),
                (
                    to,
                    Arc::new(task(self.source, table, self.plan, BTreeSet::new())?),
                ),
            ))
        });
        let tasks: BTreeMap<String, (String, Arc<Task>)> = tasks.collect();
        let open: VecDeque<Open> = self.ledger.open(self.db).await?.into();
        let open = Arc::new(Mutex::new(open));
        let next = || {
            open.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front()
        };
        let workers = readers.into_iter().map(|reader| async {
            let scribe = Scribe::new(reader)?;
            while let Some(open) = next() {
                let (to, task) = tasks.get(&open.table).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Plan,
                        format!(
                            "the ledger has the table {}, of which the plan says nothing",
                            open.table
                        ),
                    )
                })?;
                let done = carry(self, &scribe, task, to, &open).await?;
                on_event(Event::Carried {
                    table: &open.table,
                    rows: done.rows,
                    rejected: done.rejected,
                });
            }
            Ok::<(), Error>(())
        });
        futures_util::future::try_join_all(workers).await?;
        self.ledger.tallies(self.db).await
    }
}
