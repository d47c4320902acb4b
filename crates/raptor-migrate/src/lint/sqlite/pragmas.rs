//! PRAGMA, VACUUM, ATTACH.

use crate::lint::postgres::transaction::NEEDS_OFF;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::Statement;
use crate::lint::step::Step;
use crate::solitary;
use raptor_db::Engine;

pub(in crate::lint) const PRAGMA: LintRule = LintRule::error(
    "sqlite-pragma",
    "a PRAGMA switches off what keeps a database whole",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let start = step.start();
    if scene.is_whole() && solitary::is(step.text(), Engine::Sqlite) {
        let problem = "Inside of a transaction SQLite refuses this statement or does not heed it, and a revision is one.";
        let instead = "A revision of its own with tx=off in its header; where foreign keys are in the way, `-- raptor:rebuild TABLE`, which needs no PRAGMA.";
        out.push(Found::new(&NEEDS_OFF, step, start, problem, instead));
    }
    let Statement::Pragma {
        name,
        value: Some(value),
    } = &step.statement
    else {
        return;
    };
    let off = ["off", "0", "no", "false"].contains(&value.as_str());
    let why = match name.as_str() {
        "foreign_keys" if off => {
            "No foreign key is checked for the rest of the run, and what breaks one meanwhile is never found"
        }
        "ignore_check_constraints" if !off => "No CHECK is looked at for the rest of the run",
        "writable_schema" if !off => "A mistake in the table of tables makes the file unreadable",
        "synchronous" if off => "A loss of power can destroy the file",
        "journal_mode" if off || value == "memory" => {
            "A crash in the middle of a write destroys the file"
        }
        _ => return,
    };
    let problem = format!("{why}.");
    let instead =
        "Leave it as the runner has it; to build a table anew, `-- raptor:rebuild TABLE`.";
    out.push(Found::new(&PRAGMA, step, start, problem, instead));
}
