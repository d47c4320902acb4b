//! Constraints that are added to a table in use, and how they are validated.

use crate::lint::claim::{Lock, Work};
use crate::lint::locks;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{
    self, Action, AlterTable, Column, Constraint, ConstraintKind, Ident, Name, Reference,
    Statement, Word,
};
use crate::lint::step::Step;
use std::collections::BTreeSet;

pub(in crate::lint) const CHECK: LintRule = LintRule::error(
    "check-without-not-valid",
    "a CHECK is added and looked at for every row while everybody waits",
)
.and_down();
pub(in crate::lint) const FOREIGN_KEY: LintRule = LintRule::error(
    "foreign-key-without-not-valid",
    "a foreign key is added and looked at for every row while all writes wait",
)
.and_down();
pub(in crate::lint) const VALIDATE: LintRule = LintRule::error(
    "validate-while-locked",
    "a constraint is validated in a transaction that holds up others",
)
.and_down();
pub(in crate::lint) const EXCLUSION: LintRule = LintRule::error(
    "exclusion-constraint",
    "an exclusion constraint is added, for which there is no way that lets others go on",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let Statement::AlterTable(alter) = &step.statement else {
        return;
    };
    if scene.is_ours(&alter.table) {
        return;
    }
    let table = &alter.table;
    for (at, action) in &alter.actions {
        match action {
            Action::AddConstraint(constraint) => {
                out.extend(constrained(step, scene, table, constraint));
            }
            Action::AddColumn { column, .. } => {
                out.extend(of_column(step, scene, table, column));
            }
            Action::ValidateConstraint(name) => {
                out.extend(validated(step, scene, *at, alter, name));
            }
            _ => {}
        }
    }
}

/// A constraint as it is to be added: its name, and all else as it is written.
struct Wanted {
    name: Ident,
    demand: String,
}

fn of_column(step: &Step<'_>, scene: &Scene<'_>, table: &Name, column: &Column<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let name = &column.name;
    let wanted = |at: usize, suffix: &str, before: String| {
        let asked = column.asked(at);
        let demand = asked.map_or_else(String::new, |it| sql::text(&it.words));
        Wanted {
            name: named(
                asked.and_then(|it| it.name.as_ref()),
                table,
                &format!("{}_{suffix}", name.text),
            ),
            demand: before + &demand,
        }
    };
    for (at, _) in &column.checks {
        let what = format!("The CHECK on the new column {name}");
        let wanted = wanted(*at, "check", String::new());
        found.push(check(step, *at, table, &what, &wanted));
    }
    if let Some(reference) = column.references.as_ref().filter(|_| column.has_default()) {
        let wanted = wanted(reference.at, "fkey", format!("FOREIGN KEY ({name}) "));
        found.push(foreign(
            step,
            scene,
            reference.at,
            table,
            reference,
            &wanted,
        ));
    }
    found
}

fn constrained(
    step: &Step<'_>,
    scene: &Scene<'_>,
    table: &Name,
    constraint: &Constraint<'_>,
) -> Option<Found> {
    let at = constraint.at;
    let wanted = |suffix: &str| Wanted {
        name: named(constraint.name.as_ref(), table, suffix),
        demand: sql::text(&constraint.words),
    };
    Some(match &constraint.kind {
        ConstraintKind::Exclude => {
            let problem = format!(
                "An index is built from all rows of {table}, and every read and write waits until that is done. Postgres has no other way to add an exclusion constraint."
            );
            let instead = format!(
                "Make a new table with the constraint, copy {table} into it in batches, and change over; or do this while nobody works."
            );
            Found::new(&EXCLUSION, step, at, problem, instead)
                .locking(Lock::AccessExclusive, table)
                .working(Work::Indexes)
        }
        _ if constraint.not_valid => return None,
        ConstraintKind::Check(words) => {
            let suffix = check_suffix(scene, table, words);
            check(step, at, table, "The CHECK", &wanted(&suffix))
        }
        ConstraintKind::NotNull(column) => {
            let wanted = wanted(&format!("{column}_not_null"));
            check(step, at, table, &format!("NOT NULL on {column}"), &wanted)
        }
        ConstraintKind::Foreign(columns, reference) => {
            let wanted = wanted(&format!("{}_fkey", columns.join("_")));
            foreign(step, scene, at, table, reference, &wanted)
        }
        ConstraintKind::Unique(..) | ConstraintKind::Primary(..) => return None,
    })
}

