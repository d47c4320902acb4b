//! `numeric` as decimal text: its order (the collation `decimal`), arithmetic, sum and avg.
//!
//! Exact up to 38 digits, as [`Decimal`] is; a wider result is an error, never rounded.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{decimal, is_null};
use crate::value::Decimal;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use std::cmp::Ordering;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.conn.create_collation("decimal", collate)?;
    to.strict("numeric_add", 2, |ctx| {
        out(add(decimal(ctx, 0)?, decimal(ctx, 1)?)?)
    })?;
    to.strict("numeric_sub", 2, |ctx| {
        out(add(decimal(ctx, 0)?, negate(decimal(ctx, 1)?))?)
    })?;
    to.strict("numeric_mul", 2, |ctx| {
        out(multiply(decimal(ctx, 0)?, decimal(ctx, 1)?)?)
    })?;
    to.strict("numeric_div", 2, |ctx| {
        out(divide(decimal(ctx, 0)?, decimal(ctx, 1)?)?)
    })?;
    to.strict("op_numeric_plus", 1, |ctx| out(decimal(ctx, 0)?))?;
    to.strict("numeric_uminus", 1, |ctx| out(negate(decimal(ctx, 0)?)))?;
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_INNOCUOUS
        | FunctionFlags::SQLITE_DETERMINISTIC;
    to.conn
        .create_aggregate_function("op_sum", 1, flags, Total { is_mean: false })?;
    to.conn
        .create_aggregate_function("op_avg", 1, flags, Total { is_mean: true })
}

pub(super) fn out(decimal: Decimal) -> Answer {
    Ok(Out::Plain(decimal.to_string()))
}

