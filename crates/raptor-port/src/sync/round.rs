//! One round: what has changed since the last one is read at one moment, and carried over in one
//! transaction with how far that is.
//!
//! All keys are taken out on Postgres before the first row is put in. What is left there then is as the
//! file has it, and so are the rows that are put in: as the file holds to its unique keys at that moment, so
//! does Postgres, in whatever order the changes were made.

use super::capture::LOG;
use super::position::Position;
use super::table::Table;
use super::watch::{self, Entry, Watch};
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Load, Scribe, Way, needs_care, patient};
use crate::source::quoted;
use raptor_db::{Go, Scope, SnapshotReader, Sql, Transaction, params};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;

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
        if !watch::goes_on(reader, self.after)? {
            return Err(Error::new(
                ErrorKind::Source,
                "the file went back to an earlier state while it was followed, as after a power cut: run again, and all is carried over anew",
            ));
        }
        let upto = watch::last(reader)?;
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
        watch::run(reader, "BEGIN")?;
        let read = self.read(reader);
        // It has read alone, and a failed one is rolled back by it as well.
        let ended = watch::run(reader, if read.is_ok() { "COMMIT" } else { "ROLLBACK" });
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
            let kept = tables.iter().filter(|it| kept.contains(&it.number));
            kept.map(|it| it.forget(reader)).collect::<Result<()>>()
        });
        forgotten.await?;
        done
    }

    async fn attempt(&self, with_care: bool) -> Result<Position> {
        let scope = Scope::system();
        let done = self.load.db.tx_with(&scope, patient(), |tx| async move {
            let mut to = self.from.clone();
            let kept = || self.tables.iter().enumerate();
            let kept = || kept().filter(|(_, it)| self.read.tables.contains(&it.number));
            for (at, table) in kept() {
                let rows = self.take_out(&tx, at, table).await?;
                *to.rows.entry(table.name.clone()).or_default() -= rows;
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

    /// Takes out the rows that have changed, and what is kept of those that were rejected; answers how many
    /// rows were there.
    async fn take_out(&self, tx: &Transaction, at: usize, table: &Table) -> Result<i64> {
        static ALL_REJECTED: Sql = Sql::new(
            "DELETE FROM raptor_port.rejected WHERE target = :target AND source_table = :name",
        );
        let (to, target, name) = (&table.to, &self.load.plan.schema, &table.name);
        let cannot = |error| {
            Error::database(
                &format!("the changed rows of {to} cannot be taken out"),
                error,
            )
        };
        let executed = async |text: String| {
            let done = tx.execute(&Sql::dynamic(text), params! {}).await;
            done.map(count).map_err(cannot)
        };
        if table.place.is_empty() {
            let done = tx.execute(&ALL_REJECTED, params! { target, name }).await;
            done.map_err(cannot)?;
            return executed(format!("DELETE FROM {to}")).await;
        }
        let keys = self.keys(tx, at, table).await?;
        let rejected = Sql::dynamic(format!(
            "DELETE FROM raptor_port.rejected AS raptor_row USING {keys} AS raptor_key \
             WHERE raptor_row.target = :target AND raptor_row.source_table = :name AND raptor_row.place = raptor_key.raptor_place"
        ));
        let done = tx.execute(&rejected, params! { target, name }).await;
        done.map_err(cannot)?;
        let same = table.place.iter().map(|it| quoted(&it.to));
        let same: Vec<String> = same
            .map(|it| format!("raptor_row.{it} = raptor_key.{it}"))
            .collect();
        executed(format!(
            "DELETE FROM {to} AS raptor_row USING {keys} AS raptor_key WHERE {}",
            same.join(" AND ")
        ))
        .await
    }

    /// Sends the keys that have changed to a temporary table; answers its name.
    async fn keys(&self, tx: &Transaction, at: usize, table: &Table) -> Result<String> {
        let cannot = |error| {
            let what = format!("the changed keys of {} cannot be sent", table.to);
            Error::database(&what, error)
        };
        let name = format!("pg_temp.{}", table.keys());
        let columns: Vec<String> = table.place.iter().map(|it| quoted(&it.to)).collect();
        let make = format!(
            "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {}, NULL::text AS raptor_place FROM {} WITH NO DATA",
            table.keys(),
            columns.join(", "),
            table.to
        );
        tx.execute_raw(&make).await.map_err(cannot)?;
        let copy = Sql::dynamic(format!("COPY {name} FROM STDIN (FORMAT binary)"));
        let mut copy = tx.copy_in(&copy).await.map_err(cannot)?;
        copy.send(crate::cell::HEAD).await.map_err(cannot)?;
        let (pieces, mut received) = mpsc::channel(4);
        let tables = Arc::clone(self.tables);
        self.scribe
            .tell(move |reader| tables[at].write_keys(reader, &pieces));
        while let Some(bytes) = received.recv().await {
            copy.send(bytes?).await.map_err(cannot)?;
        }
        copy.send(crate::cell::END).await.map_err(cannot)?;
        copy.finish().await.map_err(cannot)?;
        Ok(name)
    }

    /// Puts in what the changed rows are now; answers how many came over.
    async fn put_in(&self, tx: &Transaction, table: &Table, with_care: bool) -> Result<i64> {
        let way = Way {
            ledger: &self.load.ledger,
            task: &table.task,
            table: &table.name,
            to: &table.to,
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
