//! Whether a revision does what its `phase=` says.

use super::cost::of_type;
use super::postgres::replaced;
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{Action, Change, ConstraintKind, Name, Object, Statement, Verb};
use super::step::Step;
use crate::revision::Phase;

pub(super) const CONTRADICTION: LintRule = LintRule::error(
    "phase-contradiction",
    "a revision does what its phase= says that it does not",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let Some(phase) = scene.phase() else { return };
    let mut add = |at: usize, does: &str| {
        let (says, belongs) = match phase {
            Phase::Expand => (
                "only adds, so that the release before still works",
                "a later revision with phase=contract, or phase=migrate for rows",
            ),
            Phase::Migrate => (
                "only moves rows from the old shape to the new",
                "a revision with phase=expand before it, or phase=contract after it",
            ),
            Phase::Contract => (
                "only takes away what no release uses any more",
                "an earlier revision with phase=expand",
            ),
        };
        let problem = format!(
            "phase={} says that the revision {says}; this {does}.",
            phase.as_str()
        );
        let instead = format!("Put it into {belongs}; or say another phase, or none.");
        out.push(Found::new(&CONTRADICTION, step, at, problem, instead));
    };
    match phase {
        Phase::Contract => adds(step, scene, &mut add),
        Phase::Expand => {
            takes_away(step, scene, &mut add);
            demands(step, scene, &mut add);
            moves(step, scene, &mut add);
        }
        Phase::Migrate => {
            takes_away(step, scene, &mut add);
            demands(step, scene, &mut add);
        }
    }
}

type Add<'a> = &'a mut dyn FnMut(usize, &str);

fn takes_away(step: &Step<'_>, scene: &Scene<'_>, add: Add<'_>) {
    match &step.statement {
        Statement::Drop(drop) => {
            let kept = matches!(
                drop.object,
                Object::Index
                    | Object::Policy
                    | Object::Trigger
                    | Object::Statistics
                    | Object::Other
            );
            let own = drop
                .names
                .iter()
                .all(|name| scene.schema.is_new(name) || scene.schema.is_new_type(&name.name));
            let again = |name: &Name| replaced::is_made_again(scene, drop, name);
            if !kept && !own && !drop.names.iter().all(again) {
                add(step.start(), "drops something");
            }
        }
        Statement::Truncate { tables, .. } if tables.iter().any(|table| !scene.is_ours(table)) => {
            add(step.start(), "throws rows away");
        }
        Statement::Revoke { from, .. } if from.iter().any(|from| from.text != "public") => {
            add(step.start(), "takes a privilege away");
        }
        Statement::Rename { name, .. } if !scene.is_ours(name) && renames(step) => {
            add(step.start(), "changes a name");
        }
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                match action {
                    Action::DropColumn { .. } => add(*at, "drops a column"),
                    Action::RenameTable(_) | Action::RenameColumn(..) | Action::SetSchema(_) => {
                        add(*at, "changes a name");
                    }
                    Action::AlterColumn(_, Change::DropDefault) => {
                        add(*at, "drops a default that the release before may rely on");
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn renames(step: &Step<'_>) -> bool {
    use super::sql::Rename;
    let named = |object: Object| {
        !matches!(
            object,
            Object::Index | Object::Trigger | Object::Statistics | Object::Other
        )
    };
    matches!(&step.statement, Statement::Rename { object, to: Rename::To(_) | Rename::Column | Rename::Schema(_), .. } if named(*object))
}

/// What makes a write of the release before fail.
fn demands(step: &Step<'_>, scene: &Scene<'_>, add: Add<'_>) {
    let Statement::AlterTable(alter) = &step.statement else {
        return;
    };
    if scene.is_ours(&alter.table) {
        return;
    }
    for (at, action) in &alter.actions {
        match action {
            Action::AlterColumn(_, Change::SetNotNull) => add(*at, "demands a value"),
            Action::AlterColumn(
                column,
                Change::Type {
                    kind,
                    using,
                    collate,
                },
            ) => {
                let known = scene.schema.table(&alter.table);
                // A type that only takes more than before bothers nobody.
                if of_type(known, &column.text, kind, using.as_deref(), *collate).is_some() {
                    add(*at, "changes a type");
                }
            }
            Action::AddColumn { column, .. } if column.requires() && !column.has_default() => {
                add(
                    column.name.at,
                    "demands a value that the release before does not write",
                );
            }
            Action::AddConstraint(constraint) if is_demand(scene, alter, &constraint.kind) => {
                add(*at, "demands something of what the release before writes");
            }
            _ => {}
        }
    }
}

/// Whether a constraint is about columns that were there before: the release before fills those.
fn is_demand(
    scene: &Scene<'_>,
    alter: &super::sql::AlterTable<'_>,
    kind: &ConstraintKind<'_>,
) -> bool {
    let known = scene.before.table(&alter.table);
    let was_there = |column: &String| {
        known.is_none_or(|known| !known.is_complete || known.columns.contains_key(column))
    };
    match kind {
        // `column IS NOT NULL` shuts out what leaves the column out, be it new or not.
        ConstraintKind::NotNull(_) => true,
        ConstraintKind::Check(words) => {
            words.iter().any(|word| {
                let name = super::sql::fold(word, scene.engine);
                name.is_some_and(|name| {
                    known.is_some_and(|known| known.columns.contains_key(&name))
                })
            }) || words
                .windows(2)
                .any(|pair| pair[0].is("not") && pair[1].is("null"))
        }
        ConstraintKind::Unique(columns, _) | ConstraintKind::Primary(columns, _) => {
            columns.is_empty() || columns.iter().any(was_there)
        }
        ConstraintKind::Foreign(columns, _) => columns.iter().any(was_there),
        ConstraintKind::Exclude => true,
    }
}

fn moves(step: &Step<'_>, scene: &Scene<'_>, add: Add<'_>) {
    if step.call.is_some() {
        add(step.start(), "calls a step that moves rows");
    }
    let Statement::Writes(writes) = &step.statement else {
        return;
    };
    for write in writes {
        if matches!(write.verb, Verb::Update | Verb::Delete) && !scene.is_ours(&write.table) {
            add(write.at, "changes rows that are there");
        }
    }
}

fn adds(step: &Step<'_>, scene: &Scene<'_>, add: Add<'_>) {
    match &step.statement {
        Statement::CreateTable(table) if !table.is_temporary && !step.is_rebuild => {
            add(table.name.at, "makes a table");
        }
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (_, action) in &alter.actions {
                if let Action::AddColumn { column, .. } = action {
                    add(column.name.at, "adds a column");
                }
            }
        }
        _ => {}
    }
}
