//! What a column holds: its type, its default, what it is computed from.

use crate::catalog::relation::Generated;
use crate::catalog::sqlite::cursor::Cursor;
use crate::catalog::sqlite::normal::{Names, normal};
use crate::catalog::sqlite::tokens::{Kind, Token, tokens, unquoted};

/// The words that end a column's type.
const CONSTRAINTS: [&str; 11] = [
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "deferrable",
    "as",
];

/// Bare words that are no strings behind `DEFAULT`.
const CONSTANTS: [&str; 6] = [
    "null",
    "true",
    "false",
    "current_date",
    "current_time",
    "current_timestamp",
];

/// The declared type in lower case; empty where there is none.
pub(super) fn type_name(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut words = Vec::new();
    while let Some(token) = cursor.peek() {
        let ends = CONSTRAINTS.iter().any(|word| token.is_word(word))
            || cursor.clone().takes(&["generated", "always"]);
        if ends || !matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Text) {
            break;
        }
        words.push(cursor.name()?.to_ascii_lowercase());
    }
    let words = words.join(" ");
    if words.is_empty() || !cursor.opens() {
        return Some(words);
    }
    let inside = normal(cursor.group()?, &Names::new());
    Some(format!("{words}({inside})"))
}

/// A default. A bare word that is no constant is a string to SQLite, and strings keep their case.
pub(super) fn default(cursor: &mut Cursor<'_>, names: &Names) -> Option<String> {
    if cursor.opens() {
        return Some(value(cursor.group()?, names));
    }
    let tokens = cursor.rest();
    let first = cursor.next()?;
    if first.is_symbol("+") || first.is_symbol("-") {
        cursor.next()?;
        return Some(value(&tokens[..2], names));
    }
    constant(first)
}

/// An expression; a number stands right behind its sign.
fn value(tokens: &[Token<'_>], names: &Names) -> String {
    match tokens {
        [sign, number] if sign.kind == Kind::Symbol && number.kind == Kind::Number => {
            format!("{}{}", sign.text, number.text.to_ascii_lowercase())
        }
        tokens => normal(tokens, names),
    }
}

fn constant(token: &Token<'_>) -> Option<String> {
    let as_text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match token.kind {
        Kind::Word if CONSTANTS.iter().any(|word| token.is_word(word)) => {
            Some(token.text.to_ascii_lowercase())
        }
        Kind::Word => Some(as_text(token.text)),
        Kind::Quoted => Some(as_text(&unquoted(token.text))),
        Kind::Text | Kind::Blob | Kind::Number => {
            Some(normal(std::slice::from_ref(token), &Names::new()))
        }
        Kind::Symbol => None,
    }
}

pub(super) fn generated(cursor: &mut Cursor<'_>, names: &Names) -> Option<Generated> {
    let expression = normal(cursor.group()?, names);
    let stored = cursor.takes(&["stored"]);
    let _ = !stored && cursor.takes(&["virtual"]);
    Some(Generated { expression, stored })
}

/// A type as `PRAGMA table_xinfo` tells it, in the same form. It takes `GENERATED` for a part of it
/// where a comment stands before `ALWAYS`.
pub(in crate::catalog::sqlite) fn told_type(text: &str) -> Option<String> {
    let tokens = tokens(text)?;
    let words = match &tokens[..] {
        [words @ .., last] if last.is_word("generated") => words,
        words => words,
    };
    let mut cursor = Cursor::new(words);
    let name = type_name(&mut cursor)?;
    cursor.is_at_end().then_some(name)
}

/// A default as `PRAGMA table_xinfo` tells it, in the same form.
pub(in crate::catalog::sqlite) fn told_default(text: &str, names: &Names) -> Option<String> {
    let tokens = tokens(text)?;
    match &tokens[..] {
        [token] => constant(token),
        tokens => Some(value(tokens, names)),
    }
}