/// By value; texts that are no decimals come after all that are, in byte order.
fn collate(a: &str, b: &str) -> Ordering {
    let read = |text: &str| parse(text).ok();
    match (read(a), read(b)) {
        (Some(x), Some(y)) => x.cmp(&y),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

pub(super) fn make(mantissa: Option<i128>, scale: u32) -> Answer<Decimal> {
    mantissa
        .and_then(|mantissa| Decimal::new(mantissa, scale).ok())
        .ok_or_else(|| {
            "the decimal has more than 38 digits, which SQLite's stand-in cannot keep".into()
        })
}

/// `mantissa` when it is written with `scale` digits after the point, of which there are no fewer.
fn widen(value: Decimal, scale: u32) -> Option<i128> {
    10i128
        .checked_pow(scale - value.scale())?
        .checked_mul(value.mantissa())
}

pub(super) fn negate(value: Decimal) -> Decimal {
    Decimal::new(-value.mantissa(), value.scale()).expect("the digits are as many as before")
}

pub(super) fn add(a: Decimal, b: Decimal) -> Answer<Decimal> {
    let scale = a.scale().max(b.scale());
    let sum = widen(a, scale)
        .zip(widen(b, scale))
        .and_then(|(a, b)| a.checked_add(b));
    make(sum, scale)
}

fn multiply(a: Decimal, b: Decimal) -> Answer<Decimal> {
    make(
        a.mantissa().checked_mul(b.mantissa()),
        a.scale() + b.scale(),
    )
}

/// The scale is Postgres's (`select_div_scale`): 16 significant digits at least.
pub(super) fn divide(a: Decimal, b: Decimal) -> Answer<Decimal> {
    if b.mantissa() == 0 {
        return fail("division by zero");
    }
    let (weight_a, first_a) = leading_group(a);
    let (weight_b, first_b) = leading_group(b);
    let mut weight = weight_a - weight_b;
    if first_a <= first_b {
        weight -= 1;
    }
    let wanted = u32::try_from(16 - weight * 4).unwrap_or(0);
    let scale = wanted.max(a.scale()).max(b.scale()).min(1_000);
    // a/b = (ma / 10^sa) / (mb / 10^sb); the quotient's digits are ma × 10^(scale - sa + sb) / mb.
    let shift = i64::from(scale) - i64::from(a.scale()) + i64::from(b.scale());
    let shift = u32::try_from(shift).expect("the scale is no smaller than the dividend's");
    make(long_division(a.mantissa(), shift, b.mantissa()), scale)
}

/// `a × 10^shift / b`, rounded half away from zero, digit by digit so that nothing overflows early.
fn long_division(a: i128, shift: u32, b: i128) -> Option<i128> {
    let (dividend, divisor) = (a.unsigned_abs(), b.unsigned_abs());
    let (mut quotient, mut rest) = (dividend / divisor, dividend % divisor);
    for _ in 0..shift {
        // `rest` is below `divisor`, which has at most 38 digits: ten times it fits u128 only up to
        // 3.4 × 10^37, so the digit is found by subtraction where it would not.
        let (digit, left) = next_digit(rest, divisor);
        quotient = quotient.checked_mul(10)?.checked_add(digit)?;
        rest = left;
    }
    if rest >= divisor - rest {
        quotient = quotient.checked_add(1)?;
    }
    let quotient = i128::try_from(quotient).ok()?;
    Some(if (a < 0) == (b < 0) {
        quotient
    } else {
        -quotient
    })
}

fn next_digit(rest: u128, divisor: u128) -> (u128, u128) {
    match rest.checked_mul(10) {
        Some(ten) => (ten / divisor, ten % divisor),
        None => {
            let (mut digit, mut left) = (0, 0u128);
            for _ in 0..10 {
                // left + rest ≥ divisor, without adding.
                if left >= divisor - rest {
                    left -= divisor - rest;
                    digit += 1;
                } else {
                    left += rest;
                }
            }
            (digit, left)
        }
    }
}

/// The weight and value of the first base-10000 digit, as `numeric` stores it.
fn leading_group(value: Decimal) -> (i32, u128) {
    if value.mantissa() == 0 {
        return (0, 0);
    }
    let digits = value.mantissa().unsigned_abs();
    let scale = i32::try_from(value.scale()).expect("a scale is at most 38");
    let length = i32::try_from(digits.ilog10()).expect("at most 38 digits") + 1;
    let weight = (length - scale - 1).div_euclid(4);
    // The group holds the digits down to 10^(4 × weight).
    let drop = weight * 4 + scale;
    let unit = |n: i32| 10u128.pow(n.unsigned_abs());
    (
        weight,
        if drop >= 0 {
            digits / unit(drop)
        } else {
            digits * unit(drop)
        },
    )
}

/// Half away from zero, to `scale` digits after the point (which may be negative).
pub(super) fn round(value: Decimal, scale: i64, nearest: bool) -> Answer<Decimal> {
    let scale = scale.clamp(-1_000, 1_000);
    let cut = i64::from(value.scale()) - scale;
    let shown = u32::try_from(scale.max(0)).expect("clamped");
    if cut <= 0 {
        return make(widen(value, shown), shown);
    }
    let kept = match u32::try_from(cut)
        .ok()
        .and_then(|cut| 10i128.checked_pow(cut))
    {
        None => 0,
        Some(unit) => {
            let (whole, rest) = (value.mantissa() / unit, value.mantissa() % unit);
            if nearest && rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2) {
                whole + value.mantissa().signum()
            } else {
                whole
            }
        }
    };
    let zeros = u32::try_from((-scale).max(0)).expect("clamped");
    if kept == 0 {
        return make(Some(0), shown);
    }
    make(
        10i128
            .checked_pow(zeros)
            .and_then(|unit| unit.checked_mul(kept)),
        shown,
    )
}

/// Reads what `numeric_in` reads: blanks around, a sign, a point, an exponent.
pub(super) fn parse(text: &str) -> Answer<Decimal> {
    let wrong = || fail("invalid input syntax for type numeric");
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => match text[at + 1..].parse::<i64>() {
            Ok(exponent) => (&text[..at], exponent),
            Err(_) => return wrong(),
        },
        None => (text, 0),
    };
    let Ok(value) = digits.parse::<Decimal>() else {
        let is_number = digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
        return if is_number && digits.len() > 38 {
            make(None, 0)
        } else {
            wrong()
        };
    };
    let scale = i64::from(value.scale()) - exponent;
    match u32::try_from(scale) {
        Ok(scale) => make(Some(value.mantissa()), scale),
        Err(_) => {
            let zeros = u32::try_from(-scale)
                .ok()
                .and_then(|zeros| 10i128.checked_pow(zeros));
            let shifted = zeros.and_then(|unit| unit.checked_mul(value.mantissa()));
            make(
                if value.mantissa() == 0 {
                    Some(0)
                } else {
                    shifted
                },
                0,
            )
        }
    }
}

/// `sum(numeric)` and `avg(numeric)`.
struct Total {
    is_mean: bool,
}

impl Aggregate<Option<(Decimal, i64)>, Out> for Total {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<(Decimal, i64)>> {
        Ok(None)
    }

    fn step(
        &self,
        ctx: &mut Context<'_>,
        state: &mut Option<(Decimal, i64)>,
    ) -> rusqlite::Result<()> {
        if is_null(ctx, 0) {
            return Ok(());
        }
        let more = decimal(ctx, 0).map_err(rusqlite::Error::UserFunctionError)?;
        *state = Some(match *state {
            None => (more, 1),
            Some((sum, count)) => (
                add(sum, more).map_err(rusqlite::Error::UserFunctionError)?,
                count + 1,
            ),
        });
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        state: Option<Option<(Decimal, i64)>>,
    ) -> rusqlite::Result<Out> {
        let Some((sum, count)) = state.flatten() else {
            return Ok(Out::Null);
        };
        let answer = if self.is_mean {
            divide(sum, count.into()).and_then(out)
        } else {
            out(sum)
        };
        answer.map_err(rusqlite::Error::UserFunctionError)
    }
}
