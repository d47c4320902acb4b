//! Partitions of a table in use.

use crate::lint::claim::{Lock, Work};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Name, Statement, Table, Word};
use crate::lint::step::Step;

pub(in crate::lint) const ATTACH: LintRule = LintRule::error(
    "attach-without-check",
    "a partition is attached without a CHECK that says its rows fit, so all of them are read",
)
.and_down();
pub(in crate::lint) const DETACH: LintRule = LintRule::error(
    "detach-without-concurrently",
    "a partition is detached, for which everybody has to wait",
)
.and_down();
pub(in crate::lint) const CREATE: LintRule = LintRule::warning(
    "create-partition",
    "a partition is made inside of a table in use, for which everybody has to wait",
)
.and_down();
pub(in crate::lint) const DEFAULT: LintRule = LintRule::error(
    "default-partition-is-read",
    "a new partition makes Postgres read all rows of the default one",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateTable(table) => out.extend(made(step, scene, table)),
        Statement::AlterTable(alter) => {
            let parent = &alter.table;
            for (at, action) in &alter.actions {
                match action {
                    Action::Attach { partition, bound } => {
                        attached(step, scene, *at, parent, partition, bound, out);
                    }
                    Action::Detach {
                        partition,
                        concurrently: false,
                        finalize: false,
                    } if !scene.is_ours(parent) => {
                        out.push(detached(step, scene, *at, parent, partition));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn attached(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    parent: &Name,
    partition: &Name,
    bound: &[Word<'_>],
    out: &mut Vec<Found>,
) {
    if !is_proved(scene, partition, bound) {
        let problem = format!(
            "No validated CHECK on {partition} says that its rows fit, with its columns NOT NULL: Postgres reads all of them, and every read and write of {partition} waits meanwhile."
        );
        let instead = format!(
            "Before, in revisions of their own: ALTER TABLE {partition} ADD CONSTRAINT … CHECK (the column IS NOT NULL AND it is within the bounds) NOT VALID; and VALIDATE CONSTRAINT. Drop the CHECK after ATTACH."
        );
        let found = Found::new(&ATTACH, step, at, problem, instead);
        out.push(
            found
                .locking(Lock::AccessExclusive, partition)
                .working(Work::Reads),
        );
    }
    let default = scene
        .schema
        .table(parent)
        .and_then(|it| it.default_partition.as_ref());
    if let Some(default) = default.filter(|default| !scene.is_ours(default)) {
        out.push(default_read(step, at, parent, default));
    }
}

fn default_read(step: &Step<'_>, at: usize, parent: &Name, default: &Name) -> Found {
    let problem = format!(
        "{default} may hold rows that belong into the new partition of {parent}: Postgres reads all of it, and every read and write of {default} waits meanwhile."
    );
    let instead = format!(
        "Give {default} a validated CHECK that shuts out the new bounds before; or have no default partition."
    );
    Found::new(&DEFAULT, step, at, problem, instead)
        .locking(Lock::AccessExclusive, default)
        .working(Work::Reads)
}

/// Whether nothing has to be read to see that the rows of `partition` fit the bound: it is new, or
/// a validated CHECK names every value of the bound and the columns are NOT NULL.
pub(in crate::lint) fn is_proved(scene: &Scene<'_>, partition: &Name, bound: &[Word<'_>]) -> bool {
    if scene.is_ours(partition) || bound.first().is_some_and(|word| word.is("default")) {
        return true;
    }
    let Some(table) = scene.schema.table(partition) else {
        return false;
    };
    let values = bound
        .iter()
        .filter(|word| word.is_literal() && !word.is("null"));
    let values: Vec<&str> = values.map(|word| word.text).collect();
    table.checks().any(|(check, is_valid)| {
        let names_all = values
            .iter()
            .all(|value| check.words.iter().any(|word| word == value));
        let hash = check
            .words
            .iter()
            .any(|word| word == "satisfies_hash_partition");
        let columns = check
            .words
            .iter()
            .filter(|word| table.columns.contains_key(*word));
        let mut columns = columns.peekable();
        let known = columns.peek().is_some();
        let filled =
            columns.all(|column| check.not_null.contains(column) || table.holds_no_null(column));
        let filled = if known {
            filled
        } else {
            !check.not_null.is_empty()
        };
        is_valid && (hash || (names_all && filled && !values.is_empty()))
    })
}

fn detached(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    parent: &Name,
    partition: &Name,
) -> Found {
    let problem = format!(
        "Every read and write of {parent}, with all its partitions, waits for this statement, which itself waits for every query that runs."
    );
    let instead = if scene.pg_version >= 14 {
        format!(
            "In a revision of its own with tx=off: ALTER TABLE {parent} DETACH PARTITION {partition} CONCURRENTLY;"
        )
    } else {
        "Postgres 14 and later have DETACH PARTITION … CONCURRENTLY (in a revision with tx=off); before, do it when little is going on.".to_owned()
    };
    Found::new(&DETACH, step, at, problem, instead).locking(Lock::AccessExclusive, parent)
}

fn made(step: &Step<'_>, scene: &Scene<'_>, table: &Table<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let Some((parent, is_default)) = &table.partition_of else {
        return found;
    };
    if scene.is_ours(parent) {
        return found;
    }
    let name = &table.name;
    let problem = format!(
        "CREATE TABLE … PARTITION OF needs {parent} for itself: every read and write of it waits, while the statement waits for every query that runs."
    );
    let instead = format!(
        "CREATE TABLE {name} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);\n\
         ALTER TABLE {parent} ATTACH PARTITION {name} …; (ATTACH lets reads and writes go on.)"
    );
    found.push(
        Found::new(&CREATE, step, step.start(), problem, instead)
            .locking(Lock::AccessExclusive, parent),
    );
    let default = scene
        .schema
        .table(parent)
        .and_then(|it| it.default_partition.as_ref());
    if let Some(default) = default.filter(|default| !is_default && !scene.is_ours(default)) {
        found.push(default_read(step, step.start(), parent, default));
    }
    found
}
