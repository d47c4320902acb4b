//! Comparisons, by SQLite's rules of affinity and collation
//! (<https://sqlite.org/datatype3.html>, sections 4 and 7).

mod json;
mod lists;
mod texts;
mod times;

pub(super) use texts::{key, text};

use super::literal::{Literal, decimal, number_in};
use super::value::{Type, Value};
use super::{Said, no};
use crate::source::Affinity;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Is,
    IsNot,
}

/// A comparison as it is to be printed.
#[derive(Debug, Clone)]
pub(super) enum Compared {
    Pair(String, Op, String),
    Whole(String),
}

impl Op {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Is => "IS NOT DISTINCT FROM",
            Self::IsNot => "IS DISTINCT FROM",
        }
    }

    /// Whether only sameness counts, and not which is larger.
    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Is | Self::IsNot)
    }

    fn turned(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }
}

/// A comparison as a value.
pub(super) fn compare(left: &Value, op: Op, right: &Value) -> Said<Value> {
    let sql = match compared(left, op, right)? {
        Compared::Pair(left, op, right) => format!("({left} {} {right})", op.sql()),
        Compared::Whole(sql) => sql,
    };
    Ok(match op {
        Op::Is | Op::IsNot => Value::truth(sql, &[]),
        _ => Value::truth(sql, &[left, right]),
    })
}

pub(super) fn compared(left: &Value, op: Op, right: &Value) -> Said<Compared> {
    if left.is_null() || right.is_null() {
        let other = if left.is_null() { right } else { left };
        return Ok(Compared::Whole(match op {
            Op::Is => is_null(other, false).sql,
            Op::IsNot => is_null(other, true).sql,
            _ => "NULL::boolean".to_owned(),
        }));
    }
    match (left.ty, right.ty) {
        (Type::Extract, _) => json::compare(left, op, right),
        (_, Type::Extract) => json::compare(right, op.turned(), left),
        _ if left.is_time() => times::compare(left, op, right),
        _ if right.is_time() => times::compare(right, op.turned(), left),
        _ if left.is_number() && right.is_number() => numbers(left, op, right),
        (Type::Text | Type::Json, Type::Text | Type::Json) => texts::compare(left, op, right),
        (Type::Bytes, Type::Bytes) => Ok(pair(left, op, right)),
        (Type::Uuid, Type::Uuid) if op.is_equality() && left.affinity == right.affinity => {
            Ok(pair(left, op, right))
        }
        _ if left.is_number() && right.ty == Type::Text => number_and_text(left, op, right),
        _ if right.is_number() && left.ty == Type::Text => {
            number_and_text(right, op.turned(), left)
        }
        (Type::Uuid | Type::Jsonb, _) if is_empty(right) => Ok(above_all(left, op)),
        (_, Type::Uuid | Type::Jsonb) if is_empty(left) => Ok(above_all(right, op.turned())),
        _ => no(format!(
            "{} and {} are compared, and on Postgres they have types that do not compare as SQLite's do",
            left.said(),
            right.said()
        )),
    }
}

/// `IS NULL`, or `IS NOT NULL`.
pub(super) fn is_null(value: &Value, not: bool) -> Value {
    let sql = match &value.moment {
        Some(moment) => &moment.at,
        None => &value.sql,
    };
    let not = if not { " NOT" } else { "" };
    Value::truth(format!("({sql} IS{not} NULL)"), &[])
}

fn pair(left: &Value, op: Op, right: &Value) -> Compared {
    Compared::Pair(left.sql.clone(), op, right.sql.clone())
}

fn is_empty(value: &Value) -> bool {
    matches!(&value.literal, Some(Literal::Text(text)) if text.is_empty())
}

/// The comparison of a value with the empty text, which is before all others.
fn above_all(value: &Value, op: Op) -> Compared {
    always(value, op, matches!(op, Op::Ne | Op::Gt | Op::Ge))
}

/// A comparison that has one answer for all values but NULL.
fn always(value: &Value, op: Op, is: bool) -> Compared {
    Compared::Whole(match op {
        Op::Is => "false".to_owned(),
        Op::IsNot => "true".to_owned(),
        _ if !value.is_nullable => is.to_string(),
        _ => format!("(CASE WHEN {} IS NOT NULL THEN {is} END)", value.sql),
    })
}

fn numbers(left: &Value, op: Op, right: &Value) -> Said<Compared> {
    if let Some(loose) = [left, right].iter().find(|it| it.is_loose) {
        return no(format!(
            "{} is declared so that SQLite keeps texts in it, and compares them as texts",
            loose.said()
        ));
    }
    let boolean = |value: &Value| match value.literal {
        Some(Literal::Integer(bit @ (0 | 1))) => Some((bit == 1).to_string()),
        _ if value.is_boolean() => Some(value.sql.clone()),
        _ => None,
    };
    if (left.is_boolean() || right.is_boolean())
        && let (Some(left), Some(right)) = (boolean(left), boolean(right))
    {
        return Ok(Compared::Pair(left, op, right));
    }
    let printed = |value: &Value, other: &Value| match value.literal {
        // As a `numeric`, it compares exactly with whole numbers.
        Some(Literal::Real(number)) if !matches!(other.ty, Type::Real | Type::Number) => {
            decimal(number)
        }
        _ => value.as_int(),
    };
    Ok(Compared::Pair(
        printed(left, right),
        op,
        printed(right, left),
    ))
}

fn number_and_text(number: &Value, op: Op, text: &Value) -> Said<Compared> {
    let Some(Literal::Text(written)) = &text.literal else {
        return match (&number.literal, text.affinity) {
            (Some(Literal::Integer(value)), Some(Affinity::Text)) if !text.is_loose => {
                let number = Value::literal(Literal::Text(value.to_string()));
                texts::compare(&number, op, text)
            }
            _ => no(format!(
                "the number {} is compared with the text {}",
                number.said(),
                text.said()
            )),
        };
    };
    let is_numeric = matches!(
        number.affinity,
        Some(Affinity::Integer | Affinity::Real | Affinity::Numeric)
    );
    match number_in(written) {
        Some(literal) if is_numeric => numbers(number, op, &Value::literal(literal)),
        None if is_numeric && !number.is_loose => {
            let words = [
                "t", "f", "true", "false", "y", "n", "yes", "no", "on", "off",
            ];
            if number.is_boolean() && words.contains(&written.to_lowercase().as_str()) {
                return no(format!(
                    "{} is a boolean on Postgres, and is compared with the text {}",
                    number.said(),
                    text.sql
                ));
            }
            // In SQLite every number is before every text.
            Ok(always(number, op, matches!(op, Op::Ne | Op::Lt | Op::Le)))
        }
        _ => no(format!(
            "the number {} is compared with the text {}, which SQLite does not take for a number there",
            number.said(),
            text.sql
        )),
    }
}
