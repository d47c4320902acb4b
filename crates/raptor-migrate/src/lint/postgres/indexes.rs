//! Indexes of a table in use.

use crate::lint::claim::{Lock, Work};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{self, Drop, Ident, Index, Name, Object, Reindex, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const CREATE: LintRule = LintRule::error(
    "index-without-concurrently",
    "an index is built on a table in use while all writes wait",
)
.and_down();
pub(in crate::lint) const DROP: LintRule = LintRule::error(
    "drop-index-without-concurrently",
    "an index of a table in use is dropped, for which everybody has to wait",
)
.and_down();
pub(in crate::lint) const REINDEX: LintRule = LintRule::error(
    "reindex-without-concurrently",
    "an index is built anew while all writes wait, and most reads",
)
.and_down();
pub(in crate::lint) const ACCEPTS_INVALID: LintRule = LintRule::warning(
    "index-if-not-exists",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS takes an index that was left unfinished for done",
)
.and_down()
.opt_in();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateIndex(index) => out.extend(created(step, scene, index)),
        Statement::Drop(drop) if drop.object == Object::Index => {
            out.extend(dropped(step, scene, drop));
        }
        Statement::Reindex(reindex) => out.extend(reindexed(step, scene, reindex)),
        _ => {}
    }
}

fn created(step: &Step<'_>, scene: &Scene<'_>, index: &Index<'_>) -> Option<Found> {
    let table = &index.table;
    let name = index.name.clone().unwrap_or_else(|| unnamed(index));
    let unique = if index.is_unique { "UNIQUE " } else { "" };
    let tail = sql::text(&index.tail);
    if index.is_concurrent {
        if !index.if_not_exists {
            return None;
        }
        let problem = format!(
            "Where a try by hand or by another tool was interrupted, {name} is there and not valid: IF NOT EXISTS leaves it so, and no query ever uses it. The runner asks the catalog after an interruption of its own, and needs no IF NOT EXISTS."
        );
        let instead = format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table} {tail};");
        return Some(Found::new(
            &ACCEPTS_INVALID,
            step,
            step.start(),
            problem,
            instead,
        ));
    }
    let known = scene.schema.table(table);
    let partitioned = known.is_some_and(|known| known.is_partitioned);
    if scene.is_ours(table) || (index.only && partitioned) {
        return None;
    }
    let problem = format!(
        "All rows of {table} are read to build the index, and every write to it waits until the transaction ends."
    );
    let instead = if partitioned {
        format!(
            "CREATE {unique}INDEX {name} ON ONLY {table} {tail}; then, in a revision with tx=off, CREATE {unique}INDEX CONCURRENTLY on each partition, and ALTER INDEX {name} ATTACH PARTITION … for each."
        )
    } else {
        format!(
            "In a revision of its own with tx=off: CREATE {unique}INDEX CONCURRENTLY {name} ON {table} {tail};"
        )
    };
    let found = Found::new(&CREATE, step, step.start(), problem, instead);
    Some(found.locking(Lock::Share, table).working(Work::Indexes))
}

fn dropped(step: &Step<'_>, scene: &Scene<'_>, drop: &Drop) -> Option<Found> {
    if drop.is_concurrent {
        return None;
    }
    let in_use = |name: &&Name| match scene.schema.index(&name.name) {
        Some((table, _)) => !scene.is_ours(&table.name),
        None => true,
    };
    let name = drop.names.iter().find(in_use)?;
    let table = scene.schema.index(&name.name).map(|(table, _)| &table.name);
    let on = table.map_or_else(|| "its table".to_owned(), ToString::to_string);
    let partitioned = table
        .and_then(|table| scene.schema.table(table))
        .is_some_and(|it| it.is_partitioned);
    let problem = format!(
        "To drop {name}, Postgres needs {on} for itself: the statement waits for every query that runs, and everybody who comes after waits behind it."
    );
    let instead = if partitioned {
        "An index of a partitioned table cannot be dropped concurrently: do it when little is going on; the runner's lock timeout bounds the wait.".to_owned()
    } else {
        format!("In a revision of its own with tx=off: DROP INDEX CONCURRENTLY {name};")
    };
    let found = Found::new(&DROP, step, name.at, problem, instead);
    Some(match table {
        Some(table) => found.locking(Lock::AccessExclusive, table),
        None => Found {
            lock: Some(Lock::AccessExclusive),
            ..found
        },
    })
}

fn reindexed(step: &Step<'_>, scene: &Scene<'_>, reindex: &Reindex) -> Option<Found> {
    if reindex.is_concurrent {
        return None;
    }
    let name = reindex.name.as_ref();
    let table = match reindex.what.as_str() {
        "table" => name,
        "index" => name
            .and_then(|name| scene.schema.index(&name.name))
            .map(|(table, _)| &table.name),
        _ => None,
    };
    if table.is_some_and(|table| scene.is_ours(table)) {
        return None;
    }
    let shown = name.map_or_else(String::new, ToString::to_string);
    let what = reindex.what.to_ascii_uppercase();
    let problem = format!(
        "REINDEX {what} {shown} builds anew while every write to the table waits, and with the index locked nearly every read waits too."
    );
    let instead =
        format!("In a revision of its own with tx=off: REINDEX {what} CONCURRENTLY {shown};");
    let found = Found::new(&REINDEX, step, step.start(), problem, instead).working(Work::Indexes);
    Some(match table {
        Some(table) => found.locking(Lock::Share, table),
        None => Found {
            lock: Some(Lock::Share),
            ..found
        },
    })
}

/// A name as Postgres would give one.
fn unnamed(index: &Index<'_>) -> Ident {
    let mut parts = vec![index.table.name.as_str()];
    let columns = index
        .columns
        .iter()
        .map(|column| if column.is_empty() { "expr" } else { column });
    parts.extend(columns);
    parts.push("idx");
    Ident {
        text: parts.join("_"),
        at: 0,
    }
}
