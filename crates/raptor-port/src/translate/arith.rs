//! Arithmetic on numbers, bits and the joining of texts.

use super::compare::text;
use super::literal::Literal;
use super::moment::{Form, number_of};
use super::place::Place;
use super::value::{Size, Type, Value};
use super::{Said, no};
use crate::kind::Epoch;
use sqlite3_parser::ast::{Expr, Operator};

/// An operand of arithmetic: a number in SQLite, without a doubt.
pub(super) fn operand(value: Value) -> Said<Value> {
    if value.is_time() && value.epoch != Epoch::Text {
        return number_of(&value);
    }
    if let (Some(moment), Type::Text) = (&value.moment, value.ty) {
        let sql = match moment.form {
            Form::Epoch => moment.epoch_seconds(),
            Form::Digits => format!("{}::bigint", value.sql),
            _ => return no(format!("{} is used as a number", value.said())),
        };
        return Ok(Value::new(sql, Type::Int).nulls_of(&[&value]));
    }
    if value.is_number() && !value.is_loose || value.is_null() {
        return Ok(value);
    }
    no(format!(
        "{} is used as a number, and is a text in this plan",
        value.said()
    ))
}

/// A number as a `double precision`.
pub(super) fn double(value: &Value) -> Said<String> {
    Ok(match (value.ty, &value.literal) {
        (Type::Real | Type::Number, _) => value.sql.clone(),
        (_, Some(Literal::Integer(number))) if number.unsigned_abs() < 1 << 53 =>
        {
            #[expect(clippy::cast_precision_loss, reason = "doubles have 53 bits")]
            Literal::Real(*number as f64).sql()
        }
        (Type::Int | Type::Decimal | Type::Truth | Type::Boolean, _) => {
            format!("{}::double precision", value.as_int())
        }
        _ => return no(format!("{} is no number", value.said())),
    })
}

/// A whole number with 64 bits, as all are in SQLite.
fn wide(value: &Value) -> String {
    if value.is_wide {
        value.sql.clone()
    } else {
        format!("{}::bigint", value.as_int())
    }
}

impl Place<'_> {
    pub(super) fn arithmetic(
        &self,
        left: &Expr<'_>,
        op: Operator,
        right: &Expr<'_>,
    ) -> Said<Value> {
        let (left, right) = (operand(self.value(left)?)?, operand(self.value(right)?)?);
        if left.is_null() || right.is_null() {
            return Ok(Value::literal(Literal::Null));
        }
        let is_whole = |value: &Value| value.ty == Type::Int || value.is_boolean();
        match op {
            Operator::BitwiseAnd
            | Operator::BitwiseOr
            | Operator::LeftShift
            | Operator::RightShift
            | Operator::Modulus
                if !(is_whole(&left) && is_whole(&right)) =>
            {
                no("%, & and | and shifts of numbers with fractions have no counterpart")
            }
            Operator::BitwiseAnd => Ok(whole(&left, "&", wide(&right), &right)),
            Operator::BitwiseOr => Ok(whole(&left, "|", wide(&right), &right)),
            Operator::LeftShift | Operator::RightShift => shifted(&left, op, &right),
            Operator::Modulus => {
                let size = left.size.min(Size::NotNegative);
                let value = whole(&left, "%", divisor(&right, right.as_int(), "0"), &right);
                Ok(divided(value, &right).sized(size))
            }
            Operator::Divide if is_whole(&left) && is_whole(&right) => {
                let value = whole(&left, "/", divisor(&right, right.as_int(), "0"), &right);
                Ok(divided(value, &right))
            }
            Operator::Divide => reals(&left, op, &right),
            _ if is_whole(&left) && is_whole(&right) => {
                let value = whole(&left, sign(op)?, right.as_int(), &right);
                let is_positive = op != Operator::Subtract
                    && left.size >= Size::NotNegative
                    && right.size >= Size::NotNegative;
                Ok(value.sized(if is_positive {
                    Size::NotNegative
                } else {
                    Size::Any
                }))
            }
            _ => reals(&left, op, &right),
        }
    }

    pub(super) fn negative(&self, value: &Value) -> Said<Value> {
        let value = operand(value.clone())?;
        let sql = match value.ty {
            Type::Null => return Ok(value),
            Type::Int | Type::Truth | Type::Boolean => format!("(- {})", wide(&value)),
            _ => format!("(- {})", value.sql),
        };
        let ty = if value.is_boolean() {
            Type::Int
        } else {
            value.ty
        };
        Ok(Value::new(sql, ty).nulls_of(&[&value]))
    }

    pub(super) fn inverted(&self, value: &Value) -> Said<Value> {
        let value = operand(value.clone())?;
        if value.ty != Type::Int {
            return no("~ is of whole numbers");
        }
        let sql = format!("(~ {})", wide(&value));
        Ok(Value::new(sql, Type::Int).nulls_of(&[&value]))
    }

    pub(super) fn concat(&self, left: &Expr<'_>, right: &Expr<'_>) -> Said<Value> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        let sql = format!("({} || {})", as_text(&left)?, as_text(&right)?);
        Ok(Value::new(sql, Type::Text).nulls_of(&[&left, &right]))
    }
}

