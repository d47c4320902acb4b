//! Statements of Postgres alone, where SQLite gets them too.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Change, ConstraintKind, Object, Statement, Verb};
use crate::lint::step::Step;

pub(in crate::lint) const REFUSES: LintRule = LintRule::error(
    "sqlite-refuses",
    "a statement that SQLite does not have stands where SQLite gets it too",
)
.and_down();

const INSTEAD: &str = "Put it below `-- raptor:up postgres`, and what SQLite is to do below `-- raptor:up sqlite`, be it nothing.";

pub(super) fn look(step: &Step<'_>, _scene: &Scene<'_>, out: &mut Vec<Found>) {
    if let Statement::AlterTable(alter) = &step.statement {
        let unknown = alter.actions.iter().find(|(_, action)| !is_known(action));
        let second = alter.actions.get(1);
        if let Some((at, _)) = unknown.or(second) {
            let problem = "SQLite's ALTER TABLE does one thing: add, drop or rename a column, rename the table, add or drop a CHECK, or set or drop NOT NULL.";
            let instead = "For SQLite, one ALTER TABLE for each of these; for all else `-- raptor:rebuild` with the table's new text.";
            out.push(Found::new(&REFUSES, step, *at, problem, instead));
        }
    } else if is_of_postgres(&step.statement) {
        let problem = "SQLite has no such statement, and the revision fails there.";
        out.push(Found::new(&REFUSES, step, step.start(), problem, INSTEAD));
    }
}

/// As of SQLite 3.54, which comes with `raptor-db`.
fn is_known(action: &Action<'_>) -> bool {
    match action {
        Action::AddColumn { if_not_exists, .. } => !if_not_exists,
        Action::DropColumn {
            if_exists, cascade, ..
        }
        | Action::DropConstraint {
            if_exists, cascade, ..
        } => !if_exists && !cascade,
        Action::RenameColumn(..) | Action::RenameTable(_) => true,
        Action::AlterColumn(_, change) => {
            matches!(change, Change::SetNotNull | Change::DropNotNull)
        }
        Action::AddConstraint(constraint) => {
            matches!(constraint.kind, ConstraintKind::Check(_)) && !constraint.not_valid
        }
        _ => false,
    }
}

fn is_of_postgres(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::Truncate { .. }
        | Statement::CreateEnum(_)
        | Statement::CreateDomain { .. }
        | Statement::CreateRule { .. }
        | Statement::EnumValue(_)
        | Statement::AlterDomain { .. }
        | Statement::Grant(_)
        | Statement::Revoke { .. }
        | Statement::Policy(_)
        | Statement::Role(_)
        | Statement::Routine(_)
        | Statement::Set { .. }
        | Statement::Cluster(_)
        | Statement::Lock { .. }
        | Statement::Refresh { .. }
        | Statement::Rename { .. }
        | Statement::Do => true,
        Statement::Create { object, .. } => !matches!(object, Object::View | Object::Other),
        Statement::Drop(drop) => {
            let known = [Object::Table, Object::View, Object::Index, Object::Trigger];
            !known.contains(&drop.object) || drop.names.len() > 1 || drop.cascade.is_some()
        }
        Statement::CreateIndex(index) => index.is_concurrent || index.only,
        Statement::Writes(writes) => {
            let only_there = [Verb::Merge, Verb::Copy];
            writes.iter().any(|write| only_there.contains(&write.verb))
        }
        _ => false,
    }
}
