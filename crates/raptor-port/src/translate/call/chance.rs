//! Functions of chance.

use super::{Called, constant};
use crate::translate::place::Place;
use crate::translate::value::{Type, Value};
use crate::translate::{Said, no};

impl Place<'_> {
    pub(super) fn chance_call(&self, called: Called<'_>) -> Said<Option<Value>> {
        if !matches!(called.name, "random" | "randomblob" | "gen_random_uuid") {
            return Ok(None);
        }
        self.fixed("chance")?;
        let values = self.values(called.arguments)?;
        let (sql, ty) = match (called.name, &values[..]) {
            ("random", []) => {
                let end = |count: u8| format!("right(gen_random_uuid()::text, {count})");
                let sql = format!("('x' || {} || {})::bit(64)::bigint", end(12), end(4));
                (sql, Type::Int)
            }
            // SQLite takes it as a default, and never calls it.
            ("gen_random_uuid", []) => ("gen_random_uuid()".to_owned(), Type::Uuid),
            ("randomblob", [count]) => {
                let Some(count @ 1..=64) = constant(count) else {
                    return no("randomblob of a number of bytes that is not from 1 to 64");
                };
                (format!("decode({}, 'hex')", digits(count)), Type::Bytes)
            }
            _ => return called.miscounted(),
        };
        Ok(Some(Value {
            is_random: true,
            ..Value::new(sql, ty).not_null()
        }))
    }
}

/// Random hexadecimal digits of so many bytes, in lower case. The last twelve of a UUID are chance
/// alone; all 32 are but for six bits.
pub(in crate::translate) fn digits(bytes: i64) -> String {
    if bytes == 16 {
        return "replace(gen_random_uuid()::text, '-', '')".to_owned();
    }
    let mut left = bytes * 2;
    let mut parts = Vec::new();
    while left > 0 {
        parts.push(format!("right(gen_random_uuid()::text, {})", left.min(12)));
        left -= 12;
    }
    match &parts[..] {
        [one] => one.clone(),
        _ => format!("({})", parts.join(" || ")),
    }
}
