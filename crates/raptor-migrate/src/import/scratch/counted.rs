//! How many rows each table has, where that is the same on both databases or not.

use super::column;
use crate::error::{Error, Result};
use crate::version::quoted;
use raptor_db::{Db, Engine, Scope, Sql, params};
use std::collections::BTreeMap;

/// What belongs to the tools.
const OURS: [&str; 2] = ["alembic_version", "raptor_migration_log"];

static SQLITE: Sql = Sql::new(
    "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_schema \
     WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name",
);

static POSTGRES: Sql = Sql::new(
    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
     AND n.nspname NOT LIKE 'pg~_%' ESCAPE '~' ORDER BY 1",
);

/// The tables and how many rows they have.
pub(in crate::import) async fn rows(db: &Db, version_table: &str) -> Result<BTreeMap<String, i64>> {
    let query = match db.engine() {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let is_tools = |table: &String| {
        let names = OURS.into_iter().chain([version_table]);
        let mut ends = names.map(|name| [name.to_owned(), quoted(name)]);
        let last = table.rsplit('.').next().unwrap_or(table);
        ends.any(|end| end.iter().any(|it| it == last))
    };
    let mut tables = column(db, query).await?;
    tables.retain(|table| !is_tools(table));
    if tables.is_empty() {
        return Ok(BTreeMap::new());
    }
    let count = |table: &String| {
        format!(
            "SELECT '{}', count(*) FROM {table}",
            table.replace('\'', "''")
        )
    };
    let text = tables
        .iter()
        .map(count)
        .collect::<Vec<_>>()
        .join(" UNION ALL ");
    let cannot = |error| Error::database("the rows cannot be counted", error);
    let rows = db
        .query(&Scope::system(), &Sql::dynamic(text), params! {})
        .await;
    let rows = rows.map_err(cannot)?;
    let pair = |row: &raptor_db::Row| Ok((row.get(0)?, row.get(1)?));
    rows.iter()
        .map(pair)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}

/// The tables that are on one side alone, or have another number of rows.
pub(in crate::import) fn differences(
    theirs: &BTreeMap<String, i64>,
    ours: &BTreeMap<String, i64>,
) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let one = |name: &String| match (theirs.get(name), ours.get(name)) {
        (Some(a), Some(b)) if a == b => None,
        (Some(a), Some(b)) => Some(format!(
            "{name} has {a} rows with Alembic and {b} with ours"
        )),
        (Some(_), None) => Some(format!("{name} is there with Alembic alone")),
        (None, _) => Some(format!("{name} is there with ours alone")),
    };
    names.into_iter().filter_map(one).collect()
}
