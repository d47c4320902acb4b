//! What reaches past the chain's own tables: privileges that are taken away, settings that stay.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Object, Rename, Statement};
use crate::lint::step::Step;
use crate::revision::Phase;

pub(in crate::lint) const REVOKE: LintRule = LintRule::warning(
    "revoke-privilege",
    "a role loses a privilege that the running release may use",
);
pub(in crate::lint) const SETTING: LintRule = LintRule::warning(
    "server-setting",
    "a setting of a role, a database or the whole server is changed for good",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::Revoke {
            on: Some(on),
            from,
            is_default: false,
        } => {
            let Some(role) = from.iter().find(|from| from.text != "public") else {
                return;
            };
            if scene.is_ours(on) || scene.phase() == Some(Phase::Contract) || is_granted(scene, on)
            {
                return;
            }
            let problem = format!(
                "Statements of the running release that {role} sends fail from here on, if they need what is taken away."
            );
            let instead =
                "Put it into a later revision with phase=contract, once no release needs it.";
            out.push(Found::new(&REVOKE, step, step.start(), problem, instead));
        }
        Statement::Role(role)
            if role
                .options
                .first()
                .is_some_and(|word| word.is_any(&["set", "reset", "in"])) =>
        {
            out.push(setting(step, &format!("the role {}", role.name)));
        }
        Statement::Rename {
            object,
            name,
            to: Rename::Other,
        } => {
            let sets = step
                .words
                .get(3)
                .is_some_and(|word| word.is_any(&["set", "reset"]));
            if *object == Object::Database && sets {
                out.push(setting(step, &format!("the database {name}")));
            } else if step.words.get(1).is_some_and(|word| word.is("system")) {
                out.push(setting(step, "the whole server"));
            }
        }
        _ => {}
    }
}

/// Whether the same revision grants on the thing again: REVOKE ALL, and then what is needed.
fn is_granted(scene: &Scene<'_>, on: &crate::lint::sql::Name) -> bool {
    scene.is_whole()
        && scene.later().iter().any(|later| match &later.statement {
            Statement::Grant(grant) => grant
                .on
                .as_ref()
                .is_some_and(|it| it.to_ascii_lowercase().contains(&on.name)),
            _ => false,
        })
}

fn setting(step: &Step<'_>, of: &str) -> Found {
    let problem = format!(
        "The setting stays with {of}, for every session and every release, and nothing in the chain takes it back."
    );
    let instead = "Where it is meant for one revision, SET LOCAL; else set it outside of the chain, where the server is set up.";
    Found::new(&SETTING, step, step.start(), problem, instead)
}
