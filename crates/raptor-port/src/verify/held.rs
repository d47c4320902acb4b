//! What Postgres holds to by itself: constraints that were validated, and numbers that go on.

use super::Verified;
use crate::error::{Error, Result};
use crate::existing::numbers::Numbers;
use crate::orphans::Orphaned;
use crate::plan::{Mode, Note, Orphans, Plan};
use crate::source::quoted;
use raptor_db::{Db, Scope, Sql, params};

static UNVALIDATED: Sql = Sql::new(
    "SELECT conname::text AS name, conrelid::regclass::text AS of, \
     CASE WHEN contype = 'f' THEN (SELECT relname::text FROM pg_catalog.pg_class WHERE oid = conrelid) END AS points \
     FROM pg_catalog.pg_constraint \
     WHERE connamespace = to_regnamespace(:schema) AND NOT convalidated ORDER BY 2, 1",
);

/// Tells what does not hold, and what the plan lets be so: foreign keys of tables with rows that point at
/// none, where those come along.
pub(super) async fn look(
    db: &Db,
    plan: &Plan,
    orphans: &[Orphaned],
    verified: &mut Verified,
) -> Result<()> {
    let cannot = |error| Error::database("the catalogs cannot be read", error);
    let schema = quoted(&plan.schema);
    let lets = |table: &str| {
        let has = |it: &Orphaned| plan.table(&it.table).is_some_and(|it| it.to == table);
        plan.answers.orphans == Orphans::NotValid && orphans.iter().any(has)
    };
    let rows = db
        .query(&Scope::system(), &UNVALIDATED, params! { schema })
        .await
        .map_err(cannot)?;
    for row in rows {
        let (name, of): (String, String) = (
            row.get("name").map_err(cannot)?,
            row.get("of").map_err(cannot)?,
        );
        let points: Option<String> = row.get("points").map_err(cannot)?;
        let of = format!("constraint {name} of {of}");
        if plan.mode == Mode::Existing && points.as_ref().is_none_or(|table| !lets(table)) {
            // A foreign key that the run left so is missing, which is told as such.
            let text = "is not valid for all rows that are there, as the schema has it".to_owned();
            verified.notes.push(Note { of, text });
        } else if points.is_some_and(|table| lets(&table)) {
            let text = "holds new rows alone, as the plan has it: some point at none".to_owned();
            verified.notes.push(Note { of, text });
        } else {
            let text = "is not valid for all rows that are there".to_owned();
            verified.differences.push(Note { of, text });
        }
    }
    switched_off(db, plan, verified).await?;
    let all = Numbers::all(db, &plan.schema).await?;
    let is_carried = |it: &Numbers| plan.carried().any(|table| table.to == it.table);
    for numbers in all.into_iter().filter(is_carried) {
        if numbers.is_behind(db).await? {
            let of = format!("{}.{}", numbers.of, numbers.column);
            let text = format!(
                "would be given a number again that is there: {} is behind",
                numbers.sequence
            );
            verified.differences.push(Note { of, text });
        }
    }
    Ok(())
}

/// Foreign keys whose triggers are switched off, and indexes that are not valid: they hold nothing.
async fn switched_off(db: &Db, plan: &Plan, verified: &mut Verified) -> Result<()> {
    static ASK: Sql = Sql::new(
        "SELECT DISTINCT 'constraint ' || c.conname || ' of ' || c.conrelid::regclass AS of, 'holds nothing: its triggers are disabled' AS text \
         FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_trigger AS t ON t.tgconstraint = c.oid \
         WHERE c.connamespace = to_regnamespace(:schema) AND t.tgisinternal AND t.tgenabled = 'D' \
         UNION ALL SELECT 'index ' || i.indexrelid::regclass, 'is not valid' FROM pg_catalog.pg_index AS i \
         JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid \
         WHERE c.relnamespace = to_regnamespace(:schema) AND c.relname = ANY(:tables::text[]) AND NOT i.indisvalid ORDER BY 1",
    );
    let cannot = |error| Error::database("the catalogs cannot be read", error);
    let schema = quoted(&plan.schema);
    let tables: Vec<String> = plan.carried().map(|it| it.to.clone()).collect();
    let rows = db
        .query(&Scope::system(), &ASK, params! { schema, tables })
        .await;
    for row in rows.map_err(cannot)? {
        let (of, text) = (
            row.get("of").map_err(cannot)?,
            row.get("text").map_err(cannot)?,
        );
        verified.differences.push(Note { of, text });
    }
    Ok(())
}
