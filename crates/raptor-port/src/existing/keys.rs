//! Foreign keys that only the schema there has: rows are held to them as to those that the file declares.

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Choice, Plan, TablePlan};
use crate::source::{ForeignKey, Source, quoted};
use raptor_db::{Db, Row, Scope, Sql, params};
use serde::Deserialize;

/// A foreign key of the schema, all names as they are there.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TargetKey {
    of: String,
    columns: Vec<String>,
    parent: String,
    parent_columns: Vec<String>,
}

/// A foreign key `c` of `one` that points at `other`, as JSON.
macro_rules! as_json {
    () => {
        "json_build_object('of', one.relname, 'parent', other.relname, 'columns', \
         ARRAY(SELECT a.attname FROM unnest(c.conkey) WITH ORDINALITY AS k (at, place) \
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.at ORDER BY k.place), 'parent_columns', \
         ARRAY(SELECT a.attname FROM unnest(c.confkey) WITH ORDINALITY AS k (at, place) \
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.at ORDER BY k.place))::text"
    };
}
pub(super) use as_json;

/// Those that are there, and those that a run has set aside.
pub(super) async fn read(db: &Db, schema: &str) -> Result<Vec<TargetKey>> {
    static ASK: Sql = Sql::new(concat!(
        "SELECT ",
        as_json!(),
        " AS key FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_class AS one ON one.oid = c.conrelid \
         JOIN pg_catalog.pg_class AS other ON other.oid = c.confrelid \
         WHERE c.contype = 'f' AND c.conparentid = 0 \
         AND one.relnamespace = to_regnamespace(:schema) AND other.relnamespace = one.relnamespace ORDER BY one.relname, c.conname"
    ));
    static ASIDE: Sql = Sql::new(
        "SELECT key FROM raptor_port.set_aside WHERE target = :schema AND key IS NOT NULL ORDER BY number",
    );
    let cannot = |error| Error::database("the foreign keys there cannot be read", error);
    let name = quoted(schema);
    let there = db
        .query(&Scope::system(), &ASK, params! { schema: name })
        .await;
    let mut rows = there.map_err(cannot)?;
    match db.query(&Scope::system(), &ASIDE, params! { schema }).await {
        // Nothing was carried over by us.
        Err(error) if error.code() == Some("42P01") => {}
        aside => rows.extend(aside.map_err(cannot)?),
    }
    let key = |row: &Row| {
        let text: String = row.get("key").map_err(cannot)?;
        serde_json::from_str(&text).map_err(|error| {
            let message = format!("a foreign key there cannot be read: {error}");
            Error::new(ErrorKind::Database, message)
        })
    };
    rows.iter().map(key).collect()
}

/// Adds to what the file declares what it does not.
pub(super) fn add(keys: &[TargetKey], source: &mut Source, plan: &Plan) {
    for key in keys {
        let Some((of, parent)) = table(plan, &key.of).zip(table(plan, &key.parent)) else {
            continue;
        };
        let names = names(of, &key.columns).zip(names(parent, &key.parent_columns));
        let Some((columns, parent_columns)) = names else {
            continue;
        };
        let parent = parent.name.clone();
        let Some(table) = source.tables.iter_mut().find(|it| it.name == of.name) else {
            continue;
        };
        let is_it = |it: &ForeignKey| {
            it.parent.eq_ignore_ascii_case(&parent) && it.columns.len() == columns.len() && {
                let mut pairs = it.columns.iter().zip(&columns);
                pairs.all(|(one, other)| one.eq_ignore_ascii_case(other))
            }
        };
        if !table.foreign_keys.iter().any(is_it) {
            table.foreign_keys.push(ForeignKey {
                name: None,
                columns,
                parent,
                parent_columns,
                on_delete: String::new(),
                on_update: String::new(),
                deferred: false,
                deferrable: false,
            });
        }
    }
}

fn table<'p>(plan: &'p Plan, to: &str) -> Option<&'p TablePlan> {
    plan.carried().find(|it| it.to == to)
}

/// The names in the file of columns that are carried.
fn names(table: &TablePlan, there: &[String]) -> Option<Vec<String>> {
    let name = |to: &String| {
        let mut columns = table.columns.iter();
        let column = columns.find(|it| it.to == *to && it.chosen != Choice::Skip)?;
        Some(column.name.clone())
    };
    there.iter().map(name).collect()
}
