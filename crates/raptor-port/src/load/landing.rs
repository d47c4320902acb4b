//! Where rows land: in the table itself, or, where Postgres has to cast texts, in a table beside it first.

use super::scribe::Task;
use crate::cell::{END, HEAD};
use crate::kind::Kind;
use crate::source::{quoted, quoted_text};
use raptor_db::{CopyIn, Sql, Transaction, params};
use std::collections::BTreeMap;

/// A table beside another one, with texts where Postgres casts; it goes with its transaction.
pub(crate) struct Stage {
    /// What texts are cast to, by the place of their column in the line.
    pub(crate) casts: BTreeMap<usize, Cast>,
}

impl Stage {
    pub(crate) const NAME: &'static str = "pg_temp.raptor_port_stage";

    /// Makes it.
    pub(crate) async fn make(
        tx: &Transaction,
        task: &Task,
        table: &str,
    ) -> raptor_db::Result<Self> {
        let mut casts = BTreeMap::new();
        let mut staged = Vec::new();
        for (at, column) in task.line.columns.iter().enumerate() {
            let name = quoted(&column.to);
            if column.conversion.kind == Kind::Cast {
                staged.push(format!("NULL::text AS {name}"));
                casts.insert(at, Cast::of(tx, table, &column.to).await?);
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
        Ok(Self { casts })
    }
}

/// The type of a column that Postgres casts texts to. An explicit cast cuts and rounds to what a type keeps.
pub(crate) struct Cast {
    full: String,
    /// The type without what it keeps, where it says that.
    bare: Option<String>,
}

impl Cast {
    async fn of(tx: &Transaction, table: &str, column: &str) -> raptor_db::Result<Self> {
        // Names and "char" are texts of a length that they do not say.
        static ASK: Sql = Sql::new(
            "WITH RECURSIVE below AS ( \
             SELECT atttypid AS type, atttypmod AS modifier, format_type(atttypid, atttypmod) AS full \
             FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(:table) AND attname = :column \
             UNION ALL SELECT d.typbasetype, d.typtypmod, b.full FROM below AS b \
             JOIN pg_catalog.pg_type AS d ON d.oid = b.type AND d.typtype = 'd') \
             SELECT b.full, CASE WHEN t.typname IN ('name', 'char') THEN 'text' \
             WHEN b.modifier >= 0 THEN format_type(t.oid, -1) END AS bare \
             FROM below AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.type AND t.typtype <> 'd'",
        );
        let row = tx.query_one(&ASK, params! { table, column }).await?;
        Ok(Self {
            full: row.get("full")?,
            bare: row.get("bare")?,
        })
    }

    /// A text as the type, which the type must not change.
    fn strict(&self, name: &str) -> String {
        let full = &self.full;
        let said = quoted_text(&format!(" is changed by its type, {full}"));
        match self.is_same(name) {
            None => format!("{name}::{full}"),
            // No boolean, so that it fails and says so.
            Some(same) => format!(
                "CASE WHEN {same} THEN {name}::{full} ELSE ({name} || {said})::boolean::text::{full} END"
            ),
        }
    }

    /// How a text is written as the type, and where that would change it as it is.
    pub(crate) fn told(&self, name: &str) -> String {
        let full = &self.full;
        match (self.is_same(name), &self.bare) {
            (Some(same), Some(bare)) => {
                format!("CASE WHEN {same} THEN {name}::{full}::text ELSE {name}::{bare}::text END")
            }
            _ => format!("{name}::{full}"),
        }
    }

    /// Whether the type leaves a text as it is, where it may not.
    fn is_same(&self, name: &str) -> Option<String> {
        let (full, bare) = (&self.full, self.bare.as_deref()?);
        Some(match bare {
            "text" => format!("{name}::{full}::text IS NOT DISTINCT FROM {name}"),
            _ => format!("{name}::{full} IS NOT DISTINCT FROM {name}::{bare}"),
        })
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
        let cast = columns.map(|(at, column)| match stage.casts.get(&at) {
            Some(cast) => cast.strict(&quoted(&column.to)),
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
