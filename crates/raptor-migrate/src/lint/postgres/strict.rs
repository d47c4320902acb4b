//! What is no danger by itself and still changes what the running release meets. Each of these
//! rules has to be asked for.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, AlterDomain, Change, Name, Object, Rename, RowSecurity, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const COLUMN: LintRule = LintRule::warning(
    "added-column",
    "SELECT * gives a column more, and INSERT without column names takes one more",
)
.opt_in();
pub(in crate::lint) const DEMAND: LintRule = LintRule::warning(
    "new-demand",
    "something is demanded of what the running release writes, be it NOT VALID or not",
)
.opt_in();
pub(in crate::lint) const ENUM: LintRule = LintRule::warning(
    "added-enum-value",
    "the running release may read a value that it does not know",
)
.opt_in();
pub(in crate::lint) const SET_DEFAULT: LintRule = LintRule::warning(
    "changed-default",
    "an INSERT of the running release writes another value than before",
)
.opt_in();
pub(in crate::lint) const ROUTINE: LintRule = LintRule::warning(
    "replaced-object",
    "a function or view does something else for the running release",
)
.opt_in();
pub(in crate::lint) const POLICY: LintRule = LintRule::warning(
    "changed-access",
    "policies change which rows the running release sees and writes",
)
.opt_in();
pub(in crate::lint) const SETTINGS: LintRule = LintRule::warning(
    "changed-options",
    "a function, view, role, database or extension behaves otherwise for the running release",
)
.opt_in();
pub(in crate::lint) const ROWS: LintRule = LintRule::warning(
    "detached-rows",
    "rows are not seen through their parent table any more",
)
.opt_in();
pub(in crate::lint) const NAMES: LintRule = LintRule::warning(
    "rename-detail",
    "a constraint, index or trigger has another name",
)
.opt_in();

const LOOK: &str = "See that the running release bears it; then allow it here with the reason.";

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let start = step.start();
    let mut add = |at, (rule, problem): (&'static LintRule, String)| {
        out.push(Found::new(rule, step, at, problem, LOOK));
    };
    match &step.statement {
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                if let Some(what) = changed(&alter.table, action) {
                    add(*at, what);
                }
            }
        }
        Statement::CreateIndex(index) if index.is_unique && !scene.is_ours(&index.table) => {
            let problem = format!(
                "Two equal rows of {} are refused from here on.",
                index.table
            );
            add(start, (&DEMAND, problem));
        }
        Statement::AlterDomain {
            name,
            change: AlterDomain::Add { .. } | AlterDomain::SetNotNull,
        } => {
            let problem = format!("{name} demands more of every column of that type.");
            add(start, (&DEMAND, problem));
        }
        Statement::EnumValue(value)
            if !value.renames && !scene.schema.is_new_type(&value.name.name) =>
        {
            let (text, name) = (value.value.text, &value.name);
            let problem =
                format!("The running release may read {text} from {name}, and not know it.");
            add(value.value.at, (&ENUM, problem));
        }
        Statement::Policy(policy) if !scene.is_ours(&policy.table) => {
            add(start, access(&policy.table));
        }
        statement => {
            if let Some(what) = object(step, statement) {
                add(start, what);
            }
        }
    }
}

fn access(table: &Name) -> (&'static LintRule, String) {
    let problem = format!("Which rows of {table} the running release sees and writes changes.");
    (&POLICY, problem)
}

/// Functions, views, roles, databases, extensions, indexes and triggers.
fn object(step: &Step<'_>, statement: &Statement<'_>) -> Option<(&'static LintRule, String)> {
    Some(match statement {
        Statement::Routine(routine) if routine.or_replace => {
            let name = &routine.name;
            (
                &ROUTINE,
                format!("{name} does something else from here on, for the running release too."),
            )
        }
        Statement::Routine(routine) if !routine.is_new => (
            &SETTINGS,
            format!("{} runs otherwise from here on.", routine.name),
        ),
        Statement::Create {
            object: Object::View,
            name,
            or_replace: true,
            ..
        } => (
            &ROUTINE,
            format!("{name} gives something else from here on, to the running release too."),
        ),
        Statement::Rename {
            object: Object::Index,
            name,
            to: Rename::To(_),
        } => (
            &NAMES,
            format!("What names the index {name} does not find it any more."),
        ),
        Statement::Rename {
            object: Object::Trigger,
            to: Rename::To(_),
            ..
        } => {
            let problem = "Triggers fire in the order of their names: it may fire before others from here on, or behind them.";
            (&NAMES, problem.to_owned())
        }
        Statement::Rename {
            object: Object::View | Object::Database | Object::Extension,
            name,
            to: Rename::Other,
        } => (&SETTINGS, format!("{name} behaves otherwise from here on.")),
        Statement::Role(role) if step.words.first().is_some_and(|word| word.is("alter")) => (
            &SETTINGS,
            format!(
                "{} may do other things, or has other settings, from here on.",
                role.name
            ),
        ),
        _ => return None,
    })
}

fn changed(table: &Name, action: &Action<'_>) -> Option<(&'static LintRule, String)> {
    Some(match action {
        Action::AddColumn { column, .. }
            if column.requires()
                || !column.checks.is_empty()
                || column.unique.is_some()
                || column.references.is_some() =>
        {
            (
                &DEMAND,
                format!(
                    "{} demands something of every row that is written to {table}.",
                    column.name
                ),
            )
        }
        Action::AddColumn { column, .. } => (
            &COLUMN,
            format!(
                "SELECT * FROM {table} also gives {}, and INSERT INTO {table} VALUES (…) lacks a value for it.",
                column.name
            ),
        ),
        Action::AddConstraint(_) => (
            &DEMAND,
            format!("Rows are refused from here on that {table} took before."),
        ),
        Action::AlterColumn(column, Change::SetNotNull) => (
            &DEMAND,
            format!("NULL in {column} is refused from here on."),
        ),
        Action::AlterColumn(column, Change::SetDefault) => (
            &SET_DEFAULT,
            format!(
                "An INSERT into {table} that leaves {column} out writes another value from here on."
            ),
        ),
        Action::Detach { partition, .. } => (
            &ROWS,
            format!("The rows of {partition} are not seen through {table} any more."),
        ),
        Action::NoInherit => (
            &ROWS,
            format!("The rows of {table} are not seen through its parent any more."),
        ),
        Action::RowSecurity(RowSecurity::Enable | RowSecurity::Force) => access(table),
        Action::RenameConstraint(from, _) => (
            &NAMES,
            format!(
                "ON CONFLICT ON CONSTRAINT {from} fails, and an error names another constraint."
            ),
        ),
        _ => return None,
    })
}
