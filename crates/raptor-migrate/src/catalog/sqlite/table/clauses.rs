//! Clauses that columns and constraints have in common.

use super::{ForeignKey, TableText, list};
use crate::catalog::part::Constraint;
use crate::catalog::sqlite::cursor::{Cursor, items};
use crate::catalog::sqlite::normal::ident;
use crate::catalog::sqlite::tokens::Token;

/// ` ON CONFLICT …`, or nothing.
pub(super) fn on_conflict(cursor: &mut Cursor<'_>) -> Option<String> {
    if !cursor.takes(&["on", "conflict"]) {
        return Some(String::new());
    }
    let word = cursor.next()?.text.to_ascii_uppercase();
    let is_one = matches!(
        word.as_str(),
        "ROLLBACK" | "ABORT" | "FAIL" | "IGNORE" | "REPLACE"
    );
    is_one.then(|| format!(" ON CONFLICT {word}"))
}

/// The columns of a key: their names, and each with its collation and direction.
pub(super) fn key(tokens: &[Token<'_>]) -> Option<(Vec<String>, Vec<String>)> {
    let (mut names, mut written) = (Vec::new(), Vec::new());
    for item in items(tokens)? {
        let mut cursor = Cursor::new(item);
        let name = cursor.name()?;
        let mut text = ident(&name);
        if cursor.takes(&["collate"]) {
            text = format!("{text} COLLATE {}", ident(&cursor.name()?));
        }
        if cursor.takes(&["desc"]) {
            text.push_str(" DESC");
        } else {
            let _ = cursor.takes(&["asc"]);
        }
        if !cursor.is_at_end() {
            return None;
        }
        names.push(name);
        written.push(text);
    }
    Some((names, written))
}

/// What follows `REFERENCES`, up to where a foreign key is deferred.
pub(super) fn references(
    cursor: &mut Cursor<'_>,
    columns: Vec<String>,
    name: Option<String>,
    table: &mut TableText,
) -> Option<()> {
    let parent = cursor.name()?;
    let mut parent_columns = Vec::new();
    if cursor.opens() {
        parent_columns = key(cursor.group()?)?.0;
    }
    let (mut on_delete, mut on_update) = ("NO ACTION", "NO ACTION");
    let mut matches = String::new();
    loop {
        if cursor.takes(&["on", "delete"]) {
            on_delete = action(cursor)?;
        } else if cursor.takes(&["on", "update"]) {
            on_update = action(cursor)?;
        } else if cursor.takes(&["match"]) {
            matches = format!(" MATCH {}", ident(&cursor.name()?));
        } else {
            break;
        }
    }
    let to = if parent_columns.is_empty() {
        String::new()
    } else {
        format!(" {}", list(&parent_columns))
    };
    let on = |event: &str, action: &str| match action {
        "NO ACTION" => String::new(),
        action => format!(" ON {event} {action}"),
    };
    let definition = format!(
        "FOREIGN KEY {} REFERENCES {}{to}{}{}{matches}",
        list(&columns),
        ident(&parent),
        on("DELETE", on_delete),
        on("UPDATE", on_update),
    );
    let lower = |names: &[String]| names.iter().map(|it| it.to_ascii_lowercase()).collect();
    table.foreign_keys.push(ForeignKey {
        columns: lower(&columns),
        parent: parent.to_ascii_lowercase(),
        parent_columns: lower(&parent_columns),
        on_delete: on_delete.to_owned(),
        on_update: on_update.to_owned(),
    });
    let made = made("foreign key", name, &columns, definition);
    table.constraints.push(made);
    Some(())
}

fn action(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    const ACTIONS: [(&[&str], &str); 5] = [
        (&["set", "null"], "SET NULL"),
        (&["set", "default"], "SET DEFAULT"),
        (&["cascade"], "CASCADE"),
        (&["restrict"], "RESTRICT"),
        (&["no", "action"], "NO ACTION"),
    ];
    let mut actions = ACTIONS.into_iter();
    actions.find_map(|(words, action)| cursor.takes(words).then_some(action))
}

/// `[NOT] DEFERRABLE …`, for the foreign key that was read last. Answers whether there was one, and
/// `None` when it cannot stand here.
pub(super) fn deferred(cursor: &mut Cursor<'_>, table: &mut TableText) -> Option<bool> {
    let is_not = cursor.takes(&["not", "deferrable"]);
    if !is_not && !cursor.takes(&["deferrable"]) {
        return Some(false);
    }
    let is_deferred = cursor.takes(&["initially", "deferred"]);
    if !is_deferred {
        let _ = cursor.takes(&["initially", "immediate"]);
    }
    let mut made = table.constraints.iter_mut();
    let key = made.rfind(|constraint| constraint.kind == "foreign key")?;
    // Twice is more than this reads.
    if key.deferrable {
        return None;
    }
    if !is_not {
        key.deferrable = true;
        key.deferred = is_deferred;
        key.definition.push_str(" DEFERRABLE");
        if is_deferred {
            key.definition.push_str(" INITIALLY DEFERRED");
        }
    }
    Some(true)
}

pub(super) fn made(
    kind: &str,
    name: Option<String>,
    columns: &[String],
    definition: String,
) -> Constraint {
    let columns = columns.iter().map(|name| name.to_ascii_lowercase());
    Constraint {
        name,
        kind: kind.to_owned(),
        columns: columns.collect(),
        definition,
        validated: true,
        ..Constraint::default()
    }
}
