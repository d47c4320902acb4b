//! The texts of indexes, triggers, views and virtual tables, in normal form.

use super::cursor::{Cursor, items};
use super::normal::{Names, ident, normal, of_text};
use super::tokens::{Kind, Token, tokens};
use crate::catalog::object::Properties;
use crate::catalog::part::{Index, Trigger};

/// An index; what its text has that is not known here, it keeps.
pub(super) fn index(name: &str, text: &str, names: &Names) -> Index {
    let read = tokens(text).and_then(|tokens| index_of(&tokens, names));
    let (definition, unique, partial) = read.unwrap_or_else(|| {
        let text = of_text(text, names).unwrap_or_else(|| text.to_owned());
        (text, false, false)
    });
    Index {
        name: name.to_owned(),
        definition,
        text: Some(text.to_owned()),
        unique,
        partial,
        valid: true,
        ..Index::default()
    }
}

fn index_of(tokens: &[Token<'_>], names: &Names) -> Option<(String, bool, bool)> {
    let mut cursor = Cursor::new(tokens);
    if !cursor.takes(&["create"]) {
        return None;
    }
    let is_unique = cursor.takes(&["unique"]);
    if !cursor.takes(&["index"]) {
        return None;
    }
    let _ = cursor.takes(&["if", "not", "exists"]);
    let name = cursor.qualified()?;
    if !cursor.takes(&["on"]) {
        return None;
    }
    let table = cursor.name()?;
    let keys: Vec<_> = items(cursor.group()?)?
        .into_iter()
        .map(|item| key(item, names))
        .collect();
    let mut definition = format!(
        "CREATE {}INDEX {} ON {} ({})",
        if is_unique { "UNIQUE " } else { "" },
        ident(&name),
        ident(&table),
        keys.join(", ")
    );
    let is_partial = cursor.takes(&["where"]);
    if is_partial {
        definition = format!("{definition} WHERE {}", normal(cursor.rest(), names));
    } else if !cursor.is_at_end() {
        return None;
    }
    Some((definition, is_unique, is_partial))
}

/// One column or expression. `ASC` is how it is without a word; a string alone is a column's name.
fn key(item: &[Token<'_>], names: &Names) -> String {
    let item = match item {
        [rest @ .., last] if last.is_word("asc") && !rest.is_empty() => rest,
        all => all,
    };
    let is_name = match item {
        [first, rest @ ..] => {
            first.kind == Kind::Text
                && rest
                    .first()
                    .is_none_or(|next| next.is_word("collate") || next.is_word("desc"))
        }
        [] => false,
    };
    match item {
        [first, rest @ ..] if is_name => {
            let name = ident(&first.name().unwrap_or_default());
            format!("{name} {}", normal(rest, names))
                .trim_end()
                .to_owned()
        }
        all => normal(all, names),
    }
}

pub(super) fn trigger(name: &str, text: &str, names: &Names) -> Trigger {
    let rest = tokens(text).and_then(|tokens| after_name(&tokens, "trigger", names));
    let definition = match rest {
        Some(rest) => format!("CREATE TRIGGER {} {rest}", ident(name)),
        None => text.to_owned(),
    };
    Trigger {
        name: name.to_owned(),
        definition,
        text: Some(text.to_owned()),
        enabled: "yes".to_owned(),
        comment: None,
        properties: Properties::default(),
    }
}

/// What follows the name of a view.
pub(super) fn view(text: &str, names: &Names) -> String {
    let rest = tokens(text).and_then(|tokens| after_name(&tokens, "view", names));
    rest.unwrap_or_else(|| text.to_owned())
}

fn after_name(tokens: &[Token<'_>], kind: &str, names: &Names) -> Option<String> {
    let mut cursor = Cursor::new(tokens);
    if !cursor.takes(&["create"]) {
        return None;
    }
    let _ = cursor.takes(&["temp"]) || cursor.takes(&["temporary"]);
    if !cursor.takes(&[kind]) {
        return None;
    }
    let _ = cursor.takes(&["if", "not", "exists"]);
    cursor.qualified()?;
    Some(normal(cursor.rest(), names))
}

/// What follows the name of a virtual table, as it is written: its arguments are the module's own.
pub(super) fn virtual_table(text: &str) -> String {
    let after = |tokens: &[Token<'_>]| {
        let mut cursor = Cursor::new(tokens);
        if !cursor.takes(&["create", "virtual", "table"]) {
            return None;
        }
        let _ = cursor.takes(&["if", "not", "exists"]);
        cursor.qualified()?;
        let first = cursor.peek()?.text;
        // A token is a part of the text.
        let at = first.as_ptr() as usize - text.as_ptr() as usize;
        text.get(at..).map(|rest| rest.trim_end().to_owned())
    };
    let read = tokens(text).and_then(|tokens| after(&tokens));
    read.unwrap_or_else(|| text.to_owned())
}