/// What Postgres puts behind the table's name: a CHECK on one column is called after that too.
fn check_suffix(scene: &Scene<'_>, table: &Name, words: &[Word<'_>]) -> String {
    let known = scene.schema.table(table);
    let is_column = |name: &String| known.is_some_and(|known| known.columns.contains_key(name));
    let names = words
        .iter()
        .filter_map(|word| sql::fold(word, scene.engine));
    let columns: BTreeSet<String> = names.filter(is_column).collect();
    match columns.first() {
        Some(only) if columns.len() == 1 => format!("{only}_check"),
        _ => "check".to_owned(),
    }
}

/// The name that is given, or one as Postgres would give.
fn named(name: Option<&Ident>, table: &Name, suffix: &str) -> Ident {
    let given = name.cloned();
    given.unwrap_or_else(|| Ident {
        text: format!("{}_{suffix}", table.name),
        at: 0,
    })
}

fn check(step: &Step<'_>, at: usize, table: &Name, what: &str, wanted: &Wanted) -> Found {
    let Wanted { name, demand } = wanted;
    let problem = format!(
        "{what} is looked at for every row of {table}, and every read and write waits meanwhile."
    );
    let instead = format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} {demand} NOT VALID; and in the next revision\nALTER TABLE {table} VALIDATE CONSTRAINT {name};"
    );
    Found::new(&CHECK, step, at, problem, instead)
        .locking(Lock::AccessExclusive, table)
        .working(Work::Reads)
}

fn foreign(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    reference: &Reference,
    wanted: &Wanted,
) -> Found {
    let Wanted { name, demand } = wanted;
    let parent = &reference.table;
    let problem = format!(
        "Every row of {table} is looked up in {parent}, and all writes to both tables wait meanwhile."
    );
    let partitioned = scene
        .schema
        .table(table)
        .is_some_and(|table| table.is_partitioned);
    let instead = if partitioned && scene.pg_version < 18 {
        format!(
            "Before Postgres 18 a partitioned table takes no foreign key with NOT VALID: add it with NOT VALID to each partition, validate each, and then add it to {table}, which finds it there."
        )
    } else {
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {name} {demand} NOT VALID; and in the next revision\n\
             ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
        )
    };
    let found = Found::new(&FOREIGN_KEY, step, at, problem, instead);
    let lock = if matches!(step.statement, Statement::AlterTable(ref alter) if alter.actions.iter().any(|(_, it)| matches!(it, Action::AddColumn { .. })))
    {
        Lock::AccessExclusive
    } else {
        Lock::ShareRowExclusive
    };
    found.locking(lock, table).working(Work::Reads)
}

/// VALIDATE lets everybody go on, unless its transaction already holds a lock that does not.
fn validated(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    alter: &AlterTable<'_>,
    name: &Ident,
) -> Option<Found> {
    let table = &alter.table;
    let known = scene
        .schema
        .table(table)
        .and_then(|it| it.constraints.get(&name.text));
    if known.is_some_and(|known| known.is_valid) {
        return None;
    }
    let here = locks::taken(step, scene);
    let here = here.iter().filter(|it| it.lock >= Lock::Share);
    // Inside of DO there always is a transaction.
    let together = |key| scene.is_whole() || (step.is_inner && key == step.key);
    let before = scene.held.locks.iter().filter(|it| together(it.key));
    let held = before.map(|it| &it.taken).chain(here);
    let worst = held.max_by_key(|it| it.lock)?;
    let (lock, on) = (worst.lock, &worst.table);
    let problem = format!(
        "The transaction already holds {lock} on {on}, so {} to {on} waits while all rows of {table} are read.",
        lock.blocks()
    );
    let instead =
        format!("A revision of its own:\nALTER TABLE {table} VALIDATE CONSTRAINT {name};");
    let found = Found::new(&VALIDATE, step, at, problem, instead);
    Some(found.locking(lock, on).working(Work::Reads))
}
