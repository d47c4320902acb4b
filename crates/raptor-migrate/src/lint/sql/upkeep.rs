//! Settings, locks and upkeep; and the queries that make a table.

use super::cursor::Cursor;
use super::statement::Statement;
use super::table::Table;
use super::word::Word;
use raptor_db::Engine;

pub(super) fn set<'s>(cursor: &mut Cursor<'_, 's>, word: &str) -> Option<Statement<'s>> {
    let local = cursor.eat("local");
    if !local {
        // SET SESSION AUTHORIZATION is a setting of its own.
        let more = cursor
            .ahead(1)
            .is_some_and(|next| next.is_any(&["authorization", "characteristics"]));
        if !more {
            cursor.eat("session");
        }
    }
    if cursor.is("constraints") || cursor.is("transaction") {
        return None;
    }
    let name = cursor.name()?;
    let name = match name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name,
    };
    let _ = cursor.eat("to") || cursor.eat_symbol("=");
    let value = cursor.rest().to_vec();
    Some(Statement::Set {
        name,
        local: local && word == "set",
        value,
    })
}

pub(super) fn vacuum<'s>(cursor: &mut Cursor<'_, 's>) -> Statement<'s> {
    let listed = cursor.group().unwrap_or_default();
    let full = cursor.eat("full") || listed.iter().any(|word| word.is("full"));
    while cursor.eat_any(&["freeze", "verbose", "analyze", "full"]) {}
    Statement::Vacuum {
        full,
        tables: cursor.names(),
    }
}

pub(super) fn cluster<'s>(cursor: &mut Cursor<'_, 's>) -> Statement<'s> {
    cursor.group();
    cursor.eat("verbose");
    let first = cursor.name();
    // The old way: CLUSTER index ON table.
    let table = if cursor.eat("on") {
        cursor.name()
    } else {
        first
    };
    Statement::Cluster(table)
}

pub(super) fn lock<'s>(cursor: &mut Cursor<'_, 's>) -> Statement<'s> {
    cursor.eat("table");
    let tables = cursor.names();
    let mode = if cursor.eat("in") {
        let words = cursor.until(|next| next.is("mode"));
        let words: Vec<String> = words
            .iter()
            .map(|word| word.text.to_ascii_uppercase())
            .collect();
        words.join(" ")
    } else {
        "ACCESS EXCLUSIVE".to_owned()
    };
    Statement::Lock { tables, mode }
}

pub(super) fn pragma<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    let name = cursor.name()?.name;
    let value = if cursor.eat_symbol("=") {
        cursor.bump()
    } else {
        cursor.group().and_then(<[Word<'_>]>::first)
    };
    let value = value.map(|word| word.text.trim_matches('\'').to_ascii_lowercase());
    Some(Statement::Pragma { name, value })
}

/// SELECT … INTO makes a table; every other query changes nothing that is looked at here.
pub(super) fn select<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    if cursor.engine == Engine::Sqlite {
        return None;
    }
    let before = cursor.until(|next| next.is("into") || next.is("from"));
    if before.is_empty() || !cursor.eat("into") {
        return None;
    }
    let temporary = cursor.eat_any(&["temp", "temporary"]);
    let place = cursor.place();
    let unlogged = cursor.eat("unlogged").then_some(place);
    cursor.eat("table");
    let table = Table::derived(cursor.name()?, temporary, unlogged);
    Some(Statement::CreateTable(Box::new(table)))
}
