//! Texts, by the collation that SQLite takes.

use super::{Compared, Op};
use crate::translate::literal::{self, Literal, number_in};
use crate::translate::value::{Collation, Type, Value};
use crate::translate::{Said, no};

pub(super) fn compare(left: &Value, op: Op, right: &Value) -> Said<Compared> {
    for (one, other) in [(left, right), (right, left)] {
        let is_word = matches!(&other.literal, Some(Literal::Text(it)) if number_in(it).is_none());
        if one.is_loose && !(op.is_equality() && is_word) {
            return no(format!(
                "{} is declared so that SQLite may keep numbers in it, which it compares as numbers",
                one.said()
            ));
        }
    }
    let collation = collation(left, right);
    let (left_sql, right_sql) = match collation {
        Collation::Nocase if op.is_equality() && is_citext(left, right) => {
            (left.sql.clone(), right.sql.clone())
        }
        Collation::Binary if op.is_equality() => (text(left), text(right)),
        _ => (key(left, collation), key(right, collation)),
    };
    Ok(Compared::Pair(left_sql, op, right_sql))
}

/// The collation of a comparison: what is written first, then what the left side has.
fn collation(left: &Value, right: &Value) -> Collation {
    let written = |value: &Value| value.collation.filter(|_| value.is_collated);
    written(left)
        .or(written(right))
        .or(left.collation)
        .or(right.collation)
        .unwrap_or(Collation::Binary)
}

/// Whether `citext` answers as SQLite does: it also knows the cases of letters that are not ASCII.
fn is_citext(left: &Value, right: &Value) -> bool {
    let is = |value: &Value| {
        value.is_citext || matches!(&value.literal, Some(Literal::Text(it)) if it.is_ascii())
    };
    (left.is_citext || right.is_citext) && is(left) && is(right)
}

/// A text without regard to what it is kept as.
pub(in crate::translate) fn text(value: &Value) -> String {
    if value.is_citext || value.ty == Type::Json {
        return format!("{}::text", value.sql);
    }
    value.sql.clone()
}

/// What sorts and compares as SQLite does, byte by byte.
pub(in crate::translate) fn key(value: &Value, collation: Collation) -> String {
    match (collation, &value.literal) {
        (Collation::Nocase, Some(Literal::Text(it))) => literal::text(&it.to_ascii_lowercase()),
        (Collation::Nocase, _) => format!("lower({} COLLATE \"C\")", text(value)),
        (Collation::Rtrim, _) => format!("(rtrim({}, ' ') COLLATE \"C\")", text(value)),
        (Collation::Binary, _) => format!("({} COLLATE \"C\")", text(value)),
    }
}
