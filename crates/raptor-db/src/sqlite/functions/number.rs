//! Numbers: greatest and least, and the arithmetic that SQLite lacks or does otherwise.

use super::{Answer, integer_of, pure, refuse, strict};
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use std::cmp::Ordering;

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    for (name, wanted) in [("greatest", Ordering::Greater), ("least", Ordering::Less)] {
        conn.create_scalar_function(name, -1, pure(), move |context| {
            extreme(context, wanted).map_err(|why| refuse(format!("{name}: {why}")))
        })?;
    }
    strict(conn, "mod", 2, |args| whole(args, i64::checked_rem))?;
    strict(conn, "div", 2, |args| whole(args, i64::checked_div))?;
    strict(conn, "power", 2, |args| {
        let (base, exponent) = (double_of(args[0])?, double_of(args[1])?);
        let answer = base.powf(exponent);
        if answer.is_nan() || (base == 0.0 && exponent < 0.0) {
            return Err("has no real answer".to_owned());
        }
        Ok(Value::Real(answer))
    })?;
    strict(conn, "sign", 1, |args| match args[0] {
        ValueRef::Integer(number) => Ok(Value::Integer(number.signum())),
        value => {
            let number = double_of(value)?;
            Ok(Value::Real(if number == 0.0 {
                0.0
            } else {
                number.signum()
            }))
        }
    })
}

/// NULLs are passed over; all NULL is NULL.
fn extreme(context: &Context<'_>, wanted: Ordering) -> Answer {
    let mut best = ValueRef::Null;
    for at in 0..context.len() {
        let value = context.get_raw(at);
        if value != ValueRef::Null && (best == ValueRef::Null || compare(value, best)? == wanted) {
            best = value;
        }
    }
    Value::try_from(best).map_err(|_| "needs text that is UTF-8".to_owned())
}

fn compare(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Ordering, String> {
    Ok(match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a.cmp(&b),
        (ValueRef::Text(a), ValueRef::Text(b)) => a.cmp(b),
        (ValueRef::Blob(a), ValueRef::Blob(b)) => a.cmp(b),
        (ValueRef::Text(_) | ValueRef::Blob(_), _) | (_, ValueRef::Text(_) | ValueRef::Blob(_)) => {
            return Err("the arguments are of different types".to_owned());
        }
        (a, b) => double_of(a)?
            .partial_cmp(&double_of(b)?)
            .unwrap_or(Ordering::Equal),
    })
}

fn double_of(value: ValueRef<'_>) -> Result<f64, String> {
    match value {
        ValueRef::Real(number) => Ok(number),
        ValueRef::Integer(number) => number
            .to_string()
            .parse()
            .map_err(|_| "needs a number".to_owned()),
        _ => Err("needs a number".to_owned()),
    }
}

fn whole(args: &[ValueRef<'_>], operation: fn(i64, i64) -> Option<i64>) -> Answer {
    let (a, b) = (integer_of(args[0])?, integer_of(args[1])?);
    if b == 0 {
        return Err("division by zero".to_owned());
    }
    // The one pair left that has no answer is the least number over -1; its remainder is 0.
    match operation(a, b) {
        Some(answer) => Ok(Value::Integer(answer)),
        None => operation(a.wrapping_add(1), b)
            .filter(|rest| *rest == 0)
            .map(Value::Integer)
            .ok_or_else(|| "bigint out of range".to_owned()),
    }
}
