//! Reads a function's arguments as the types Postgres declares for it.

use super::answer::{Answer, Mark, fail};
use crate::value::{Decimal, text as canonical};
use rusqlite::functions::Context;
use rusqlite::types::{Type, ValueRef};
use time::OffsetDateTime;

/// What SQLite calls the value's class, in Postgres's words.
pub(super) fn type_name(value: ValueRef<'_>) -> &'static str {
    match value {
        ValueRef::Null => "unknown",
        ValueRef::Integer(_) => "bigint",
        ValueRef::Real(_) => "double precision",
        ValueRef::Text(_) => "text",
        ValueRef::Blob(_) => "bytea",
    }
}

/// Postgres finds functions by their arguments' types: another type is another function.
fn no_such<T>(ctx: &Context<'_>, at: usize, wanted: &str) -> Answer<T> {
    fail(format!(
        "no such function for these types: argument {} is {}, not {wanted}",
        at + 1,
        type_name(ctx.get_raw(at))
    ))
}

pub(super) fn is_null(ctx: &Context<'_>, at: usize) -> bool {
    ctx.get_raw(at).data_type() == Type::Null
}

pub(super) fn mark(ctx: &Context<'_>, at: usize) -> Mark {
    Mark::of(ctx.get_subtype(at))
}

pub(super) fn utf8(bytes: &[u8]) -> Answer<&str> {
    std::str::from_utf8(bytes).or_else(|_| fail("invalid byte sequence for encoding \"UTF8\""))
}

pub(super) fn text<'c>(ctx: &'c Context<'_>, at: usize) -> Answer<&'c str> {
    match ctx.get_raw(at) {
        ValueRef::Text(bytes) => utf8(bytes),
        _ => no_such(ctx, at, "text"),
    }
}

pub(super) fn int(ctx: &Context<'_>, at: usize) -> Answer<i64> {
    match ctx.get_raw(at) {
        ValueRef::Integer(v) => Ok(v),
        _ => no_such(ctx, at, "integer"),
    }
}

/// A Postgres `integer`, which is what its text functions count with.
pub(super) fn int4(ctx: &Context<'_>, at: usize) -> Answer<i64> {
    let v = int(ctx, at)?;
    if i32::try_from(v).is_err() {
        return fail("integer out of range");
    }
    Ok(v)
}

pub(super) fn double(ctx: &Context<'_>, at: usize) -> Answer<f64> {
    match ctx.get_raw(at) {
        ValueRef::Real(v) => Ok(v),
        ValueRef::Integer(v) => Ok(to_double(v)),
        _ => no_such(ctx, at, "double precision"),
    }
}

/// The nearest double, as Postgres's own cast gives.
#[expect(
    clippy::cast_precision_loss,
    reason = "bigint to double precision rounds to the nearest on both engines"
)]
pub(super) fn to_double(v: i64) -> f64 {
    v as f64
}

pub(super) fn bool(ctx: &Context<'_>, at: usize) -> Answer<bool> {
    match ctx.get_raw(at) {
        ValueRef::Integer(v @ (0 | 1)) => Ok(v == 1),
        _ => no_such(ctx, at, "boolean"),
    }
}

pub(super) fn decimal(ctx: &Context<'_>, at: usize) -> Answer<Decimal> {
    match ctx.get_raw(at) {
        ValueRef::Integer(v) => Ok(v.into()),
        ValueRef::Text(bytes) => match utf8(bytes)?.parse() {
            Ok(decimal) => Ok(decimal),
            Err(why) => fail(format!("invalid input for type numeric: {why}")),
        },
        _ => no_such(ctx, at, "numeric"),
    }
}

/// An instant: canonical text, or a date, which is its midnight in UTC.
pub(super) fn instant(ctx: &Context<'_>, at: usize) -> Answer<OffsetDateTime> {
    let text = match ctx.get_raw(at) {
        ValueRef::Text(bytes) => utf8(bytes)?,
        _ => return no_such(ctx, at, "timestamp with time zone"),
    };
    match to_instant(text) {
        Some(instant) => Ok(instant),
        None => fail("invalid input for type timestamp with time zone"),
    }
}

pub(super) fn to_instant(text: &str) -> Option<OffsetDateTime> {
    if text.len() == 10 {
        return canonical::to_date(text).map(|date| date.midnight().assume_utc());
    }
    canonical::to_timestamptz(text)
}

/// Whether the text is exactly a stored timestamptz: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
pub(super) fn is_canonical_instant(bytes: &[u8]) -> bool {
    bytes.len() == 27
        && bytes[10] == b'T'
        && bytes[19] == b'.'
        && bytes[26] == b'Z'
        && std::str::from_utf8(bytes).is_ok_and(|text| canonical::to_timestamptz(text).is_some())
}
