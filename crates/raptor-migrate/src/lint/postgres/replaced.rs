//! Objects that are dropped and not made again: views, functions, types, triggers.

use crate::lint::claim::Lock;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Drop, Name, Object, Statement};
use crate::lint::step::Step;
use crate::revision::Phase;

pub(in crate::lint) const OBJECT: LintRule = LintRule::error(
    "drop-object",
    "a view, function, type or sequence is dropped that the running release may use",
);
pub(in crate::lint) const TRIGGER: LintRule = LintRule::warning(
    "drop-trigger",
    "a trigger is dropped on whose work the running release may rely",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let Statement::Drop(drop) = &step.statement else {
        return;
    };
    if scene.phase() == Some(Phase::Contract) {
        return;
    }
    let what = drop.object.as_str();
    for name in &drop.names {
        let is_new = scene.schema.is_new(name) || scene.schema.is_new_type(&name.name);
        if is_new || is_made_again(scene, drop, name) {
            continue;
        }
        let is_used = matches!(
            drop.object,
            Object::View
                | Object::MaterializedView
                | Object::ForeignTable
                | Object::Function
                | Object::Procedure
                | Object::Routine
                | Object::Aggregate
                | Object::Type
                | Object::Domain
                | Object::Sequence
                | Object::Extension
        );
        let later = "Put it into a later revision with phase=contract, once no release uses it.";
        if is_used {
            let problem = format!(
                "Whatever of the running release names the {what} {name} fails from here on."
            );
            out.push(Found::new(&OBJECT, step, name.at, problem, later));
        } else if drop.object == Object::Trigger
            && let Some(table) = drop.on.as_ref().filter(|table| !scene.is_ours(table))
        {
            let problem = format!(
                "What {name} did with each write to {table} is not done any more, while the running release may rely on it."
            );
            let found = Found::new(&TRIGGER, step, name.at, problem, later);
            out.push(found.locking(Lock::AccessExclusive, table));
        }
    }
}

/// Whether the same transaction makes one of the same name again.
pub(in crate::lint) fn is_made_again(scene: &Scene<'_>, drop: &Drop, name: &Name) -> bool {
    let makes = |later: &Step<'_>| match &later.statement {
        Statement::Create {
            object, name: made, ..
        } => {
            let view = |object| matches!(object, Object::View | Object::MaterializedView);
            (*object == drop.object || view(*object) && view(drop.object)) && made.may_be(name)
        }
        Statement::CreateEnum(made) => drop.object == Object::Type && made.may_be(name),
        Statement::CreateDomain { name: made, .. } => {
            drop.object == Object::Domain && made.may_be(name)
        }
        Statement::CreateTable(table) => drop.object != Object::Trigger && table.name.may_be(name),
        Statement::Routine(routine) => {
            let routines = [
                Object::Function,
                Object::Procedure,
                Object::Routine,
                Object::Aggregate,
            ];
            routines.contains(&drop.object) && routine.is_new && routine.name.may_be(name)
        }
        Statement::CreateTrigger {
            name: made, table, ..
        } => {
            drop.object == Object::Trigger
                && made.text == name.name
                && drop.on.as_ref().is_some_and(|on| on.may_be(table))
        }
        Statement::Rename {
            name: from,
            to: crate::lint::sql::Rename::To(to),
            ..
        } => to.text == name.name && from.name != name.name,
        _ => false,
    };
    scene.is_whole() && scene.later().iter().any(makes)
}
