//! `::type`, for the types of the contract; the value's own class decides where it comes from.
//!
//! A decimal is text on SQLite, so text that is cast to an integer must be an integer, as on
//! Postgres; a decimal says so with `::numeric` first.

use super::Registry;
use super::answer::{Answer, Mark, Out, fail};
use super::argument::{
    decimal, int, is_canonical_instant, mark, to_double, to_instant, type_name, utf8,
};
use super::decimal::{make, parse, round};
use super::text_form;
use crate::dialect::jsonb_text;
use crate::value::Decimal;
use crate::value::text::{of_date, timestamptz_text, to_date};
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use time::OffsetDateTime;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("cast_text", 1, to_text)?;
    to.strict("cast_param_text", 1, |ctx| match ctx.get_raw(0) {
        ValueRef::Text(_) => Ok(Out::Plain(super::argument::text(ctx, 0)?.to_owned())),
        _ => cannot(ctx, "text"),
    })?;
    to.strict("cast_bigint", 1, |ctx| {
        integer(ctx, i64::MIN, i64::MAX, "bigint")
    })?;
    to.strict("cast_integer", 1, |ctx| {
        integer(ctx, i32::MIN.into(), i32::MAX.into(), "integer")
    })?;
    to.strict("cast_smallint", 1, |ctx| {
        integer(ctx, i16::MIN.into(), i16::MAX.into(), "smallint")
    })?;
    to.strict("cast_numeric_bigint", 1, |ctx| {
        of_numeric(ctx, i64::MIN, i64::MAX, "bigint")
    })?;
    to.strict("cast_numeric_integer", 1, |ctx| {
        of_numeric(ctx, i32::MIN.into(), i32::MAX.into(), "integer")
    })?;
    to.strict("cast_numeric_smallint", 1, |ctx| {
        of_numeric(ctx, i16::MIN.into(), i16::MAX.into(), "smallint")
    })?;
    to.strict("cast_double", 1, double)?;
    to.strict("cast_real", 1, real)?;
    to.strict("cast_numeric", 1, |ctx| super::decimal::out(numeric(ctx)?))?;
    to.strict("cast_numeric", 3, numeric_of)?;
    to.strict("cast_boolean", 1, boolean)?;
    to.strict("cast_uuid", 1, uuid)?;
    to.strict("cast_jsonb", 1, jsonb)?;
    to.strict("cast_timestamptz", 1, timestamptz)?;
    to.strict("cast_date", 1, date)?;
    to.strict("cast_bytea", 1, bytea)
}

fn cannot<T>(ctx: &Context<'_>, wanted: &str) -> Answer<T> {
    fail(format!(
        "cannot cast {} to {wanted}",
        type_name(ctx.get_raw(0))
    ))
}

fn invalid<T>(wanted: &str) -> Answer<T> {
    fail(format!("invalid input syntax for type {wanted}"))
}

/// The blanks that Postgres's input functions skip.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

fn to_text(ctx: &Context<'_>) -> Answer {
    Ok(text_form::of(ctx, 0, text_form::TRUE_FALSE)?
        .map_or(Out::Null, |text| Out::Plain(text.into_owned())))
}

fn within(value: Option<i64>, low: i64, high: i64, ty: &str) -> Answer {
    match value {
        Some(value) if (low..=high).contains(&value) => Ok(Out::Int(value)),
        _ => fail(format!("{ty} out of range")),
    }
}

fn integer(ctx: &Context<'_>, low: i64, high: i64, ty: &str) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Integer(v) => within(Some(v), low, high, ty),
        ValueRef::Real(v) => {
            let v = v.round_ties_even();
            // -2^63 is a double, 2^63 - 1 is not: the upper end is open.
            let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&v);
            #[expect(clippy::cast_possible_truncation, reason = "a whole number in range")]
            within(fits.then_some(v as i64), low, high, ty)
        }
        ValueRef::Text(bytes) => {
            let text = utf8(bytes)?.trim_matches(BLANKS);
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return invalid(ty);
            }
            within(text.parse().ok(), low, high, ty)
        }
        _ => cannot(ctx, ty),
    }
}

