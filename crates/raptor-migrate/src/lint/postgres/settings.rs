//! SET in a revision.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{self, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const SESSION: LintRule = LintRule::warning(
    "session-setting",
    "SET without LOCAL: a setting for longer than the revision's own transaction",
)
.and_down();
pub(in crate::lint) const RUNNER: LintRule = LintRule::warning(
    "runner-setting",
    "a setting that the runner makes is made otherwise",
)
.and_down();

/// What the runner sets, and how a file says it.
const ITS_OWN: [(&str, &str); 9] = [
    ("all", "SET LOCAL for what the revision needs otherwise"),
    (
        "lock_timeout",
        "`lock=2s*20` in the header, or the run's options",
    ),
    (
        "statement_timeout",
        "the run's options: what is left of the time for all of it",
    ),
    (
        "search_path",
        "`--schema`; name the schema of a table that is elsewhere",
    ),
    ("role", "`role=` in the header"),
    ("session", "`role=` in the header"),
    ("session authorization", "`role=` in the header"),
    (
        "row_security",
        "nothing: it is off, so that a policy that hides rows from a data step is an error and not fewer rows",
    ),
    ("idle_in_transaction_session_timeout", "the run's options"),
];

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let start = step.start();
    if let Statement::Set { name, local, .. } = &step.statement {
        if let Some(found) = runner(step, start, name) {
            out.push(found);
        } else if !local {
            out.push(session(step, scene, start, name));
        }
    }
    for call in sql::calls(&step.words) {
        if call.name != "set_config" {
            continue;
        }
        let is_for_session = call
            .arguments
            .get(2)
            .and_then(|it| it.first())
            .is_some_and(|word| word.is("false"));
        let set = call.string(0).unwrap_or_default();
        if let Some(found) = runner(step, call.at, &set) {
            out.push(found);
        } else if is_for_session {
            out.push(session(step, scene, call.at, "the setting"));
        }
    }
}

/// A setting that is the runner's own.
fn runner(step: &Step<'_>, at: usize, set: &str) -> Option<Found> {
    let (name, instead) = ITS_OWN.iter().find(|(it, _)| *it == set)?;
    let what = match *name {
        "all" => "what it needs",
        "session" => "the role",
        name => name,
    };
    let problem = format!(
        "The runner sets {what} for every revision, and this undoes it: how long a lock is waited for, who owns what is made, or which rows a data step sees."
    );
    let instead = format!("Use {instead}.");
    Some(Found::new(&RUNNER, step, at, problem, instead))
}

fn session(step: &Step<'_>, scene: &Scene<'_>, at: usize, name: &str) -> Found {
    let problem = if scene.is_whole() {
        format!(
            "SET holds to the end of the session; the runner takes {name} back after the revision, but a script run by hand goes on with it."
        )
    } else {
        format!(
            "With tx=off the runner sets the session anew before each statement: {name} is as before for the next one."
        )
    };
    let instead = if scene.is_whole() {
        "SET LOCAL …, which ends with the transaction."
    } else {
        "A revision without tx=off with SET LOCAL …; or ALTER ROLE … SET outside of the chain."
    };
    Found::new(&SESSION, step, at, problem, instead)
}
