//! Takes the text of a table apart: columns in their order, constraints, options.
//!
//! The grammar is SQLite's (<https://sqlite.org/lang_createtable.html>), and every token is accounted
//! for, or the answer is `None` and the table is compared by its text. A constraint that stands in a
//! column and the same one behind the columns come out alike, as they are to SQLite: a column that
//! `ALTER TABLE … ADD COLUMN` made can only have the first kind.

mod clauses;
mod column;
mod constraint;
mod values;

pub(super) use values::{told_default, told_type};

use super::cursor::Cursor;
use super::normal::{Names, ident};
use super::tokens::{Token, tokens};
use crate::catalog::part::Constraint;
use crate::catalog::relation::Column;
use column::column;
use constraint::constraint;

/// What the text of a table says.
#[derive(Debug, Default)]
pub(super) struct TableText {
    pub(super) columns: Vec<Column>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) primary_key: Vec<String>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) is_strict: bool,
    pub(super) is_without_rowid: bool,
}

/// A foreign key, names in lower case, as `PRAGMA foreign_key_list` tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<String>,
    pub(super) parent: String,
    /// None for those of the parent's primary key.
    pub(super) parent_columns: Vec<String>,
    pub(super) on_delete: String,
    pub(super) on_update: String,
}

/// Reads a `CREATE TABLE`, in which expressions can name these.
pub(super) fn table(text: &str, names: &Names) -> Option<TableText> {
    let tokens = tokens(text)?;
    let mut cursor = Cursor::new(&tokens);
    if !cursor.takes(&["create"]) {
        return None;
    }
    let _ = cursor.takes(&["temp"]) || cursor.takes(&["temporary"]);
    if !cursor.takes(&["table"]) {
        return None;
    }
    let _ = cursor.takes(&["if", "not", "exists"]);
    cursor.qualified()?;
    let body = cursor.group()?;
    let mut table = TableText::default();
    options(&mut cursor, &mut table)?;
    definitions(body, names, &mut table)?;
    // The order in which constraints are written says nothing.
    table
        .constraints
        .sort_by(|a, b| (&a.name, &a.definition).cmp(&(&b.name, &b.definition)));
    Some(table)
}

fn options(cursor: &mut Cursor<'_>, table: &mut TableText) -> Option<()> {
    while !cursor.is_at_end() {
        if cursor.takes(&["strict"]) {
            table.is_strict = true;
        } else if cursor.takes(&["without", "rowid"]) {
            table.is_without_rowid = true;
        } else {
            return None;
        }
        if !cursor.takes_symbol(",") {
            break;
        }
    }
    cursor.is_at_end().then_some(())
}

fn definitions(body: &[Token<'_>], names: &Names, table: &mut TableText) -> Option<()> {
    let mut cursor = Cursor::new(body);
    loop {
        column(&mut cursor, names, table)?;
        if cursor.is_at_end() {
            return Some(());
        }
        if !cursor.takes_symbol(",") {
            return None;
        }
        if is_constraint(&cursor) {
            break;
        }
    }
    let mut name = None;
    while !cursor.is_at_end() {
        constraint(&mut cursor, names, &mut name, table)?;
        // SQLite asks for no comma here; a name goes up to one.
        if cursor.takes_symbol(",") {
            name = None;
        }
    }
    Some(())
}

fn is_constraint(cursor: &Cursor<'_>) -> bool {
    ["constraint", "primary", "unique", "check", "foreign"]
        .iter()
        .any(|word| cursor.is_word(word))
}

/// Names in brackets.
fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| ident(name)).collect();
    format!("({})", names.join(", "))
}
