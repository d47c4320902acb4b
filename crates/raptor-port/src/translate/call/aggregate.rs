//! Aggregates (<https://sqlite.org/lang_aggfunc.html>).

use super::json::item;
use super::{Call, constant};
use crate::translate::arith::{as_text, double, operand};
use crate::translate::compare::{key, text};
use crate::translate::literal::{self, Literal};
use crate::translate::place::Place;
use crate::translate::value::{Collation, Size, Type, Value};
use crate::translate::{Said, no};

impl Call<'_> {
    pub(super) fn is_aggregate(&self) -> bool {
        match self.name.as_str() {
            "count" | "sum" | "total" | "avg" | "group_concat" | "string_agg"
            | "json_group_array" => true,
            "min" | "max" => self.arguments.len() == 1,
            _ => false,
        }
    }
}

impl Place<'_> {
    pub(super) fn aggregate(&self, call: &Call<'_>) -> Said<Value> {
        if !self.allows_aggregates.get() {
            return no(format!("{} stands where no aggregate can", call.name));
        }
        let over = call.tail.and_then(|it| it.over_clause);
        let filter = call.tail.and_then(|it| it.filter_clause);
        if over.is_none() && !call.is_aggregate() {
            return no(format!("the function {} has no counterpart", call.name));
        }
        if self.is_in_aggregate.get() {
            return no("an aggregate stands inside another");
        }
        if over.is_none() {
            self.has_aggregate.set(true);
            self.is_in_aggregate.set(true);
        }
        let values = self.values(call.arguments);
        let filter = filter.map(|it| self.truth(it)).transpose();
        self.is_in_aggregate.set(false);
        let (values, filter) = (values?, filter?);
        let mut tail = match filter {
            Some(condition) => format!(" FILTER (WHERE {condition})"),
            None => String::new(),
        };
        if let Some(over) = over {
            tail = format!("{tail} OVER {}", self.window(over)?);
            if !call.is_aggregate() {
                return self.window_call(call, &values, &tail);
            }
        }
        let distinct = if call.is_distinct { "DISTINCT " } else { "" };
        aggregated(call, &values, distinct, &tail)
    }
}

fn aggregated(call: &Call<'_>, values: &[Value], distinct: &str, tail: &str) -> Said<Value> {
    let name = call.name.as_str();
    match (name, values) {
        ("count", []) => Ok(counted(format!("count(*){tail}"))),
        ("count", [one]) => {
            let sql = match one.collation {
                Some(collation) if call.is_distinct && one.ty == Type::Text => key(one, collation),
                _ if one.ty == Type::Extract => {
                    return no("count of what json_extract answers");
                }
                _ => text(one),
            };
            Ok(counted(format!("count({distinct}{sql}){tail}")))
        }
        ("sum" | "total" | "avg", [one]) => sum(name, &operand(one.clone())?, distinct, tail),
        ("group_concat" | "string_agg", [one, rest @ ..]) if rest.len() < 2 => {
            let by = match rest.first().map(|it| &it.literal) {
                None => ",".to_owned(),
                Some(Some(Literal::Text(by))) => by.clone(),
                _ => return no(format!("{name} with a separator out of a row")),
            };
            if call.is_distinct && one.collation.unwrap_or(Collation::Binary) != Collation::Binary {
                return no(format!("{name} of texts whose case does not count"));
            }
            let sql = format!(
                "string_agg({distinct}{}, {}){tail}",
                as_text(one)?,
                literal::text(&by)
            );
            Ok(Value::new(sql, Type::Text))
        }
        ("json_group_array", [one]) if !call.is_distinct => {
            let sql = format!("coalesce(jsonb_agg({}){tail}, '[]'::jsonb)", item(one)?);
            Ok(Value::new(sql, Type::Jsonb).not_null())
        }
        ("min" | "max", [one]) => extreme(name, one, tail),
        _ => no(format!("{name} with {} arguments", values.len())),
    }
}

fn counted(sql: String) -> Value {
    Value::new(sql, Type::Int)
        .not_null()
        .sized(Size::NotNegative)
}

fn sum(name: &str, value: &Value, distinct: &str, tail: &str) -> Said<Value> {
    if value.is_null() || constant(value).is_some_and(|_| !distinct.is_empty()) {
        return no(format!("{name} of a constant"));
    }
    if name == "sum" {
        let is_whole = value.ty == Type::Int || value.is_boolean();
        return Ok(match value.ty {
            // Postgres sums whole numbers of 64 bits as a `numeric`.
            _ if is_whole => Value::new(
                format!("(sum({distinct}{}){tail})::bigint", value.as_int()),
                Type::Int,
            ),
            ty => Value::new(format!("sum({distinct}{}){tail}", value.sql), ty),
        });
    }
    let real = double(value)?;
    Ok(if name == "avg" {
        Value::new(format!("avg({distinct}{real}){tail}"), Type::Real)
    } else {
        let sql = format!("coalesce(sum({distinct}{real}){tail}, 0)");
        Value::new(sql, Type::Real).not_null()
    })
}

fn extreme(name: &str, value: &Value, tail: &str) -> Said<Value> {
    if value.is_loose {
        return no(format!(
            "{name} of {}, in which SQLite may keep numbers and texts",
            value.said()
        ));
    }
    let kept = |sql: String| Value {
        sql,
        is_nullable: true,
        is_random: false,
        literal: None,
        moment: None,
        ..value.clone().plain()
    };
    Ok(match value.ty {
        Type::Boolean => {
            let function = if name == "min" { "bool_and" } else { "bool_or" };
            kept(format!("{function}({}){tail}", value.sql))
        }
        Type::Truth => Value {
            is_wide: false,
            ..Value::new(format!("{name}({}){tail}", value.as_int()), Type::Int)
        },
        Type::Text if value.collation.unwrap_or(Collation::Binary) == Collation::Binary => Value {
            collation: value.collation,
            ..Value::new(
                format!("{name}({}){tail}", key(value, Collation::Binary)),
                Type::Text,
            )
        },
        Type::Int | Type::Real | Type::Number | Type::Decimal => {
            kept(format!("{name}({}){tail}", value.sql))
        }
        Type::Date | Type::Time | Type::Timestamp | Type::Timestamptz => {
            kept(format!("{name}({}){tail}", value.sql))
        }
        _ => {
            return no(format!("{name} of {} has no counterpart", value.said()));
        }
    })
}
