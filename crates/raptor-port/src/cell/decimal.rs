//! Decimal numbers: from texts and doubles, without losing a digit.

use super::Reason;
use std::borrow::Cow;

/// A number as digits without blanks, exponent and sign of plus: `-12.50`.
pub(super) fn of_text(text: &str) -> Result<Cow<'_, str>, Reason> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().map_err(|_| "it is no number")?;
            (mantissa, exponent)
        }
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|it| it.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
        return Err("it is no number".into());
    }
    let is_plain = mantissa.len() == digits.len() && !whole.is_empty() && !mantissa.ends_with('.');
    if is_plain && !text.starts_with('+') {
        return Ok(Cow::Borrowed(text));
    }
    // A zero stays one, with the digits behind the point that are left.
    let is_zero = mantissa.bytes().all(|it| matches!(it, b'0' | b'.'));
    let exponent = match i32::try_from(fraction.len()) {
        Ok(most) if is_zero => exponent.min(most),
        _ => exponent,
    };
    // Postgres takes no more digits before the point.
    if exponent.abs() > 131_072 {
        return Err("it is a larger number than is taken here".into());
    }
    let written = shifted(whole, fraction, exponent);
    Ok(Cow::Owned(if negative {
        format!("-{written}")
    } else {
        written
    }))
}

/// The digits with the point moved.
fn shifted(whole: &str, fraction: &str, exponent: i32) -> String {
    let mut digits = format!("{whole}{fraction}");
    let mut point = i32::try_from(whole.len()).unwrap_or(i32::MAX) + exponent;
    while point < 1 {
        digits.insert(0, '0');
        point += 1;
    }
    let point = usize::try_from(point).unwrap_or_default();
    while digits.len() < point {
        digits.push('0');
    }
    let (whole, fraction) = digits.split_at(point);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// The shortest digits that mean the double.
pub(super) fn of_double(value: f64) -> Result<String, Reason> {
    if !value.is_finite() {
        return Err("it is infinite, and no number that every Postgres has".into());
    }
    Ok(format!("{value}"))
}

/// Digits before and behind the point, without zeros at the ends.
pub(super) fn parts(text: &str) -> (bool, &str, &str) {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    (negative, whole.trim_start_matches('0'), fraction)
}

/// As `trim_scale(x)::text` writes it, which is the same for equal numbers.
pub(super) fn canonical(text: &str) -> Cow<'_, str> {
    let (negative, whole, fraction) = parts(text);
    let fraction = fraction.trim_end_matches('0');
    let is_zero = whole.is_empty() && fraction.is_empty();
    let sign = if negative && !is_zero { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let length = sign.len() + whole.len() + fraction.len() + usize::from(!fraction.is_empty());
    // The parts are all of it: nothing was left out.
    if length == text.len() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    })
}

/// Refuses what a `numeric(precision, scale)` would round or could not hold.
pub(super) fn fits(text: &str, limits: Option<(u16, i16)>) -> Result<(), Reason> {
    let (_, whole, fraction) = parts(text);
    let fraction = fraction.trim_end_matches('0');
    let (most_whole, most_behind) = match limits {
        Some((precision, scale)) => (i32::from(precision) - i32::from(scale), i32::from(scale)),
        None => (131_072, 16_383),
    };
    let count = |digits: &str| i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if count(fraction) > most_behind.max(0) {
        let most_behind = most_behind.max(0);
        return Err(format!("it has more than {most_behind} digits behind the point").into());
    }
    // A scale below zero: the last digits before the point are zeros.
    let zeros = count(whole) - count(whole.trim_end_matches('0'));
    if !whole.is_empty() && zeros < -most_behind {
        return Err(format!(
            "its last {} digits before the point are not all 0",
            -most_behind
        )
        .into());
    }
    // A scale beyond the precision: the first digits behind the point are zeros.
    let zeros = count(fraction) - count(fraction.trim_start_matches('0'));
    if !fraction.is_empty() && zeros < -most_whole {
        return Err(format!(
            "its first {} digits behind the point are not all 0",
            -most_whole
        )
        .into());
    }
    let most_whole = most_whole.max(0);
    match count(whole) > most_whole {
        true => Err(format!("it has more than {most_whole} digits before the point").into()),
        false => Ok(()),
    }
}
