//! Functions (<https://sqlite.org/lang_corefunc.html>).

mod aggregate;
mod chance;
mod json;
mod number;
mod text;
mod window;

use super::literal::Literal;
use super::place::Place;
use super::value::Value;
use super::{Said, no};
use sqlite3_parser::ast::{Expr, FunctionTail};

pub(super) use chance::digits;

/// A call of a function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called<'c> {
    pub(super) name: &'c str,
    pub(super) arguments: &'c [Expr<'c>],
}

/// A call, with all that may be written at it.
#[derive(Debug)]
pub(super) struct Call<'c> {
    /// In lower case.
    pub(super) name: String,
    pub(super) arguments: &'c [Expr<'c>],
    pub(super) is_distinct: bool,
    pub(super) is_star: bool,
    pub(super) is_ordered: bool,
    pub(super) tail: Option<&'c FunctionTail<'c>>,
}

impl Place<'_> {
    pub(super) fn call(&self, call: &Call<'_>) -> Said<Value> {
        if call.is_ordered {
            return no(format!(
                "{} with an ORDER BY inside has no counterpart",
                call.name
            ));
        }
        if call.is_aggregate() || call.tail.is_some() {
            return self.aggregate(call);
        }
        if call.is_distinct || call.is_star {
            return no(format!("{} is no aggregate", call.name));
        }
        let called = Called {
            name: &call.name,
            arguments: call.arguments,
        };
        if let Some(value) = self.moment_call(called.name, called.arguments)? {
            return Ok(value);
        }
        for rules in [
            Self::text_call,
            Self::number_call,
            Self::chance_call,
            Self::json_call,
        ] {
            if let Some(value) = rules(self, called)? {
                return Ok(value);
            }
        }
        no(format!("the function {} has no counterpart", call.name))
    }

    fn values(&self, arguments: &[Expr<'_>]) -> Said<Vec<Value>> {
        arguments.iter().map(|it| self.value(it)).collect()
    }
}

impl Called<'_> {
    /// Another number of arguments than the function has.
    fn miscounted<T>(self) -> Said<T> {
        no(format!(
            "{} has {} arguments, for which there is no rule",
            self.name,
            self.arguments.len()
        ))
    }
}

/// The constant whole number that an argument is.
fn constant(value: &Value) -> Option<i64> {
    match value.literal {
        Some(Literal::Integer(number)) => Some(number),
        _ => None,
    }
}
