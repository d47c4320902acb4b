//! Rows of other tables that go when a parent's row goes.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Name, Object, OnDelete, Statement, Verb};
use crate::lint::step::Step;

pub(in crate::lint) const DROP: LintRule = LintRule::error(
    "sqlite-drop-takes-children",
    "SQLite empties a table before it drops it, and ON DELETE acts on the rows that point at it",
)
.and_down();
pub(in crate::lint) const REPLACE: LintRule = LintRule::error(
    "sqlite-replace-takes-children",
    "REPLACE deletes the row that is in the way, and ON DELETE acts on the rows that point at it",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::Drop(drop) if drop.object == Object::Table => {
            for name in drop.names.iter().filter(|name| !scene.schema.is_new(name)) {
                if let Some((child, action)) = child(scene, name) {
                    let problem = format!(
                        "Rows of {child} point at {name} with ON DELETE {action}: SQLite empties {name} before it drops it, and acts on them. The runner refuses this as soon as there is such a row."
                    );
                    let instead = format!(
                        "Drop or empty {child} first; to give {name} another shape, `-- raptor:rebuild {name}`, which keeps them."
                    );
                    out.push(Found::new(&DROP, step, name.at, problem, instead));
                }
            }
        }
        Statement::Writes(writes) => {
            for write in writes.iter().filter(|write| write.verb == Verb::Replace) {
                let name = &write.table;
                if let Some((child, action)) = child(scene, name) {
                    let problem = format!(
                        "Where a row of {name} with that key is there, SQLite deletes it and makes a new one, and ON DELETE {action} acts on the rows of {child} that point at it."
                    );
                    let instead = format!(
                        "INSERT INTO {name} … ON CONFLICT (…) DO UPDATE SET …, which changes the row in its place."
                    );
                    out.push(Found::new(&REPLACE, step, write.at, problem, instead));
                }
            }
        }
        _ => {}
    }
}

fn child(scene: &Scene<'_>, parent: &Name) -> Option<(Name, &'static str)> {
    let children = scene.schema.children(parent);
    let acts = children
        .into_iter()
        .find(|(_, key)| key.on_delete != OnDelete::Refuse)?;
    Some((acts.0.name.clone(), acts.1.on_delete.as_str()))
}
