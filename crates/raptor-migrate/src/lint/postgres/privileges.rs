//! Privileges that are given too freely.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Grant, Ident, Rename, Role, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const ALL: LintRule = LintRule::error(
    "grant-all",
    "GRANT ALL gives what is not needed, such as TRUNCATE and TRIGGER",
)
.and_down();
pub(in crate::lint) const PUBLIC: LintRule = LintRule::error(
    "grant-to-public",
    "a privilege is given to every role there is and will be",
)
.and_down();
pub(in crate::lint) const OPTION: LintRule = LintRule::error(
    "grant-option",
    "a privilege is given together with the right to give it on",
)
.and_down();
pub(in crate::lint) const DEFAULT_PUBLIC: LintRule = LintRule::error(
    "default-privileges-to-public",
    "every role there is and will be gets a privilege on what is made later",
)
.and_down();
pub(in crate::lint) const SERVER_ROLE: LintRule = LintRule::error(
    "grant-server-role",
    "a role is given that reads or runs what no table's privilege covers",
)
.and_down();
pub(in crate::lint) const OWNER: LintRule = LintRule::warning(
    "owner-change",
    "a table gets another owner, whom neither privileges nor policies bind",
)
.and_down();

/// Roles that Postgres, or a host, defines and that reach past a table's privileges.
const POWERFUL: [&str; 12] = [
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_execute_server_program",
    "pg_read_server_files",
    "pg_write_server_files",
    "pg_signal_backend",
    "pg_maintain",
    "pg_create_subscription",
    "rds_superuser",
    "cloudsqlsuperuser",
    "azure_pg_admin",
    "alloydbsuperuser",
];

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::Grant(grant) => granted(step, grant, out),
        Statement::Role(role) => member(step, role, out),
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                if let Action::Owner(owner) = action {
                    out.push(owned(step, *at, &alter.table.to_string(), owner));
                }
            }
        }
        Statement::Rename {
            name,
            to: Rename::Owner(owner),
            ..
        } if !scene.is_ours(name) => {
            out.push(owned(step, owner.at, &name.to_string(), owner));
        }
        _ => {}
    }
    // REASSIGN OWNED BY … TO ….
    if let [first, second, ..] = step.words[..]
        && first.is("reassign")
        && second.is("owned")
    {
        let problem = "Everything that one role owns gets another owner, whom neither privileges nor policies bind.";
        let instead =
            "ALTER … OWNER TO for each thing that is meant, and GRANT what the others need.";
        out.push(Found::new(&OWNER, step, first.at, problem, instead));
    }
}

fn owned(step: &Step<'_>, at: usize, what: &str, owner: &Ident) -> Found {
    let problem = format!(
        "{owner} may do anything with {what} from here on, and its row security does not bind an owner (unless it is FORCEd)."
    );
    let instead = format!(
        "GRANT what is needed ON {what} TO {owner}; what the revision makes belongs to the run's role, or to `role=`."
    );
    Found::new(&OWNER, step, at, problem, instead)
}

fn is_public(to: &Ident) -> bool {
    to.text == "public"
}

fn granted(step: &Step<'_>, grant: &Grant, out: &mut Vec<Found>) {
    let Some(on) = &grant.on else {
        roles(step, grant, out);
        return;
    };
    let to: Vec<String> = grant.to.iter().map(ToString::to_string).collect();
    let to = to.join(", ");
    let what: Vec<String> = grant
        .what
        .iter()
        .map(|it| it.text.to_ascii_uppercase())
        .collect();
    let what = what.join(", ");
    if let Some(all) = grant.what.iter().find(|it| it.text == "all") {
        let problem = format!(
            "ALL on {on} holds what {to} does not need: on a table TRUNCATE, which no policy stops, TRIGGER and REFERENCES; and whatever a later version adds."
        );
        let instead = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {on} TO {to}; or less.");
        out.push(Found::new(&ALL, step, all.at, problem, instead));
    }
    if let Some(public) = grant.to.iter().find(|to| is_public(to)) {
        let later = if grant.is_default {
            " that are made later"
        } else {
            ""
        };
        let problem = format!(
            "Every role of the database, also one that is made later, may {what} on {on}{later}."
        );
        let instead = format!("GRANT {what} ON {on} TO the one role that needs it.");
        let rule = if grant.is_default {
            &DEFAULT_PUBLIC
        } else {
            &PUBLIC
        };
        out.push(Found::new(rule, step, public.at, problem, instead));
    }
    if let Some(at) = grant.option {
        let problem = format!(
            "{to} may give {what} on {on} to whomever it likes, and nothing in the chain will say so."
        );
        let instead = format!("GRANT {what} ON {on} TO {to}; without WITH GRANT OPTION.");
        out.push(Found::new(&OPTION, step, at, problem, instead));
    }
}

/// GRANT role TO role.
fn roles(step: &Step<'_>, grant: &Grant, out: &mut Vec<Found>) {
    for role in grant
        .what
        .iter()
        .filter(|role| POWERFUL.contains(&role.text.as_str()))
    {
        out.push(server_role(step, role.at, &role.text));
    }
    if let Some(at) = grant.option {
        let problem = "Whoever gets a role with ADMIN OPTION may give it to others, and nothing in the chain will say so.";
        let instead = "GRANT … TO …; without WITH ADMIN OPTION.";
        out.push(Found::new(&OPTION, step, at, problem, instead));
    }
}

/// CREATE ROLE a IN ROLE b, and ALTER GROUP b ADD USER a.
fn member(step: &Step<'_>, role: &Role<'_>, out: &mut Vec<Found>) {
    let adds = role.options.first().is_some_and(|word| word.is("add"));
    let grown = (adds && POWERFUL.contains(&role.name.text.as_str()))
        .then_some((role.name.at, role.name.text.clone()));
    let listed = role.options.iter().find(|word| word.is_any(&POWERFUL));
    let listed = listed.map(|word| (word.at, word.text.to_ascii_lowercase()));
    if let Some((at, name)) = grown.or(listed) {
        out.push(server_role(step, at, &name));
    }
}

fn server_role(step: &Step<'_>, at: usize, role: &str) -> Found {
    let problem = format!(
        "{role} reaches past what the chain grants table by table, and holds for tables that are made later too."
    );
    let instead = "GRANT the privileges on the tables that are needed, one by one.";
    Found::new(&SERVER_ROLE, step, at, problem, instead)
}