/// A value as the text that SQLite makes of it.
pub(super) fn as_text(value: &Value) -> Said<String> {
    match (value.ty, &value.literal) {
        (Type::Null, _) => Ok("NULL::text".to_owned()),
        (_, Some(literal @ (Literal::Text(_) | Literal::Integer(_) | Literal::Real(_)))) => {
            match literal.text() {
                Some(text) => Ok(super::literal::text(&text)),
                None => no(format!("{} as a text has a form of its own", value.said())),
            }
        }
        (Type::Text | Type::Json, _) => Ok(text(value)),
        (Type::Int, _) => Ok(format!("{}::text", value.sql)),
        (Type::Truth | Type::Boolean, _) if !value.is_loose => {
            Ok(format!("{}::integer::text", value.sql))
        }
        (Type::Real | Type::Number | Type::Decimal, _) => no(format!(
            "{} has a fraction, and Postgres writes such numbers in another form than SQLite",
            value.said()
        )),
        _ => no(format!(
            "{} is used as a text, and Postgres does not keep the form that it was written in",
            value.said()
        )),
    }
}

fn sign(op: Operator) -> Said<&'static str> {
    Ok(match op {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        _ => return no("an operator has no counterpart"),
    })
}

fn whole(left: &Value, sign: &str, right_sql: String, right: &Value) -> Value {
    // With 32 bits, Postgres would stop where SQLite goes on.
    let left_sql = if right.is_wide && right.literal.is_none() {
        left.as_int()
    } else {
        wide(left)
    };
    Value::new(format!("({left_sql} {sign} {right_sql})"), Type::Int).nulls_of(&[left, right])
}

/// What is divided by: NULL for 0, as SQLite answers NULL.
fn divisor(value: &Value, sql: String, zero: &str) -> String {
    match value.literal {
        Some(Literal::Integer(number)) if number != 0 => sql,
        Some(Literal::Real(number)) if number != 0.0 => sql,
        _ => format!("nullif({sql}, {zero})"),
    }
}

fn divided(value: Value, by: &Value) -> Value {
    let is_safe = matches!(by.literal, Some(Literal::Integer(number)) if number != 0);
    Value {
        is_nullable: value.is_nullable || !is_safe,
        ..value
    }
}

fn reals(left: &Value, op: Operator, right: &Value) -> Said<Value> {
    let is_real = |value: &Value| value.ty == Type::Real;
    if op == Operator::Divide && !is_real(left) && !is_real(right) {
        return no(format!(
            "{} is divided, and SQLite divides whole numbers in it without a fraction",
            left.said()
        ));
    }
    let (one, two) = (double(left)?, double(right)?);
    let ty = if is_real(left) || is_real(right) {
        Type::Real
    } else {
        Type::Number
    };
    if op == Operator::Divide {
        let sql = format!("({one} / {})", divisor(right, two, "0"));
        let value = Value::new(sql, ty).nulls_of(&[left, right]);
        let is_safe = matches!(right.literal, Some(Literal::Real(number)) if number != 0.0);
        return Ok(Value {
            is_nullable: value.is_nullable || !is_safe,
            ..value
        });
    }
    let sql = format!("({one} {} {two})", sign(op)?);
    Ok(Value::new(sql, ty).nulls_of(&[left, right]))
}

fn shifted(left: &Value, op: Operator, right: &Value) -> Said<Value> {
    match right.literal {
        Some(Literal::Integer(by @ 0..=63)) => {
            let sign = if op == Operator::LeftShift {
                "<<"
            } else {
                ">>"
            };
            let sql = format!("({} {sign} {by})", wide(left));
            Ok(Value::new(sql, Type::Int).nulls_of(&[left]))
        }
        _ => no("bits are shifted by what is no number from 0 to 63"),
    }
}
