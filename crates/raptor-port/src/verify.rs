//! Proof that both sides hold the same: what the file holds is counted and hashed once more here, and
//! Postgres counts and hashes what it holds.

mod cast;
mod difference;
mod ended;
mod held;
mod there;
mod view;

use crate::error::{Error, ErrorKind, Result};
use crate::existing::{Parted, Target, place, pointed};
use crate::kind::Kind;
use crate::left_out;
use crate::load::{Ledger, Open, Scribe, Task, needs_care, ranges, readers, task};
use crate::orphans;
use crate::patience::{patient, straight};
use crate::plan::{Note, Plan, TablePlan};
use crate::queue::drain;
use crate::run::TableDone;
use crate::source::{Source, Table};
use crate::sync::{self, Followed};
use crate::tally::{Asked, Tally};
use raptor_db::{Db, Row, Session, Sql, TransactionError, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What a proof found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// The tables that were compared, with how many rows both sides hold.
    pub tables: BTreeMap<String, u64>,
    /// What is not equal, or not held: the first of each table and column.
    pub differences: Vec<Note>,
    /// What is not as it could be, because the plan has it so.
    pub notes: Vec<Note>,
    /// What became of each table's rows, as the run has it.
    pub carried: BTreeMap<String, TableDone>,
    /// Columns that the plan leaves out, as `table.column`.
    pub left_out: Vec<String>,
    /// How the file was followed, where it was.
    pub sync: Option<Followed>,
    /// Whether the file takes no more writes, as it was cut over.
    pub is_closed: bool,
}

impl Verified {
    /// Whether both sides hold the same.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Plan {
    /// Proves that Postgres holds what the file holds, as the plan has it: every row but the rejected
    /// ones, every cell. Then that foreign keys are held, and that numbers go on behind the largest.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source), [`ErrorKind::Plan`](crate::ErrorKind::Plan),
    /// [`ErrorKind::Database`](crate::ErrorKind::Database): what could not be looked at.
    /// A difference is no error, but an answer.
    pub async fn verify(
        self,
        file: &Path,
        db: &Db,
        workers: usize,
        offline: bool,
    ) -> Result<Verified> {
        let (_snapshot, readers) = readers(file, workers, offline)?;
        let first = &readers[0];
        let source = Source::read(first)?;
        let plan = self.fit(&source)?;
        let source = pointed(db, source, &plan).await?;
        let ranges = ranges(first, &source, &plan)?;
        let orphans = orphans::found(first, &source, &plan)?;
        let mut verified = Verified {
            left_out: left_out::names(&source, &plan),
            is_closed: sync::is_closed(first)?,
            ..Verified::default()
        };
        straight(db, &patient(db).await?).await?;
        let there = Target::columns(db, &plan.schema).await?;
        let is_there = |it: &TablePlan| there.named(&it.to).is_some();
        if plan.carried().next().is_some() && !plan.carried().any(is_there) {
            let message = format!(
                "the schema {} has no table of the plan: `raptor port run` carries them over first",
                plan.schema
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
        let lacking = place::lacking(&there, &plan);
        verified
            .differences
            .extend(lacking.iter().map(|(table, why)| Note {
                of: format!("table {table}"),
                text: format!("{why}; it was not compared"),
            }));
        let rejected = Ledger::new(&plan.schema).with_rejected(db).await?;
        view::compare(first, &source, &plan, db, &rejected, &mut verified).await?;
        let scribes = readers
            .into_iter()
            .map(Scribe::new)
            .collect::<Result<Vec<_>>>()?;
        compare(
            (&source, &lacking),
            (&plan, &Parted::of(&there)),
            &scribes,
            ranges,
            db,
            &mut verified,
        )
        .await?;
        held::look(db, &plan, &orphans, &mut verified).await?;
        // What the run itself says is missing is told once.
        if ended::look(db, &plan, &mut verified).await? {
            there::look(db, &source, &plan, &mut verified).await?;
        }
        Ok(verified)
    }
}

/// Compares the rows of both sides, with as many connections as there are scribes.
///
/// Tables that are not there are left out.
pub(crate) async fn compare(
    (source, lacking): (&Source, &BTreeMap<String, String>),
    (plan, parted): (&Plan, &Parted),
    scribes: &[Scribe],
    ranges: Vec<Open>,
    db: &Db,
    verified: &mut Verified,
) -> Result<()> {
    let not_taken = Ledger::new(&plan.schema).not_taken(db).await?;
    let mut pairs = Pairs::of(source, plan, not_taken, parted);
    pairs.0.retain(|it| !lacking.contains_key(it.name()));
    let (ours, theirs) = tokio::join!(
        pairs.ours(scribes, db, ranges),
        pairs.theirs(db, scribes.len())
    );
    let ((ours, unread), theirs) = (ours?, theirs?);
    for pair in &pairs.0 {
        if let Some(why) = unread.get(pair.name()) {
            verified.differences.push(Note {
                of: format!("table {}", pair.name()),
                text: format!("a cell of the file is no value of its column on Postgres: {why}"),
            });
            continue;
        }
        let none = Tally::new(pair.task.line.columns.len());
        let (one, other) = (
            ours.get(pair.name()).unwrap_or(&none),
            theirs.get(pair.name()).unwrap_or(&none),
        );
        verified.tables.insert(pair.name().to_owned(), one.rows);
        if one != other {
            let found = difference::found(pair, &scribes[0], db, one, other).await?;
            verified.differences.extend(found);
        }
    }
    Ok(())
}

/// A table on both sides.
pub(crate) struct Pair<'p> {
    pub(crate) table: &'p Table,
    /// Its name on Postgres, with the schema.
    pub(crate) to: String,
    /// Its own rows there.
    from: String,
    pub(crate) task: Arc<Task>,
}

impl Pair<'_> {
    fn name(&self) -> &str {
        &self.table.name
    }

