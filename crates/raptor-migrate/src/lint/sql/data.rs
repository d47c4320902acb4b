//! Statements that change rows: which table, which rows, and from where.

use super::cursor::Cursor;
use super::word::{Ident, Name, Word, split};

/// How rows are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum Verb {
    Insert,
    /// SQLite's REPLACE and INSERT OR REPLACE: a row in the way is deleted.
    Replace,
    Update,
    Delete,
    Merge,
    Copy,
}

/// One change of rows.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Write<'s> {
    pub(in crate::lint) verb: Verb,
    pub(in crate::lint) at: usize,
    pub(in crate::lint) table: Name,
    /// The condition behind WHERE, if there is one.
    pub(in crate::lint) filter: Option<Vec<Word<'s>>>,
    /// The columns that are given a value, list by list.
    pub(in crate::lint) columns: Vec<Vec<Ident>>,
    /// The tables it reads rows from; none for VALUES.
    pub(in crate::lint) sources: Vec<Name>,
    pub(in crate::lint) has_limit: bool,
}

/// All changes of rows in a statement, those in WITH first.
pub(super) fn writes<'s>(cursor: &mut Cursor<'_, 's>) -> Vec<Write<'s>> {
    // COPY (DELETE … RETURNING …) TO ….
    if cursor.is("copy") && cursor.ahead(1).is_some_and(Word::opens) {
        cursor.bump();
        let query = cursor.group().unwrap_or_default();
        return self::writes(&mut cursor.within(query));
    }
    let mut writes = Vec::new();
    let mut made = Vec::new();
    if cursor.eat("with") {
        cursor.eat("recursive");
        while let Some(name) = cursor.ident() {
            made.push(name.text);
            cursor.group();
            cursor.eat("as");
            cursor.eat("not");
            cursor.eat("materialized");
            let inner = cursor.group().unwrap_or_default();
            writes.extend(one(&mut cursor.within(inner)));
            if !cursor.eat_symbol(",") {
                break;
            }
        }
    }
    writes.extend(one(cursor));
    for write in &mut writes {
        let is_made = |name: &Name| name.schema.is_none() && made.contains(&name.name);
        write.sources.retain(|name| !is_made(name));
    }
    writes
}

fn one<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Write<'s>> {
    let at = cursor.place();
    let verb = if cursor.eat("insert") {
        let replace = cursor.eat_all(&["or", "replace"]);
        if !replace && cursor.eat("or") {
            cursor.bump();
        }
        cursor.eat("into");
        if replace { Verb::Replace } else { Verb::Insert }
    } else if cursor.eat_all(&["replace", "into"]) {
        Verb::Replace
    } else if cursor.eat("update") {
        if cursor.eat("or") {
            cursor.bump();
        }
        Verb::Update
    } else if cursor.eat_all(&["delete", "from"]) {
        Verb::Delete
    } else if cursor.eat_all(&["merge", "into"]) {
        Verb::Merge
    } else if cursor.eat("copy") {
        Verb::Copy
    } else {
        return None;
    };
    cursor.eat("only");
    let table = cursor.name()?;
    let rest = cursor.rest();
    if verb == Verb::Copy && !rest.iter().any(|word| word.is("from")) {
        return None;
    }
    Some(Write {
        verb,
        at,
        table,
        filter: filter(rest, verb),
        sources: sources(cursor, rest, verb),
        columns: columns(cursor, verb),
        has_limit: rest.iter().any(|word| word.is("limit") || word.is("fetch")),
    })
}

/// What stands between WHERE and what may follow it, outside of brackets.
fn filter<'s>(rest: &[Word<'s>], verb: Verb) -> Option<Vec<Word<'s>>> {
    if !matches!(verb, Verb::Update | Verb::Delete) {
        return None;
    }
    let parts = split(rest, "where");
    let after = parts.get(1)?;
    let ends = ["returning", "order", "limit"];
    let mut depth = 0usize;
    let end = after.iter().position(|word| {
        if word.opens() {
            depth += 1;
        } else if word.closes() {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && word.is_any(&ends)
    });
    Some(after[..end.unwrap_or(after.len())].to_vec())
}

/// The lists of columns: `(a, b)` of INSERT, and each SET.
fn columns(cursor: &mut Cursor<'_, '_>, verb: Verb) -> Vec<Vec<Ident>> {
    let mut lists = Vec::new();
    if matches!(verb, Verb::Insert | Verb::Replace) {
        if cursor.eat("as") {
            cursor.ident();
        }
        lists.push(listed(cursor));
    }
    let ends = ["from", "where", "returning", "when", "set"];
    while !cursor.is_at_end() {
        if verb == Verb::Merge && cursor.eat("insert") {
            lists.push(listed(cursor));
        } else if cursor.eat("set") {
            let sets = cursor.until(|next| next.peek().is_some_and(|word| word.is_any(&ends)));
            let parts = split(sets, ",");
            lists.push(
                parts
                    .iter()
                    .flat_map(|part| set(&mut cursor.within(part)))
                    .collect(),
            );
        } else if cursor.group().is_none() {
            cursor.bump();
        }
    }
    lists
}

/// `(a, b)`; a query in brackets has none.
fn listed(cursor: &mut Cursor<'_, '_>) -> Vec<Ident> {
    let listed = cursor.group().unwrap_or_default();
    let is_query = listed
        .first()
        .is_some_and(|word| word.is_any(&["select", "values", "with"]));
    if is_query {
        return Vec::new();
    }
    let parts = split(listed, ",");
    let columns = parts
        .iter()
        .filter_map(|part| whole(&mut cursor.within(part)));
    columns.collect()
}

/// `a = …` or `(a, b) = …`.
fn set(cursor: &mut Cursor<'_, '_>) -> Vec<Ident> {
    if cursor.is_symbol("(") {
        return listed(cursor);
    }
    assigned(cursor).into_iter().collect()
}

/// A column, and not a field or an item of one.
fn whole(cursor: &mut Cursor<'_, '_>) -> Option<Ident> {
    let column = cursor.ident()?;
    cursor.is_at_end().then_some(column)
}

fn assigned(cursor: &mut Cursor<'_, '_>) -> Option<Ident> {
    let column = cursor.ident()?;
    cursor.is_symbol("=").then_some(column)
}

/// The tables behind FROM, JOIN and USING, in brackets too. A call is none.
fn sources(cursor: &Cursor<'_, '_>, rest: &[Word<'_>], verb: Verb) -> Vec<Name> {
    if verb == Verb::Copy {
        return Vec::new();
    }
    let mut names = Vec::new();
    for (place, word) in rest.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| &rest[before]);
        // IS DISTINCT FROM compares.
        let compares = before.is_some_and(|before| before.is("distinct"));
        let starts = word.is_any(&["from", "join", "using", "table"]) && !compares;
        let goes_on = word.is_symbol(",") && !names.is_empty();
        if !starts && !goes_on {
            continue;
        }
        let mut next = cursor.within(&rest[place + 1..]);
        next.eat("lateral");
        next.eat("only");
        let at_word = next
            .peek()
            .is_some_and(|word| word.is_any(&["select", "values", "lateral"]));
        if let Some(name) = next.name().filter(|_| !at_word)
            && !next.is_symbol("(")
            && starts
        {
            names.push(name);
        }
    }
    names
}
