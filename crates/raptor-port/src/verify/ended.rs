//! What the run itself says: whether it came to its end, and with what.

use super::Verified;
use crate::error::{Error, Result};
use crate::load::Ledger;
use crate::plan::{Note, Plan};
use raptor_db::{Db, Scope, Sql, params};

/// Tells what is missing of a run: its end, what it could not make, rows beyond those that the plan lets go,
/// foreign keys and triggers that are still set aside. A schema that no run has filled says nothing. Answers
/// whether all that is made at the end is said to be there.
pub(super) async fn look(db: &Db, plan: &Plan, verified: &mut Verified) -> Result<bool> {
    let ledger = Ledger::new(&plan.schema);
    if !ledger.is_there(db).await? {
        return Ok(true);
    }
    let Some(begun) = ledger.begun(db).await? else {
        return Ok(true);
    };
    let has_all = begun.ended.as_ref().is_some_and(Vec::is_empty);
    let mut differ = |of: &str, text: String| {
        let of = of.to_owned();
        verified.differences.push(Note { of, text });
    };
    match begun.ended {
        None => differ(
            "the run",
            "has not come to its end, so that keys, views and triggers may be missing: `raptor port run` goes on with it".to_owned(),
        ),
        Some(missing) => missing
            .into_iter()
            .for_each(|it| differ(&it.of, format!("is missing: {}; `raptor port run` tries it once more", it.text))),
    }
    for (table, carried) in ledger.counted(db).await? {
        let allowed = plan.table(&table).map_or(0, |it| it.rejects);
        let said = |it: &Note| it.of == format!("table {table}");
        if carried.rejected > 0 && carried.rejected <= allowed {
            verified.notes.push(Note {
                of: format!("table {table}"),
                text: format!(
                    "{} rows were rejected, as the plan allows; they are in raptor_port.rejected",
                    carried.rejected
                ),
            });
        }
        if carried.rejected > allowed && !verified.differences.iter().any(said) {
            let rejected = carried.rejected;
            verified.differences.push(Note {
                of: format!("table {table}"),
                text: format!("{rejected} rows were rejected, and the plan allows {allowed}; they are in raptor_port.rejected"),
            });
        }
    }
    for (name, of) in aside(db, plan).await? {
        verified.differences.push(Note {
            of: format!("{name} of {of}"),
            text: "is still set aside: `raptor port run` brings it back".to_owned(),
        });
    }
    Ok(has_all)
}

async fn aside(db: &Db, plan: &Plan) -> Result<Vec<(String, String)>> {
    static ASK: Sql = Sql::new(
        "SELECT name, of FROM raptor_port.set_aside WHERE target = :target AND less IS DISTINCT FROM 'SELECT 1' ORDER BY number",
    );
    let cannot = |error| Error::database("what was set aside cannot be read", error);
    let target = &plan.schema;
    let rows = db.query(&Scope::system(), &ASK, params! { target }).await;
    let rows = rows.map_err(cannot)?;
    let one = |row: &raptor_db::Row| Ok((row.get("name")?, row.get("of")?));
    let aside = rows.iter().map(one).collect::<raptor_db::Result<_>>();
    aside.map_err(cannot)
}
