//! What Postgres holds to by itself: constraints that were validated, and numbers that go on.

use crate::error::{Error, Result};
use crate::existing::numbers::Numbers;
use crate::plan::{Note, Plan};
use crate::source::quoted;
use raptor_db::{Db, Scope, Sql, params};

static UNVALIDATED: Sql = Sql::new(
    "SELECT conname::text AS name, conrelid::regclass::text AS of FROM pg_catalog.pg_constraint \
     WHERE connamespace = to_regnamespace(:schema) AND NOT convalidated ORDER BY 2, 1",
);

/// What does not hold.
pub(super) async fn look(db: &Db, plan: &Plan) -> Result<Vec<Note>> {
    let cannot = |error| Error::database("the catalogs cannot be read", error);
    let schema = quoted(&plan.schema);
    let mut found = Vec::new();
    for row in db
        .query(&Scope::system(), &UNVALIDATED, params! { schema })
        .await
        .map_err(cannot)?
    {
        let (name, of): (String, String) = (
            row.get("name").map_err(cannot)?,
            row.get("of").map_err(cannot)?,
        );
        let of = format!("constraint {name} of {of}");
        let text = "is not valid for all rows that are there".to_owned();
        found.push(Note { of, text });
    }
    for numbers in Numbers::all(db, &plan.schema).await? {
        if numbers.is_behind(db).await? {
            let of = format!("{}.{}", numbers.of, numbers.column);
            let text = format!(
                "would be given a number again that is there: {} is behind",
                numbers.sequence
            );
            found.push(Note { of, text });
        }
    }
    Ok(found)
}
