//! Postgres's functions, registered in SQLite.
//!
//! Each answers as Postgres's own does, and the tests ask both. All are strict unless they say
//! otherwise: a NULL argument makes a NULL. A message never repeats a value.

mod aggregate;
mod cast;
mod clock;
mod interval;
mod json;
mod number;
mod pattern;
mod session;
mod text;
mod time;
mod to_char;

use super::session::Session;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error};

/// What a function answers: a value, or why it refuses.
type Answer = Result<Value, String>;

/// Registers all of them.
pub(crate) fn register(conn: &Connection, session: &Session) -> rusqlite::Result<()> {
    clock::register(conn, session)?;
    session::register(conn, session)?;
    cast::register(conn)?;
    number::register(conn)?;
    text::register(conn)?;
    time::register(conn)?;
    pattern::register(conn)?;
    json::register(conn)?;
    aggregate::register(conn)
}

/// Safe in CHECKs and indexes, and the same for the same arguments.
fn pure() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS
}

/// Differs from call to call.
fn volatile() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS
}

fn refuse(why: impl Into<String>) -> Error {
    Error::UserFunctionError(why.into().into())
}

/// Registers a function that sees its arguments only when none is NULL.
fn strict(
    conn: &Connection,
    name: &'static str,
    arguments: i32,
    function: fn(&[ValueRef<'_>]) -> Answer,
) -> rusqlite::Result<()> {
    conn.create_scalar_function(name, arguments, pure(), move |context: &mut Context<'_>| {
        let mut seen = [ValueRef::Null; 4];
        let count = context.len().min(seen.len());
        for (at, place) in seen.iter_mut().enumerate().take(count) {
            *place = context.get_raw(at);
            if *place == ValueRef::Null {
                return Ok(Value::Null);
            }
        }
        function(&seen[..count]).map_err(|why| refuse(format!("{name}: {why}")))
    })
}

/// An argument that must be text.
fn text_of(value: ValueRef<'_>) -> Result<&str, String> {
    match value {
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).map_err(|_| "holds bytes that are no UTF-8".to_owned())
        }
        _ => Err("needs text".to_owned()),
    }
}

/// An argument that must be a whole number.
fn integer_of(value: ValueRef<'_>) -> Result<i64, String> {
    match value {
        ValueRef::Integer(number) => Ok(number),
        _ => Err("needs an integer".to_owned()),
    }
}
