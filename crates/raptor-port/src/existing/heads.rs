//! Whether the file and the schema that is there were migrated to the same point.

use crate::error::{Error, ErrorKind, Result};
use crate::framework::{Framework, Sign};
use crate::plan::Plan;
use crate::source::{Source, quoted};
use raptor_db::{Db, Go, Scope, SnapshotReader, Sql, params};
use std::collections::BTreeSet;

/// Refuses when one of them was migrated further than the other.
pub(crate) async fn compare(
    reader: &SnapshotReader,
    source: &Source,
    db: &Db,
    plan: &Plan,
) -> Result<()> {
    for sign in Framework::found(source) {
        // Somebody has decided it.
        if plan.table(sign.table).is_some_and(|it| it.skip.is_some()) {
            continue;
        }
        let ours = of_file(reader, &sign)?;
        let Some(theirs) = of_schema(db, plan, &sign).await? else {
            let message = format!(
                "the file has {}, and the schema {} does not: make it with `{}` first",
                sign.table, plan.schema, sign.command
            );
            return Err(Error::new(ErrorKind::Plan, message));
        };
        let shown = |set: BTreeSet<&String>| {
            let names: Vec<&str> = set.into_iter().map(String::as_str).take(5).collect();
            if names.is_empty() {
                "nothing".to_owned()
            } else {
                names.join(", ")
            }
        };
        if ours != theirs {
            let message = format!(
                "they were not migrated to the same point, by {}: the file alone has {}, the schema {} alone has {}; bring both to the same release, or, where each engine has a chain of its own, write `skip = \"why\"` below [tables.{}]",
                sign.table,
                shown(ours.difference(&theirs).collect()),
                plan.schema,
                shown(theirs.difference(&ours).collect()),
                sign.table
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
    }
    Ok(())
}

fn of_file(reader: &SnapshotReader, sign: &Sign) -> Result<BTreeSet<String>> {
    let mut heads = BTreeSet::new();
    let columns = sign.part.into_iter().chain([sign.column]);
    let columns = columns.map(|it| format!("CAST({} AS TEXT)", quoted(it)));
    let columns: Vec<String> = columns.collect();
    let query = format!(
        "SELECT {} FROM {}",
        columns.join(" || '.' || "),
        quoted(sign.table)
    );
    let read = reader.each(&query, &[], |row| {
        heads.extend(row.get(0).as_str().map(str::to_owned));
        Ok(Go::On)
    });
    read.map_err(Error::source_file)?;
    Ok(heads)
}

async fn of_schema(db: &Db, plan: &Plan, sign: &Sign) -> Result<Option<BTreeSet<String>>> {
    let Some(table) = plan.table(sign.table) else {
        return Ok(None);
    };
    let columns = sign.part.into_iter().chain([sign.column]);
    let columns = columns.map(|name| {
        let to = table.column(name).map_or(name, |it| it.to.as_str());
        format!("{}::text", quoted(to))
    });
    let columns: Vec<String> = columns.collect();
    let query = format!(
        "SELECT {} AS head FROM {}.{}",
        columns.join(" || '.' || "),
        quoted(&plan.schema),
        quoted(&table.to)
    );
    match db
        .query(&Scope::system(), &Sql::dynamic(query), params! {})
        .await
    {
        Ok(rows) => {
            let heads = rows.iter().map(|row| row.get("head"));
            let heads = heads.collect::<raptor_db::Result<_>>();
            heads
                .map(Some)
                .map_err(|error| Error::database("what was migrated cannot be read", error))
        }
        Err(error) if error.code() == Some("42P01") => Ok(None),
        Err(error) => Err(Error::database("what was migrated cannot be read", error)),
    }
}
