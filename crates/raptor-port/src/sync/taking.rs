//! Rows that have changed are taken out on Postgres, by their keys, with what is kept of those that were
//! rejected.

use super::table::Table;
use crate::cell::{END, HEAD};
use crate::error::{Error, Result};
use crate::load::Scribe;
use crate::source::{quoted, quoted_text};
use raptor_db::{Params, Sql, Transaction, params};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many pieces may wait.
const AHEAD: usize = 4;

/// A transaction that takes rows out.
pub(super) struct Taking<'t> {
    pub(super) tx: &'t Transaction,
    /// The connection that keeps the keys.
    pub(super) scribe: &'t Scribe,
    pub(super) tables: &'t Arc<Vec<Table>>,
    /// The schema that is filled.
    pub(super) target: &'t str,
    /// The tables of which something is kept that was rejected.
    pub(super) rejected: BTreeSet<String>,
}

impl Taking<'_> {
    /// Takes out what has changed of the table at that place; answers how many rows were there.
    pub(super) async fn rows_of(&self, at: usize) -> Result<u64> {
        let table = &self.tables[at];
        match (table.place.is_empty(), table.number_column()) {
            (true, _) => {
                self.forget(table, "", params! {}).await?;
                self.run(table, format!("DELETE FROM {}", table.from), params! {})
                    .await
            }
            (_, Some(column)) => self.by_numbers(at, column).await,
            _ => self.by_keys(at).await,
        }
    }

    /// By numbers, which go along with the statement.
    async fn by_numbers(&self, at: usize, column: &str) -> Result<u64> {
        let (table, mut taken) = (&self.tables[at], 0);
        let delete = format!(
            "DELETE FROM {} WHERE {} = ANY(:numbers)",
            table.from,
            quoted(column)
        );
        let place = &table.task.line.place[0];
        let mut received = self.ask(at, Table::read_numbers);
        while let Some(numbers) = received.recv().await {
            let numbers = numbers?;
            if numbers.is_empty() {
                continue;
            }
            let places: Vec<String> = numbers.iter().map(|it| format!("{place} {it}")).collect();
            self.forget(table, " AND place = ANY(:places)", params! { places })
                .await?;
            taken += self.run(table, delete.clone(), params! { numbers }).await?;
        }
        Ok(taken)
    }

    /// By keys of any kind, in a table beside it.
    async fn by_keys(&self, at: usize) -> Result<u64> {
        let table = &self.tables[at];
        let names: Vec<String> = table.place.iter().map(|it| quoted(&it.to)).collect();
        let keys = format!("pg_temp.{}", table.keys());
        let make = format!(
            "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {}, NULL::text AS raptor_place FROM {} WITH NO DATA",
            table.keys(),
            names.join(", "),
            table.to
        );
        let cannot = |error| failed(table, error);
        self.tx.execute_raw(&make).await.map_err(cannot)?;
        let copy = Sql::dynamic(format!("COPY {keys} FROM STDIN (FORMAT binary)"));
        let mut copy = self.tx.copy_in(&copy).await.map_err(cannot)?;
        copy.send(HEAD).await.map_err(cannot)?;
        let mut received = self.ask(at, Table::write_keys);
        while let Some(bytes) = received.recv().await {
            copy.send(bytes?).await.map_err(cannot)?;
        }
        copy.send(END).await.map_err(cannot)?;
        copy.finish().await.map_err(cannot)?;
        // Without it Postgres takes a few keys for thousands, and reads all of the table.
        let analyze = format!("ANALYZE {keys}");
        self.tx.execute_raw(&analyze).await.map_err(cannot)?;
        let among = format!(" AND place IN (SELECT raptor_place FROM {keys})");
        self.forget(table, &among, params! {}).await?;
        let same = names
            .iter()
            .map(|it| format!("raptor_row.{it} = raptor_key.{it}"));
        let same: Vec<String> = same.collect();
        let delete = format!(
            "DELETE FROM {} AS raptor_row USING {keys} AS raptor_key WHERE {}",
            table.from,
            same.join(" AND ")
        );
        self.run(table, delete, params! {}).await
    }

    /// Has a table's keys read, ahead of what becomes of them.
    fn ask<T: Send + 'static>(
        &self,
        at: usize,
        read: fn(&Table, &raptor_db::SnapshotReader, &mpsc::Sender<Result<T>>),
    ) -> mpsc::Receiver<Result<T>> {
        let (pieces, received) = mpsc::channel(AHEAD);
        let tables = Arc::clone(self.tables);
        self.scribe
            .tell(move |reader| read(&tables[at], reader, &pieces));
        received
    }

    /// Forgets what was rejected of a table, where something was.
    async fn forget(&self, table: &Table, among: &str, with: Params<'_>) -> Result<()> {
        if !self.rejected.contains(&table.name) {
            return Ok(());
        }
        let (target, name) = (quoted_text(self.target), quoted_text(&table.name));
        let forget = format!(
            "DELETE FROM raptor_port.rejected WHERE target = {target} AND source_table = {name}{among}"
        );
        self.run(table, forget, with).await.map(drop)
    }

    async fn run(&self, table: &Table, text: String, params: Params<'_>) -> Result<u64> {
        let done = self.tx.execute(&Sql::dynamic(text), params).await;
        done.map_err(|error| failed(table, error))
    }
}

fn failed(table: &Table, error: raptor_db::Error) -> Error {
    let what = format!("the changed rows of {} cannot be taken out", table.to);
    Error::database(&what, error)
}
