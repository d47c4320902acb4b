//! Tables that are built anew by hand, and what a rebuild leaves out.

use crate::lint::cost::dotted;
use crate::lint::drops::COLUMN;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Name, Object, Statement, Table};
use crate::lint::step::Step;
use crate::revision::Phase;

pub(in crate::lint) const BY_HAND: LintRule = LintRule::error(
    "sqlite-rebuild-by-hand",
    "a table is built anew by hand, which loses rows of other tables or points them elsewhere",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::AlterTable(alter) => {
            for (at, action) in &alter.actions {
                if let Action::RenameTable(to) = action {
                    out.extend(renamed(step, scene, *at, &alter.table, to));
                }
            }
        }
        Statement::CreateTable(table) if step.is_rebuild => left_out(step, scene, table, out),
        _ => {}
    }
}

fn renamed(step: &Step<'_>, scene: &Scene<'_>, at: usize, from: &Name, to: &Name) -> Option<Found> {
    let drops = |it: &Step<'_>| matches!(&it.statement, Statement::Drop(drop) if drop.object == Object::Table && drop.names.iter().any(|name| name.may_be(to)));
    let makes = |it: &Step<'_>| matches!(&it.statement, Statement::CreateTable(table) if table.name.may_be(from) && !it.is_rebuild);
    let problem = if scene.schema.is_new(from) && scene.earlier().iter().any(drops) {
        format!(
            "A new table takes the place of {to}: dropping {to} has emptied it before, and ON DELETE acted on the rows that pointed at it; its indexes and triggers are gone too."
        )
    } else if !scene.schema.is_new(from) && scene.later().iter().any(makes) {
        format!(
            "SQLite lets the foreign keys of other tables follow {from} to its new name {to}: they do not point at the new {from}, and at nothing once {to} is dropped."
        )
    } else {
        return None;
    };
    let table = if scene.schema.is_new(from) { to } else { from };
    let instead = format!(
        "-- raptor:rebuild {table}\nCREATE TABLE {table} (…) STRICT; the runner copies the rows, keeps indexes and triggers, and counts that nothing was lost."
    );
    Some(Found::new(&BY_HAND, step, at, problem, instead))
}

/// The columns that a rebuild's new text does not have any more.
fn left_out(step: &Step<'_>, scene: &Scene<'_>, table: &Table<'_>, out: &mut Vec<Found>) {
    let Some(old) = scene
        .schema
        .table(&table.name)
        .filter(|old| old.is_complete)
    else {
        return;
    };
    if !scene.is_up() || scene.phase() == Some(Phase::Contract) {
        return;
    }
    for name in old.columns.keys() {
        if table.columns.iter().all(|column| column.name.text != *name) {
            let of = dotted(&table.name, name);
            let problem = format!(
                "The new text of the table has no {name}: what {of} holds is gone when the revision commits."
            );
            let instead = "First release code that does not use it; then leave it out in a later revision with phase=contract.";
            out.push(Found::new(&COLUMN, step, table.name.at, problem, instead));
        }
    }
}
