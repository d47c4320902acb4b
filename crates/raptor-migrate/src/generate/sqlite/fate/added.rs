//! Columns that `ALTER TABLE … ADD COLUMN` can add to a table of SQLite
//! (<https://sqlite.org/lang_altertable.html>, section 4).

use super::{bare, find, same};
use crate::catalog::{Column, Constraint, Relation};
use crate::generate::name::ident;
use crate::generate::words::Words;
use raptor_db::lexer::{self, TokenKind};

/// The columns that make the new table of the old one, where columns alone do.
pub(super) fn columns(old: &Relation, new: &Relation) -> Option<Vec<String>> {
    let is_new = |column: &&Column| find(old, &column.name).is_none();
    let added: Vec<&Column> = new.columns.iter().filter(is_new).collect();
    if added.is_empty() || old.definition.is_some() || new.definition.is_some() {
        return None;
    }
    // The one that comes first cannot name the other yet.
    let is_of_two = |it: &Constraint| {
        let words = Words::of(&it.definition);
        let mut named = added
            .iter()
            .filter(|it| words.has(&it.name.to_ascii_lowercase()));
        it.kind == "check" && named.nth(1).is_some()
    };
    if new.constraints.iter().any(is_of_two) {
        return None;
    }
    let mut rest = bare(new);
    rest.columns.retain(|column| !is_new(&column));
    let mut texts = Vec::new();
    for column in added {
        let mut own = Vec::new();
        rest.constraints.retain(|constraint| {
            let is_own = is_of(constraint, column);
            if is_own {
                own.push(constraint.clone());
            }
            !is_own
        });
        texts.push(text(column, &own)?);
    }
    same(&bare(old), &rest).then_some(texts)
}

/// Whether a constraint can stand in the column.
fn is_of(constraint: &Constraint, column: &Column) -> bool {
    let name = column.name.to_ascii_lowercase();
    match constraint.kind.as_str() {
        "foreign key" => constraint.columns == [name],
        "check" => Words::of(&constraint.definition).has(&name),
        _ => false,
    }
}

fn text(column: &Column, own: &[Constraint]) -> Option<String> {
    let is_of_type = |c: char| c.is_ascii_alphanumeric() || "_ (),+-.".contains(c);
    let known = column.properties.0.is_empty() && column.type_name.chars().all(is_of_type);
    let has_value = column.default.as_deref().is_some_and(|it| it != "null");
    let fits = known
        && (!column.not_null || has_value || column.generated.is_some())
        && column.default.as_deref().is_none_or(is_constant)
        && column.generated.as_ref().is_none_or(|it| !it.stored);
    if !fits {
        return None;
    }
    let mut text = ident(&column.name, true);
    let mut add = |part: String| {
        text.push(' ');
        text.push_str(&part);
    };
    if !column.type_name.is_empty() {
        add(column.type_name.to_uppercase());
    }
    if let Some(collation) = &column.collation {
        add(format!("COLLATE {collation}"));
    }
    if column.not_null {
        add("NOT NULL".to_owned());
    }
    if let Some(default) = &column.default {
        add(format!("DEFAULT {default}"));
    }
    if let Some(generated) = &column.generated {
        add(format!("GENERATED ALWAYS AS ({})", generated.expression));
    }
    for constraint in own {
        if let Some(name) = &constraint.name {
            add(format!("CONSTRAINT {}", ident(name, true)));
        }
        let definition = constraint.definition.as_str();
        match constraint.kind.as_str() {
            "foreign key" if has_value => return None,
            "foreign key" => add(definition[definition.find("REFERENCES")?..].to_owned()),
            _ => add(definition.to_owned()),
        }
    }
    Some(text)
}

/// Whether a default is a plain value; others cannot be given to rows that are there.
fn is_constant(default: &str) -> bool {
    let Ok(tokens) = lexer::tokens(default) else {
        return false;
    };
    let code: Vec<_> = tokens.iter().filter(|it| it.is_code()).collect();
    match code[..] {
        [only] => match only.kind {
            TokenKind::String | TokenKind::Number => true,
            _ => ["null", "true", "false"]
                .iter()
                .any(|word| only.is_word(default, word)),
        },
        [sign, number] => sign.kind == TokenKind::Operator && number.kind == TokenKind::Number,
        _ => false,
    }
}
