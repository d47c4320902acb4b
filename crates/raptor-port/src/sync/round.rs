//! One round: what has changed since the last one is read at one moment, and carried over in one
//! transaction with how far that is.
//!
//! All keys are taken out on Postgres before the first row is put in. What is left there then is as the
//! file has it, and so are the rows that are put in: as the file holds to its unique keys at that moment, so
//! does Postgres, in whatever order the changes were made.

use super::capture::LOG;
use super::file;
use super::log::{self, Entry};
use super::position::Position;
use super::table::Table;
use super::taking::Taking;
use super::watch::Watch;
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Load, Scribe, Way, needs_care, patient};
use crate::patience::patient_in;
use raptor_db::{Go, Scope, SnapshotReader, Transaction};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was read at one moment, kept in temporary tables of the file's connection.
pub(super) struct Read {
    /// The last entry of the log at that moment.
    upto: Entry,
    /// The tables of which something is kept, by their numbers.
    tables: BTreeSet<usize>,
    /// What the check of the file answered.
    pub(super) version: i64,
}

/// What is read.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) watch: Arc<Watch>,
    pub(super) tables: Arc<Vec<Table>>,
    pub(super) after: Entry,
    /// Whether tables that SQLite has no triggers for are read as well, each as a whole.
    pub(super) is_all: bool,
    /// What the check before answered.
    pub(super) version: i64,
}

impl Ask {
    /// Reads it, where a transaction is open.
    pub(super) fn read(&self, reader: &SnapshotReader) -> Result<Read> {
        let version = self.watch.check(reader, self.version)?;
        if !log::goes_on(reader, self.after)? {
            return Err(Error::new(
                ErrorKind::Source,
                "the file went back to an earlier state while it was followed, as after a power cut: run again, and all is carried over anew",
            ));
        }
        let upto = log::last(reader)?;
        let mut tables = BTreeSet::new();
        if upto.seq > self.after.seq {
            let changed = format!(
                "SELECT DISTINCT tbl FROM {LOG} WHERE seq > {} AND seq <= {}",
                self.after.seq, upto.seq
            );
            let read = reader.each(&changed, &[], |row| {
                tables.extend(
                    row.get(0)
                        .as_integer()
                        .and_then(|it| usize::try_from(it).ok()),
                );
                Ok(Go::On)
            });
            read.map_err(Error::source_file)?;
        }
        if self.is_all {
            let unwatched = self.tables.iter().filter(|it| it.place.is_empty());
            tables.extend(unwatched.map(|it| it.number));
        }
        for table in self.tables.iter().filter(|it| tables.contains(&it.number)) {
            table.keep(reader, self.after, upto)?;
        }
        Ok(Read {
            upto,
            tables,
            version,
        })
    }

    /// Reads it in a short transaction.
    pub(super) fn read_apart(&self, reader: &SnapshotReader) -> Result<Read> {
        file::run(reader, "BEGIN")?;
        let read = self.read(reader);
        // It has read alone, and a failed one is rolled back by it as well.
        let ended = file::run(reader, if read.is_ok() { "COMMIT" } else { "ROLLBACK" });
        read.and_then(|it| ended.map(|()| it))
    }
}

/// What was read, on its way.
pub(super) struct Round<'r> {
    pub(super) load: &'r Load<'r>,
    pub(super) tables: &'r Arc<Vec<Table>>,
    /// The connection that keeps what was read.
    pub(super) scribe: &'r Scribe,
    pub(super) read: &'r Read,
    /// How far it was before.
    pub(super) from: &'r Position,
}

impl Round<'_> {
    /// Carries it over; answers how far it is then.
    pub(super) async fn carry(&self) -> Result<Position> {
        if self.read.tables.is_empty() && self.read.upto == self.from.at {
            return Ok(self.from.clone());
        }
        let done = match self.attempt(false).await {
            Err(error) if needs_care(&error) => self.attempt(true).await,
            done => done,
        };
        let (tables, kept) = (Arc::clone(self.tables), self.read.tables.clone());
        let forgotten = self.scribe.with(move |reader| {
            let mut kept = tables.iter().filter(|it| kept.contains(&it.number));
            kept.try_for_each(|it| it.forget(reader))
        });
        forgotten.await?;
        done
    }

    async fn attempt(&self, with_care: bool) -> Result<Position> {
        let scope = Scope::system();
        let done = self.load.db.tx_with(&scope, patient(), |tx| async move {
            patient_in(&tx).await?;
            let mut to = self.from.clone();
            let kept = || self.tables.iter().enumerate();
            let kept = || kept().filter(|(_, it)| self.read.tables.contains(&it.number));
            let taking = Taking {
                tx: &tx,
                scribe: self.scribe,
                tables: self.tables,
                target: &self.load.plan.schema,
                rejected: self.load.ledger.tables_with_rejected(&tx).await?,
            };
            for (at, table) in kept() {
                let rows = taking.rows_of(at).await?;
                *to.rows.entry(table.name.clone()).or_default() -= count(rows);
            }
            for (_, table) in kept() {
                let rows = self.put_in(&tx, table, with_care).await?;
                *to.rows.entry(table.name.clone()).or_default() += rows;
            }
            to.changes += self.read.upto.seq - self.from.at.seq;
            to.rounds += 1;
            to.at = self.read.upto;
            to.keep(&tx, &self.load.plan.schema, self.from).await?;
            Ok(to)
        });
        done.await
    }

    /// Puts in what the changed rows are now; answers how many came over.
    async fn put_in(&self, tx: &Transaction, table: &Table, with_care: bool) -> Result<i64> {
        let way = Way {
            ledger: &self.load.ledger,
            task: &table.task,
            table: &table.name,
            to: &table.to,
            progress: None,
        };
        let pieces = self.scribe.write_kept(&table.task, table.rows(), with_care);
        let carried = match with_care {
            true => way.carry_with_care(tx, pieces).await?,
            false => way.carry(tx, pieces).await?,
        };
        Ok(count(carried.rows))
    }
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
