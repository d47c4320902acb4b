//! What `::type` becomes: a value in the type's canonical form, or a refusal.

use super::{Answer, strict, text_of};
use crate::value::{Decimal, text as canonical};
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use uuid::Uuid;

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    strict(conn, "raptor_text", 1, |args| {
        Ok(Value::Text(to_text(args[0])?))
    })?;
    strict(conn, "raptor_int2", 1, |args| {
        integer(args[0], i64::from(i16::MIN), i64::from(i16::MAX))
    })?;
    strict(conn, "raptor_int4", 1, |args| {
        integer(args[0], i64::from(i32::MIN), i64::from(i32::MAX))
    })?;
    strict(conn, "raptor_int8", 1, |args| {
        integer(args[0], i64::MIN, i64::MAX)
    })?;
    strict(conn, "raptor_float8", 1, |args| float(args[0]))?;
    strict(conn, "raptor_numeric", 1, |args| numeric(args[0]))?;
    strict(conn, "raptor_bool", 1, |args| boolean(args[0]))?;
    strict(conn, "raptor_uuid", 1, |args| {
        let uuid = Uuid::parse_str(text_of(args[0])?).map_err(|_| "is no uuid")?;
        Ok(Value::Text(uuid.to_string()))
    })?;
    strict(conn, "raptor_timestamptz", 1, |args| timestamptz(args[0]))?;
    strict(conn, "raptor_date", 1, |args| {
        let text = text_of(args[0])?;
        let date = canonical::to_date(text)
            .or_else(|| canonical::to_timestamptz(text).map(|at| canonical::utc(at).date()));
        Ok(Value::Text(canonical::of_date(date.ok_or("is no date")?)))
    })?;
    strict(conn, "raptor_bytea", 1, |args| bytea(args[0]))?;
    conn.create_collation("decimal", |a, b| {
        let value = |text: &str| text.parse::<Decimal>();
        match (value(a), value(b)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            // What is no decimal sorts behind all that are.
            (Ok(_), Err(_)) => std::cmp::Ordering::Less,
            (Err(_), Ok(_)) => std::cmp::Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        }
    })
}

/// A value as Postgres's `::text` spells it.
pub(super) fn to_text(value: ValueRef<'_>) -> Result<String, String> {
    Ok(match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => double(number),
        ValueRef::Text(_) => text_of(value)?.to_owned(),
        ValueRef::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\\x{digits}")
        }
    })
}

/// The shortest digits that read back as the same double, laid out as Postgres does.
pub(super) fn double(number: f64) -> String {
    if number.is_infinite() {
        return if number < 0.0 {
            "-Infinity"
        } else {
            "Infinity"
        }
        .to_owned();
    }
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-4..15).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn integer(value: ValueRef<'_>, least: i64, most: i64) -> Answer {
    let number = match value {
        ValueRef::Integer(number) => number,
        ValueRef::Real(number) => {
            let whole = number.round_ties_even();
            if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
                return Err("is out of range".to_owned());
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range was checked above"
            )]
            let number = whole as i64;
            number
        }
        _ => text_of(value)?
            .trim_matches(|c: char| c.is_ascii_whitespace())
            .parse()
            .map_err(|_| "is no integer")?,
    };
    if (least..=most).contains(&number) {
        Ok(Value::Integer(number))
    } else {
        Err("is out of range".to_owned())
    }
}

fn float(value: ValueRef<'_>) -> Answer {
    match value {
        ValueRef::Real(number) => Ok(Value::Real(number)),
        ValueRef::Integer(number) => number
            .to_string()
            .parse()
            .map(Value::Real)
            .map_err(|_| "is no double".to_owned()),
        _ => {
            let text = text_of(value)?.trim_matches(|c: char| c.is_ascii_whitespace());
            let number: f64 = text.parse().map_err(|_| "is no double")?;
            if number.is_nan() {
                return Err("is NaN, which SQLite cannot keep".to_owned());
            }
            Ok(Value::Real(number))
        }
    }
}

fn numeric(value: ValueRef<'_>) -> Answer {
    let text = match value {
        ValueRef::Integer(number) => number.to_string(),
        // Postgres takes 15 digits of a double.
        ValueRef::Real(_) => {
            return Err("of a double would be rounded; cast to text first".to_owned());
        }
        _ => text_of(value)?
            .trim_matches(|c: char| c.is_ascii_whitespace())
            .to_owned(),
    };
    let decimal: Decimal = text.parse().map_err(|_| "is no decimal of 38 digits")?;
    Ok(Value::Text(decimal.to_string()))
}

/// Postgres's spellings (manual, 8.6): unique beginnings of true, yes, on, false, no, off, and 1, 0.
fn boolean(value: ValueRef<'_>) -> Answer {
    let answer = match value {
        ValueRef::Integer(number) => number != 0,
        _ => {
            let text = text_of(value)?.trim().to_ascii_lowercase();
            let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&*text);
            if text == "1" || begins("true", 1) || begins("yes", 1) || text == "on" {
                true
            } else if text == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2) {
                false
            } else {
                return Err("is no bool".to_owned());
            }
        }
    };
    Ok(Value::Integer(answer.into()))
}

fn timestamptz(value: ValueRef<'_>) -> Answer {
    let text = text_of(value)?;
    // A date alone is its midnight, in UTC as our sessions are.
    let at = canonical::to_timestamptz(text)
        .or_else(|| canonical::to_date(text).map(|date| date.midnight().assume_utc()));
    let at = at.ok_or("is no timestamptz with its offset")?;
    Ok(Value::Text(canonical::of_timestamptz(at)))
}

fn bytea(value: ValueRef<'_>) -> Answer {
    if let ValueRef::Blob(bytes) = value {
        return Ok(Value::Blob(bytes.to_vec()));
    }
    let digits = text_of(value)?.strip_prefix("\\x");
    let bytes = digits.and_then(super::text::from_hex);
    bytes
        .map(Value::Blob)
        .ok_or_else(|| "is no \\x… of hexadecimal digits".to_owned())
}
