//! The table in which another runner keeps what it applied. It is read, and never written.

use crate::error::{Error, ErrorKind, Result};
use crate::version::quoted;
use raptor_db::{Engine, Session, Sql, params};

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

const COLUMNS: [&str; 13] = [
    "version",
    "version_id",
    "name",
    "filename",
    "file_name",
    "file",
    "migration",
    "migration_name",
    "script",
    "id",
    "num",
    "number",
    "version_num",
];
const CHECKSUMS: [&str; 6] = [
    "checksum",
    "hash",
    "sha256",
    "digest",
    "content_hash",
    "md5",
];
const ORDERS: [&str; 10] = [
    "installed_rank",
    "applied_at",
    "executed_at",
    "installed_on",
    "run_on",
    "run_at",
    "applied_on",
    "created_at",
    "tstamp",
    "id",
];
/// Columns that say whether a row counts.
const GOOD: [&str; 2] = ["success", "is_applied"];

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OldRow {
    /// What it says in each column that may name a migration.
    pub(super) names: Vec<String>,
    pub(super) checksum: Option<String>,
    /// What it is ordered by; rows with the same were written together.
    pub(super) order: Option<String>,
    /// `false` where the runner says that it failed or was taken back.
    pub(super) is_good: bool,
}

/// What the table holds.
#[derive(Debug)]
pub(super) struct Old {
    /// As messages name it.
    pub(super) table: String,
    /// The columns that may name a migration, the given one alone or the likeliest first.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<OldRow>,
    /// One row that says how far it came, and whether it is in between.
    pub(super) is_counter: bool,
    pub(super) is_dirty: bool,
}

/// Reads the table, in the transaction that is open; nobody writes to it until that ends.
pub(super) async fn read(session: &Session, wanted: &OldTable) -> Result<Old> {
    let (table, columns) = find(session, wanted).await?;
    if session.engine() == Engine::Postgres {
        let lock = format!("LOCK TABLE {} IN SHARE MODE", written(&table));
        session.execute_raw(&lock).await.map_err(cannot)?;
    }
    let has = |name: &str| {
        columns
            .iter()
            .find(|it| it.eq_ignore_ascii_case(name))
            .cloned()
    };
    let first = |names: &[&str]| names.iter().find_map(|name| has(name));
    let given = |name: &Option<String>| match name {
        Some(name) => has(name)
            .map(Some)
            .ok_or_else(|| no_column(&table, name, &columns)),
        None => Ok(None),
    };
    let named = match given(&wanted.column)? {
        Some(column) => vec![column],
        None => COLUMNS.iter().filter_map(|name| has(name)).collect(),
    };
    if named.is_empty() {
        let message = format!(
            "{table} has none of the columns that usually name a migration; it has {}; say which it is",
            columns.join(", ")
        );
        return Err(Error::new(ErrorKind::Database, message));
    }
    let checksum = given(&wanted.checksum)?.or_else(|| first(&CHECKSUMS));
    let order = given(&wanted.order)?.or_else(|| first(&ORDERS));
    let good = first(&GOOD);
    let dirty = has("dirty");
    let query = Query {
        engine: session.engine(),
        table: written(&table),
        named: &named,
        checksum: checksum.as_deref(),
        order: order.as_deref(),
        good: good.as_deref().or(dirty.as_deref()),
    };
    let mut rows = query.rows(session).await?;
    let is_dirty = dirty.is_some() && good.is_none() && rows.iter().any(|row| row.is_good);
    if dirty.is_some() && good.is_none() {
        rows.iter_mut().for_each(|row| row.is_good = true);
    }
    Ok(Old {
        is_counter: dirty.is_some(),
        is_dirty,
        columns: named,
        table,
        rows,
    })
}

fn no_column(table: &str, column: &str, columns: &[String]) -> Error {
    let message = format!(
        "{table} has no column {column}; it has {}",
        columns.join(", ")
    );
    Error::new(ErrorKind::Database, message)
}

/// The table and its columns.
async fn find(session: &Session, wanted: &OldTable) -> Result<(String, Vec<String>)> {
    if let Some(table) = &wanted.table {
        let columns = columns(session, table).await?;
        if columns.is_empty() {
            let message =
                format!("there is no table {table}; name the one that the other runner keeps");
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
            let message = "no table of another runner is there under a usual name, such as schema_migrations; name it";
            Err(Error::new(ErrorKind::Database, message))
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
            let message = format!(
                "there are several tables that may be it: {}; name it",
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

async fn columns(session: &Session, table: &str) -> Result<Vec<String>> {
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
fn written(table: &str) -> String {
    let parts = table.split('.').map(|part| quoted(part.trim_matches('"')));
    parts.collect::<Vec<_>>().join(".")
}

struct Query<'a> {
    engine: Engine,
    table: String,
    named: &'a [String],
    checksum: Option<&'a str>,
    order: Option<&'a str>,
    good: Option<&'a str>,
}

impl Query<'_> {
    async fn rows(&self, session: &Session) -> Result<Vec<OldRow>> {
        let text = |column: &str| {
            let column = quoted(column);
            match self.engine {
                Engine::Postgres => format!("{column}::text"),
                Engine::Sqlite => format!(
                    "CASE typeof({column}) WHEN 'blob' THEN lower(hex({column})) ELSE CAST({column} AS TEXT) END"
                ),
            }
        };
        let order = match (self.order, self.engine) {
            (Some(order), _) => Some(quoted(order)),
            (None, Engine::Sqlite) => Some("rowid".to_owned()),
            (None, Engine::Postgres) => None,
        };
        let others = [self.checksum, self.order, self.good];
        let columns = self.named.iter().map(|it| text(it));
        let columns = columns.chain(others.iter().map(|it| it.map_or("NULL".to_owned(), text)));
        let columns: Vec<String> = columns
            .enumerate()
            .map(|(at, it)| format!("{it} AS c{at}"))
            .collect();
        let by = order
            .map(|it| format!(" ORDER BY {it}"))
            .unwrap_or_default();
        let query = format!("SELECT {} FROM {}{by}", columns.join(", "), self.table);
        let rows = session
            .query(&Sql::dynamic(query), params! {})
            .await
            .map_err(cannot)?;
        let count = self.named.len();
        let one = |(place, row): (usize, &raptor_db::Row)| {
            let cell = |at: usize| row.get::<Option<String>>(at);
            let names = (0..count).map(|at| cell(at).map(Option::unwrap_or_default));
            let good = cell(count + 2)?;
            let is_rowid = self.order.is_none() && self.engine == Engine::Sqlite;
            Ok(OldRow {
                names: names.collect::<raptor_db::Result<_>>()?,
                checksum: cell(count)?.map(|it| it.trim_start_matches("\\x").to_lowercase()),
                order: if is_rowid {
                    Some(format!("{place:012}"))
                } else {
                    cell(count + 1)?
                },
                is_good: good.is_none_or(|it| {
                    matches!(it.to_lowercase().as_str(), "true" | "t" | "1" | "yes")
                }),
            })
        };
        let rows: raptor_db::Result<Vec<OldRow>> = rows.iter().enumerate().map(one).collect();
        rows.map_err(cannot)
    }
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("the other runner's table cannot be read", error)
}
