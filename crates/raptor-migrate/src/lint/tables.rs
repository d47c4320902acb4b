//! Tables as they are when a revision has made them.

use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::schema::KnownTable;
use super::sql::{Action, ConstraintKind, Statement, Table};
use super::step::Step;
use raptor_db::Engine;

pub(super) const NO_KEY: LintRule = LintRule::warning(
    "table-without-primary-key",
    "a table is made without a primary key",
);
pub(super) const UNDECLARED: LintRule = LintRule::error(
    "undeclared-table",
    "a table is made that the declaration of access does not name",
);
pub(super) const NO_INDEX: LintRule = LintRule::warning(
    "foreign-key-without-index",
    "a foreign key has no index: each delete of a parent row reads the whole table",
);

/// Looks at what one statement made, as it is at the end of the revision.
pub(super) fn look_back(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateTable(table) if !step.is_rebuild => {
            let Some(known) = scene.schema.table(&table.name) else {
                return;
            };
            out.extend(keyless(step, table, known));
            out.extend(undeclared(step, scene, table));
            for column in &table.columns {
                if let Some(reference) = &column.references {
                    let columns = [column.name.text.clone()];
                    out.extend(unindexed(step, known, reference.at, &columns));
                }
            }
            for constraint in &table.constraints {
                if let ConstraintKind::Foreign(columns, _) = &constraint.kind {
                    out.extend(unindexed(step, known, constraint.at, columns));
                }
            }
        }
        Statement::AlterTable(alter) => {
            let known = scene.schema.table(&alter.table);
            // What indexes a table has that the chain did not make is not known.
            let Some(known) = known.filter(|known| known.is_complete) else {
                return;
            };
            for (at, action) in &alter.actions {
                match action {
                    Action::AddConstraint(constraint) => {
                        if let ConstraintKind::Foreign(columns, _) = &constraint.kind {
                            out.extend(unindexed(step, known, *at, columns));
                        }
                    }
                    Action::AddColumn { column, .. } => {
                        if let Some(reference) = &column.references {
                            let columns = [column.name.text.clone()];
                            out.extend(unindexed(step, known, reference.at, &columns));
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn keyless(step: &Step<'_>, table: &Table<'_>, known: &KnownTable) -> Option<Found> {
    let elsewhere = table.is_temporary || table.is_elsewhere || table.partition_of.is_some();
    let copied = table.like.as_ref().is_some_and(|(_, indexes)| *indexes);
    if elsewhere || copied || known.primary_key().is_some() {
        return None;
    }
    let name = &table.name;
    let problem =
        format!("Two rows of {name} can be the same, so that none of them can be meant alone.");
    let instead = "id uuid PRIMARY KEY, or the columns that are unique anyway: PRIMARY KEY (…).";
    Some(Found::new(&NO_KEY, step, name.at, problem, instead))
}

fn undeclared(step: &Step<'_>, scene: &Scene<'_>, table: &Table<'_>) -> Option<Found> {
    let declared = scene.declared?;
    let name = &table.name;
    let known = declared.contains(&name.name) || declared.contains(&name.to_string());
    if known || table.is_temporary {
        return None;
    }
    let problem = format!("The declaration of access does not say who may do what with {name}.");
    let instead = format!("Declare {name}, if only to say that the run-time login may not use it.");
    Some(Found::new(&UNDECLARED, step, name.at, problem, instead))
}

fn unindexed(step: &Step<'_>, known: &KnownTable, at: usize, columns: &[String]) -> Option<Found> {
    if columns.is_empty() || known.is_indexed(columns) || known.is_partitioned {
        return None;
    }
    let (table, list) = (&known.name, columns.join(", "));
    let problem = format!(
        "No index of {table} begins with {list}: each delete of a row that it can point at, and each change of that row's key, reads all of {table}."
    );
    let instead = match step.engine {
        Engine::Postgres => format!(
            "CREATE INDEX ON {table} ({list}); in this revision if the table is new, and with CONCURRENTLY and a name in one with tx=off if it is not."
        ),
        Engine::Sqlite => format!(
            "CREATE INDEX {}_idx ON {table} ({list});",
            columns.join("_")
        ),
    };
    Some(Found::new(&NO_INDEX, step, at, problem, instead))
}
