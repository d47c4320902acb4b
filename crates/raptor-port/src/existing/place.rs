//! Whether all that is carried over has a place in the schema that is there, asked before it is touched.

use super::{Target, TargetColumn};
use crate::error::{Error, ErrorKind, Result};
use crate::kind::{Conversion, Kind};
use crate::plan::{Choice, ColumnPlan, Mode, Plan, TablePlan};
use crate::source::{Source, Table, quoted};
use raptor_db::{Db, Scope, Sql, params};
use std::collections::BTreeMap;

/// Refuses a plan with a table that is not there, or that no row can come to, or with a column whose place is
/// of another type than the plan has it: binary COPY would read one as the other.
pub(crate) async fn look(db: &Db, plan: &Plan) -> Result<()> {
    fit(&Target::columns(db, &plan.schema).await?, plan)
}

/// Refuses to follow rows that are known by a key with a collation that takes texts for one that are two.
pub(crate) async fn tells_apart(db: &Db, source: &Source, plan: &Plan) -> Result<()> {
    static ASK: Sql = Sql::new(
        "SELECT c.relname::text AS of, a.attname::text AS name FROM pg_catalog.pg_attribute AS a \
         JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation \
         WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'p') AND NOT l.collisdeterministic ORDER BY 1, 2",
    );
    let cannot = |error| Error::database("the collations there cannot be read", error);
    let schema = quoted(&plan.schema);
    let rows = db.query(&Scope::system(), &ASK, params! { schema }).await;
    for row in rows.map_err(cannot)? {
        let (of, name): (String, String) = (
            row.get("of").map_err(cannot)?,
            row.get("name").map_err(cannot)?,
        );
        let tables = source.tables.iter().filter(|it| it.without_rowid);
        let key_of = |it: &Table| {
            let planned = plan
                .carried()
                .find(|planned| planned.name == it.name && planned.to == of)?;
            let column = planned.columns.iter().find(|column| column.to == name)?;
            let key = it.primary_key.as_ref()?;
            key.columns.contains(&column.name).then(|| it.name.clone())
        };
        if let Some(table) = tables.filter_map(key_of).next() {
            return Err(no_place(format!(
                "table {table} cannot be followed: the collation of {name}, which is a part of its key, takes texts for one that \
                 SQLite tells apart; a run without --sync rejects such rows by name"
            )));
        }
    }
    Ok(())
}

/// The same of a schema that was looked at.
pub(super) fn fit(target: &Target, plan: &Plan) -> Result<()> {
    plan.carried()
        .try_for_each(|it| has_place(target, plan, it))
}

/// The tables of a plan that are not there as it has them, each with why.
pub(crate) fn lacking(target: &Target, plan: &Plan) -> BTreeMap<String, String> {
    let why = |table: &TablePlan| match plan.mode {
        Mode::Existing => has_place(target, plan, table)
            .err()
            .map(|it| it.to_string()),
        Mode::Create => is_gone(target, table),
    };
    let tables = plan.carried();
    tables
        .filter_map(|it| Some((it.name.clone(), why(it)?)))
        .collect()
}

/// What of a table that was made is gone.
fn is_gone(target: &Target, table: &TablePlan) -> Option<String> {
    let Some(there) = target.named(&table.to) else {
        return Some("is not there".to_owned());
    };
    let mut carried = table.columns.iter().filter(|it| it.chosen != Choice::Skip);
    let gone = carried.find(|it| there.named(&it.to).is_none())?;
    Some(format!("has no column {} any more", gone.to))
}

fn has_place(target: &Target, plan: &Plan, planned: &TablePlan) -> Result<()> {
    let Some(there) = target.named(&planned.to) else {
        return Err(no_place(format!(
            "table {} has no place in the schema {}, and nothing was touched: write `skip = \"why\"` below [tables.{0}] \
             to leave its {} out, or bring both to the same release",
            planned.name,
            plan.schema,
            crate::words::counted(planned.rows, "row")
        )));
    };
    let carried = |it: &&ColumnPlan| it.chosen != Choice::Skip;
    for column in planned.columns.iter().filter(carried) {
        fits(plan, planned, column, there.named(&column.to))?;
    }
    let is_needed = |it: &&TargetColumn| it.not_null && !it.has_default && !it.is_generated;
    let is_filled = |it: &TargetColumn| {
        let mut columns = planned.columns.iter().filter(carried);
        columns.any(|column| column.to == it.name)
    };
    let mut needed = there.columns.iter().filter(is_needed);
    if let Some(needed) = needed.find(|it| planned.rows > 0 && !is_filled(it)) {
        return Err(no_place(format!(
            "column {} of {} must not be NULL, and the file has nothing for it, so that no row can come; nothing was \
             touched: give it a default there, or write `skip = \"why\"` below [tables.{}]",
            needed.name,
            plan.name_of(planned),
            planned.name
        )));
    }
    Ok(())
}

/// Refuses a column that is not there, that is computed there, or that has another type there.
fn fits(
    plan: &Plan,
    table: &TablePlan,
    column: &ColumnPlan,
    there: Option<&TargetColumn>,
) -> Result<()> {
    let (of, name) = (&table.name, &column.name);
    let refuse = |why: String, way: String| {
        Err(no_place(format!(
            "column {of}.{name}: {why}; nothing was touched: {way} in its line below [tables.{of}.columns]"
        )))
    };
    let Some(there) = there else {
        let why = format!("{} has no column {}", plan.name_of(table), column.to);
        return refuse(
            why,
            "`to` names another one, `type = \"skip\"` leaves it out,".to_owned(),
        );
    };
    if there.is_generated {
        let why = format!("{} is computed there", column.to);
        return refuse(why, "`type = \"skip\"` leaves it out,".to_owned());
    }
    let planned = plan.conversion(column);
    let own = Conversion {
        digits: there.digits,
        ..Conversion::plain(there.kind)
    };
    let is_same = planned.kind == own.kind && planned.digits == own.digits;
    // Texts are cast by Postgres to whatever is there.
    if is_same || planned.kind == Kind::Cast {
        return Ok(());
    }
    let (is, own) = (&there.type_name, own.type_name());
    let why = format!(
        "the plan says {}, and it is {is} there",
        planned.type_name()
    );
    refuse(why, format!("write `{name} = {{ type = \"{own}\" }}`"))
}

fn no_place(message: String) -> Error {
    Error::new(ErrorKind::Plan, message)
}
