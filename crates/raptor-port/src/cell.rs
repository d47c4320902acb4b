//! One cell on its way: read as a type, written as COPY takes it, hashed as Postgres would.

mod decimal;
mod hash;
mod json;
mod moment;
mod price;
mod read;
mod wire;

pub(crate) use hash::{Hasher, sql as hash_sql};
pub(crate) use json::has_equal_keys;
pub(crate) use read::{is_too_deep, is_twice, read, rounded};
pub(crate) use wire::{END, HEAD, put};

use price::Price;
use std::borrow::Cow;
use std::fmt;

/// A cell, read as the type of its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'v> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    /// Digits, a sign and a point, without blanks and exponent.
    Decimal(Cow<'v, str>),
    /// A decimal of few digits.
    Price(Price),
    Text(Cow<'v, str>),
    Bytes(&'v [u8]),
    Uuid([u8; 16]),
    /// Days since 2000-01-01.
    Date(i32),
    /// Microseconds: of the day, since 2000-01-01, or of an interval.
    Micros(i64),
    /// A document, as it is written.
    Json(Cow<'v, str>),
}

/// Why a cell is no value of its column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason(pub(crate) Cow<'static, str>);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&'static str> for Reason {
    fn from(reason: &'static str) -> Self {
        Self(Cow::Borrowed(reason))
    }
}

impl From<String> for Reason {
    fn from(reason: String) -> Self {
        Self(Cow::Owned(reason))
    }
}

#[cfg(test)]
mod tests;
