//! What SQLite knows of a table: its columns, what hangs on it, who points at it.

use crate::error::{Error, Result};
use crate::version::quoted;
use raptor_db::{Row, Session, Sql, params};

/// A table as rows are copied from it and to it.
pub(super) struct Table {
    /// The columns that can be written, in order.
    pub(super) columns: Vec<String>,
    /// What the number of a row is called; `None` in a table without.
    pub(super) rowid: Option<&'static str>,
    /// The column that is another name of it.
    pub(super) number: Option<String>,
}

/// An index or a trigger of a table.
pub(super) struct Attached {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) text: String,
}

static COLUMNS: Sql = Sql::new(
    "SELECT name, upper(type) = 'INTEGER' AND pk = 1 AND \
     (SELECT max(pk) FROM pragma_table_xinfo(:name)) = 1 AS is_number FROM pragma_table_xinfo(:name) WHERE hidden = 0 AND EXISTS \
     (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(:name)) ORDER BY cid",
);

static HAS_NUMBERS: Sql = Sql::new(
    "SELECT wr = 0 AS has FROM pragma_table_list WHERE schema = 'main' AND lower(name) = lower(:name)",
);

/// Automatic indexes have no text.
static ATTACHED: Sql = Sql::new(
    "SELECT type AS kind, name, sql AS text FROM sqlite_schema WHERE lower(tbl_name) = lower(:name) \
     AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name",
);

/// The table itself, and every other that points at it.
static RELATED: Sql = Sql::new(
    "SELECT DISTINCT m.name AS name FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f \
     WHERE m.type = 'table' AND lower(f.\"table\") = lower(:name) AND lower(m.name) <> lower(:name) \
     UNION SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(:name) ORDER BY 1",
);

static HAS_SEQUENCES: Sql =
    Sql::new("SELECT 1 AS found FROM sqlite_schema WHERE name = 'sqlite_sequence'");
static SEQUENCE: Sql = Sql::new("SELECT seq FROM sqlite_sequence WHERE lower(name) = lower(:name)");

impl Table {
    pub(super) async fn read(session: &Session, name: &str) -> Result<Option<Self>> {
        let rows = rows(session, &COLUMNS, params! { name }).await?;
        let mut table = Self {
            columns: Vec::new(),
            rowid: None,
            number: None,
        };
        for row in &rows {
            let name: String = row.get("name").map_err(cannot)?;
            if row.get("is_number").map_err(cannot)? {
                table.number = Some(name.clone());
            }
            table.columns.push(name);
        }
        let has = self::rows(session, &HAS_NUMBERS, params! { name }).await?;
        let has = has.first().map(|row| row.get("has")).transpose();
        if has.map_err(cannot)?.unwrap_or(false) {
            // A column of that name hides it.
            let names = ["rowid", "_rowid_", "oid"];
            table.rowid = names.into_iter().find(|it| table.column(it).is_none());
        }
        Ok((!table.columns.is_empty()).then_some(table))
    }

    /// The column of that name, in any case, as it is written.
    pub(super) fn column(&self, name: &str) -> Option<&str> {
        let mut columns = self.columns.iter().map(String::as_str);
        columns.find(|it| it.eq_ignore_ascii_case(name))
    }
}

pub(super) async fn attached(session: &Session, name: &str) -> Result<Vec<Attached>> {
    let rows = rows(session, &ATTACHED, params! { name }).await?;
    let one = |row: &Row| {
        Ok(Attached {
            kind: row.get("kind")?,
            name: row.get("name")?,
            text: row.get("text")?,
        })
    };
    rows.iter()
        .map(one)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}

/// How many rows the table has, and every table that points at it.
pub(super) async fn counts(session: &Session, name: &str) -> Result<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for row in rows(session, &RELATED, params! { name }).await? {
        let table: String = row.get("name").map_err(cannot)?;
        let rows = count(session, &table).await?;
        counts.push((table, rows));
    }
    Ok(counts)
}

pub(super) async fn count(session: &Session, table: &str) -> Result<i64> {
    let sql = Sql::dynamic(format!("SELECT count(*) AS rows FROM {}", quoted(table)));
    rows(session, &sql, params! {}).await?[0]
        .get("rows")
        .map_err(cannot)
}

/// The last number that AUTOINCREMENT gave.
pub(super) async fn sequence(session: &Session, name: &str) -> Result<Option<i64>> {
    if rows(session, &HAS_SEQUENCES, params! {}).await?.is_empty() {
        return Ok(None);
    }
    let rows = rows(session, &SEQUENCE, params! { name }).await?;
    rows.first()
        .map(|row| row.get("seq"))
        .transpose()
        .map_err(cannot)
}

/// Numbers that were given once are not given again, also those of rows that are gone.
pub(super) async fn set_sequence(
    session: &Session,
    name: &str,
    sequence: Option<i64>,
) -> Result<()> {
    let Some(last) = sequence else { return Ok(()) };
    static RAISE: Sql = Sql::new(
        "UPDATE sqlite_sequence SET seq = greatest(seq, :last) WHERE lower(name) = lower(:name)",
    );
    static ADD: Sql = Sql::new(
        "INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last \
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE lower(name) = lower(:name)) \
         AND EXISTS (SELECT 1 FROM sqlite_schema WHERE lower(name) = lower(:name) AND upper(sql) LIKE '%AUTOINCREMENT%')",
    );
    session
        .execute(&RAISE, params! { last, name })
        .await
        .map_err(cannot)?;
    session
        .execute(&ADD, params! { last, name })
        .await
        .map_err(cannot)?;
    Ok(())
}

pub(super) async fn rows(
    session: &Session,
    sql: &Sql,
    params: raptor_db::Params<'_>,
) -> Result<Vec<Row>> {
    session.query(sql, params).await.map_err(cannot)
}

pub(super) fn cannot(error: raptor_db::Error) -> Error {
    Error::database("the table cannot be looked at", error)
}
