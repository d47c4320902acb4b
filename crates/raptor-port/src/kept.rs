//! What Postgres keeps of rows and cells that did not come as they were, as it is shown to a person.

use crate::error::{Error, Result};
use crate::plan::Plan;
use raptor_db::{Db, Row, Scope, Sql, params};

/// How many are shown.
const SHOWN: i64 = 100;
/// How much is shown of a value.
const LONG: usize = 80;

/// The first of what is in `raptor_port.rejected`, rows that did not come before cells that were changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Kept {
    /// The first of them.
    pub cells: Vec<KeptCell>,
    /// How many more there are.
    pub more: u64,
}

/// A cell, or a whole row where Postgres itself did not take it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct KeptCell {
    /// The table's name in the file.
    pub table: String,
    /// Where the row stands in the file.
    pub place: String,
    /// The column; none where it is the whole row.
    pub column: Option<String>,
    /// The beginning of what the file has there.
    pub value: String,
    /// What became of it: `rejected`, `part` (another cell of such a row) or `changed`.
    pub outcome: String,
    /// Why.
    pub reason: String,
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("raptor_port.rejected cannot be read", error)
}

impl Plan {
    /// What is kept of what did not come as it was; nothing where no run was.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn kept(&self, db: &Db) -> Result<Kept> {
        static ALL: Sql =
            Sql::new("SELECT count(*) AS count FROM raptor_port.rejected WHERE target = :target");
        static ASK: Sql = Sql::new(
            "SELECT source_table, left(place, 200) AS place, source_column, class, substring(value for 400) AS value, \
             left(cells, 400) AS cells, left(reason, 400) AS reason, outcome FROM raptor_port.rejected \
             WHERE target = :target ORDER BY outcome = 'changed', source_table, id LIMIT :shown",
        );
        let (scope, target, shown) = (Scope::system(), &self.schema, SHOWN);
        let count = match db.query_one(&scope, &ALL, params! { target }).await {
            // Nothing was carried over by us.
            Err(error) if error.code() == Some("42P01") => return Ok(Kept::default()),
            row => row
                .and_then(|row| row.get::<i64>("count"))
                .map_err(cannot)?,
        };
        let rows = db.query(&scope, &ASK, params! { target, shown }).await;
        let rows = rows.map_err(cannot)?;
        let cells = rows.iter().map(cell).collect::<raptor_db::Result<_>>();
        Ok(Kept {
            cells: cells.map_err(cannot)?,
            more: count.saturating_sub(SHOWN).max(0).unsigned_abs(),
        })
    }
}

fn cell(row: &Row) -> raptor_db::Result<KeptCell> {
    let column: Option<String> = row.get("source_column")?;
    let class: Option<String> = row.get("class")?;
    let value: Option<Vec<u8>> = row.get("value")?;
    let cells: Option<String> = row.get("cells")?;
    let value = value.unwrap_or_default();
    Ok(KeptCell {
        table: row.get("source_table")?,
        place: row.get("place")?,
        value: match class.as_deref() {
            Some("null") => "NULL".to_owned(),
            Some("row") => short(&cells.unwrap_or_default()),
            Some("blob") => short(&format!("x'{}'", crate::line::hex(&value))),
            _ => short(&String::from_utf8_lossy(&value)),
        },
        column,
        outcome: row.get("outcome")?,
        reason: row.get("reason")?,
    })
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
