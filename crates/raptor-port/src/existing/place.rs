//! Whether all that is carried over has a place in the schema that is there, asked before it is touched.

use super::{Target, TargetColumn};
use crate::error::{Error, ErrorKind, Result};
use crate::kind::{Conversion, Kind};
use crate::plan::{Choice, ColumnPlan, Plan, TablePlan};
use raptor_db::Db;

/// Refuses a plan with a table that is not there, or that no row can come to, or with a column whose place is
/// of another type than the plan has it: binary COPY would read one as the other.
pub(crate) async fn look(db: &Db, plan: &Plan) -> Result<()> {
    fit(&Target::columns(db, &plan.schema).await?, plan)
}

/// The same of a schema that was looked at.
pub(super) fn fit(target: &Target, plan: &Plan) -> Result<()> {
    for planned in plan.carried() {
        let Some(there) = target.tables.iter().find(|it| it.name == planned.to) else {
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
            let of = there.columns.iter().find(|it| it.name == column.to);
            fits(plan, planned, column, of)?;
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
