//! What the run itself says: whether it came to its end, and with what.

use super::Verified;
use crate::error::{Error, Result};
use crate::left_out;
use crate::load::Ledger;
use crate::plan::{Note, Plan};
use crate::run::TableDone;
use crate::sync;
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
    match begun.ended {
        None => verified.differences.push(Note {
            of: "the run".to_owned(),
            text: "has not come to its end, so that keys, views and triggers may be missing: `raptor port run` goes on with it".to_owned(),
        }),
        Some(missing) => missing.into_iter().for_each(|it| {
            // A constraint that is not valid is told once.
            verified
                .differences
                .retain(|told| told.of.strip_prefix("constraint ") != Some(&it.of));
            let again = match it.of.starts_with("table ") {
                true => "",
                false => "; `raptor port run` tries it once more",
            };
            verified.differences.push(Note {
                text: format!("is missing: {}{again}", it.text),
                of: it.of,
            });
        }),
    }
    let mut counted = ledger.counted(db).await?;
    verified.sync = sync::position(db, &plan.schema, &mut counted).await?;
    for (table, carried) in counted {
        let allowed = plan.table(&table).map_or(0, |it| it.rejects);
        let carried = TableDone::from(carried);
        verified
            .notes
            .extend(left_out::fate(&table, carried, allowed));
        let of = format!("table {table}");
        let is_told = verified.differences.iter().any(|it| it.of == of);
        let beyond = left_out::beyond(&table, carried, allowed);
        verified.differences.extend(beyond.filter(|_| !is_told));
        verified.carried.insert(table, carried);
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