/// A numeric rounds half away from zero.
fn of_numeric(ctx: &Context<'_>, low: i64, high: i64, ty: &str) -> Answer {
    if let ValueRef::Real(_) = ctx.get_raw(0) {
        return integer(ctx, low, high, ty);
    }
    within(round(decimal(ctx, 0)?, 0, true)?.to_i64(), low, high, ty)
}

fn to_float(ctx: &Context<'_>, wanted: &str) -> Answer<f64> {
    match ctx.get_raw(0) {
        ValueRef::Integer(v) => Ok(to_double(v)),
        ValueRef::Real(v) => Ok(v),
        ValueRef::Text(bytes) => float(utf8(bytes)?, wanted),
        ValueRef::Null | ValueRef::Blob(_) => cannot(ctx, wanted),
    }
}

fn float(text: &str, wanted: &str) -> Answer<f64> {
    let text = text.trim_matches(BLANKS);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let infinite = ["inf", "infinity"]
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word));
    if !infinite
        && unsigned
            .bytes()
            .any(|b| !b.is_ascii_digit() && !matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return invalid(wanted);
    }
    match text.parse::<f64>() {
        Ok(v) if v.is_infinite() && !infinite => {
            fail(format!("value is out of range for type {wanted}"))
        }
        Ok(v)
            if v == 0.0
                && unsigned
                    .split(['e', 'E'])
                    .next()
                    .is_some_and(|m| m.bytes().any(|b| (b'1'..=b'9').contains(&b))) =>
        {
            fail(format!("value is out of range for type {wanted}"))
        }
        Ok(v) => Ok(v),
        Err(_) => invalid(wanted),
    }
}

fn double(ctx: &Context<'_>) -> Answer {
    to_float(ctx, "double precision").map(Out::Real)
}

/// A `real` is kept as the double it equals.
fn real(ctx: &Context<'_>) -> Answer {
    let wide = to_float(ctx, "real")?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the nearest real is what is asked"
    )]
    let narrow = wide as f32;
    if narrow.is_infinite() != wide.is_infinite() || (narrow == 0.0) != (wide == 0.0) {
        return fail("value out of range for type real");
    }
    Ok(Out::Real(narrow.into()))
}

fn numeric(ctx: &Context<'_>) -> Answer<Decimal> {
    match ctx.get_raw(0) {
        ValueRef::Integer(v) => Ok(v.into()),
        ValueRef::Text(bytes) => parse(utf8(bytes)?),
        // Postgres prints the double with 15 digits (DBL_DIG) and reads them.
        ValueRef::Real(v) if v.is_finite() => parse(&strip_zeros(&format!("{v:.14e}"))),
        ValueRef::Real(_) => fail("an infinite numeric does not fit the type contract"),
        _ => cannot(ctx, "numeric"),
    }
}

/// `1.50000e3` is `1.5e3`: `%g` prints no trailing zeros, and so no scale.
fn strip_zeros(scientific: &str) -> String {
    let (digits, exponent) = scientific.split_once('e').expect("{:e} writes an exponent");
    format!(
        "{}e{exponent}",
        digits.trim_end_matches('0').trim_end_matches('.')
    )
}

/// `numeric(precision, scale)`.
fn numeric_of(ctx: &Context<'_>) -> Answer {
    let value = numeric(ctx)?;
    let (precision, scale) = (int(ctx, 1)?, int(ctx, 2)?);
    let rounded = round(value, scale, true)?;
    let whole = u32::try_from((precision - scale).max(0))?;
    let limit = whole
        .checked_add(rounded.scale())
        .and_then(|digits| 10u128.checked_pow(digits));
    if limit.is_some_and(|limit| rounded.mantissa().unsigned_abs() >= limit) {
        return fail("numeric field overflow");
    }
    super::decimal::out(make(Some(rounded.mantissa()), rounded.scale())?)
}

