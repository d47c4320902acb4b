//! Values in the canonical forms that SQLite keeps.

use crate::dialect::jsonb_text;
use crate::error::Result;
use crate::statement::Parsed;
use crate::value::{ValueRef, text};
use rusqlite::types::Value;

/// The stored form of every value, in the order of the statement's names.
///
/// # Errors
/// [`ErrorKind::Type`](crate::ErrorKind::Type) for JSON that `jsonb` would refuse, and
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a statement SQLite cannot run.
pub(crate) fn encode(parsed: &Parsed, values: &[ValueRef<'_>]) -> Result<Vec<Value>> {
    parsed.sqlite()?;
    values
        .iter()
        .zip(&parsed.names)
        .map(|(value, name)| stored(value).map_err(|why| parsed.misfit(name, &why)))
        .collect()
}

fn stored(value: &ValueRef<'_>) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Bool(v) => Value::Integer((*v).into()),
        ValueRef::I64(v) => Value::Integer(*v),
        ValueRef::F64(v) => Value::Real(*v),
        ValueRef::Decimal(v) => Value::Text(v.to_string()),
        ValueRef::Text(v) => Value::Text(v.to_string()),
        ValueRef::Bytes(v) => Value::Blob(v.to_vec()),
        ValueRef::Uuid(v) => Value::Text(v.to_string()),
        ValueRef::Timestamptz(v) => Value::Text(text::timestamptz_text(*v)),
        ValueRef::Date(v) => Value::Text(text::of_date(*v)),
        ValueRef::Json(v) => {
            Value::Text(jsonb_text(&v.to_string()).map_err(|why| format!("is JSON that {why}"))?)
        }
        ValueRef::Array(v) => Value::Text(v.to_json()),
        ValueRef::Unfit(reason) => return Err((*reason).to_owned()),
    })
}
