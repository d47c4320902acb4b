//! What may stand in a revision's transaction, and what in one that has none.

use crate::lint::claim::{Lock, Work};
use crate::lint::data;
use crate::lint::locks;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Name, Object, Statement};
use crate::lint::step::Step;
use crate::solitary;
use raptor_db::Engine;

pub(in crate::lint) const NEEDS_OFF: LintRule = LintRule::error(
    "needs-tx-off",
    "a statement that no transaction can hold stands in a revision that is one",
)
.and_down();
pub(in crate::lint) const CONTROL: LintRule = LintRule::error(
    "transaction-control",
    "BEGIN, COMMIT and their like stand in a revision with tx=off, whose transactions the runner makes",
)
.and_down();
pub(in crate::lint) const PILE_UP: LintRule = LintRule::warning(
    "lock-pile-up",
    "one transaction holds up everybody on three tables or more",
)
.and_down();
pub(in crate::lint) const WITH_DATA: LintRule = LintRule::error(
    "data-under-lock",
    "rows are changed in a transaction that also needs a table for itself",
)
.and_down();
pub(in crate::lint) const REPEATABLE: LintRule = LintRule::warning(
    "not-repeatable",
    "a statement of a revision with tx=off fails when it runs a second time",
)
.and_down();

/// How many tables one transaction may hold for itself before it is said.
const PILE: usize = 3;

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let start = step.start();
    let text = step.text();
    // Inside of DO there always is a transaction.
    if (scene.is_whole() || step.is_inner) && solitary::is(text, Engine::Postgres) {
        let problem =
            "Postgres refuses this statement inside of a transaction, and a revision is one.";
        let instead = "A revision of its own with tx=off in its header.";
        out.push(Found::new(&NEEDS_OFF, step, start, problem, instead));
    }
    if let Statement::Control(word) = &step.statement
        && !scene.is_whole()
        && !step.is_inner
    {
        let problem = format!(
            "With tx=off the runner commits each statement together with a note of it; {word} ends or opens a transaction behind its back, and a run that is interrupted cannot go on where it was."
        );
        let instead = "Leave it out. Statements that belong together go into a revision of their own without tx=off.";
        out.push(Found::new(&CONTROL, step, start, problem, instead));
    }
    if scene.is_whole() {
        out.extend(pile_up(step, scene));
        out.extend(with_data(step, scene));
    } else if !step.is_inner {
        out.extend(once(step));
    }
}

/// The tables that a statement needs for itself; one that is dropped is another rule's matter.
fn exclusive(step: &Step<'_>, scene: &Scene<'_>) -> Vec<Name> {
    if matches!(&step.statement, Statement::Drop(drop) if drop.object == Object::Table) {
        return Vec::new();
    }
    let taken = locks::taken(step, scene).into_iter();
    let exclusive = taken.filter(|taken| taken.lock == Lock::AccessExclusive);
    exclusive.map(|taken| taken.table).collect()
}

/// The statement with which the transaction has as many tables for itself as is too many.
fn pile_up(step: &Step<'_>, scene: &Scene<'_>) -> Option<Found> {
    let mine = exclusive(step, scene);
    let mut held: Vec<&Name> = Vec::new();
    for name in scene.held.exclusive() {
        if !held.iter().any(|it| it.may_be(name)) {
            held.push(name);
        }
    }
    let before = held.len();
    for name in &mine {
        if !held.iter().any(|it| it.may_be(name)) {
            held.push(name);
        }
    }
    let now = held.len();
    if before >= PILE || now < PILE {
        return None;
    }
    let names: Vec<String> = held.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    let problem = format!(
        "With this statement the transaction needs {now} tables for itself ({names}): those it has already stand still while it waits for the next, and two such transactions can wait for each other."
    );
    let found = Found::new(
        &PILE_UP,
        step,
        step.start(),
        problem,
        "One revision for each table.",
    );
    Some(found.locking(Lock::AccessExclusive, held.last()?))
}

/// The first of a change of rows and a lock for itself that comes second.
fn with_data(step: &Step<'_>, scene: &Scene<'_>) -> Option<Found> {
    let locked = scene.held.exclusive().next();
    let (table, problem) = match (locked, scene.held.wrote) {
        (Some(table), None) if data::writes_many(step, scene) => {
            let problem = format!(
                "An earlier statement has {table} for itself, and keeps it until the transaction ends: every read and write of {table} waits until these rows are changed."
            );
            (table.clone(), problem)
        }
        (None, Some(wrote)) => {
            let table = exclusive(step, scene).into_iter().next()?;
            let line = wrote.line;
            let problem = format!(
                "The rows changed at line {line} stay locked while this statement waits to have {table} for itself; whoever waits for one of those rows and has used {table} makes it a deadlock."
            );
            (table, problem)
        }
        _ => return None,
    };
    let instead = "Two revisions: one that changes the table, one that changes the rows, large ones in batches with `-- raptor:call` and tx=off.";
    let found = Found::new(&WITH_DATA, step, step.start(), problem, instead);
    let found = found.locking(Lock::AccessExclusive, &table);
    Some(found.working(Work::Writes))
}

/// A statement with tx=off that has a form for the second time and does not use it.
fn once(step: &Step<'_>) -> Option<Found> {
    let (what, missing) = match &step.statement {
        Statement::CreateTable(table)
            if !table.if_not_exists && !table.is_temporary && !table.is_derived =>
        {
            ("CREATE TABLE", "IF NOT EXISTS")
        }
        Statement::CreateIndex(index) if !index.if_not_exists && !index.is_concurrent => {
            ("CREATE INDEX", "IF NOT EXISTS")
        }
        Statement::Create { object, .. } => {
            let has_form = matches!(
                object,
                Object::Schema | Object::Sequence | Object::Extension | Object::MaterializedView
            );
            let uses_it = step
                .words
                .windows(2)
                .any(|pair| pair[0].is("if") && pair[1].is("not"));
            if !has_form || uses_it {
                return None;
            }
            ("CREATE", "IF NOT EXISTS")
        }
        Statement::EnumValue(value) if !value.renames && !value.if_not_exists => {
            ("ADD VALUE", "IF NOT EXISTS")
        }
        Statement::Drop(drop)
            if !drop.if_exists && drop.object != Object::Owned && !drop.is_concurrent =>
        {
            ("DROP", "IF EXISTS")
        }
        Statement::AlterTable(alter) => {
            alter.actions.iter().find_map(|(_, action)| match action {
                Action::AddColumn {
                    if_not_exists: false,
                    ..
                } => Some(("ADD COLUMN", "IF NOT EXISTS")),
                Action::DropColumn {
                    if_exists: false, ..
                } => Some(("DROP COLUMN", "IF EXISTS")),
                Action::DropConstraint {
                    if_exists: false, ..
                } => Some(("DROP CONSTRAINT", "IF EXISTS")),
                _ => None,
            })?
        }
        _ => return None,
    };
    let problem = "With tx=off the statements before a failure stay. The runner goes on behind them, but whoever runs the script again by hand meets this one a second time, and it fails.";
    let instead = format!("{what} {missing} …");
    Some(Found::new(
        &REPEATABLE,
        step,
        step.start(),
        problem,
        instead,
    ))
}
