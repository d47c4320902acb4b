//! A value as Postgres prints it.
//!
//! A text in exactly the canonical form of a stored timestamptz is taken for one and printed as
//! Postgres prints it in UTC; text that comes marked as text is left alone.

use super::answer::Answer;
use super::answer::Mark;
use super::argument::{is_canonical_instant, mark, utf8};
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use std::borrow::Cow;

/// The text of an argument; `None` for NULL. Booleans print as `text` says: `true` by a cast, `t`
/// by concatenation.
pub(super) fn of<'c>(
    ctx: &'c Context<'_>,
    at: usize,
    booleans: [&'static str; 2],
) -> Answer<Option<Cow<'c, str>>> {
    Ok(Some(match (ctx.get_raw(at), mark(ctx, at)) {
        (ValueRef::Null, _) => return Ok(None),
        (ValueRef::Integer(v), Mark::Bool) => booleans[usize::from(v != 0)].into(),
        (ValueRef::Integer(v), _) => v.to_string().into(),
        (ValueRef::Real(v), _) => of_double(v).into(),
        (ValueRef::Text(v), Mark::None) if is_canonical_instant(v) => of_instant(utf8(v)?).into(),
        (ValueRef::Text(v), _) => utf8(v)?.into(),
        (ValueRef::Blob(v), _) => of_bytes(v).into(),
    }))
}

pub(super) const TRUE_FALSE: [&str; 2] = ["false", "true"];
pub(super) const T_F: [&str; 2] = ["f", "t"];

/// The shortest digits that read back as the same double (`float8out`).
pub(super) fn of_double(v: f64) -> String {
    if v.is_infinite() {
        return if v > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if v.is_nan() {
        return "NaN".to_owned();
    }
    let scientific = shortest(v);
    let (digits, exponent) = scientific.split_once('e').expect("{:e} writes an exponent");
    let power: i32 = exponent.parse().expect("{:e} writes a number after the e");
    if (-4..15).contains(&power) {
        return plain(digits, power);
    }
    format!(
        "{digits}e{}{:02}",
        if power < 0 { '-' } else { '+' },
        power.unsigned_abs()
    )
}

/// Of the shortest texts, Postgres takes the nearest, of two as near the even one, and none that lies
/// just between two doubles, as other readers may not round that to even.
fn shortest(v: f64) -> String {
    let shortest = format!("{v:e}");
    let mantissa = shortest.bytes().take_while(|b| *b != b'e');
    let digits = mantissa.filter(u8::is_ascii_digit).count();
    (digits..=17)
        .map(|digits| format!("{v:.*e}", digits - 1))
        .find(|text| {
            let back = text.parse::<f64>();
            back.is_ok_and(|back| back.to_bits() == v.to_bits()) && !is_between(text, v.abs())
        })
        .unwrap_or(shortest)
}

/// Whether a text such as `2.5e+17` is as far from `v`, which it reads back as, as from one of its
/// neighbours. Only integers of 16 digits and more can be.
fn is_between(text: &str, v: f64) -> bool {
    if v < 1e15 {
        return false;
    }
    let (digits, power) = text.split_once('e').expect("{:e} writes an exponent");
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let power: i32 = power.parse().expect("{:e} writes a number after the e");
    let last = i32::try_from(digits.len()).map_or(i32::MIN, |length| power + 1 - length);
    // Ten to the 24th has more factors of five than a point between two doubles has bits.
    let Some(last) = u32::try_from(last).ok().filter(|last| *last < 24) else {
        return false;
    };
    let digits: u128 = digits.parse().expect("at most 17 digits");
    let odd = digits * 5_u128.pow(last);
    let twos = odd.trailing_zeros();
    let decimal = (odd >> twos, i64::from(last + twos));
    let bits = v.to_bits();
    let (mantissa, exponent) = (
        bits & ((1 << 52) - 1) | 1 << 52,
        (bits >> 52).cast_signed() - 1_075,
    );
    let mantissa = u128::from(mantissa);
    let below = match mantissa == 1 << 52 {
        true => (4 * mantissa - 1, exponent - 2),
        false => (2 * mantissa - 1, exponent - 1),
    };
    decimal == below || decimal == (2 * mantissa + 1, exponent - 1)
}

/// Digits such as `-1.25` times ten to the power, without an exponent.
fn plain(digits: &str, power: i32) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    let point = power + 1;
    match usize::try_from(point) {
        Ok(0) => format!("{sign}0.{digits}"),
        Ok(point) if point >= digits.len() => format!("{sign}{digits:0<point$}"),
        Ok(point) => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        Err(_) => {
            let zeros = "0".repeat(usize::try_from(-point).unwrap_or(0));
            format!("{sign}0.{zeros}{digits}")
        }
    }
}

/// `YYYY-MM-DD HH:MM:SS[.f]+00` from the canonical text.
pub(super) fn of_instant(canonical: &str) -> String {
    let fraction = canonical[20..26].trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!(
        "{} {}{dot}{fraction}+00",
        &canonical[..10],
        &canonical[11..19]
    )
}

/// `\x` and hex.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    format!("\\x{}", hex(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(DIGITS[usize::from(half)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_on_postgres() {
        for (v, text) in [
            (1.0, "1"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1.5e20, "1.5e+20"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (713_375_133_196_319.2, "713375133196319.2"),
            (-1234.5, "-1234.5"),
            (2.69176240649234e17, "2.6917624064923398e+17"),
            (-2.69176240649234e17, "-2.6917624064923398e+17"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (9_007_199_254_740_996.0, "9.007199254740996e+15"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.25, "0.25"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(of_double(v), text);
        }
    }
}
