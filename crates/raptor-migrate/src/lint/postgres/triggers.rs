//! Triggers and rules on a table in use.

use crate::lint::claim::Lock;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{self, Action, Statement, Word};
use crate::lint::step::Step;

pub(in crate::lint) const CREATE: LintRule = LintRule::warning(
    "create-trigger",
    "a trigger is put on a table in use, and runs with every write from then on",
);
pub(in crate::lint) const RULE: LintRule = LintRule::warning(
    "create-rule",
    "a rule rewrites the statements of the running release",
);
pub(in crate::lint) const OFF: LintRule = LintRule::error(
    "triggers-off",
    "triggers are switched off, those of foreign keys among them",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateTrigger { name, table, .. } if !scene.is_ours(table) => {
            let problem = format!(
                "All writes to {table} wait while {name} is made, and each of them runs it from then on, those of the running release too."
            );
            let instead = "See that its function is short and fails for nothing that the running release writes; then allow it here with the reason.";
            let found = Found::new(&CREATE, step, name.at, problem, instead);
            out.push(found.locking(Lock::ShareRowExclusive, table));
        }
        Statement::CreateRule { table } if !scene.is_ours(table) => {
            let problem = format!(
                "The rule changes what statements on {table} mean, and runs expressions more than once where a statement names them once."
            );
            let instead =
                format!("CREATE TRIGGER … ON {table}, or a view with INSTEAD OF triggers.");
            let found = Found::new(&RULE, step, step.start(), problem, instead);
            out.push(found.locking(Lock::AccessExclusive, table));
        }
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                let Action::Trigger { off: true, which } = action else {
                    continue;
                };
                let table = &alter.table;
                let what = match which.as_str() {
                    "all" => "No trigger fires and no foreign key is checked",
                    "user" => "No trigger fires",
                    _ => "The trigger does not fire",
                };
                let problem = format!(
                    "{what} for any write to {table}, those of the running release too, and what is written meanwhile is never looked at again."
                );
                let instead = "Leave it on, and let a data step write so that it may fire; or drop the trigger, if it is not needed any more.";
                let found = Found::new(&OFF, step, *at, problem, instead);
                out.push(found.locking(Lock::ShareRowExclusive, table));
            }
        }
        Statement::Set { name, value, .. }
            if name == "session_replication_role" && value.first().is_some_and(is_replica) =>
        {
            out.push(replica(step, step.start()));
        }
        _ => {}
    }
    for call in sql::calls(&step.words) {
        let says = |argument: usize, what: &str| call.string(argument).as_deref() == Some(what);
        if call.name == "set_config" && says(0, "session_replication_role") && says(1, "replica") {
            out.push(replica(step, call.at));
        }
    }
}

fn replica(step: &Step<'_>, at: usize) -> Found {
    let problem = "No trigger fires and no foreign key is checked for what this revision writes, and nobody looks at it later.";
    let instead = "Leave it on, and let a data step write so that triggers may fire.";
    Found::new(&OFF, step, at, problem, instead)
}

fn is_replica(word: &Word<'_>) -> bool {
    word.text.trim_matches('\'').eq_ignore_ascii_case("replica")
}
