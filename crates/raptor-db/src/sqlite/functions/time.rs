//! Instants: truncated, taken apart, shifted and spelt; all in UTC, as our Postgres sessions are.

use super::{Answer, interval, strict, text_of, to_char};
use crate::value::text as canonical;
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use time::{Date, Duration, Month, OffsetDateTime, Time};

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    strict(conn, "date_trunc", 2, |args| {
        let at = truncate(text_of(args[0])?, instant(args[1])?)?;
        Ok(Value::Text(canonical::of_timestamptz(at)))
    })?;
    for name in ["raptor_extract", "date_part"] {
        strict(conn, name, 2, |args| field(text_of(args[0])?, args[1]))?;
    }
    strict(conn, "to_timestamp", 1, |args| to_timestamp(args[0]))?;
    strict(conn, "to_char", 2, |args| {
        to_char::spell(instant(args[0])?, text_of(args[1])?).map(Value::Text)
    })?;
    strict(conn, "make_date", 3, |args| {
        let part = |at: usize| super::integer_of(args[at]);
        let month = u8::try_from(part(1)?)
            .ok()
            .and_then(|m| Month::try_from(m).ok());
        let date = month.and_then(|month| {
            let (year, day) = (
                i32::try_from(part(0).ok()?).ok()?,
                u8::try_from(part(2).ok()?).ok()?,
            );
            Date::from_calendar_date(year, month, day)
                .ok()
                .filter(|_| year >= 1)
        });
        date.map(|date| Value::Text(canonical::of_date(date)))
            .ok_or_else(|| "date field value out of range".to_owned())
    })?;
    for count in [3, 4] {
        strict(conn, "raptor_shift", count, interval::shift)?;
    }
    Ok(())
}

/// A timestamptz argument; a date alone is its midnight.
pub(super) fn instant(value: ValueRef<'_>) -> Result<OffsetDateTime, String> {
    let text = text_of(value)?;
    canonical::to_timestamptz(text)
        .or_else(|| canonical::to_date(text).map(|date| date.midnight().assume_utc()))
        .map(canonical::utc)
        .ok_or_else(|| "is no timestamptz".to_owned())
}

/// An instant that both engines can keep.
pub(super) fn kept(at: Option<OffsetDateTime>) -> Result<OffsetDateTime, String> {
    at.filter(|at| (1..=9999).contains(&at.year()))
        .ok_or_else(|| "timestamp out of range".to_owned())
}

fn first_of(year: i32, month: Month) -> Result<OffsetDateTime, String> {
    let date = Date::from_calendar_date(year, month, 1).ok();
    kept(date.map(|date| date.midnight().assume_utc()))
}

fn truncate(unit: &str, at: OffsetDateTime) -> Result<OffsetDateTime, String> {
    let year = at.year();
    let time = |hour, minute, second, micro| {
        Time::from_hms_micro(hour, minute, second, micro)
            .map(|time| at.replace_time(time))
            .map_err(|_| "timestamp out of range".to_owned())
    };
    let micro = at.nanosecond() / 1_000;
    match unit.to_ascii_lowercase().as_str() {
        "microseconds" | "microsecond" => Ok(at),
        "milliseconds" | "millisecond" => {
            time(at.hour(), at.minute(), at.second(), micro / 1_000 * 1_000)
        }
        "second" | "seconds" => time(at.hour(), at.minute(), at.second(), 0),
        "minute" | "minutes" => time(at.hour(), at.minute(), 0, 0),
        "hour" | "hours" => time(at.hour(), 0, 0, 0),
        "day" | "days" => time(0, 0, 0, 0),
        "week" | "weeks" => {
            let back = Duration::days(at.weekday().number_days_from_monday().into());
            kept(time(0, 0, 0, 0)?.checked_sub(back))
        }
        "month" | "months" => first_of(year, at.month()),
        "quarter" => {
            let month = (u8::from(at.month()) - 1) / 3 * 3 + 1;
            first_of(year, Month::try_from(month).unwrap_or(Month::January))
        }
        "year" | "years" => first_of(year, Month::January),
        "decade" | "decades" => first_of(year.div_euclid(10) * 10, Month::January),
        "century" | "centuries" => first_of((year - 1) / 100 * 100 + 1, Month::January),
        "millennium" | "millennia" => first_of((year - 1) / 1000 * 1000 + 1, Month::January),
        _ => Err("does not know that unit".to_owned()),
    }
}

/// A field: an integer where it is whole by nature, else a double.
fn field(name: &str, value: ValueRef<'_>) -> Answer {
    let at = instant(value)?;
    let year = i64::from(at.year());
    let seconds_in_micros = i64::from(at.second()) * 1_000_000 + i64::from(at.nanosecond() / 1_000);
    let (iso_year, iso_week, _) = at.to_iso_week_date();
    Ok(Value::Integer(match name.to_ascii_lowercase().as_str() {
        "epoch" => {
            let micros = i64::try_from(at.unix_timestamp_nanos() / 1_000)
                .map_err(|_| "timestamp out of range")?;
            return Ok(scaled(micros, 1_000_000));
        }
        "second" | "seconds" => return Ok(scaled(seconds_in_micros, 1_000_000)),
        "milliseconds" | "millisecond" => return Ok(scaled(seconds_in_micros, 1_000)),
        "microseconds" | "microsecond" => seconds_in_micros,
        "minute" => at.minute().into(),
        "hour" => at.hour().into(),
        "day" => at.day().into(),
        "dow" => at.weekday().number_days_from_sunday().into(),
        "isodow" => at.weekday().number_from_monday().into(),
        "doy" => at.ordinal().into(),
        "week" => iso_week.into(),
        "isoyear" => iso_year.into(),
        "month" => u8::from(at.month()).into(),
        "quarter" => i64::from((u8::from(at.month()) - 1) / 3 + 1),
        "year" => year,
        "decade" => year.div_euclid(10),
        "century" => (year + 99) / 100,
        "millennium" => (year + 999) / 1000,
        "timezone" | "timezone_hour" | "timezone_minute" => 0,
        _ => return Err("does not know that field".to_owned()),
    }))
}

/// A whole number of units when it is one, so that comparisons with integers hold; else a double.
fn scaled(number: i64, unit: i64) -> Value {
    if number % unit == 0 {
        return Value::Integer(number / unit);
    }
    // Both are far below 2^53, where doubles are exact.
    let double = |number: i64| number.to_string().parse::<f64>().unwrap_or_default();
    Value::Real(double(number) / double(unit))
}

fn to_timestamp(value: ValueRef<'_>) -> Answer {
    let micros = match value {
        ValueRef::Integer(seconds) => i128::from(seconds) * 1_000_000,
        ValueRef::Real(seconds) => {
            if !(-1e12..1e12).contains(&seconds) {
                return Err("timestamp out of range".to_owned());
            }
            // As Postgres: rounded to the microsecond.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range was checked above"
            )]
            let micros = (seconds * 1e6).round_ties_even() as i64;
            micros.into()
        }
        _ => return Err("needs a number of seconds".to_owned()),
    };
    let at = OffsetDateTime::from_unix_timestamp_nanos(micros.saturating_mul(1_000)).ok();
    Ok(Value::Text(canonical::of_timestamptz(kept(at)?)))
}
