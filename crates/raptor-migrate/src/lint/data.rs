//! Steps that change rows.

use super::claim::{Lock, Work};
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{self, Ident, Name, Statement, Verb, Word, Write};
use super::step::Step;
use raptor_db::lexer::TokenKind;

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
        for list in &write.columns {
            out.extend(twice(step, &list.iter().collect::<Vec<_>>()));
        }
        let size = size(write, scene);
        if scene.is_postgres() {
            out.extend(sized(step, write, &size));
        } else if matches!(size, Size::All) && write.verb == Verb::Delete {
            out.push(emptied(step, write));
        }
    }
}

fn sized(step: &Step<'_>, write: &Write<'_>, size: &Size) -> Option<Found> {
    let table = &write.table;
    let found = match size {
        Size::Few => return None,
        Size::All if write.verb == Verb::Delete => emptied(step, write),
        Size::All => {
            let problem = format!(
                "It writes every row of {table} in one transaction: all of them stay locked until it commits, and the old ones are kept for readers and then left behind."
            );
            let instead = "In batches: `-- raptor:call` in a revision with tx=off, each batch with a WHERE on the key. Where every row is to get the same value, ADD COLUMN … DEFAULT does it without a write.";
            Found::new(&WHOLE, step, write.at, problem, instead)
        }
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

fn emptied(step: &Step<'_>, write: &Write<'_>) -> Found {
    let table = &write.table;
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
            Some(filter) if sql::is_always(filter) => Size::All,
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

/// Whether the condition names rows one by one: a key is equal to values.
fn is_narrow(filter: &[Word<'_>], table: &Name, scene: &Scene<'_>) -> bool {
    if sql::split(filter, "or").len() > 1 {
        return false;
    }
    let parts = sql::split(filter, "and");
    let mut pinned: Vec<String> = Vec::new();
    for part in parts {
        pinned.extend(pins(part, scene));
    }
    let Some(known) = scene.schema.table(table).filter(|known| known.is_complete) else {
        return !pinned.is_empty();
    };
    let mut keys = known.keys().filter(|(_, is_unique)| *is_unique);
    keys.any(|(key, _)| !key.is_empty() && key.iter().all(|column| pinned.contains(column)))
}

/// The column in `column = value` or `column IN (values)`.
fn pins(part: &[Word<'_>], scene: &Scene<'_>) -> Option<String> {
    let (first, rest) = part.split_first()?;
    // `t.column`: what stands behind the dot.
    let (column, rest) = match rest {
        [dot, column, rest @ ..] if dot.is_symbol(".") => (column, rest),
        _ => (first, rest),
    };
    let values = match rest {
        [equal, values @ ..] if equal.is_symbol("=") => values,
        [is_in, values @ ..] if is_in.is("in") => values,
        _ => return None,
    };
    let plain = |word: &Word<'_>| {
        let symbol = word.opens() || word.closes() || word.is_symbol(",") || word.is_symbol("::");
        word.is_literal() || symbol || word.text == "-" || is_type(word)
    };
    let is_constant = !values.is_empty() && values.iter().all(plain);
    is_constant
        .then(|| sql::fold(column, scene.engine))
        .flatten()
}

fn is_type(word: &Word<'_>) -> bool {
    let types = [
        "uuid",
        "text",
        "int",
        "integer",
        "bigint",
        "smallint",
        "date",
        "timestamptz",
    ];
    word.kind == TokenKind::Word && word.is_any(&types)
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
