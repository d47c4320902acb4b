//! The hash of a value on this side, and the SQL that computes it on the other.

use super::read::single;
use super::{Value, decimal, json};
use crate::digest;
use crate::kind::Kind;
use sha2::{Digest, Sha256};

/// Hashes values; it keeps the room that it writes some of them into.
#[derive(Debug, Default)]
pub(crate) struct Hasher {
    written: Vec<u8>,
}

impl Hasher {
    /// The hash of a value; `None` for NULL, as `sum` leaves those out.
    pub(crate) fn of(&mut self, value: &Value<'_>, kind: Kind, seed: u64) -> Option<u64> {
        self.written.clear();
        Some(match value {
            Value::Null => return None,
            Value::Boolean(is) => digest::integer(i64::from(*is), seed),
            Value::Integer(value) | Value::Micros(value) => digest::integer(*value, seed),
            // To Postgres's own hash both zeros are one.
            Value::Double(value) if *value == 0.0 => {
                let written = if value.is_sign_negative() { "-0" } else { "0" };
                digest::bytes(written.as_bytes(), seed)
            }
            Value::Double(value) if kind == Kind::Real => {
                digest::double(f64::from(single(*value)), seed)
            }
            Value::Double(value) => digest::double(*value, seed),
            Value::Price(price) => {
                price.write(&mut self.written);
                digest::bytes(&self.written, seed)
            }
            Value::Decimal(text) => digest::bytes(decimal::canonical(text).as_bytes(), seed),
            Value::Text(text) if matches!(kind, Kind::Char(_)) => {
                digest::bytes(text.trim_end_matches(' ').as_bytes(), seed)
            }
            Value::Text(text) => digest::bytes(text.as_bytes(), seed),
            // Written out, Postgres has no room for the largest.
            Value::Bytes(bytes) => {
                hex(&Sha256::digest(bytes), &mut self.written);
                digest::bytes(&self.written, seed)
            }
            Value::Uuid(bytes) => digest::bytes(bytes, seed),
            Value::Date(days) => digest::integer(i64::from(*days), seed),
            Value::Json(text) if kind == Kind::Jsonb => {
                match json::canonical(text, &mut self.written) {
                    Some(()) => digest::bytes(&self.written, seed),
                    // No document that Postgres would have taken.
                    None => digest::bytes(text.as_bytes(), seed),
                }
            }
            Value::Json(text) => digest::bytes(text.as_bytes(), seed),
        })
    }
}

/// The SQL of the same over an expression of that type.
pub(crate) fn sql(expression: &str, kind: Kind, seed: &str) -> String {
    let integer = |of: String| format!("hashint8extended({of}, {seed})");
    let text = |of: String| format!("hashtextextended({of}, {seed})");
    match kind {
        Kind::Boolean => integer(format!("{expression}::int::bigint")),
        Kind::Smallint | Kind::Integer | Kind::Bigint => integer(format!("{expression}::bigint")),
        Kind::Double => zeros_apart("hashfloat8extended", expression, seed),
        Kind::Real => zeros_apart("hashfloat4extended", expression, seed),
        Kind::Numeric(_) => text(format!("trim_scale({expression})::text")),
        Kind::Text | Kind::Varchar(_) => text(format!("{expression} COLLATE \"C\"")),
        Kind::Char(_) | Kind::Enum | Kind::Citext | Kind::Cast => {
            text(format!("{expression}::text COLLATE \"C\""))
        }
        Kind::Bytea => text(format!("encode(sha256({expression}), 'hex')")),
        Kind::Uuid => format!("uuid_hash_extended({expression}, {seed})"),
        Kind::Date => integer(format!("({expression} - date '2000-01-01')::bigint")),
        Kind::Time => format!("time_hash_extended({expression}, {seed})"),
        Kind::Timestamp => format!("timestamp_hash_extended({expression}, {seed})"),
        Kind::Timestamptz => {
            format!("timestamp_hash_extended({expression} AT TIME ZONE 'UTC', {seed})")
        }
        // To Postgres's own hash a month is thirty days, and a day 24 hours; it was written in whole days and a rest.
        Kind::Interval => format!(
            "CASE WHEN make_interval(days => trunc(extract(epoch FROM {expression}) / 86400)::int)::text = \
             date_trunc('day', {expression})::text THEN interval_hash_extended({expression}, {seed}) \
             ELSE hashtextextended({expression}::text, {seed}) END"
        ),
        Kind::Json | Kind::Jsonb => text(format!("{expression}::text")),
    }
}

/// A hash of doubles to which both zeros are one, but for these.
fn zeros_apart(hash: &str, expression: &str, seed: &str) -> String {
    format!(
        "CASE WHEN {expression} = 0 THEN hashtextextended({expression}::text COLLATE \"C\", {seed}) \
         ELSE {hash}({expression}, {seed}) END"
    )
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    out.extend(digits.map(|digit| DIGITS[usize::from(digit)]));
}
