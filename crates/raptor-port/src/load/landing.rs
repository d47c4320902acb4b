//! Where rows land: in the table itself, or, where Postgres has to cast texts, in a table beside it first.

use super::scribe::Task;
use crate::cell::{END, HEAD};
use crate::kind::Kind;
use crate::source::quoted;
use raptor_db::{CopyIn, Sql, Transaction, params};

const STAGE: &str = "pg_temp.raptor_port_stage";

/// Where the rows of a transaction land.
pub(super) struct Landing<'t> {
    tx: &'t Transaction,
    copy: Sql,
    /// What brings rows from the table beside into the table itself.
    casts: Option<String>,
}

impl<'t> Landing<'t> {
    pub(super) async fn new(
        tx: &'t Transaction,
        task: &Task,
        table: &str,
    ) -> raptor_db::Result<Self> {
        let columns = &task.line.columns;
        let names: Vec<String> = columns.iter().map(|it| quoted(&it.to)).collect();
        let names = names.join(", ");
        let copy = |table: &str| {
            Sql::dynamic(format!("COPY {table} ({names}) FROM STDIN (FORMAT binary)"))
        };
        if !columns.iter().any(|it| it.conversion.kind == Kind::Cast) {
            return Ok(Self {
                tx,
                copy: copy(table),
                casts: None,
            });
        }
        let (mut staged, mut cast) = (Vec::new(), Vec::new());
        for column in columns {
            let name = quoted(&column.to);
            if column.conversion.kind == Kind::Cast {
                staged.push(format!("NULL::text AS {name}"));
                cast.push(format!("{name}::{}", type_of(tx, table, &column.to).await?));
            } else {
                staged.push(name.clone());
                cast.push(name);
            }
        }
        let make = format!(
            "CREATE TEMP TABLE raptor_port_stage ON COMMIT DROP AS SELECT {} FROM {table} WITH NO DATA",
            staged.join(", ")
        );
        tx.execute_raw(&make).await?;
        let casts = format!(
            "WITH landed AS (DELETE FROM {STAGE} RETURNING *) \
             INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {} FROM landed",
            cast.join(", ")
        );
        Ok(Self {
            tx,
            copy: copy(STAGE),
            casts: Some(casts),
        })
    }

    /// Begins a COPY.
    pub(super) async fn begin(&self) -> raptor_db::Result<CopyIn> {
        let mut copy = self.tx.copy_in(&self.copy).await?;
        copy.send(HEAD).await?;
        Ok(copy)
    }

    /// Ends it: the rows are in the table, or refused.
    pub(super) async fn end(&self, mut copy: CopyIn) -> raptor_db::Result<()> {
        copy.send(END).await?;
        copy.finish().await?;
        match &self.casts {
            Some(casts) => self.tx.execute_raw(casts).await,
            None => Ok(()),
        }
    }
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
