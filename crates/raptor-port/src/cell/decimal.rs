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
    let is_plain = exponent == 0 && !whole.is_empty() && !mantissa.ends_with('.');
    if is_plain && !text.starts_with('+') {
        return Ok(Cow::Borrowed(text));
    }
    if exponent.abs() > 10_000 {
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
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// The shortest digits that mean the double.
pub(super) fn of_double(value: f64) -> Result<String, Reason> {
    if !value.is_finite() {
        return Err("it is infinite, and numeric has no such number before Postgres 14".into());
    }
    Ok(of_short(value).unwrap_or_else(|| format!("{value}")))
}

/// The digits of a double that needs few, such as a price. No two numbers of up to fifteen digits are the
/// same double, so that there are no others that are as short.
fn of_short(value: f64) -> Option<String> {
    const PLACES: usize = 4;
    const SCALE: f64 = 10_000.0;
    let scaled = (value * SCALE).round();
    if scaled.abs() >= 1e15 || scaled / SCALE != value || scaled == 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
    let mut digits = (scaled as i64).unsigned_abs();
    let mut places = PLACES;
    while places > 0 && digits.is_multiple_of(10) {
        digits /= 10;
        places -= 1;
    }
    let mut text = String::with_capacity(20);
    if value < 0.0 {
        text.push('-');
    }
    let written = digits.to_string();
    let missing = (places + 1).saturating_sub(written.len());
    text.extend(std::iter::repeat_n('0', missing));
    text.push_str(&written);
    if places > 0 {
        text.insert(text.len() - places, '.');
    }
    Some(text)
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
pub(super) fn fits(text: &str, limits: Option<(u16, u16)>) -> Result<(), Reason> {
    let (_, whole, fraction) = parts(text);
    let (precision, scale) = limits.map_or((131_072, 16_383), |(precision, scale)| {
        (usize::from(precision), usize::from(scale))
    });
    if fraction.trim_end_matches('0').len() > scale {
        return Err(format!("it has more than {scale} digits behind the point").into());
    }
    let whole_digits = if limits.is_some() {
        precision - scale.min(precision)
    } else {
        precision
    };
    if whole.len() > whole_digits {
        return Err(format!("it has more than {whole_digits} digits before the point").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::of_double;

    #[test]
    fn doubles_have_their_shortest_digits() {
        let mut values = vec![
            0.0,
            -0.0,
            0.1,
            0.5,
            -0.0001,
            100.0,
            1e14,
            1e15,
            1e300,
            12.34,
            1.0 / 3.0,
        ];
        // A walk over many magnitudes, the same every time.
        let mut state = 7_u64;
        for _ in 0..200_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            let whole = (state >> 20) as f64;
            values.push(whole / 10_f64.powi(i32::try_from(state % 16).unwrap()));
            values.push(-(whole / 1e6).round() / 100.0);
            values.push(f64::from_bits(state));
        }
        for value in values.into_iter().filter(|it| it.is_finite()) {
            assert_eq!(of_double(value).unwrap(), format!("{value}"));
        }
    }
}