fn boolean(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Integer(v) => Ok(Out::Bool(v != 0)),
        ValueRef::Text(bytes) => {
            let word = utf8(bytes)?.trim_matches(BLANKS).to_ascii_lowercase();
            // Any prefix of the long words will do, as in `parse_bool`; `o` alone says nothing.
            let is = |long: &str, least: usize| word.len() >= least && long.starts_with(&word);
            if is("true", 1) || is("yes", 1) || word == "on" || word == "1" {
                Ok(Out::Bool(true))
            } else if is("false", 1) || is("no", 1) || is("off", 2) || word == "0" {
                Ok(Out::Bool(false))
            } else {
                invalid("boolean")
            }
        }
        _ => cannot(ctx, "boolean"),
    }
}

fn uuid(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Text(bytes) => to_uuid(utf8(bytes)?).map(Out::Text),
        _ => cannot(ctx, "uuid"),
    }
}

/// Braces round it and a hyphen after any four digits may be (`string_to_uuid`).
pub(super) fn to_uuid(text: &str) -> Answer<String> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}'),
        None => Some(text),
    };
    let mut digits = String::with_capacity(32);
    for c in inner.unwrap_or_default().chars() {
        let may_break = digits.len().is_multiple_of(4) && !digits.is_empty() && digits.len() < 32;
        if c.is_ascii_hexdigit() {
            digits.push(c.to_ascii_lowercase());
        } else if c != '-' || !may_break {
            return invalid("uuid");
        }
    }
    match uuid::Uuid::try_parse(&digits) {
        Ok(uuid) if digits.len() == 32 && !text.contains("--") => Ok(uuid.to_string()),
        _ => invalid("uuid"),
    }
}

fn jsonb(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Text(bytes) => match jsonb_text(utf8(bytes)?) {
            Ok(json) => Ok(Out::Json(json)),
            Err(why) => fail(format!("invalid input syntax for type json: it {why}")),
        },
        _ => cannot(ctx, "jsonb"),
    }
}

fn timestamptz(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Text(bytes) if is_canonical_instant(bytes) => Ok(Out::Same(ctx.get_arg(0))),
        ValueRef::Text(bytes) => match read_instant(utf8(bytes)?) {
            Some(at) => Ok(Out::Text(timestamptz_text(at))),
            None => invalid("timestamp with time zone"),
        },
        _ => cannot(ctx, "timestamp with time zone"),
    }
}

/// ISO 8601 with or without seconds, fraction and offset; without an offset it is UTC, as the
/// session's time zone is. Postgres's other spellings are refused.
fn read_instant(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim_matches(BLANKS);
    if text.len() <= 10 {
        return to_instant(text).filter(|_| text.len() == 10);
    }
    let (day, clock) = (text.get(..10)?, text.get(11..)?);
    let cut = clock.find(['+', '-', 'Z', 'z']).unwrap_or(clock.len());
    let (time, zone) = (clock[..cut].trim_end(), &clock[cut..]);
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let zone = if zone.is_empty() { "Z" } else { zone };
    to_instant(&format!("{day}T{time}{seconds}{zone}"))
        .filter(|at| (1..=9999).contains(&at.to_offset(time::UtcOffset::UTC).year()))
}

fn date(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        // A timestamptz is cut to its date in UTC; a text is read as a date, which cuts it too.
        ValueRef::Text(bytes) if is_canonical_instant(bytes) && mark(ctx, 0) != Mark::Plain => {
            Ok(Out::Text(utf8(&bytes[..10])?.to_owned()))
        }
        ValueRef::Text(bytes) => match to_date(utf8(bytes)?.trim_matches(BLANKS)) {
            Some(date) if date.year() >= 1 => Ok(Out::Text(of_date(date))),
            _ => invalid("date"),
        },
        _ => cannot(ctx, "date"),
    }
}

fn bytea(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Blob(_) => Ok(Out::Same(ctx.get_arg(0))),
        ValueRef::Text(bytes) => match bytes.strip_prefix(b"\\x") {
            Some(hex) => super::bytes::from_hex(hex).map(Out::Blob),
            None => super::bytes::from_escape(bytes).map(Out::Blob),
        },
        _ => cannot(ctx, "bytea"),
    }
}
