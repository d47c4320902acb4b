//! Whether all that is carried over has a place in the schema that is there, asked before it is touched.

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Choice, Plan};
use crate::source::quoted_text;
use raptor_db::{Db, Scope, Sql, params};

/// Refuses a plan with a table that is not there, or that no row can come to.
pub(crate) async fn look(db: &Db, plan: &Plan) -> Result<()> {
    static NEEDED: Sql = Sql::new(
        "SELECT a.attname::text AS name FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 \
         AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND NOT a.attisdropped ORDER BY a.attnum",
    );
    let cannot = |error| Error::database("the schema cannot be looked at", error);
    for planned in plan.carried() {
        let (name, table) = (&planned.name, plan.name_of(planned));
        let there = format!(
            "SELECT to_regclass({}) IS NOT NULL AS is",
            quoted_text(&table)
        );
        let there = Sql::dynamic(there);
        let row = db.query_one(&Scope::system(), &there, params! {}).await;
        let is_there: bool = row.and_then(|row| row.get("is")).map_err(cannot)?;
        if !is_there {
            let message = format!(
                "table {name} has no place in the schema {}, and nothing was touched: write `skip = \"why\"` below [tables.{name}] \
                 to leave its {} rows out, or bring both to the same release",
                plan.schema, planned.rows
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
        let rows = db
            .query(&Scope::system(), &NEEDED, params! { table })
            .await
            .map_err(cannot)?;
        for row in rows.iter().filter(|_| planned.rows > 0) {
            let needed: String = row.get("name").map_err(cannot)?;
            let mut columns = planned.columns.iter();
            if !columns.any(|it| it.to == needed && it.chosen != Choice::Skip) {
                let message = format!(
                    "column {needed} of {table} must not be NULL, and the file has nothing for it, so that no row can come; nothing was \
                     touched: give it a default there, or write `skip = \"why\"` below [tables.{name}]"
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
        }
    }
    Ok(())
}
