//! Row security that is taken away, and policies that let everything through.

use crate::lint::claim::Lock;
use crate::lint::cost::dotted;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{self, Action, Drop, Name, Object, Policy, RowSecurity, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const DISABLED: LintRule = LintRule::error(
    "row-security-disabled",
    "row security is switched off: every row is open to whoever may read the table",
)
.and_down();
pub(in crate::lint) const NOT_FORCED: LintRule = LintRule::error(
    "row-security-not-forced",
    "the table's owner is not bound by its policies any more",
)
.and_down();
pub(in crate::lint) const DROPPED: LintRule = LintRule::error(
    "drop-policy",
    "a policy is dropped and none of its name put in its place",
)
.and_down();
pub(in crate::lint) const OPEN: LintRule =
    LintRule::error("policy-lets-all", "a policy lets every row be written").and_down();
pub(in crate::lint) const WITHOUT: LintRule = LintRule::warning(
    "row-security-without-policy",
    "row security is switched on for a table that has no policy: nobody but its owner sees a row",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::AlterTable(alter) => {
            for (at, action) in &alter.actions {
                if let Action::RowSecurity(change) = action {
                    out.extend(switched(step, scene, *at, &alter.table, *change));
                }
            }
        }
        Statement::Drop(drop) if drop.object == Object::Policy => {
            out.extend(dropped(step, scene, drop));
        }
        Statement::Policy(policy) => out.extend(open(step, scene, policy)),
        _ => {}
    }
}

fn switched(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    change: RowSecurity,
) -> Option<Found> {
    let (rule, problem, instead) = match change {
        RowSecurity::Disable => {
            // The way back to where the revision found it.
            if !scene.is_up()
                && !scene.before.table(table).is_some_and(|it| it.row_security)
                && scene.before.table(table).is_some()
            {
                return None;
            }
            (
                &DISABLED,
                format!(
                    "From here on no policy of {table} holds: whoever may read the table sees the rows of all tenants."
                ),
                format!("Leave it on, and change the policies: CREATE POLICY … ON {table} …;"),
            )
        }
        RowSecurity::NoForce => (
            &NOT_FORCED,
            format!(
                "The owner of {table} is not bound by its policies from here on, and neither is what runs as the owner: data steps, SECURITY DEFINER functions, views."
            ),
            format!("Leave {table} FORCEd, and give the owner a policy of its own."),
        ),
        RowSecurity::Enable if !scene.is_ours(table) && scene.is_up() => {
            let has_one = scene
                .schema
                .table(table)
                .is_some_and(|it| !it.policies.is_empty());
            let gets_one = scene.later().iter().any(|later| {
                matches!(&later.statement, Statement::Policy(policy) if policy.is_new && policy.table.may_be(table))
            });
            if has_one || gets_one {
                return None;
            }
            (
                &WITHOUT,
                format!(
                    "{table} has no policy that the chain knows: the running release, which is not its owner, sees no row from here on."
                ),
                format!("CREATE POLICY … ON {table} …; in the same revision."),
            )
        }
        RowSecurity::Enable | RowSecurity::Force => return None,
    };
    let found = Found::new(rule, step, at, problem, instead);
    Some(if scene.is_ours(table) {
        found
    } else {
        found.locking(Lock::AccessExclusive, table)
    })
}

fn dropped(step: &Step<'_>, scene: &Scene<'_>, drop: &Drop) -> Option<Found> {
    let (name, table) = (drop.names.first()?, drop.on.as_ref()?);
    if scene.is_ours(table) {
        return None;
    }
    let replaced = scene.is_whole() && scene.later().iter().any(|later| {
        matches!(&later.statement, Statement::Policy(policy) if policy.is_new && policy.name.text == name.name && policy.table.may_be(table))
    });
    // The way back to where the revision found it.
    let restores = !scene.is_up()
        && scene
            .before
            .table(table)
            .is_some_and(|it| !it.policies.contains_key(&name.name));
    if replaced || restores {
        return None;
    }
    let problem = format!(
        "What {name} let through on {table} is shut for the running release from here on; and if it was restrictive, what it kept shut is open."
    );
    let instead = format!(
        "ALTER POLICY {name} ON {table} …; or DROP POLICY and CREATE POLICY of the same name in one revision."
    );
    let found = Found::new(&DROPPED, step, name.at, problem, instead);
    Some(found.locking(Lock::AccessExclusive, table))
}

fn open(step: &Step<'_>, scene: &Scene<'_>, policy: &Policy<'_>) -> Option<Found> {
    if policy.is_restrictive {
        return None;
    }
    let known = scene
        .schema
        .table(&policy.table)
        .and_then(|it| it.policies.get(&policy.name.text));
    let command = policy
        .command
        .as_ref()
        .or(known)
        .map_or("all", String::as_str);
    if command == "select" {
        return None;
    }
    let clauses = [&policy.using, &policy.with_check];
    let (at, _) = clauses
        .into_iter()
        .flatten()
        .find(|(_, words)| sql::is_always(words))?;
    let of = dotted(&policy.table, &policy.name.to_string());
    let command = command.to_ascii_uppercase();
    let problem = format!(
        "The policy {of} is for {command} and true for every row: whoever has the privilege writes the rows of all tenants, and policies beside it change nothing, as one that is true is enough."
    );
    let instead = "Name the rows that are meant, for example USING (tenant_id = current_setting('…')::uuid) WITH CHECK (the same); FOR SELECT alone may be true.";
    Some(Found::new(&OPEN, step, *at, problem, instead))
}
