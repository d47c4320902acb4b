//! What Postgres holds to by itself: foreign keys that were validated, and numbers that go on.

use crate::ddl::quoted;
use crate::error::{Error, Result};
use crate::plan::{Note, Plan};
use crate::source::Source;
use raptor_db::{Db, Scope, Sql, params};

static UNVALIDATED: Sql = Sql::new(
    "SELECT conname::text AS name, conrelid::regclass::text AS of FROM pg_catalog.pg_constraint \
     WHERE connamespace = to_regnamespace(:schema) AND NOT convalidated ORDER BY 2, 1",
);

static NUMBERS: Sql = Sql::new(
    "SELECT s.seqrelid::regclass::text AS sequence, d.refobjid::regclass::text AS of, a.attname::text AS column \
     FROM pg_catalog.pg_sequence AS s JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid \
     JOIN pg_catalog.pg_depend AS d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 \
     AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
     WHERE c.relnamespace = to_regnamespace(:schema) ORDER BY 2, 3",
);

/// What does not hold.
pub(super) async fn look(db: &Db, _source: &Source, plan: &Plan) -> Result<Vec<Note>> {
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
        found.push(Note {
            of: format!("constraint {name} of {of}"),
            text: "is not valid for all rows that are there".to_owned(),
        });
    }
    for row in db
        .query(&Scope::system(), &NUMBERS, params! { schema })
        .await
        .map_err(cannot)?
    {
        let (sequence, of, column): (String, String, String) = (
            row.get("sequence").map_err(cannot)?,
            row.get("of").map_err(cannot)?,
            row.get("column").map_err(cannot)?,
        );
        let name = quoted(&column);
        let ask = format!(
            "SELECT coalesce((SELECT max({name})::bigint FROM {of}), 0) >= CASE WHEN is_called THEN last_value + 1 ELSE last_value END AS behind FROM {sequence}"
        );
        let behind: bool = db
            .query_one(&Scope::system(), &Sql::dynamic(ask), params! {})
            .await
            .and_then(|row| row.get("behind"))
            .map_err(cannot)?;
        if behind {
            found.push(Note {
                of: format!("{of}.{column}"),
                text: format!("would be given a number again that is there: {sequence} is behind"),
            });
        }
    }
    Ok(found)
}
