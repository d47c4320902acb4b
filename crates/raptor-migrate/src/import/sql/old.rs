//! The table in which another runner keeps what it applied. It is read, and never written.

use super::columns::Roles;
use crate::error::{Error, ErrorKind, Result};
use crate::version::quoted;
use raptor_db::{Engine, Session, Sql, params};
use std::time::Duration;

/// Where another runner keeps what it applied. What is not given is looked for.
///
/// ```
/// use raptor_migrate::import::OldTable;
/// let mut old = OldTable::default();
/// old.table = Some("app_migrations".into());
/// old.column = Some("filename".into());
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OldTable {
    /// The table; on Postgres a schema and a dot may stand before it.
    pub table: Option<String>,
    /// The column that says which migration a row is: its number, its file, or its name.
    pub column: Option<String>,
    /// The column with a checksum of the file.
    pub checksum: Option<String>,
    /// The column that the rows are ordered by: a number or a time.
    pub order: Option<String>,
    /// Whether rows that were written in another order than that of the files are taken.
    pub any_order: bool,
    /// Whether rows whose checksum is another one are taken.
    pub any_checksum: bool,
    /// Whether a table that says of no migration that it is applied is believed, though the
    /// database has tables that the files make.
    pub empty_is_base: bool,
}

/// Tables of runners that are known.
const TABLES: [&str; 19] = [
    "schema_migrations",
    "_sqlx_migrations",
    "flyway_schema_history",
    "refinery_schema_history",
    "goose_db_version",
    "gorp_migrations",
    "__diesel_schema_migrations",
    "schemaversion",
    "schema_version",
    "schema_versions",
    "migrations",
    "_migrations",
    "migration",
    "_migration",
    "db_migrations",
    "sql_migrations",
    "applied_migrations",
    "migration_history",
    "pgmigrations",
];

/// What the table holds.
#[derive(Debug)]
pub(super) struct Old {
    /// As messages name it.
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) roles: Roles,
    /// Every cell as text, in the order in which the rows were written, if that is known.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// Whether the order of the rows is known.
    pub(super) is_ordered: bool,
}

/// Keeps everybody from writing to the table until the transaction ends.
pub(super) async fn lock(session: &Session, table: &str, patience: Duration) -> Result<()> {
    let lock = format!(
        "SET LOCAL lock_timeout = '{}ms'; LOCK TABLE {} IN SHARE MODE",
        patience.as_millis().max(1),
        written(table)
    );
    session.execute_raw(&lock).await.map_err(cannot)
}

/// Reads the table, in the transaction that is open.
pub(super) async fn read(
    session: &Session,
    table: String,
    columns: Vec<String>,
    wanted: &OldTable,
) -> Result<Old> {
    let given = |name: &Option<String>| match name {
        Some(name) => {
            let place = columns.iter().position(|it| it.eq_ignore_ascii_case(name));
            place
                .map(Some)
                .ok_or_else(|| no_column(&table, name, &columns))
        }
        None => Ok(None),
    };
    let roles = Roles::of(
        &columns,
        given(&wanted.column)?,
        given(&wanted.checksum)?,
        given(&wanted.order)?,
    );
    if roles.names.is_empty() {
        let message = format!(
            "{table} has none of the columns that usually name a migration; it has {}; --column says which it is",
            columns.join(", ")
        );
        return Err(Error::new(ErrorKind::Database, message));
    }
    let mut old = Old {
        table,
        columns,
        roles,
        rows: Vec::new(),
        is_ordered: false,
    };
    old.fill(session).await?;
    // Text that is no number says nothing of the order: 10_x stands before 9_x.
    let is_number = |row: &Vec<Option<String>>, at: usize| {
        row[at].as_ref().is_some_and(|it| it.parse::<i64>().is_ok())
    };
    if let Some(at) = old.roles.order {
        if old.rows.iter().all(|row| is_number(row, at)) {
            let number =
                |row: &Vec<Option<String>>| row[at].as_ref().and_then(|it| it.parse::<i64>().ok());
            old.rows.sort_by_key(number);
        } else if old.columns[at].eq_ignore_ascii_case("id") && wanted.order.is_none() {
            old.roles.order = None;
            old.fill(session).await?;
        }
    }
    Ok(old)
}

