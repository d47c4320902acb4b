//! Constants and names as SQLite writes them, and as Postgres does.

use super::{Said, no};
use std::fmt::Write;

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// The quotes that a name is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Double,
    Single,
    Other,
}

/// A name without its quotes, and which they were.
pub(super) fn bare(written: &str) -> (String, Quote) {
    let quote = match written.chars().next() {
        Some('"') => Quote::Double,
        Some('\'') => Quote::Single,
        Some('`' | '[') => Quote::Other,
        _ => return (written.to_owned(), Quote::None),
    };
    let inner = written
        .get(1..written.len().saturating_sub(1))
        .unwrap_or_default();
    let sign = &written[..1];
    match sign {
        "[" => (inner.to_owned(), quote),
        _ => (inner.replace(&sign.repeat(2), sign), quote),
    }
}

/// A name alone.
pub(super) fn name(written: &str) -> String {
    bare(written).0
}

pub(super) use crate::source::{quoted, quoted_text as text};

/// A number as SQLite's grammar writes it.
pub(super) fn number(written: &str) -> Said<Literal> {
    let digits = written.replace('_', "");
    if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        return match u64::from_str_radix(hex, 16) {
            Ok(value) => Ok(Literal::Integer(value.cast_signed())),
            Err(_) => no(format!("{written} is no number of 64 bits")),
        };
    }
    let is_whole = digits.bytes().all(|it| it.is_ascii_digit());
    if let (true, Ok(value)) = (is_whole, digits.parse()) {
        return Ok(Literal::Integer(value));
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Literal::Real(value)),
        _ => no(format!("{written} is no number that Postgres has")),
    }
}

/// The number that SQLite makes of a text where it wants one; `None` where it leaves the text.
pub(super) fn number_in(text: &str) -> Option<Literal> {
    let text = text.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = unsigned.bytes().any(|it| it.is_ascii_digit())
        && unsigned
            .bytes()
            .all(|it| it.is_ascii_digit() || b".eE+-".contains(&it));
    if !is_number {
        return None;
    }
    if let Ok(value) = text.parse::<i64>() {
        return Some(Literal::Integer(value));
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Some(Literal::Real(value)),
        _ => None,
    }
}

/// The bytes of `x'…'`.
pub(super) fn blob(written: &str) -> Said<Literal> {
    let hex = written
        .strip_prefix(['x', 'X'])
        .unwrap_or(written)
        .trim_matches('\'');
    let byte = |at: usize| hex.get(at..at + 2).map(|it| u8::from_str_radix(it, 16));
    let bytes: Option<Result<Vec<u8>, _>> = (0..hex.len()).step_by(2).map(byte).collect();
    match bytes {
        Some(Ok(bytes)) => Ok(Literal::Blob(bytes)),
        _ => no(format!("{written} is no blob")),
    }
}

impl Literal {
    /// The constant as Postgres reads it.
    pub(super) fn sql(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Integer(i64::MIN) => format!("'{}'::bigint", i64::MIN),
            Self::Integer(value) if *value < 0 => format!("({value})"),
            Self::Integer(value) => value.to_string(),
            Self::Real(value) => format!("{}::double precision", decimal(*value)),
            Self::Text(it) => text(it),
            Self::Blob(bytes) => {
                let mut hex = String::with_capacity(bytes.len() * 2);
                for byte in bytes {
                    let _ = write!(hex, "{byte:02x}");
                }
                format!("'\\x{hex}'::bytea")
            }
        }
    }

    /// The constant as a text, where SQLite's own form of it is certain.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(it) => Some(it.clone()),
            Self::Integer(value) => Some(value.to_string()),
            Self::Real(value) if *value == 0.0 => Some("0.0".to_owned()),
            Self::Real(value) if (1e-4..1e15).contains(&value.abs()) => {
                let text = format!("{value:?}");
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                (digits <= 15).then_some(text)
            }
            _ => None,
        }
    }
}

/// A double with a point, in brackets where it is negative; Postgres reads it as `numeric`.
pub(super) fn decimal(value: f64) -> String {
    if value < 0.0 || value.is_sign_negative() {
        format!("({value:?})")
    } else {
        format!("{value:?}")
    }
}
