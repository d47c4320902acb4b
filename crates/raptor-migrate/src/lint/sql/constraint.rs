//! A constraint of a table.

use super::column::Reference;
use super::cursor::Cursor;
use super::word::{Ident, Word};

/// A constraint, as CREATE TABLE and ADD CONSTRAINT have it.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Constraint<'s> {
    pub(in crate::lint) name: Option<Ident>,
    pub(in crate::lint) at: usize,
    pub(in crate::lint) kind: ConstraintKind<'s>,
    pub(in crate::lint) not_valid: bool,
    /// All of it but its name, as it is written.
    pub(in crate::lint) words: Vec<Word<'s>>,
}

/// What it demands.
#[derive(Debug, Clone)]
pub(in crate::lint) enum ConstraintKind<'s> {
    Check(Vec<Word<'s>>),
    /// The columns, or the index that is to be used.
    Unique(Vec<String>, Option<String>),
    Primary(Vec<String>, Option<String>),
    Foreign(Vec<String>, Reference),
    Exclude,
    NotNull(String),
}

impl<'s> Constraint<'s> {
    /// Whether a constraint is next, and not a column.
    pub(super) fn is_next(cursor: &Cursor<'_, '_>) -> bool {
        let starts = [
            "constraint",
            "check",
            "unique",
            "primary",
            "foreign",
            "exclude",
        ];
        let not_null = cursor.is("not") && cursor.ahead(1).is_some_and(|next| next.is("null"));
        not_null || cursor.peek().is_some_and(|next| next.is_any(&starts))
    }

    pub(super) fn read(cursor: &mut Cursor<'_, 's>) -> Option<Self> {
        let at = cursor.place();
        let name = if cursor.eat("constraint") {
            Some(cursor.ident()?)
        } else {
            None
        };
        let words = cursor.rest().to_vec();
        let kind = kind(cursor)?;
        let rest = cursor.rest();
        let not_valid = rest
            .windows(2)
            .any(|pair| pair[0].is("not") && pair[1].is_any(&["valid", "enforced"]));
        Some(Self {
            name,
            at,
            kind,
            not_valid,
            words,
        })
    }
}

fn kind<'s>(cursor: &mut Cursor<'_, 's>) -> Option<ConstraintKind<'s>> {
    if cursor.eat("check") {
        return Some(ConstraintKind::Check(cursor.group()?.to_vec()));
    }
    if cursor.eat("unique") {
        let _ =
            cursor.eat_all(&["nulls", "not", "distinct"]) || cursor.eat_all(&["nulls", "distinct"]);
        let (columns, index) = key(cursor);
        return Some(ConstraintKind::Unique(columns, index));
    }
    if cursor.eat_all(&["primary", "key"]) {
        let (columns, index) = key(cursor);
        return Some(ConstraintKind::Primary(columns, index));
    }
    if cursor.eat_all(&["foreign", "key"]) {
        let columns = cursor.columns();
        return Some(ConstraintKind::Foreign(columns, Reference::read(cursor)?));
    }
    if cursor.eat_all(&["not", "null"]) {
        return Some(ConstraintKind::NotNull(cursor.ident()?.text));
    }
    cursor.eat("exclude").then_some(ConstraintKind::Exclude)
}

/// `(columns)` or `USING INDEX name`.
fn key(cursor: &mut Cursor<'_, '_>) -> (Vec<String>, Option<String>) {
    if cursor.eat_all(&["using", "index"]) {
        let index = cursor.ident().map(|index| index.text);
        return (Vec::new(), index);
    }
    (cursor.columns(), None)
}
