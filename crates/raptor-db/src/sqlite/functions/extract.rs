//! `extract` and `date_part`, in UTC.
//!
//! Whole fields answer integers. `epoch`, `second`, `milliseconds` and `microseconds` are numeric on
//! Postgres, and decimal text here.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{instant, text};
use crate::value::Decimal;
use rusqlite::functions::Context;
use time::OffsetDateTime;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("op_extract", 2, |ctx| match field(ctx)? {
        Field::Whole(n) => Ok(Out::Int(n)),
        Field::Exact(decimal) => super::decimal::out(decimal),
    })?;
    to.strict("date_part", 2, |ctx| match field(ctx)? {
        Field::Whole(n) => Ok(Out::Real(super::argument::to_double(n))),
        // Postgres divides here, where `extract` is exact.
        Field::Exact(_) => part(&text(ctx, 0)?.to_ascii_lowercase(), instant(ctx, 1)?),
    })
}

/// A field with a fraction, in Postgres's own order of operations.
fn part(name: &str, at: OffsetDateTime) -> Answer {
    let (second, micros) = (f64::from(at.second()), f64::from(at.microsecond()));
    Ok(Out::Real(match name {
        "epoch" => {
            let micros = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000))?;
            super::argument::to_double(micros) / 1_000_000.0
        }
        "milliseconds" => second * 1_000.0 + micros / 1_000.0,
        _ => second + micros / 1_000_000.0,
    }))
}

enum Field {
    Whole(i64),
    Exact(Decimal),
}

fn field(ctx: &Context<'_>) -> Answer<Field> {
    let (name, at) = (text(ctx, 0)?, instant(ctx, 1)?);
    let is_date =
        matches!(ctx.get_raw(1), rusqlite::types::ValueRef::Text(bytes) if bytes.len() == 10);
    let at = at.to_offset(time::UtcOffset::UTC);
    let name = name.to_ascii_lowercase();
    if is_date
        && matches!(
            name.as_str(),
            "hour" | "minute" | "second" | "milliseconds" | "microseconds" | "timezone"
        )
    {
        return fail(format!("unit {name:?} not supported for type date"));
    }
    if is_date && name == "epoch" {
        return Ok(Field::Whole(at.unix_timestamp()));
    }
    exact(&name, at)
        .map(Field::Exact)
        .or_else(|| whole(&name, at).map(Field::Whole))
        .ok_or_else(|| {
            format!("unit {name:?} not recognized for type timestamp with time zone").into()
        })
}

fn exact(name: &str, at: OffsetDateTime) -> Option<Decimal> {
    let micros = i128::from(at.second()) * 1_000_000 + i128::from(at.microsecond());
    let (mantissa, scale) = match name {
        "epoch" => (at.unix_timestamp_nanos().div_euclid(1_000), 6),
        "second" | "seconds" => (micros, 6),
        "milliseconds" => (micros, 3),
        _ => return None,
    };
    Decimal::new(mantissa, scale).ok()
}

fn whole(name: &str, at: OffsetDateTime) -> Option<i64> {
    let year = i64::from(at.year());
    let weekday = i64::from(at.weekday().number_days_from_monday());
    Some(match name {
        "microseconds" => i64::from(at.second()) * 1_000_000 + i64::from(at.microsecond()),
        "minute" => at.minute().into(),
        "hour" => at.hour().into(),
        "day" => at.day().into(),
        "month" => u8::from(at.month()).into(),
        "quarter" => (i64::from(u8::from(at.month())) + 2) / 3,
        "year" => year,
        "decade" => year.div_euclid(10),
        "century" => (year + 99) / 100,
        "millennium" => (year + 999) / 1_000,
        "dow" => (weekday + 1) % 7,
        "isodow" => weekday + 1,
        "doy" => at.ordinal().into(),
        "week" => at.to_iso_week_date().1.into(),
        "isoyear" => at.to_iso_week_date().0.into(),
        "timezone" | "timezone_hour" | "timezone_minute" => 0,
        _ => return None,
    })
}
