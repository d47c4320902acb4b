//! One constraint behind the columns of a table's text.

use super::TableText;
use super::clauses::{deferred, key, made, on_conflict, references};
use crate::catalog::sqlite::cursor::Cursor;
use crate::catalog::sqlite::normal::{Names, ident, normal};

/// Reads one; `name` stays the name of those that follow without a comma.
pub(super) fn constraint(
    cursor: &mut Cursor<'_>,
    names: &Names,
    name: &mut Option<String>,
    table: &mut TableText,
) -> Option<()> {
    if cursor.takes(&["constraint"]) {
        *name = Some(cursor.name()?);
    }
    let name = name.clone();
    if cursor.takes(&["primary", "key"]) {
        let mut inside = cursor.group()?;
        let counts = inside.last()?.is_word("autoincrement");
        if counts {
            inside = &inside[..inside.len() - 1];
        }
        let (columns, written) = key(inside)?;
        let counts = if counts { " AUTOINCREMENT" } else { "" };
        let conflict = on_conflict(cursor)?;
        let text = format!("PRIMARY KEY ({}){counts}{conflict}", written.join(", "));
        table.primary_key.clone_from(&columns);
        let made = made("primary key", name, &columns, text);
        table.constraints.push(made);
    } else if cursor.takes(&["unique"]) {
        let (columns, written) = key(cursor.group()?)?;
        let text = format!("UNIQUE ({}){}", written.join(", "), on_conflict(cursor)?);
        let made = made("unique", name, &columns, text);
        table.constraints.push(made);
    } else if cursor.takes(&["check"]) {
        let text = format!("CHECK ({})", normal(cursor.group()?, names));
        // SQLite reads what follows, and does nothing about it.
        on_conflict(cursor)?;
        let made = made("check", name, &[], text);
        table.constraints.push(made);
    } else if cursor.takes(&["foreign", "key"]) {
        let (columns, written) = key(cursor.group()?)?;
        let is_plain = columns.iter().map(|name| ident(name)).eq(written);
        if !is_plain || !cursor.takes(&["references"]) {
            return None;
        }
        references(cursor, columns, name, table)?;
        deferred(cursor, table)?;
    } else {
        return None;
    }
    Some(())
}
