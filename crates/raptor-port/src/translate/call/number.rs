//! Functions of numbers, of chance, and those that choose among values.

use super::{Called, constant};
use crate::kind::Epoch;
use crate::translate::arith::{double, operand};
use crate::translate::common::common;
use crate::translate::compare::{Compared, Op, compare, compared};
use crate::translate::literal::Literal;
use crate::translate::place::Place;
use crate::translate::value::{Collation, Size, Type, Value};
use crate::translate::walk::truth_of;
use crate::translate::{Said, no};

impl Place<'_> {
    pub(super) fn number_call(&self, called: Called<'_>) -> Said<Option<Value>> {
        let name = called.name;
        if !matches!(
            name,
            "abs"
                | "round"
                | "min"
                | "max"
                | "coalesce"
                | "ifnull"
                | "nullif"
                | "iif"
                | "if"
                | "typeof"
                | "likely"
                | "unlikely"
                | "likelihood"
        ) {
            return Ok(None);
        }
        let values = self.values(called.arguments)?;
        Ok(Some(match (name, &values[..]) {
            ("abs", [one]) => abs(one)?,
            ("round", [one]) => round(one, 0)?,
            ("round", [one, digits]) => match constant(digits) {
                Some(digits) => round(one, digits)?,
                None => return no("round to a number of digits that stands in a row"),
            },
            ("min" | "max", [_, _, ..]) => extreme(name, &values)?,
            ("coalesce", [_, _, ..]) | ("ifnull", [_, _]) => coalesce(&values)?,
            ("nullif", [one, two]) => nullif(one, two)?,
            ("iif" | "if", [condition, then]) => iif(condition, then, None)?,
            ("iif" | "if", [condition, then, otherwise]) => iif(condition, then, Some(otherwise))?,
            ("typeof", [one]) => type_of(one)?,
            ("likely" | "unlikely", [one]) | ("likelihood", [one, _]) => one.clone(),
            _ => return called.miscounted(),
        }))
    }
}

fn abs(value: &Value) -> Said<Value> {
    let value = operand(value.clone())?;
    let ty = match value.ty {
        Type::Null => return Ok(value),
        Type::Truth | Type::Boolean => Type::Int,
        ty => ty,
    };
    let sql = format!("abs({})", value.as_int());
    Ok(Value {
        is_wide: value.is_wide,
        is_whole: value.is_whole,
        ..Value::new(sql, ty)
            .nulls_of(&[&value])
            .sized(Size::NotNegative)
    })
}

fn round(value: &Value, digits: i64) -> Said<Value> {
    let value = operand(value.clone())?;
    if value.is_null() {
        return Ok(value);
    }
    let real = double(&value)?;
    let made = |sql: String| Value::new(sql, Type::Real).nulls_of(&[&value]);
    if value.ty == Type::Int || value.is_boolean() {
        return Ok(Value {
            is_whole: true,
            ..made(real)
        });
    }
    if digits <= 0 {
        // Postgres rounds a half to the even neighbour, SQLite away from zero.
        let half = format!("CASE WHEN {real} < 0 THEN -0.5 ELSE 0.5 END");
        return Ok(Value {
            is_whole: true,
            ..made(format!("trunc({real} + {half})"))
        });
    }
    no(format!(
        "round({}, {digits}): SQLite's versions round a half as that of 2.675 in different ways; on Postgres, round(x::numeric, {digits}) does",
        value.said()
    ))
}

/// The smallest or largest of several values, NULL where one of them is.
fn extreme(name: &str, values: &[Value]) -> Said<Value> {
    if values.iter().any(Value::is_null) {
        return Ok(Value::literal(Literal::Null));
    }
    let is_other =
        |it: &Value| it.is_citext || it.collation.unwrap_or(Collation::Binary) != Collation::Binary;
    if values.iter().any(is_other) {
        return no(format!("{name} of texts whose case does not count"));
    }
    let (mut printed, mut shape) = common(values)?;
    if shape.is_loose || matches!(shape.ty, Type::Json | Type::Jsonb | Type::Uuid) {
        return no(format!("{name} of {}", values[0].said()));
    }
    if shape.ty == Type::Text {
        for text in &mut printed {
            *text = format!("({text} COLLATE \"C\")");
        }
    }
    if shape.ty == Type::Truth {
        shape.ty = Type::Boolean;
    }
    let function = if name == "min" { "least" } else { "greatest" };
    let mut sql = format!("{function}({})", printed.join(", "));
    let tests: Vec<String> = values
        .iter()
        .filter(|it| it.is_nullable)
        .map(|it| format!("{} IS NOT NULL", it.sql))
        .collect();
    if !tests.is_empty() {
        sql = format!("(CASE WHEN {} THEN {sql} END)", tests.join(" AND "));
    }
    if shape.ty == Type::Int {
        let largest = values.iter().map(|it| it.size).max();
        let is_known = name == "max" && largest >= Some(Size::NotNegative);
        shape.size = match (is_known, shape.size) {
            (true, Size::Any) => Size::NotNegative,
            (_, size) => size,
        };
    }
    Ok(Value { sql, ..shape })
}

fn coalesce(values: &[Value]) -> Said<Value> {
    let (printed, shape) = common(values)?;
    Ok(Value {
        sql: format!("coalesce({})", printed.join(", ")),
        is_nullable: values.iter().all(|it| it.is_nullable),
        ..shape
    })
}

fn nullif(one: &Value, two: &Value) -> Said<Value> {
    let sql = match compared(one, Op::Eq, two)? {
        Compared::Pair(left, Op::Eq, right) if left == one.sql && !one.is_citext => {
            format!("nullif({left}, {right})")
        }
        _ => {
            let same = compare(one, Op::Eq, two)?.sql;
            format!("(CASE WHEN {same} THEN NULL ELSE {} END)", one.sql)
        }
    };
    Ok(Value {
        sql,
        is_nullable: true,
        literal: None,
        moment: None,
        ..one.clone().plain()
    })
}

fn iif(condition: &Value, then: &Value, otherwise: Option<&Value>) -> Said<Value> {
    let condition = truth_of(condition)?;
    let null = Value::literal(Literal::Null);
    let values = [then.clone(), otherwise.unwrap_or(&null).clone()];
    let (printed, shape) = common(&values)?;
    Ok(Value {
        sql: format!(
            "(CASE WHEN {condition} THEN {} ELSE {} END)",
            printed[0], printed[1]
        ),
        ..shape
    })
}

fn type_of(value: &Value) -> Said<Value> {
    let class = match value.ty {
        Type::Null => return Ok(Value::literal(Literal::Text("null".to_owned()))),
        _ if value.is_loose => None,
        Type::Int | Type::Truth | Type::Boolean => Some("integer"),
        Type::Real => Some("real"),
        Type::Text | Type::Json | Type::Jsonb => Some("text"),
        Type::Date | Type::Time | Type::Timestamp | Type::Timestamptz
            if value.epoch == Epoch::Text =>
        {
            Some("text")
        }
        _ => None,
    };
    let Some(class) = class else {
        return no(format!(
            "typeof({}) may differ from row to row",
            value.said()
        ));
    };
    if !value.is_nullable {
        return Ok(Value::literal(Literal::Text(class.to_owned())));
    }
    let sql = format!(
        "(CASE WHEN {} IS NULL THEN 'null' ELSE '{class}' END)",
        value.sql
    );
    Ok(Value::new(sql, Type::Text).not_null())
}
