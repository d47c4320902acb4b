//! One column of a table's text, with the constraints that stand in it.

use super::clauses::{deferred, made, on_conflict, references};
use super::values::{default, generated, type_name};
use super::{TableText, list};
use crate::catalog::relation::Column;
use crate::catalog::sqlite::cursor::Cursor;
use crate::catalog::sqlite::normal::{Names, ident, normal};

pub(super) fn column(cursor: &mut Cursor<'_>, names: &Names, table: &mut TableText) -> Option<()> {
    let mut column = Column {
        name: cursor.name()?,
        type_name: type_name(cursor)?,
        ..Column::default()
    };
    let mut called = Called::default();
    while !cursor.is_at_end() && !cursor.peek()?.is_symbol(",") {
        if cursor.takes(&["constraint"]) {
            called.leave(&mut column);
            let name = cursor.name()?;
            called.standing = Some(name.clone());
            called.next = Some(name);
        } else if !key(cursor, &column, &mut called, table)?
            && !check(cursor, names, &mut called, table)?
            && !own(cursor, names, &mut column, &mut called)?
            && !deferred(cursor, table)?
        {
            return None;
        }
    }
    called.leave(&mut column);
    table.columns.push(column);
    Some(())
}

/// `CONSTRAINT name`: it goes with the constraint after it, and SQLite calls every check by it that
/// comes before another name.
#[derive(Default)]
struct Called {
    next: Option<String>,
    standing: Option<String>,
}

impl Called {
    /// A name that no constraint took, before a default for example. SQLite keeps it in the text.
    fn leave(&mut self, column: &mut Column) {
        if let Some(name) = self.next.take() {
            let before = column.properties.get("names").unwrap_or_default();
            let names = format!("{before} {}", ident(&name));
            column.properties.set("names", names.trim_start());
        }
    }
}

/// What is the same behind the columns: a primary, unique or foreign key.
fn key(
    cursor: &mut Cursor<'_>,
    column: &Column,
    called: &mut Called,
    table: &mut TableText,
) -> Option<bool> {
    let this = [column.name.clone()];
    let columns = list(&this);
    if cursor.takes(&["primary", "key"]) {
        let descends = cursor.takes(&["desc"]);
        let _ = !descends && cursor.takes(&["asc"]);
        let conflict = on_conflict(cursor)?;
        // `INTEGER PRIMARY KEY DESC` is no name of the rowid, which `PRIMARY KEY (id DESC)` is.
        let descends = if descends { " DESC in the column" } else { "" };
        let counts = cursor.takes(&["autoincrement"]);
        let counts = if counts { " AUTOINCREMENT" } else { "" };
        let text = format!("PRIMARY KEY {columns}{descends}{counts}{conflict}");
        table.primary_key = this.to_vec();
        let made = made("primary key", called.next.take(), &this, text);
        table.constraints.push(made);
    } else if cursor.takes(&["unique"]) {
        let text = format!("UNIQUE {columns}{}", on_conflict(cursor)?);
        let made = made("unique", called.next.take(), &this, text);
        table.constraints.push(made);
    } else if cursor.takes(&["references"]) {
        references(cursor, this.to_vec(), called.next.take(), table)?;
    } else {
        return Some(false);
    }
    Some(true)
}

fn check(
    cursor: &mut Cursor<'_>,
    names: &Names,
    called: &mut Called,
    table: &mut TableText,
) -> Option<bool> {
    if !cursor.takes(&["check"]) {
        return Some(false);
    }
    called.next = None;
    let text = format!("CHECK ({})", normal(cursor.group()?, names));
    let made = made("check", called.standing.clone(), &[], text);
    table.constraints.push(made);
    Some(true)
}

/// What is the column's alone; what is given twice is not read.
fn own(
    cursor: &mut Cursor<'_>,
    names: &Names,
    column: &mut Column,
    called: &mut Called,
) -> Option<bool> {
    let once = |is_first: bool| is_first.then_some(true);
    if cursor.takes(&["not", "null"]) {
        let conflict = on_conflict(cursor)?;
        let name = called.next.take();
        let name = name.map(|name| format!("CONSTRAINT {} ", ident(&name)));
        if name.is_some() || !conflict.is_empty() {
            let text = format!("{}NOT NULL{conflict}", name.unwrap_or_default());
            column.properties.set("not null as", text);
        }
        once(!std::mem::replace(&mut column.not_null, true))
    } else if cursor.takes(&["null"]) {
        on_conflict(cursor)?;
        Some(true)
    } else if cursor.takes(&["default"]) {
        once(column.default.replace(default(cursor, names)?).is_none())
    } else if cursor.takes(&["collate"]) {
        let collation = ident(&cursor.name()?);
        once(column.collation.replace(collation).is_none())
    } else if cursor.takes(&["generated", "always", "as"]) || cursor.takes(&["as"]) {
        let made = generated(cursor, names)?;
        once(column.generated.replace(made).is_none())
    } else {
        Some(false)
    }
}
