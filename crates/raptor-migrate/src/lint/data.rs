//! Steps that change rows.

mod filter;

use super::catalog;
use super::claim::{Lock, Work};
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{Ident, Name, Statement, Verb, Write};
use super::step::Step;
use filter::{is_narrow, lets_all};

pub(super) const WHOLE: LintRule = LintRule::error(
    "whole-table-write",
    "every row of a table is changed or deleted by one statement",
)
.and_down();
pub(super) const LARGE: LintRule = LintRule::warning(
    "large-data-step",
    "a statement changes an unknown number of rows in one transaction",
)
.and_down();
pub(super) const TWICE: LintRule = LintRule::error(
    "column-assigned-twice",
    "a column stands twice in one list, which Postgres refuses and SQLite may take",
)
.and_down();

/// How many rows a change may be of.
enum Size {
    Few,
    Many,
    All,
}

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    if let Statement::CreateTable(table) = &step.statement {
        let columns: Vec<&Ident> = table.columns.iter().map(|column| &column.name).collect();
        out.extend(twice(step, &columns));
    }
    if let Some(call) = step.call.filter(|_| scene.is_whole()) {
        let problem = format!(
            "The revision is one transaction, and so all batches of {} are: their rows stay locked until the last of them.",
            call.name
        );
        let instead = "tx=off in the header: each batch is then committed by itself, with a note of how far it came.";
        out.push(Found::new(&LARGE, step, step.start(), problem, instead));
    }
    let Statement::Writes(writes) = &step.statement else {
        return;
    };
    for write in writes {
        let catalog = catalog::look(step, scene, write);
        let is_catalog = catalog.is_some();
        out.extend(catalog);
        if is_catalog {
            continue;
        }
        for list in &write.columns {
            out.extend(twice(step, &list.iter().collect::<Vec<_>>()));
        }
        let size = size(write, scene);
        if scene.is_postgres() {
            out.extend(sized(step, write, &size));
        } else if matches!(size, Size::All) {
            out.push(whole(step, write));
        }
    }
}

fn sized(step: &Step<'_>, write: &Write<'_>, size: &Size) -> Option<Found> {
    let table = &write.table;
    let found = match size {
        Size::Few => return None,
        Size::All => whole(step, write),
        Size::Many => {
            let problem = format!(
                "How many rows of {table} this changes depends on what is there; all of them stay locked until the transaction commits."
            );
            let instead = "In batches: `-- raptor:call` in a revision with tx=off; or allow it here, if the table is small for good.";
            Found::new(&LARGE, step, write.at, problem, instead)
        }
    };
    Some(
        found
            .locking(Lock::RowExclusive, table)
            .working(Work::Writes),
    )
}

fn whole(step: &Step<'_>, write: &Write<'_>) -> Found {
    let table = &write.table;
    if write.verb != Verb::Delete {
        let problem = format!(
            "It writes every row of {table} in one transaction: whoever writes one of them waits until it commits, and what stood there before is gone."
        );
        let instead = "In batches: `-- raptor:call` in a revision with tx=off, each batch with a WHERE on the key. Where every row is to get the same value, ADD COLUMN … DEFAULT does it without a write.";
        return Found::new(&WHOLE, step, write.at, problem, instead);
    }
    let problem = format!(
        "It deletes every row of {table} in one transaction: they are gone when it commits, and whoever writes one of them waits until then."
    );
    let instead = "In batches: `-- raptor:call` in a revision with tx=off, each batch with WHERE key IN (SELECT key … LIMIT 1000); or allow it here, if they are to go.";
    Found::new(&WHOLE, step, write.at, problem, instead)
}

/// Whether a statement changes more than a few rows of a table in use.
pub(super) fn writes_many(step: &Step<'_>, scene: &Scene<'_>) -> bool {
    let Statement::Writes(writes) = &step.statement else {
        return step.call.is_some();
    };
    let many = |write: &Write<'_>| !matches!(size(write, scene), Size::Few);
    writes.iter().any(many)
}

fn size(write: &Write<'_>, scene: &Scene<'_>) -> Size {
    if scene.is_ours(&write.table) {
        return Size::Few;
    }
    match write.verb {
        Verb::Update | Verb::Delete => match &write.filter {
            None => Size::All,
            Some(filter) if lets_all(filter, write, scene) => Size::All,
            Some(filter) if is_narrow(filter, &write.table, scene) || write.has_limit => Size::Few,
            Some(_) => Size::Many,
        },
        Verb::Insert | Verb::Replace | Verb::Merge => {
            let in_use = |name: &&Name| !scene.is_ours(name);
            let reads = write.sources.iter().any(|name| in_use(&name));
            if reads && !write.has_limit {
                Size::Many
            } else {
                Size::Few
            }
        }
        Verb::Copy => Size::Many,
    }
}

fn twice(step: &Step<'_>, columns: &[&Ident]) -> Option<Found> {
    let again = columns.iter().enumerate().find(|(place, column)| {
        columns[..*place]
            .iter()
            .any(|before| before.text == column.text)
    });
    let (_, column) = again?;
    let problem = format!(
        "{column} stands there twice: Postgres refuses the statement, and SQLite takes one of two values without a word."
    );
    let instead = "Leave one of them out.";
    Some(Found::new(&TWICE, step, column.at, problem, instead))
}
