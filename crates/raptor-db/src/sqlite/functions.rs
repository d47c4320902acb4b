//! Postgres's functions, registered in SQLite, each with Postgres's own answer and strictness.
//!
//! The families are files beside this one. `op_…` and `cast_…` are what the dialect writes where
//! Postgres has an operator or a cast; nobody else should call them. Nothing here reads a table.

mod answer;
mod argument;
mod array;
mod bytes;
mod cast;
mod clock;
mod date;
mod decimal;
mod extract;
mod format;
mod guard;
mod interval;
mod json;
mod json_aggregate;
mod like;
mod math;
mod order;
mod regexp;
mod settings;
mod text;
mod text_form;

use super::session::Session;
use answer::{Answer, Out};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Type;

/// Gives `conn` every function and the collation `decimal`.
pub(crate) fn register(conn: &Connection, session: &Session) -> rusqlite::Result<()> {
    let registry = Registry { conn, session };
    for family in [
        array::register,
        bytes::register,
        cast::register,
        clock::register,
        date::register,
        decimal::register,
        extract::register,
        format::register,
        guard::register,
        interval::register,
        json::register,
        json_aggregate::register,
        like::register,
        math::register,
        order::register,
        regexp::register,
        settings::register,
        text::register,
    ] {
        family(&registry)?;
    }
    Ok(())
}

/// An interval's text, as the functions take it.
pub(crate) fn parse_interval(source: &str) -> Result<String, String> {
    match interval::parse(source) {
        Ok(interval) => Ok(interval.text()),
        Err(error) => Err(error.to_string()),
    }
}

/// Any number of arguments.
const ANY: i32 = -1;

struct Registry<'c> {
    conn: &'c Connection,
    session: &'c Session,
}

const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS)
    .union(FunctionFlags::SQLITE_SUBTYPE)
    .union(FunctionFlags::SQLITE_RESULT_SUBTYPE);

impl Registry<'_> {
    /// The same answer for the same arguments; NULL where an argument is NULL.
    fn strict(
        &self,
        name: &str,
        arity: i32,
        f: fn(&Context<'_>) -> Answer,
    ) -> rusqlite::Result<()> {
        self.conn
            .create_scalar_function(name, arity, PURE, move |ctx| {
                if (0..ctx.len()).any(|at| ctx.get_raw(at).data_type() == Type::Null) {
                    return Ok(Out::Null);
                }
                f(ctx).map_err(rusqlite::Error::UserFunctionError)
            })
    }

    /// The same answer for the same arguments; sees the NULLs itself.
    fn lax(&self, name: &str, arity: i32, f: fn(&Context<'_>) -> Answer) -> rusqlite::Result<()> {
        self.conn
            .create_scalar_function(name, arity, PURE, move |ctx| {
                f(ctx).map_err(rusqlite::Error::UserFunctionError)
            })
    }

    /// An answer that depends on more than its arguments, and changes nothing.
    fn volatile(
        &self,
        name: &str,
        arity: i32,
        f: fn(&Session, &Context<'_>) -> Answer,
    ) -> rusqlite::Result<()> {
        let session = self.session.clone();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        self.conn
            .create_scalar_function(name, arity, flags, move |ctx| {
                f(&session, ctx).map_err(rusqlite::Error::UserFunctionError)
            })
    }

    /// Changes the transaction's state: never from a trigger or view of an untrusted schema.
    fn acting(
        &self,
        name: &str,
        arity: i32,
        f: fn(&Session, &Context<'_>) -> Answer,
    ) -> rusqlite::Result<()> {
        let session = self.session.clone();
        self.conn
            .create_scalar_function(name, arity, FunctionFlags::SQLITE_UTF8, move |ctx| {
                f(&session, ctx).map_err(rusqlite::Error::UserFunctionError)
            })
    }
}
