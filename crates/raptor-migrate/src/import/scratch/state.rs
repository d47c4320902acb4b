//! What a database holds, as one text: the same text means that nothing has changed.
//!
//! It tells whether a revision that is taken back and applied again leads back to where it was. It
//! is no comparison of two databases.

use super::counted;
use crate::error::{Error, Result};
use raptor_db::{Db, Engine, Scope, Sql, params};

static SQLITE: Sql = Sql::new(
    "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema \
     WHERE tbl_name NOT IN ('raptor_migration_log', :versions) AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY 1",
);

static POSTGRES: Sql = Sql::new(
    "WITH mine AS (SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg~_%' ESCAPE '~'), \
     tables AS (SELECT c.oid, c.relkind FROM pg_class AS c WHERE c.relnamespace IN (SELECT oid FROM mine) AND c.relname NOT LIKE 'raptor~_migration~_log%' ESCAPE '~' AND c.relname::text <> :versions AND c.relkind NOT IN ('i', 'I')), \
     facts (fact) AS ( \
     SELECT t.oid::regclass::text || ' ' || t.relkind::text FROM tables AS t UNION ALL \
     SELECT t.oid::regclass::text || ' ' || row_number() OVER (PARTITION BY t.oid ORDER BY a.attnum)::text || ' ' || a.attname::text || ' ' || format_type(a.atttypid, a.atttypmod) \
     || ' ' || a.attnotnull::text || ' ' || a.attidentity::text || coalesce(pg_get_expr(d.adbin, d.adrelid), '') FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid \
     LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped UNION ALL \
     SELECT c.conrelid::regclass::text || ' ' || c.conname::text || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint AS c WHERE c.connamespace IN (SELECT oid FROM mine) \
     AND (c.conrelid = 0 OR c.conrelid IN (SELECT oid FROM tables)) UNION ALL \
     SELECT pg_get_indexdef(i.indexrelid) FROM pg_index AS i JOIN tables AS t ON t.oid = i.indrelid UNION ALL \
     SELECT pg_get_triggerdef(g.oid) FROM pg_trigger AS g JOIN tables AS t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal UNION ALL \
     SELECT t.oid::regclass::text || ' ' || pg_get_viewdef(t.oid) FROM tables AS t WHERE t.relkind IN ('v', 'm') UNION ALL \
     SELECT y.oid::regtype::text || ' ' || e.enumsortorder::text || ' ' || e.enumlabel::text FROM pg_type AS y JOIN pg_enum AS e ON e.enumtypid = y.oid WHERE y.typnamespace IN (SELECT oid FROM mine) UNION ALL \
     SELECT p.oid::regprocedure::text || ' ' || p.prosrc FROM pg_proc AS p WHERE p.pronamespace IN (SELECT oid FROM mine) AND p.proname NOT LIKE 'raptor~_migration~_log%' ESCAPE '~' UNION ALL \
     SELECT 'extension ' || x.extname::text FROM pg_extension AS x) SELECT fact FROM facts ORDER BY 1",
);

/// The text, without the table of versions, which the first revision finds missing and no downgrade
/// takes away.
pub(super) async fn of(db: &Db, versions: &str) -> Result<String> {
    let query = match db.engine() {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let cannot = |error| Error::database("the throw-away database cannot be read", error);
    let rows = db
        .query(&Scope::system(), query, params! { versions })
        .await;
    let facts = rows.and_then(|rows| rows.iter().map(|row| row.get(0)).collect());
    let mut facts: Vec<String> = facts.map_err(cannot)?;
    if db.engine() == Engine::Sqlite {
        facts = facts.iter().map(|it| sorted(it)).collect();
    }
    let rows = counted::rows(db, versions).await?;
    Ok(format!("{}\n{rows:?}", facts.join("\n")))
}

/// Whether two texts say the same but for quotes and blanks: SQLite keeps a table's text as it was
/// written, and a copy of the table that was renamed has others around the same.
pub(in crate::import) fn alike(one: &str, other: &str) -> bool {
    let code = |text: &str| -> String {
        let is_code = |c: &char| !c.is_whitespace() && *c != '"';
        text.chars().filter(is_code).collect()
    };
    one == other || code(one) == code(other)
}

/// Alembic writes the constraints of a table that it copies in an order that changes from run to run.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text
        .lines()
        .map(|it| it.trim().trim_end_matches(','))
        .collect();
    let starts = ["CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN", "PRIMARY"];
    lines.sort_by_key(|line| {
        starts
            .iter()
            .any(|it| line.starts_with(it))
            .then_some(*line)
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_alike() {
        let table = "table t CREATE TABLE t (\n\ta INTEGER, \n\tb TEXT\n)\n{}";
        let copied = "table t CREATE TABLE \"t\" (\n\ta INTEGER, b TEXT)\n{}";
        assert!(alike(table, table) && alike(table, copied));
        assert!(!alike(table, &copied.replace("TEXT", "TEXT NOT NULL")));
        assert!(!alike(table, &copied.replace("{}", "{\"t\": 1}")));
    }
}
