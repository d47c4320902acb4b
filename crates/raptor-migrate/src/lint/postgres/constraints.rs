//! Constraints that are added to a table in use, and how they are validated.

use crate::lint::claim::{Lock, Work};
use crate::lint::locks;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{
    self, Action, AlterTable, Constraint, ConstraintKind, Ident, Name, OnDelete, Reference,
    Statement,
};
use crate::lint::step::Step;

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
                for (at, words) in &column.checks {
                    let column = &column.name;
                    let what = format!("The CHECK on the new column {column}");
                    let name = named(None, table, &format!("{}_check", column.text));
                    let demand = format!("CHECK ({})", sql::text(words));
                    out.push(check(step, *at, table, &name, &what, &demand));
                }
                if let Some(reference) = column.references.as_ref().filter(|_| column.has_default())
                {
                    let columns = [column.name.text.clone()];
                    out.push(foreign(
                        step,
                        scene,
                        reference.at,
                        table,
                        None,
                        &columns,
                        reference,
                    ));
                }
            }
            Action::ValidateConstraint(name) => {
                out.extend(validated(step, scene, *at, alter, name));
            }
            _ => {}
        }
    }
}

fn constrained(
    step: &Step<'_>,
    scene: &Scene<'_>,
    table: &Name,
    constraint: &Constraint<'_>,
) -> Option<Found> {
    let (at, name) = (constraint.at, constraint.name.as_ref());
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
            let name = named(name, table, "check");
            check(
                step,
                at,
                table,
                &name,
                "The CHECK",
                &format!("CHECK ({})", sql::text(words)),
            )
        }
        ConstraintKind::NotNull(column) => {
            let name = named(name, table, &format!("{column}_not_null"));
            check(
                step,
                at,
                table,
                &name,
                &format!("NOT NULL on {column}"),
                &format!("NOT NULL {column}"),
            )
        }
        ConstraintKind::Foreign(columns, reference) => {
            foreign(step, scene, at, table, name, columns, reference)
        }
        ConstraintKind::Unique(..) | ConstraintKind::Primary(..) => return None,
    })
}

/// The name that is given, or one as Postgres would give.
fn named(name: Option<&Ident>, table: &Name, suffix: &str) -> Ident {
    let given = name.cloned();
    given.unwrap_or_else(|| Ident {
        text: format!("{}_{suffix}", table.name),
        at: 0,
    })
}

fn check(
    step: &Step<'_>,
    at: usize,
    table: &Name,
    name: &Ident,
    what: &str,
    demand: &str,
) -> Found {
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
    name: Option<&Ident>,
    columns: &[String],
    reference: &Reference,
) -> Found {
    let parent = &reference.table;
    let problem = format!(
        "Every row of {table} is looked up in {parent}, and all writes to both tables wait meanwhile."
    );
    let partitioned = scene
        .schema
        .table(table)
        .is_some_and(|table| table.is_partitioned);
    let name = named(name, table, &format!("{}_fkey", columns.join("_")));
    let instead = if partitioned && scene.pg_version < 18 {
        format!(
            "Before Postgres 18 a partitioned table takes no foreign key with NOT VALID: add it with NOT VALID to each partition, validate each, and then add it to {table}, which finds it there."
        )
    } else {
        let columns = columns.join(", ");
        let target = match reference.columns[..] {
            [] => parent.to_string(),
            ref columns => format!("{parent} ({})", columns.join(", ")),
        };
        let on_delete = match reference.on_delete {
            OnDelete::Refuse => String::new(),
            action => format!(" ON DELETE {}", action.as_str()),
        };
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target}{on_delete} NOT VALID; and in the next revision\n\
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
