//! What numbers rows: a column that is there before and gets a sequence or an identity goes on behind
//! the numbers that its rows have; and what numbered them before goes in time.

use super::tables::comes_anew;
use super::view::is_view;
use super::{Sides, q, sequence};
use crate::catalog::{Column, Relation, Sequence};
use crate::generate::name::string;
use crate::generate::way::Way;
use crate::generate::words::Words;

/// Identities that go, whose names a sequence may get, and sequences whose names an identity gets.
pub(super) fn drop(sides: &Sides<'_>, way: &mut Way) {
    for (old, new) in sides.kept().filter(|(old, _)| !is_view(old)) {
        for was in old.columns.iter().filter(|it| it.identity.is_some()) {
            let now = new.column(&was.name);
            if now.is_some_and(|now| now.identity.is_none() && !comes_anew(sides, old, was, now)) {
                let (table, column) = (q(&old.name), q(&was.name));
                way.run(format!(
                    "ALTER TABLE {table} ALTER COLUMN {column} DROP IDENTITY"
                ));
            }
        }
    }
    for old in sides
        .from
        .sequences
        .iter()
        .filter(|it| goes_early(sides, it))
    {
        way.run(format!("DROP SEQUENCE {}", q(&old.name)));
    }
}

/// Whether a sequence goes before an identity of a column that stays takes its name.
pub(super) fn goes_early(sides: &Sides<'_>, old: &Sequence) -> bool {
    let is_gone = !sides.to.sequences.iter().any(|it| it.name == old.name);
    let is_owned = old
        .owned_by
        .as_deref()
        .is_some_and(|it| sequence::goes(sides, it));
    let mut columns = sides.to.relations.iter().flat_map(|it| &it.columns);
    let mut is_wanted = || {
        columns.any(|it| {
            let identity = it.identity.as_ref();
            identity.is_some_and(|identity| identity.sequence == old.name)
        })
    };
    is_gone && !is_owned && is_wanted()
}

/// A column that gets its numbers from a sequence that comes.
struct Numbered<'c> {
    table: &'c Relation,
    column: &'c Column,
    sequence: &'c str,
    options: &'c str,
}

/// All of them, of tables and columns that stay.
fn all<'c>(sides: &'c Sides<'_>) -> impl Iterator<Item = Numbered<'c>> {
    let tables = sides.kept().filter(|(_, new)| !is_view(new));
    tables.flat_map(move |(old, new)| {
        new.columns.iter().filter_map(move |column| {
            let was = old.column(&column.name)?;
            if comes_anew(sides, old, was, column) {
                return None;
            }
            let (sequence, options) = comes(sides, was, column)?;
            Some(Numbered {
                table: new,
                column,
                sequence,
                options,
            })
        })
    })
}

/// The sequence that comes to a column, and how it counts.
fn comes<'c>(sides: &'c Sides<'_>, was: &Column, is: &'c Column) -> Option<(&'c str, &'c str)> {
    if let Some(identity) = &is.identity {
        let is_new = was.identity.is_none();
        return is_new.then_some((identity.sequence.as_str(), identity.options.as_str()));
    }
    let default = is.default.as_ref().filter(|it| it.contains("nextval("))?;
    let words = Words::of(default);
    let is_new = |it: &&Sequence| {
        words.has(&it.name) && !sides.from.sequences.iter().any(|old| old.name == it.name)
    };
    let found = sides.to.sequences.iter().find(is_new)?;
    Some((&found.name, &found.options))
}

/// The tables whose rows are looked at.
pub(super) fn looked_at<'c>(sides: &'c Sides<'_>) -> impl Iterator<Item = String> + 'c {
    all(sides).map(|it| it.table.name.clone())
}

/// Lets what comes begin behind the rows that there are.
pub(super) fn write(sides: &Sides<'_>, way: &mut Way) {
    for it in all(sides) {
        let whole = ["smallint", "integer", "bigint", "numeric"];
        if !whole.contains(&it.column.type_name.as_str()) {
            way.note(format!(
                "table {}, column {}: it is numbered by {} from now on; where there are rows, let that begin behind them",
                it.table.name, it.column.name, it.sequence
            ));
            continue;
        }
        let option = |word| sequence::option(it.options, word);
        let falls = option("INCREMENT BY").is_some_and(|it| it.starts_with('-'));
        let (last, behind) = if falls { ("min", "<=") } else { ("max", ">=") };
        let last = format!("{last}({})", q(&it.column.name));
        let start = option("START WITH").unwrap_or_default();
        let (name, table) = (string(&q(it.sequence)), q(&it.table.name));
        way.run(format!(
            "SELECT pg_catalog.setval({name}, {last}) FROM {table} HAVING {last} {behind} {start}"
        ));
    }
}
