//! SQLite's storage classes to Rust values, by the canonical forms of the type contract.

use crate::cell::{NULL, Reading, other_type};
use crate::value::{Array, Decimal, Element, text as canonical};
use rusqlite::types::Value;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

fn wrong<T>(value: &Value, wanted: &str) -> Reading<T> {
    let found = match value {
        Value::Null => return Err(NULL.into()),
        Value::Integer(_) => "an integer",
        Value::Real(_) => "a double",
        Value::Text(_) => "text",
        Value::Blob(_) => "bytes",
    };
    Err(other_type(found, wanted))
}

pub(crate) fn bool(value: &Value) -> Reading<bool> {
    match value {
        Value::Integer(0) => Ok(false),
        Value::Integer(1) => Ok(true),
        _ => wrong(value, "a bool (0 or 1)"),
    }
}

pub(crate) fn i64(value: &Value) -> Reading<i64> {
    match value {
        Value::Integer(number) => Ok(*number),
        _ => wrong(value, "an integer"),
    }
}

pub(crate) fn f64(value: &Value) -> Reading<f64> {
    match value {
        Value::Real(number) => Ok(*number),
        // A whole number in 32 bits is a double, bit for bit, as on Postgres.
        Value::Integer(number) => i32::try_from(*number)
            .map(f64::from)
            .or_else(|_| wrong(value, "a double")),
        _ => wrong(value, "a double"),
    }
}

pub(crate) fn decimal(value: &Value) -> Reading<Decimal> {
    match value {
        Value::Integer(number) => Ok((*number).into()),
        Value::Text(text) => text
            .parse()
            .map_err(|_| "is text that is no decimal of 38 digits".into()),
        _ => wrong(value, "a decimal"),
    }
}

pub(crate) fn str(value: &Value) -> Reading<&str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => wrong(value, "text"),
    }
}

pub(crate) fn text(value: &Value) -> Reading<String> {
    str(value).map(str::to_owned)
}

pub(crate) fn bytes(value: &Value) -> Reading<&[u8]> {
    match value {
        Value::Blob(bytes) => Ok(bytes),
        _ => wrong(value, "bytes"),
    }
}

pub(crate) fn uuid(value: &Value) -> Reading<Uuid> {
    match value {
        Value::Text(text) => Uuid::parse_str(text).map_err(|_| "is text that is no uuid".into()),
        _ => wrong(value, "a uuid"),
    }
}

pub(crate) fn timestamptz(value: &Value) -> Reading<OffsetDateTime> {
    match value {
        Value::Text(text) => {
            canonical::to_timestamptz(text).ok_or("is text that is no timestamptz".into())
        }
        _ => wrong(value, "a timestamptz"),
    }
}

pub(crate) fn date(value: &Value) -> Reading<Date> {
    match value {
        Value::Text(text) => canonical::to_date(text).ok_or("is text that is no date".into()),
        _ => wrong(value, "a date"),
    }
}

pub(crate) fn json(value: &Value) -> Reading<serde_json::Value> {
    match value {
        Value::Text(text) => {
            serde_json::from_str(text).map_err(|_| "is text that is no JSON".into())
        }
        _ => wrong(value, "json"),
    }
}

pub(crate) fn array(value: &Value, element: Element) -> Reading<Array> {
    match value {
        Value::Text(text) => Array::from_json(element, text).map_err(Into::into),
        _ => wrong(value, "an array"),
    }
}