impl Old {
    async fn fill(&mut self, session: &Session) -> Result<()> {
        let engine = session.engine();
        let order = match (self.roles.order, engine) {
            (Some(at), _) => Some(quoted(&self.columns[at])),
            (None, Engine::Sqlite) if has_rowid(session, &self.table).await? => {
                Some("rowid".to_owned())
            }
            (None, _) => None,
        };
        self.is_ordered = order.is_some();
        let columns: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{} AS c{at}", text(column, engine)))
            .collect();
        let by = order
            .map(|it| format!(" ORDER BY {it}"))
            .unwrap_or_default();
        let query = format!(
            "SELECT {} FROM {}{by}",
            columns.join(", "),
            written(&self.table)
        );
        let rows = session
            .query(&Sql::dynamic(query), params! {})
            .await
            .map_err(cannot)?;
        let cells = |row: &raptor_db::Row| (0..self.columns.len()).map(|at| row.get(at)).collect();
        let rows: raptor_db::Result<_> = rows.iter().map(cells).collect();
        self.rows = rows.map_err(cannot)?;
        Ok(())
    }
}

/// A column as text.
fn text(column: &str, engine: Engine) -> String {
    let column = quoted(column);
    match engine {
        Engine::Postgres => format!("{column}::text"),
        Engine::Sqlite => format!(
            "CASE typeof({column}) WHEN 'blob' THEN lower(hex({column})) ELSE CAST({column} AS TEXT) END"
        ),
    }
}

static HAS_ROWID: Sql =
    Sql::new("SELECT 1 AS found FROM pragma_table_list(:table) WHERE wr = 0 AND type = 'table'");

async fn has_rowid(session: &Session, table: &str) -> Result<bool> {
    let rows = session.query(&HAS_ROWID, params! { table }).await;
    rows.map(|rows| !rows.is_empty()).map_err(cannot)
}

fn no_column(table: &str, column: &str, columns: &[String]) -> Error {
    let message = format!(
        "{table} has no column {column}; it has {}",
        columns.join(", ")
    );
    Error::new(ErrorKind::Database, message)
}

/// The table and its columns.
pub(super) async fn find(session: &Session, wanted: &OldTable) -> Result<(String, Vec<String>)> {
    if let Some(table) = &wanted.table {
        let columns = columns(session, table).await?;
        if columns.is_empty() {
            let message = format!(
                "there is no table {table}; --table names the one that the other runner keeps"
            );
            return Err(Error::new(ErrorKind::Database, message));
        }
        return Ok((table.clone(), columns));
    }
    let mut found = Vec::new();
    for table in TABLES {
        let columns = columns(session, table).await?;
        if !columns.is_empty() {
            found.push((table.to_owned(), columns));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let message = "no table of another runner is there under a usual name, such as schema_migrations; --table names it";
            Err(Error::new(ErrorKind::Database, message))
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
            let message = format!(
                "there are several tables that may be it: {}; --table says which",
                names.join(", ")
            );
            Err(Error::new(ErrorKind::Database, message))
        }
    }
}

static SQLITE_COLUMNS: Sql = Sql::new("SELECT name FROM pragma_table_info(:table) ORDER BY cid");
static POSTGRES_COLUMNS: Sql = Sql::new(
    "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
);

pub(super) async fn columns(session: &Session, table: &str) -> Result<Vec<String>> {
    let rows = match session.engine() {
        Engine::Sqlite => session.query(&SQLITE_COLUMNS, params! { table }).await,
        Engine::Postgres => {
            let table = written(table);
            session.query(&POSTGRES_COLUMNS, params! { table }).await
        }
    };
    rows.and_then(|rows| rows.iter().map(|row| row.get(0)).collect())
        .map_err(cannot)
}

/// A table's name as it stands in a statement: `schema.table`, each part in quotes.
pub(super) fn written(table: &str) -> String {
    let parts = table.split('.').map(|part| quoted(part.trim_matches('"')));
    parts.collect::<Vec<_>>().join(".")
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("the other runner's table cannot be read", error)
}
