//! Where rows land: in the table itself, or, where Postgres has to cast texts, in a table beside it first.

use super::scribe::Task;
use crate::cell::{END, HEAD};
use crate::kind::Kind;
use crate::source::quoted;
use raptor_db::{CopyIn, Sql, Transaction, params};
use std::collections::BTreeMap;

/// A table beside another one, with texts where Postgres casts; it goes with its transaction.
pub(crate) struct Stage {
    /// The types that texts are cast to, by the place of their column in the line.
    pub(crate) types: BTreeMap<usize, String>,
}

impl Stage {
    pub(crate) const NAME: &'static str = "pg_temp.raptor_port_stage";

    /// Makes it.
    pub(crate) async fn make(
        tx: &Transaction,
        task: &Task,
        table: &str,
    ) -> raptor_db::Result<Self> {
        let mut types = BTreeMap::new();
        let mut staged = Vec::new();
        for (at, column) in task.line.columns.iter().enumerate() {
            let name = quoted(&column.to);
            if column.conversion.kind == Kind::Cast {
                staged.push(format!("NULL::text AS {name}"));
                types.insert(at, type_of(tx, table, &column.to).await?);
            } else {
                staged.push(name);
            }
        }
        let make = format!(
            "CREATE TEMP TABLE raptor_port_stage ON COMMIT DROP AS SELECT {} FROM {table} WITH NO DATA",
            staged.join(", ")
        );
        // One of another table may be there, of the same transaction.
        tx.execute_raw(&format!("DROP TABLE IF EXISTS {}", Self::NAME))
            .await?;
        tx.execute_raw(&make).await?;
        Ok(Self { types })
    }
}

/// Where the rows of a transaction land.
pub(crate) struct Landing<'t> {
    tx: &'t Transaction,
    copy: Sql,
    /// What brings rows from the table beside into the table itself.
    casts: Option<String>,
}

impl<'t> Landing<'t> {
    pub(crate) async fn new(
        tx: &'t Transaction,
        task: &Task,
        table: &str,
    ) -> raptor_db::Result<Self> {
        if !task.line.has(Kind::Cast) {
            return Ok(Self::into(tx, task, table));
        }
        let stage = Stage::make(tx, task, table).await?;
        let columns = task.line.columns.iter().enumerate();
        let cast = columns.map(|(at, column)| match stage.types.get(&at) {
            Some(cast) => format!("{}::{cast}", quoted(&column.to)),
            None => quoted(&column.to),
        });
        let cast: Vec<String> = cast.collect();
        let casts = format!(
            "WITH landed AS (DELETE FROM {} RETURNING *) \
             INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM landed",
            Stage::NAME,
            names(task),
            cast.join(", ")
        );
        Ok(Self {
            casts: Some(casts),
            ..Self::into(tx, task, Stage::NAME)
        })
    }

    /// In that table, as they are.
    pub(crate) fn into(tx: &'t Transaction, task: &Task, table: &str) -> Self {
        let copy = format!("COPY {table} ({}) FROM STDIN (FORMAT binary)", names(task));
        Self {
            tx,
            copy: Sql::dynamic(copy),
            casts: None,
        }
    }

    /// Begins a COPY.
    pub(crate) async fn begin(&self) -> raptor_db::Result<CopyIn> {
        let mut copy = self.tx.copy_in(&self.copy).await?;
        copy.send(HEAD).await?;
        Ok(copy)
    }

    /// Ends it: the rows are in the table, or refused.
    pub(crate) async fn end(&self, mut copy: CopyIn) -> raptor_db::Result<()> {
        copy.send(END).await?;
        copy.finish().await?;
        match &self.casts {
            Some(casts) => self.tx.execute_raw(casts).await,
            None => Ok(()),
        }
    }
}

fn names(task: &Task) -> String {
    let names: Vec<String> = task.line.columns.iter().map(|it| quoted(&it.to)).collect();
    names.join(", ")
}

async fn type_of(tx: &Transaction, table: &str, column: &str) -> raptor_db::Result<String> {
    static ASK: Sql = Sql::new(
        "SELECT format_type(atttypid, atttypmod) AS shown FROM pg_catalog.pg_attribute \
         WHERE attrelid = to_regclass(:table) AND attname = :column",
    );
    tx.query_one(&ASK, params! { table, column })
        .await?
        .get("shown")
}
