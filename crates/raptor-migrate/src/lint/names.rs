//! Names that change under the running release, on both engines.

use super::claim::Lock;
use super::cost::dotted;
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{Action, Name, Object, Rename, Statement};
use super::step::Step;

pub(super) const TABLE: LintRule = LintRule::error(
    "rename-table",
    "a table or view has another name, which the running release does not know",
);
pub(super) const COLUMN: LintRule = LintRule::error(
    "rename-column",
    "a column has another name, which the running release does not know",
);
pub(super) const OBJECT: LintRule = LintRule::error(
    "rename-object",
    "something that the running release names has another name",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                out.extend(renamed(step, scene, *at, &alter.table, action));
            }
        }
        Statement::Rename { object, name, to } if scene.is_postgres() => {
            out.extend(other(step, scene, *object, name, to));
        }
        Statement::EnumValue(value)
            if value.renames && !scene.schema.is_new_type(&value.name.name) =>
        {
            let (name, old) = (&value.name, value.value.text);
            let problem = format!(
                "The running release writes {old} into {name} and reads it back: both fail or surprise it from here on."
            );
            let instead =
                "ADD VALUE the new one, move the rows in batches, and leave the old one unused.";
            out.push(Found::new(&OBJECT, step, value.value.at, problem, instead));
        }
        _ => {}
    }
}

fn renamed(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    action: &Action<'_>,
) -> Option<Found> {
    let (rule, problem, instead) = match action {
        Action::RenameTable(to) => (
            &TABLE,
            format!(
                "The running release asks for {table}, which is called {to} from here on: all of its statements on it fail."
            ),
            bridge(scene, table, to),
        ),
        Action::SetSchema(to) => (
            &TABLE,
            format!(
                "The running release finds no {table} any more, unless {to} is on its search_path."
            ),
            format!(
                "A view {table} in the old schema, in the same revision, until no release asks for it."
            ),
        ),
        Action::RenameColumn(from, to) => (
            &COLUMN,
            format!(
                "The running release asks for {}, which is called {to} from here on: its statements fail.",
                dotted(table, &from.to_string())
            ),
            format!(
                "Add {to} beside {from}, keep both alike with a trigger, fill the old rows in batches, and drop {from} in a later revision with phase=contract."
            ),
        ),
        _ => return None,
    };
    if is_bridged(scene, step) {
        return None;
    }
    let found = Found::new(rule, step, at, problem, instead);
    Some(if scene.is_postgres() {
        found.locking(Lock::AccessExclusive, table)
    } else {
        found
    })
}

fn other(
    step: &Step<'_>,
    scene: &Scene<'_>,
    object: Object,
    name: &Name,
    to: &Rename,
) -> Option<Found> {
    let is_new = scene.is_ours(name) || scene.schema.is_new_type(&name.name);
    let unused = matches!(
        object,
        Object::Index | Object::Trigger | Object::Rule | Object::Statistics | Object::Other
    );
    let changes = matches!(to, Rename::To(_) | Rename::Column | Rename::Schema(_));
    if unused || !changes || is_new || is_bridged(scene, step) {
        return None;
    }
    let is_view = matches!(object, Object::View | Object::MaterializedView);
    let rule = if is_view { &TABLE } else { &OBJECT };
    let what = object.as_str();
    let problem = format!(
        "The running release asks for the {what} {name} as it is called now: what names it fails from here on."
    );
    let instead = format!(
        "Make a second one under the new name, release what uses it, and drop {name} in a later revision with phase=contract."
    );
    Some(Found::new(rule, step, name.at, problem, instead))
}

/// How the old name goes on to mean the table.
fn bridge(scene: &Scene<'_>, table: &Name, to: &Name) -> String {
    // SQLite writes through a view only where a trigger says how.
    let triggers = if scene.is_postgres() {
        ""
    } else {
        " CREATE TRIGGER … INSTEAD OF … for INSERT, UPDATE and DELETE;"
    };
    format!(
        "ALTER TABLE {table} RENAME TO {to}; CREATE VIEW {table} AS SELECT * FROM {to};{triggers} in one revision, and DROP VIEW {table} in a later one with phase=contract. Or keep the name."
    )
}

/// Whether a view of the old name is made in the same transaction; on SQLite also one that takes
/// writes, or a table of that name, which is another rule's matter.
fn is_bridged(scene: &Scene<'_>, step: &Step<'_>) -> bool {
    let old = match &step.statement {
        Statement::AlterTable(alter) => &alter.table,
        Statement::Rename { name, .. } => name,
        _ => return false,
    };
    let later = |is: &dyn Fn(&Statement<'_>) -> bool| {
        scene.later().iter().any(|later| is(&later.statement))
    };
    let view = later(
        &|it| matches!(it, Statement::Create { object: Object::View, name, .. } if name.may_be(old)),
    );
    let trigger =
        later(&|it| matches!(it, Statement::CreateTrigger { table, .. } if table.may_be(old)));
    let table = later(&|it| matches!(it, Statement::CreateTable(it) if it.name.may_be(old)));
    let renames = !matches!(&step.statement, Statement::AlterTable(alter) if alter.actions.iter().any(|(_, it)| matches!(it, Action::RenameColumn(..))));
    let taken = if scene.is_postgres() {
        view
    } else {
        table || (view && trigger)
    };
    scene.is_whole() && renames && taken
}