    /// What is asked of it on Postgres.
    fn asked(&self) -> Asked<'_> {
        Asked::of(&self.from, &self.task.line, &self.task.seed)
    }
}

struct Pairs<'p>(Vec<Pair<'p>>);

impl<'p> Pairs<'p> {
    fn of(
        source: &'p Source,
        plan: &Plan,
        mut not_taken: BTreeMap<String, BTreeMap<String, String>>,
        parted: &Parted,
    ) -> Self {
        let pair = |table: &'p Table| {
            let planned = plan.table(&table.name)?;
            let not_taken = not_taken.remove(&table.name).unwrap_or_default();
            let mut task = task(source, table, plan, not_taken)?;
            // What is put beside a table comes without a row that Postgres would refuse.
            task.looks |= task.line.has(Kind::Cast);
            Some(Pair {
                table,
                to: plan.name_of(planned),
                from: parted.rows_of(plan, planned),
                task: Arc::new(task),
            })
        };
        Self(source.tables.iter().filter_map(pair).collect())
    }

    /// The tallies of the file; and why a cell of some tables is none of the type there.
    async fn ours(
        &self,
        scribes: &[Scribe],
        db: &Db,
        ranges: Vec<Open>,
    ) -> Result<(BTreeMap<String, Tally>, BTreeMap<String, String>)> {
        let tallies: Mutex<BTreeMap<String, Tally>> = Mutex::default();
        let unread: Mutex<BTreeMap<String, String>> = Mutex::default();
        let count = async |scribe: &&Scribe, open: Open| {
            let Some(pair) = self.0.iter().find(|it| it.name() == open.table) else {
                return Ok(());
            };
            let part = match pair.task.line.has(Kind::Cast) {
                true => cast::count(pair, scribe, db, open.range).await,
                false => scribe.count(&pair.task, open.range).await,
            };
            let part = match part {
                Err(error) if needs_care(&error) => {
                    let why = error.database().map(|it| it.message().to_owned());
                    let mut unread = unread.lock().unwrap_or_else(PoisonError::into_inner);
                    unread.insert(open.table, why.unwrap_or_default());
                    return Ok(());
                }
                part => part?,
            };
            let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
            Tally::gather(&mut tallies, open.table, part);
            Ok(())
        };
        drain(scribes, ranges, count).await?;
        let tallies = tallies.into_inner();
        let unread = unread.into_inner();
        Ok((
            tallies.unwrap_or_else(PoisonError::into_inner),
            unread.unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// The tallies of Postgres.
    async fn theirs(&self, db: &Db, workers: usize) -> Result<BTreeMap<String, Tally>> {
        let tallies: Mutex<BTreeMap<String, Tally>> = Mutex::default();
        let ask = async |session: &Session, pair: &Pair<'_>| {
            let tally = asked(session, pair).await?;
            let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
            tallies.insert(pair.name().to_owned(), tally);
            Ok(())
        };
        let mut sessions = Vec::with_capacity(workers);
        for _ in 0..workers {
            sessions.push(patient(db).await?);
        }
        drain(sessions, &self.0, ask).await?;
        Ok(tallies.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn asked(session: &Session, pair: &Pair<'_>) -> Result<Tally> {
    let asked = pair.asked();
    let cannot = |error| Error::database(&format!("{} cannot be counted", pair.to), error);
    let mut parts = Vec::new();
    for text in asked.tallies() {
        let part = session.query(&Sql::dynamic(text), params! {}).await;
        parts.extend(part.map_err(cannot)?);
    }
    let parts: Vec<&Row> = parts.iter().collect();
    asked.tally(&parts).map_err(cannot)
}
