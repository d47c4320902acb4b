//! Functions and views that run with the rights of their owner.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Name, Object, Routine, Statement, Word};
use crate::lint::step::Step;

pub(in crate::lint) const SEARCH_PATH: LintRule = LintRule::error(
    "definer-without-search-path",
    "a SECURITY DEFINER function finds its tables where its caller says",
)
.and_down();
pub(in crate::lint) const OPEN: LintRule = LintRule::warning(
    "definer-open-to-public",
    "everybody may call a SECURITY DEFINER function, unless that is revoked",
);
pub(in crate::lint) const VIEW: LintRule = LintRule::warning(
    "view-skips-policies",
    "a view reads a table with row security as its own owner, not as who asks",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::Routine(routine) => {
            let Some(at) = routine.definer else { return };
            if !routine.sets_search_path && !sets_later(scene, routine) {
                let name = &routine.name;
                let problem = format!(
                    "{name} runs as its owner and looks for tables and functions on its caller's search_path: who calls it can put others of the same name before them."
                );
                let instead = "SECURITY DEFINER SET search_path = raptor, pg_catalog, pg_temp (the schemas it needs, pg_temp last).";
                out.push(Found::new(&SEARCH_PATH, step, at, problem, instead));
            }
            if routine.is_new
                && !routine.is_trigger
                && !routine.or_replace
                && !is_revoked(scene, &routine.name)
            {
                let name = &routine.name;
                let problem = format!(
                    "A new function may be called by every role, and {name} runs as its owner."
                );
                let instead = format!(
                    "REVOKE ALL ON FUNCTION {name} FROM PUBLIC; and GRANT EXECUTE to the one role that needs it, in the same revision."
                );
                out.push(Found::new(&OPEN, step, at, problem, instead));
            }
        }
        Statement::Create {
            object: Object::View,
            name,
            words,
            ..
        } if scene.pg_version >= 15 => {
            out.extend(view(step, scene, name, words));
        }
        _ => {}
    }
}

/// A later ALTER FUNCTION in the same revision that sets the path.
fn sets_later(scene: &Scene<'_>, routine: &Routine) -> bool {
    scene.later().iter().any(|later| {
        matches!(&later.statement, Statement::Routine(it) if it.sets_search_path && it.name.may_be(&routine.name))
    })
}

fn is_revoked(scene: &Scene<'_>, name: &Name) -> bool {
    scene.steps.iter().any(|step| match &step.statement {
        Statement::Revoke {
            on: Some(on), from, ..
        } => {
            let public = from.iter().any(|from| from.text == "public");
            // REVOKE … ON ALL FUNCTIONS IN SCHEMA covers it too.
            public && (on.may_be(name) || on.name == "all")
        }
        _ => false,
    })
}

fn view(step: &Step<'_>, scene: &Scene<'_>, name: &Name, words: &[Word<'_>]) -> Option<Found> {
    let invokes = words.iter().position(|word| word.is("security_invoker"));
    let off = |at: usize| {
        let rest = words.get(at + 1..).unwrap_or_default();
        rest.first().is_some_and(|word| word.text == "=")
            && rest
                .get(1)
                .is_some_and(|word| word.is_any(&["false", "off"]) || word.text == "0")
    };
    if invokes.is_some_and(|at| !off(at)) {
        return None;
    }
    let guarded = scene.schema.tables().find(|table| {
        table.row_security && words.iter().any(|word| sql_name(word) == table.name.name)
    })?;
    let problem = format!(
        "{name} reads {} as the view's owner: the policies that bind who asks do not hold in it.",
        guarded.name
    );
    let instead = format!("CREATE VIEW {name} WITH (security_invoker = true) AS …");
    Some(Found::new(&VIEW, step, name.at, problem, instead))
}

fn sql_name(word: &Word<'_>) -> String {
    crate::lint::sql::fold(word, raptor_db::Engine::Postgres).unwrap_or_default()
}
