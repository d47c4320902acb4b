//! Names that change under the running release, and names that are too long.

use crate::lint::claim::Lock;
use crate::lint::cost::dotted;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Name, Object, Rename, Statement};
use crate::lint::step::Step;
use raptor_db::lexer::TokenKind;

pub(in crate::lint) const TABLE: LintRule = LintRule::error(
    "rename-table",
    "a table or view has another name, which the running release does not know",
);
pub(in crate::lint) const COLUMN: LintRule = LintRule::error(
    "rename-column",
    "a column has another name, which the running release does not know",
);
pub(in crate::lint) const OBJECT: LintRule = LintRule::error(
    "rename-object",
    "something that the running release names has another name",
);
pub(in crate::lint) const LONG: LintRule = LintRule::error(
    "name-too-long",
    "a name of more than 63 bytes, of which Postgres cuts the end off",
)
.and_down();

/// How many bytes of a name Postgres keeps.
const LONGEST: usize = 63;

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    long(step, out);
    match &step.statement {
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                out.extend(renamed(step, scene, *at, &alter.table, action));
            }
        }
        Statement::Rename { object, name, to } => out.extend(other(step, scene, *object, name, to)),
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
            format!(
                "ALTER TABLE {table} RENAME TO {to}; CREATE VIEW {table} AS SELECT * FROM {to}; in one revision, and DROP VIEW {table} in a later one with phase=contract. Or keep the name."
            ),
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
    Some(Found::new(rule, step, at, problem, instead).locking(Lock::AccessExclusive, table))
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

/// Whether a view of the old name is made in the same transaction.
fn is_bridged(scene: &Scene<'_>, step: &Step<'_>) -> bool {
    let old = match &step.statement {
        Statement::AlterTable(alter) => &alter.table,
        Statement::Rename { name, .. } => name,
        _ => return false,
    };
    let takes = |later: &Step<'_>| match &later.statement {
        Statement::Create {
            object: Object::View,
            name,
            ..
        } => name.may_be(old),
        _ => false,
    };
    let renames = !matches!(&step.statement, Statement::AlterTable(alter) if alter.actions.iter().any(|(_, it)| matches!(it, Action::RenameColumn(..))));
    scene.is_whole() && renames && scene.later().iter().any(takes)
}

fn long(step: &Step<'_>, out: &mut Vec<Found>) {
    for word in &step.words {
        let bytes = match word.kind {
            TokenKind::Word => word.text.len(),
            TokenKind::QuotedIdent => word.text.trim_matches('"').replace("\"\"", "\"").len(),
            _ => continue,
        };
        if bytes > LONGEST {
            let cut = word.text.trim_matches('"');
            let cut: String = cut.chars().take(20).collect();
            let problem = format!(
                "The name {cut}… has {bytes} bytes: Postgres cuts it after {LONGEST}, so that it is called otherwise than written, and two of them can be the same."
            );
            let instead = format!("A name of {LONGEST} bytes or less.");
            out.push(Found::new(&LONG, step, word.at, problem, instead));
        }
    }
}
