//! Numbers that tables give go on behind the largest one, whether the column is an identity or a serial.

use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::source::{quoted, quoted_text};
use raptor_db::{Db, Row, Scope, Sql, params};

/// Sequences that belong to columns of the schema, or that their defaults take numbers from.
static GIVING: Sql = Sql::new(
    "WITH giving AS ( \
     SELECT d.objid AS sequence, d.refobjid AS of, d.refobjsubid::int AS place FROM pg_catalog.pg_depend AS d \
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 \
     UNION SELECT d.refobjid, f.adrelid, f.adnum::int FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_attrdef AS f ON f.oid = d.objid \
     WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'n') \
     SELECT c.relname::text AS table, g.sequence::regclass::text AS sequence, g.of::regclass::text AS of, a.attname::text AS column, \
     s.seqincrement AS step, s.seqmin AS least, s.seqmax AS most \
     FROM giving AS g JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = g.sequence \
     JOIN pg_catalog.pg_class AS c ON c.oid = g.of AND c.relnamespace = to_regnamespace(:schema) \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = g.of AND a.attnum = g.place \
     JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typname IN ('int2', 'int4', 'int8') ORDER BY 3, 4",
);

/// A sequence, and the column that it gives numbers to.
pub(crate) struct Numbers {
    /// The table's name alone.
    pub(crate) table: String,
    pub(crate) sequence: String,
    pub(crate) of: String,
    pub(crate) column: String,
    step: i64,
    least: i64,
    most: i64,
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("the sequences cannot be looked at", error)
}

impl Numbers {
    /// All of a schema.
    pub(crate) async fn all(db: &Db, schema: &str) -> Result<Vec<Self>> {
        let schema = quoted(schema);
        let rows = db
            .query(&Scope::system(), &GIVING, params! { schema })
            .await
            .map_err(cannot)?;
        let one = |row: &Row| -> raptor_db::Result<Self> {
            Ok(Self {
                table: row.get("table")?,
                sequence: row.get("sequence")?,
                of: row.get("of")?,
                column: row.get("column")?,
                step: row.get("step")?,
                least: row.get("least")?,
                most: row.get("most")?,
            })
        };
        rows.iter()
            .map(one)
            .collect::<raptor_db::Result<_>>()
            .map_err(cannot)
    }

    /// Whether the next number is there already.
    pub(crate) async fn is_behind(&self, db: &Db) -> Result<bool> {
        let (of, column, sequence) = (&self.of, quoted(&self.column), &self.sequence);
        let (most, beyond, end) = match self.step > 0 {
            true => ("max", ">", self.most),
            false => ("min", "<", self.least),
        };
        // What was given last, or comes next: nothing is added, as there may be nothing behind it. One that
        // has come to its end gives none that is there.
        let ask = format!(
            "SELECT coalesce(most {beyond} last_value OR most = last_value AND NOT is_called, false) \
             AND NOT (last_value = {end} AND is_called) AS behind \
             FROM {sequence}, (SELECT {most}({column})::bigint AS most FROM {of}) AS rows"
        );
        let row = db
            .query_one(&Scope::system(), &Sql::dynamic(ask), params! {})
            .await;
        row.and_then(|row| row.get("behind")).map_err(cannot)
    }

    /// The next number is the one behind the largest.
    pub(crate) async fn set(&self, db: &Db) -> Result<()> {
        let (of, column) = (&self.of, quoted(&self.column));
        let (least, most) = (self.least, self.most);
        let (last, first, within) = match self.step > 0 {
            true => ("max", least, ">="),
            false => ("min", most, "<="),
        };
        let sequence = quoted_text(&self.sequence);
        let set = format!(
            "SELECT setval({sequence}, least(greatest(coalesce(last, {first}), {least}), {most}), coalesce(last {within} {first}, false)) AS last \
             FROM (SELECT {last}({column})::bigint AS last FROM {of}) AS rows"
        );
        db.query(&Scope::system(), &Sql::dynamic(set), params! {})
            .await
            .map(drop)
            .map_err(cannot)
    }
}

/// All of a plan's schema go on behind the largest.
pub(crate) async fn reset(db: &Db, plan: &Plan) -> Result<()> {
    for numbers in Numbers::all(db, &plan.schema).await? {
        // One that is not behind may be ahead of rows that are gone, or of a table that is left alone.
        if numbers.is_behind(db).await? {
            numbers.set(db).await?;
        }
    }
    Ok(())
}
