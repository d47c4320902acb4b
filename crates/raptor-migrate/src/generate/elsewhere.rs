//! What stands outside of the schema that a catalog is of, by name: nothing compares it, so that it has
//! to be told.

use crate::error::{Error, Result};
use crate::runner::Options;
use raptor_db::{Db, Engine, Sql, params};
use std::collections::BTreeSet;

/// The names of what stands in other schemas of a database, as `schema x, table t`; what an extension
/// owns is not among them, nor what the server keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere(BTreeSet<String>);

static NAMES: Sql = Sql::new(
    "WITH s AS (SELECT n.oid, 'schema ' || pg_catalog.quote_ident(n.nspname::text) AS name \
     FROM pg_catalog.pg_namespace AS n WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' \
     AND n.nspname::text <> coalesce(:schema, pg_catalog.current_schema()::text, '') \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = n.oid AND d.deptype = 'e')), \
     o AS (SELECT c.relnamespace AS namespace, c.oid, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' \
     WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'table' END || ' ' || pg_catalog.quote_ident(c.relname::text) AS name \
     FROM pg_catalog.pg_class AS c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
     AND c.relname NOT IN ('alembic_version', 'raptor_migration_log') \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE c.relkind = 'S' AND d.objid = c.oid AND d.deptype = 'i') \
     UNION ALL SELECT t.typnamespace, t.oid, 'type ' || pg_catalog.quote_ident(t.typname::text) \
     FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid \
     WHERE t.typtype IN ('b', 'c', 'd', 'e', 'r') AND coalesce(c.relkind, 'c') = 'c' \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS a WHERE a.typarray = t.oid) \
     UNION ALL SELECT p.pronamespace, p.oid, CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END \
     || ' ' || pg_catalog.quote_ident(p.proname::text) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' \
     FROM pg_catalog.pg_proc AS p) \
     SELECT s.name || ', ' || o.name AS name FROM s JOIN o ON o.namespace = s.oid \
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = o.oid AND d.deptype = 'e') \
     UNION SELECT s.name FROM s WHERE NOT EXISTS (SELECT FROM o WHERE o.namespace = s.oid)",
);

/// Reads what stands outside of the schema that [`catalog`](crate::catalog) reads; nothing on SQLite.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use raptor_db::{Config, Db};
/// use raptor_migrate::{Options, elsewhere};
/// let folder = tempfile::tempdir()?;
/// let db = Db::open(Config::new(&format!("sqlite:{}/dev.db", folder.path().display()))?).await?;
/// let outside = elsewhere(&db, &Options::default()).await?;
/// assert!(outside.not_compared().is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub async fn elsewhere(db: &Db, options: &Options) -> Result<Elsewhere> {
    if db.engine() == Engine::Sqlite {
        return Ok(Elsewhere::default());
    }
    let cannot = |error| Error::database("what stands outside of the schema cannot be read", error);
    let session = db.session().await.map_err(cannot)?;
    let schema = options.schema.as_deref();
    let rows = session.query(&NAMES, params! { schema }).await;
    let names = rows.and_then(|rows| rows.iter().map(|row| row.get("name")).collect());
    let names: BTreeSet<String> = names.map_err(cannot)?;
    Ok(Elsewhere(names))
}

impl Elsewhere {
    /// A note for each that one has and the other has not.
    pub fn notes(&self, other: &Self) -> Vec<String> {
        let differ = self.0.symmetric_difference(&other.0);
        differ.map(|it| note(it)).collect()
    }

    /// A note for each: that it is there on both sides does not say that it is the same.
    pub fn not_compared(&self) -> Vec<String> {
        let things = self.0.iter().filter(|it| it.contains(", "));
        things.map(|it| note(it)).collect()
    }
}

fn note(name: &str) -> String {
    format!(
        "{name}: it stands outside of the schema that is compared (--schema names another), and is to be written by hand"
    )
}
