//! Functions over a window of rows (<https://sqlite.org/windowfunctions.html>).

use super::{Call, constant};
use crate::translate::place::Place;
use crate::translate::select::order;
use crate::translate::value::{Size, Type, Value};
use crate::translate::{Said, no};
use sqlite3_parser::ast::Over;

impl Place<'_> {
    pub(super) fn window(&self, over: &Over<'_>) -> Said<String> {
        let Over::Window(window) = over else {
            return no("a window with a name has no counterpart");
        };
        if window.base.is_some() || window.frame_clause.is_some() {
            return no("a window with a frame of its own has no counterpart");
        }
        let mut parts = Vec::new();
        if let Some(keys) = window.partition_by {
            let mut printed = Vec::with_capacity(keys.len());
            for key in keys {
                printed.push(order::group_key(&self.value(key)?)?);
            }
            parts.push(format!("PARTITION BY {}", printed.join(", ")));
        }
        if let Some(terms) = window.order_by {
            let mut printed = Vec::with_capacity(terms.len());
            for term in terms {
                let value = self.value(&term.expr)?;
                printed.push(order::term(&value, term.order, term.nulls)?);
            }
            parts.push(format!("ORDER BY {}", printed.join(", ")));
        }
        Ok(format!("({})", parts.join(" ")))
    }

    pub(super) fn window_call(&self, call: &Call<'_>, values: &[Value], tail: &str) -> Said<Value> {
        let name = call.name.as_str();
        match (name, values) {
            ("row_number" | "rank" | "dense_rank", []) => {
                Ok(Value::new(format!("{name}(){tail}"), Type::Int)
                    .not_null()
                    .sized(Size::NotNegative))
            }
            ("lag" | "lead" | "first_value", [one, rest @ ..])
                if rest.len() < 2 && (name != "first_value" || rest.is_empty()) =>
            {
                let by = match rest.first().map(constant) {
                    None => String::new(),
                    Some(Some(by @ 0..=1_000_000)) => format!(", {by}"),
                    _ => return no(format!("{name} by what stands in a row")),
                };
                Ok(Value {
                    sql: format!("{name}({}{by}){tail}", one.sql),
                    is_nullable: true,
                    literal: None,
                    moment: None,
                    ..one.clone().plain()
                })
            }
            _ => no(format!("the function {name} has no counterpart")),
        }
    }
}
