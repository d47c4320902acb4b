//! How many rows a WHERE lets through, as far as its text says it.

use crate::lint::scene::Scene;
use crate::lint::sql::{self, Name, Word, Write};
use raptor_db::lexer::TokenKind;

/// Whether the condition is true for every row: whatever the row is, or because it asks whether the
/// row is in the very table.
pub(super) fn lets_all(filter: &[Word<'_>], write: &Write<'_>, scene: &Scene<'_>) -> bool {
    let any = sql::split(filter, "or");
    any.iter().any(|part| {
        let all = sql::split(part, "and");
        all.iter()
            .all(|part| sql::is_always(part) || is_in_itself(part, &write.table, scene))
    }) || sql::is_always(filter)
}

/// `column IN (SELECT column FROM the table)` or `EXISTS (SELECT … FROM the table)`.
fn is_in_itself(part: &[Word<'_>], table: &Name, scene: &Scene<'_>) -> bool {
    let part = match part {
        [open, inner @ .., close] if open.is_symbol("(") && close.is_symbol(")") => inner,
        all => all,
    };
    let (column, query) = match part {
        [exists, open, query @ .., close]
            if exists.is("exists") && open.is_symbol("(") && close.is_symbol(")") =>
        {
            (None, query)
        }
        _ => match in_query(part) {
            Some((column, query)) => (Some(column), query),
            None => return false,
        },
    };
    let Some((select, from)) = sql::select_from(query, scene.engine) else {
        return false;
    };
    let named = |words: &[Word<'_>]| match words {
        [column] => sql::fold(column, scene.engine),
        [_, dot, column] if dot.is_symbol(".") => sql::fold(column, scene.engine),
        _ => None,
    };
    let same = match column {
        Some(column) => named(column).is_some_and(|name| named(select) == Some(name)),
        None => true,
    };
    same && from.may_be(table)
}

/// What stands before IN, and what in the brackets behind it.
fn in_query<'w, 's>(part: &'w [Word<'s>]) -> Option<(&'w [Word<'s>], &'w [Word<'s>])> {
    let place = part.iter().position(|word| word.is("in"))?;
    let (column, rest) = part.split_at(place);
    match rest {
        [_, open, query @ .., close] if open.is_symbol("(") && close.is_symbol(")") => {
            Some((column, query))
        }
        _ => None,
    }
}

/// Whether the condition names rows one by one: a key is equal to values.
pub(super) fn is_narrow(filter: &[Word<'_>], table: &Name, scene: &Scene<'_>) -> bool {
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
