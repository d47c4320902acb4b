//! `CAST`, by the affinity of the type that is named
//! (<https://sqlite.org/lang_expr.html#castexpr>).

use super::arith::{as_text, double, operand};
use super::literal::{Literal, name, number_in};
use super::moment::Form;
use super::place::Place;
use super::value::{Type, Value};
use super::{Said, no};
use crate::source::Affinity;
use sqlite3_parser::ast::{Expr, Type as Named};

/// The blanks that SQLite skips before a number.
const BLANKS: &str = r"[ \t\n\v\f\r]*";

impl Place<'_> {
    pub(super) fn cast(&self, inner: &Expr<'_>, to: Option<&Named<'_>>) -> Said<Value> {
        let Some(to) = to else {
            return no("CAST names no type");
        };
        let value = self.value(inner)?;
        let affinity = Affinity::of(&name(to.name));
        let cast = match affinity {
            _ if value.is_null() => value.clone(),
            Affinity::Integer => integer(&value)?,
            Affinity::Real => real(&value)?,
            Affinity::Text => {
                let sql = as_text(&value)?;
                let literal = value.literal.as_ref().and_then(Literal::text);
                match literal {
                    Some(text) => Value::literal(Literal::Text(text)),
                    None => Value::new(sql, Type::Text).nulls_of(&[&value]),
                }
            }
            Affinity::Numeric => numeric(&value)?,
            Affinity::Blob => match &value.literal {
                Some(Literal::Text(text)) => {
                    Value::literal(Literal::Blob(text.clone().into_bytes()))
                }
                _ if value.ty == Type::Bytes => value.clone(),
                _ => return no("CAST to a blob has no counterpart"),
            },
        };
        Ok(Value {
            affinity: Some(affinity),
            collation: value.collation,
            is_collated: value.is_collated,
            column: None,
            ..cast
        })
    }
}

fn integer(value: &Value) -> Said<Value> {
    let made = |sql: String| Value::new(sql, Type::Int).nulls_of(&[value]);
    if let Some(moment) = &value.moment
        && moment.form == Form::Epoch
    {
        let sql = moment.epoch_seconds();
        return Ok(Value {
            moment: Some(moment.clone()),
            ..made(sql)
        });
    }
    if matches!(&value.moment, Some(it) if it.form == Form::Digits) {
        return operand(value.clone());
    }
    match (&value.literal, value.ty) {
        #[expect(clippy::cast_possible_truncation, reason = "in range")]
        (Some(Literal::Real(number)), _) if number.abs() < 9e18 => {
            Ok(Value::integer(*number as i64))
        }
        (_, Type::Int) if !value.is_loose => Ok(value.clone()),
        (_, Type::Truth | Type::Boolean) if !value.is_loose => Ok(Value {
            is_wide: false,
            ..made(value.as_int()).sized(value.size)
        }),
        (_, Type::Real | Type::Number | Type::Decimal) if !value.is_loose => {
            Ok(made(format!("trunc({})::bigint", value.sql)))
        }
        (_, Type::Text) => {
            let text = as_text(value)?;
            let number =
                format!("coalesce(substring({text} from '^{BLANKS}([+-]?[0-9]+)')::bigint, 0)");
            Ok(made(or_null(value, &text, &number)))
        }
        _ if value.is_time() => integer(&operand(value.clone())?),
        _ => no(format!("{} is cast to a whole number", value.said())),
    }
}

fn real(value: &Value) -> Said<Value> {
    let made = |sql: String| Value::new(sql, Type::Real).nulls_of(&[value]);
    match (&value.literal, value.ty) {
        (Some(Literal::Text(text)), _) => match number_in(text) {
            Some(literal) => real(&Value::literal(literal)),
            None => no(format!("{} is cast to a number", value.said())),
        },
        (_, Type::Text) => {
            let text = as_text(value)?;
            let number = format!(
                "coalesce(substring({text} from '^{BLANKS}([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)')::double precision, 0)"
            );
            Ok(made(or_null(value, &text, &number)))
        }
        _ => {
            let number = operand(value.clone())?;
            Ok(made(double(&number)?))
        }
    }
}

fn numeric(value: &Value) -> Said<Value> {
    match (&value.literal, value.ty) {
        (Some(Literal::Text(text)), _) => match number_in(text) {
            Some(literal) => Ok(Value::literal(literal)),
            None => no(format!("{} is cast to a number", value.said())),
        },
        (_, Type::Int | Type::Number | Type::Decimal) if !value.is_loose => Ok(value.clone()),
        (_, Type::Truth | Type::Boolean) if !value.is_loose => integer(value),
        (_, Type::Real) if !value.is_loose => Ok(Value {
            ty: Type::Number,
            ..value.clone()
        }),
        _ => no(format!(
            "{} is cast to a number, whole or not by what is in the row",
            value.said()
        )),
    }
}

/// NULL for NULL, and the number otherwise.
fn or_null(value: &Value, text: &str, number: &str) -> String {
    if value.is_nullable {
        format!("(CASE WHEN {text} IS NOT NULL THEN {number} END)")
    } else {
        number.to_owned()
    }
}
