//! A value as binary COPY takes it: its length in four bytes, and what the type's `recv` function reads
//! (<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format").

use super::moment::DAY;
use super::read::single;
use super::{Value, decimal};
use crate::kind::Kind;

/// What a binary COPY begins with: the signature, no flags, no extension.
pub(crate) const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(crate) const END: &[u8] = &[0xff, 0xff];

/// Appends a value.
pub(crate) fn put(out: &mut Vec<u8>, value: &Value<'_>, kind: Kind) {
    match value {
        Value::Null => out.extend_from_slice(&(-1_i32).to_be_bytes()),
        Value::Boolean(is) => fixed(out, [u8::from(*is)]),
        Value::Integer(value) => match kind {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it was read as one that fits"
            )]
            Kind::Smallint => fixed(out, (*value as i16).to_be_bytes()),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it was read as one that fits"
            )]
            Kind::Integer => fixed(out, (*value as i32).to_be_bytes()),
            _ => fixed(out, value.to_be_bytes()),
        },
        Value::Double(value) if kind == Kind::Real => fixed(out, single(*value).to_be_bytes()),
        Value::Double(value) => fixed(out, value.to_be_bytes()),
        Value::Decimal(text) => numeric(out, text),
        Value::Price(price) => price.put(out),
        Value::Text(text) => sized(out, text.as_bytes()),
        Value::Bytes(bytes) => sized(out, bytes),
        Value::Uuid(bytes) => fixed(out, *bytes),
        Value::Date(days) => fixed(out, days.to_be_bytes()),
        Value::Micros(micros) if kind == Kind::Interval => {
            length(out, 16);
            out.extend_from_slice(&(micros % DAY).to_be_bytes());
            let days = i32::try_from(micros / DAY).unwrap_or_default();
            out.extend_from_slice(&days.to_be_bytes());
            // No months.
            out.extend_from_slice(&[0; 4]);
        }
        Value::Micros(micros) => fixed(out, micros.to_be_bytes()),
        Value::Json(text) if kind == Kind::Jsonb => {
            length(out, text.len() + 1);
            out.push(1);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Json(text) => sized(out, text.as_bytes()),
    }
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Bytes whose length is known when this is compiled: written in one go.
fn fixed<const LENGTH: usize>(out: &mut Vec<u8>, bytes: [u8; LENGTH]) {
    out.reserve(4 + LENGTH);
    length(out, LENGTH);
    out.extend_from_slice(&bytes);
}

fn length(out: &mut Vec<u8>, length: usize) {
    // SQLite's longest value has 2^31-1 bytes, so that only the byte before a jsonb could be too much;
    // Postgres refuses that much anyway.
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
}

/// Digits to the base 10,000: how many, the weight of the first, the sign, the digits shown behind the
/// point, and the digits themselves.
fn numeric(out: &mut Vec<u8>, text: &str) {
    let (negative, whole, fraction) = decimal::parts(text);
    let lead = (4 - whole.len() % 4) % 4;
    let count = (lead + whole.len()) / 4;
    let padded = fraction.len().div_ceil(4);
    let at = |place: usize| -> i16 {
        let digit = |index: usize| -> i16 {
            let byte = match index.checked_sub(lead) {
                None => b'0',
                Some(index) if index < whole.len() => whole.as_bytes()[index],
                Some(index) => *fraction
                    .as_bytes()
                    .get(index - whole.len())
                    .unwrap_or(&b'0'),
            };
            i16::from(byte - b'0')
        };
        (place * 4..place * 4 + 4).fold(0, |sum, index| sum * 10 + digit(index))
    };
    let start = out.len();
    // Its head is known at the end.
    out.extend_from_slice(&[0; HEAD_OF_NUMERIC]);
    let first = (0..count + padded).find(|place| at(*place) != 0);
    let skipped = first.unwrap_or(count + padded);
    for place in skipped..count + padded {
        out.extend_from_slice(&at(place).to_be_bytes());
    }
    while out.len() > start + HEAD_OF_NUMERIC && out.ends_with(&[0, 0]) {
        out.truncate(out.len() - 2);
    }
    let size = out.len() - start - 4;
    let digits = (size + 4 - HEAD_OF_NUMERIC) / 2;
    let small = |value: usize| i16::try_from(value).unwrap_or(i16::MAX);
    let whole = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
    let weight = match digits {
        0 => 0,
        _ => i16::try_from(whole(count) - 1 - whole(skipped)).unwrap_or(i16::MAX),
    };
    let sign: u16 = if negative && digits > 0 { 0x4000 } else { 0 };
    let mut head = [0; HEAD_OF_NUMERIC];
    head[0..4].copy_from_slice(&i32::try_from(size).unwrap_or(i32::MAX).to_be_bytes());
    head[4..6].copy_from_slice(&small(digits).to_be_bytes());
    head[6..8].copy_from_slice(&weight.to_be_bytes());
    head[8..10].copy_from_slice(&sign.to_be_bytes());
    head[10..12].copy_from_slice(&small(fraction.len()).to_be_bytes());
    out[start..start + HEAD_OF_NUMERIC].copy_from_slice(&head);
}

/// The length, how many digits, the weight, the sign, the digits shown.
const HEAD_OF_NUMERIC: usize = 12;
