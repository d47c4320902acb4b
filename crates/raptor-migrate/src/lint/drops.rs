//! What takes rows away for good, on both engines.

use super::claim::Lock;
use super::cost::dotted;
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{Action, Drop, Name, Object, Statement};
use super::step::Step;
use crate::revision::Phase;

pub(super) const TABLE: LintRule = LintRule::error(
    "drop-table",
    "a table is dropped that the running release may use",
);
pub(super) const COLUMN: LintRule = LintRule::error(
    "drop-column",
    "a column is dropped that the running release may use",
);
pub(super) const SCHEMA: LintRule = LintRule::error(
    "drop-schema",
    "a schema, or all that a role owns, is dropped",
)
.and_down();
pub(super) const DATABASE: LintRule =
    LintRule::error("drop-database", "a database is dropped").and_down();
pub(super) const TRUNCATE: LintRule =
    LintRule::error("truncate", "all rows of a table are thrown away").and_down();
pub(super) const CASCADE: LintRule = LintRule::error(
    "cascade",
    "CASCADE takes along what the statement does not name",
)
.and_down();

const CONTRACT: &str = "First release code that does not use it; then drop it in a later revision with phase=contract.";

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::Drop(drop) => dropped(step, scene, drop, out),
        Statement::Truncate { tables, cascade } => {
            for table in tables.iter().filter(|table| !scene.is_ours(table)) {
                let problem = format!(
                    "Every row of {table} is gone when the revision commits, and no trigger for DELETE has seen it go."
                );
                let instead = "Delete in batches what is meant to go, or make a new table; or allow it here with the reason.";
                let found = Found::new(&TRUNCATE, step, table.at, problem, instead);
                out.push(locking(found, scene, table));
            }
            if let Some(at) = cascade {
                out.push(cascaded(step, *at, "Every table with a foreign key to one of these is emptied too, and so on from there."));
            }
        }
        Statement::AlterTable(alter) => {
            for (at, action) in &alter.actions {
                match action {
                    Action::DropColumn {
                        column, cascade, ..
                    } => {
                        if !scene.is_ours(&alter.table) && scene.phase() != Some(Phase::Contract) {
                            out.push(column_dropped(
                                step,
                                scene,
                                *at,
                                &alter.table,
                                &column.to_string(),
                            ));
                        }
                        if *cascade {
                            out.push(cascaded(
                                step,
                                *at,
                                "Views, foreign keys and indexes that use the column go with it.",
                            ));
                        }
                    }
                    Action::DropConstraint { cascade: true, .. } => {
                        out.push(cascaded(
                            step,
                            *at,
                            "Foreign keys of other tables that rely on it go with it.",
                        ));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn dropped(step: &Step<'_>, scene: &Scene<'_>, drop: &Drop, out: &mut Vec<Found>) {
    let contract = scene.phase() == Some(Phase::Contract);
    for name in &drop.names {
        match drop.object {
            Object::Table
                if !contract && !scene.schema.is_new(name) && !is_temporary(scene, name) =>
            {
                let problem = format!(
                    "The rows of {name} are gone when the revision commits, and every statement of the running release on it fails."
                );
                let found = Found::new(&TABLE, step, name.at, problem, CONTRACT);
                out.push(locking(found, scene, name));
            }
            Object::Schema | Object::Owned => {
                let what = if drop.object == Object::Schema {
                    "in the schema"
                } else {
                    "that belongs to"
                };
                let problem = format!(
                    "Everything {what} {name} goes, whatever another revision or another tool has put there."
                );
                let instead = "DROP one by one what the chain has made.";
                out.push(Found::new(&SCHEMA, step, name.at, problem, instead));
            }
            Object::Database => {
                let problem = format!(
                    "The database {name} is gone with all that is in it, and nothing brings it back."
                );
                let instead = "Not in a chain: a person does it by hand, after a backup.";
                out.push(Found::new(&DATABASE, step, name.at, problem, instead));
            }
            _ => {}
        }
    }
    if let Some(at) = drop.cascade {
        let what = drop.object.as_str();
        out.push(cascaded(step, at, &format!("Whatever depends on the {what} goes with it: views, foreign keys, defaults, columns.")));
    }
}

fn is_temporary(scene: &Scene<'_>, name: &Name) -> bool {
    scene
        .schema
        .table(name)
        .is_some_and(|table| table.is_temporary)
}

fn column_dropped(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    column: &str,
) -> Found {
    let of = dotted(table, column);
    let problem = format!(
        "What {of} holds is gone when the revision commits, and every statement of the running release that names it fails."
    );
    let found = Found::new(&COLUMN, step, at, problem, CONTRACT);
    locking(found, scene, table)
}

fn cascaded(step: &Step<'_>, at: usize, problem: &str) -> Found {
    let instead = "Without CASCADE, and by name what else is to go: the statement then fails where something was forgotten.";
    Found::new(&CASCADE, step, at, problem, instead)
}

fn locking(found: Found, scene: &Scene<'_>, table: &Name) -> Found {
    if scene.is_postgres() {
        found.locking(Lock::AccessExclusive, table)
    } else {
        found
    }
}
