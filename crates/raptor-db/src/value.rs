//! The logical types that both engines keep without loss, and how a Rust value becomes one.
//!
//! bool, i64, f64, [`Decimal`], text, bytes, uuid, timestamptz, date, json, and arrays of text, i64
//! and uuid. What would change on the way (a NaN, a NUL in a text, nanoseconds below the
//! microsecond) is refused when it is bound; nothing is ever rounded or cut here.

mod array;
mod decimal;
mod param;
pub(crate) mod text;

pub(crate) use array::Item;
pub use array::{Array, ArrayElement, Element};
pub use decimal::{Decimal, ParseDecimalError};
pub use param::{Params, ToValue};
pub use text::timestamptz_text;

use std::borrow::Cow;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// One value on its way to an engine, borrowed where it can be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// SQL NULL of any type.
    Null,
    /// `boolean`.
    Bool(bool),
    /// `smallint`, `integer`, `bigint`.
    I64(i64),
    /// `double precision` (or `real`, where it fits).
    F64(f64),
    /// `numeric`.
    Decimal(Decimal),
    /// `text`, `varchar`, an enum's label.
    Text(Cow<'a, str>),
    /// `bytea`.
    Bytes(&'a [u8]),
    /// `uuid`.
    Uuid(Uuid),
    /// `timestamptz`: an instant, whatever offset it was written with.
    Timestamptz(OffsetDateTime),
    /// `date`.
    Date(Date),
    /// `json` and `jsonb`.
    Json(&'a serde_json::Value),
    /// `text[]`, `bigint[]`, `uuid[]`.
    Array(Array),
    /// What no engine can keep, with the reason; refused when bound.
    Unfit(&'static str),
}

impl ValueRef<'_> {
    /// The logical type's name, in the words of an error message.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::I64(_) => "an integer",
            Self::F64(_) => "a double",
            Self::Decimal(_) => "a decimal",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "a uuid",
            Self::Timestamptz(_) => "a timestamptz",
            Self::Date(_) => "a date",
            Self::Json(_) => "a json",
            Self::Array(array) => array.type_name(),
            Self::Unfit(_) => "a value",
        }
    }

    /// Why neither engine can keep this value, if so.
    pub(crate) fn unfit(&self) -> Option<Cow<'static, str>> {
        let reason = match self {
            Self::F64(v) if v.is_nan() => "is NaN, which SQLite cannot keep",
            Self::F64(v) if is_negative_zero(*v) => {
                "is -0.0, whose sign SQLite cannot keep; give 0.0"
            }
            Self::Text(v) if v.contains('\0') => {
                "holds a NUL character, which Postgres cannot keep"
            }
            Self::Timestamptz(v) if v.nanosecond() % 1_000 != 0 => {
                "has nanoseconds below a microsecond; cut them with `raptor_db::truncate_to_micros`"
            }
            Self::Timestamptz(v) => {
                // Past the end of 9999 there is no date that `time` could show.
                let year = v.checked_to_offset(time::UtcOffset::UTC).map(|v| v.year());
                return year_unfit(year.unwrap_or(10_000));
            }
            Self::Date(v) => return year_unfit(v.year()),
            Self::Json(v) => return json_unfit(v).map(Cow::Borrowed),
            Self::Array(array) => return array.unfit(),
            Self::Unfit(reason) => reason,
            _ => return None,
        };
        Some(Cow::Borrowed(reason))
    }
}

fn year_unfit(year: i32) -> Option<Cow<'static, str>> {
    (!(1..=9999).contains(&year))
        .then(|| Cow::Owned(format!("is in the year {year}; years 1 to 9999 fit")))
}

fn is_negative_zero(v: f64) -> bool {
    v == 0.0 && v.is_sign_negative()
}

fn json_unfit(value: &serde_json::Value) -> Option<&'static str> {
    let nul = |text: &str| {
        text.contains('\0')
            .then_some("holds a NUL character, which Postgres cannot keep")
    };
    match value {
        serde_json::Value::String(text) => nul(text),
        serde_json::Value::Number(number) if number.as_f64().is_some_and(is_negative_zero) => {
            Some("holds -0.0, whose sign Postgres's jsonb cannot keep; give 0")
        }
        serde_json::Value::Array(items) => items.iter().find_map(json_unfit),
        serde_json::Value::Object(fields) => fields
            .iter()
            .find_map(|(name, value)| nul(name).or_else(|| json_unfit(value))),
        _ => None,
    }
}

/// Cuts an instant to whole microseconds, the precision both engines keep.
///
/// ```
/// use time::macros::datetime;
/// let cut = raptor_db::truncate_to_micros(datetime!(2026-01-02 03:04:05.123456789 UTC));
/// assert_eq!(cut, datetime!(2026-01-02 03:04:05.123456 UTC));
/// ```
pub fn truncate_to_micros(instant: OffsetDateTime) -> OffsetDateTime {
    let nanos = instant.nanosecond() / 1_000 * 1_000;
    instant
        .replace_nanosecond(nanos)
        .expect("fewer nanoseconds than before are in range")
}
