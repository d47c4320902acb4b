//! `time ± interval '…'`: months first, then days, then the rest, as Postgres adds them.

use super::time::{instant, kept};
use super::{Answer, integer_of, text_of};
use crate::value::text as canonical;
use rusqlite::types::{Value, ValueRef};
use time::{Date, Duration, Month, OffsetDateTime};

/// An interval's three parts, which do not convert into each other.
#[derive(Default, Clone, Copy)]
struct Interval {
    months: i64,
    days: i64,
    micros: i64,
}

/// `raptor_shift(time, sign, interval[, factor])`.
pub(super) fn shift(args: &[ValueRef<'_>]) -> Answer {
    let at = instant(args[0])?;
    let sign = integer_of(args[1])?;
    let unit = parse(text_of(args[2])?)?;
    let interval = match args.get(3) {
        None => unit,
        Some(factor) => unit.times(*factor)?,
    };
    let at = add(at, interval, sign)?;
    Ok(Value::Text(canonical::of_timestamptz(at)))
}

impl Interval {
    fn times(self, factor: ValueRef<'_>) -> Result<Self, String> {
        let too_long = || "interval out of range".to_owned();
        match factor {
            ValueRef::Integer(factor) => Ok(Self {
                months: self.months.checked_mul(factor).ok_or_else(too_long)?,
                days: self.days.checked_mul(factor).ok_or_else(too_long)?,
                micros: self.micros.checked_mul(factor).ok_or_else(too_long)?,
            }),
            ValueRef::Real(factor) if self.months == 0 && self.days == 0 => {
                let micros: f64 = self.micros.to_string().parse().unwrap_or_default();
                let product = (micros * factor).round_ties_even();
                if !(-9e18..9e18).contains(&product) {
                    return Err(too_long());
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the range was checked above"
                )]
                let micros = product as i64;
                Ok(Self { micros, ..self })
            }
            ValueRef::Real(_) => {
                Err("a fraction of days or months is not done on SQLite".to_owned())
            }
            _ => Err("the interval's factor must be a number".to_owned()),
        }
    }
}

fn add(at: OffsetDateTime, interval: Interval, sign: i64) -> Result<OffsetDateTime, String> {
    let out = || "timestamp out of range".to_owned();
    let months = i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1
        + interval.months.checked_mul(sign).ok_or_else(out)?;
    let year = i32::try_from(months.div_euclid(12)).map_err(|_| out())?;
    let month = u8::try_from(months.rem_euclid(12) + 1).map_err(|_| out())?;
    let month = Month::try_from(month).map_err(|_| out())?;
    if !(1..=9999).contains(&year) {
        return Err(out());
    }
    // The 31st becomes the month's last day where it has none.
    let day = at.day().min(month.length(year));
    let date = Date::from_calendar_date(year, month, day).map_err(|_| out())?;
    let days = interval.days.checked_mul(sign).ok_or_else(out)?;
    let micros = interval.micros.checked_mul(sign).ok_or_else(out)?;
    let shifted = date
        .checked_add(Duration::seconds(days.checked_mul(86_400).ok_or_else(out)?))
        .and_then(|date| {
            at.replace_date(date)
                .checked_add(Duration::microseconds(micros))
        });
    kept(shifted)
}

/// `1 day 02:03:04.5`, `3 weeks`, `-5 minutes` (PostgreSQL manual, 8.5.4).
fn parse(text: &str) -> Result<Interval, String> {
    let mut words = text.split_ascii_whitespace();
    let mut interval = Interval::default();
    let mut any = false;
    while let Some(word) = words.next() {
        any = true;
        if word.contains(':') {
            interval.micros += clock(word).ok_or("is no interval that SQLite does")?;
            continue;
        }
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &word[digits.len()..] {
            "" => words.next().ok_or("the interval's unit is missing")?,
            unit => unit,
        };
        put(&mut interval, digits, unit)?;
    }
    if any {
        Ok(interval)
    } else {
        Err("the interval is empty".to_owned())
    }
}

fn put(interval: &mut Interval, digits: &str, unit: &str) -> Result<(), String> {
    let no = || "is no interval that SQLite does".to_owned();
    let whole = || digits.parse::<i64>().map_err(|_| no());
    let micros = |unit: i64| micros_of(digits, unit).ok_or_else(no);
    let unit = unit.to_ascii_lowercase();
    let many = |number: i64, by: i64| number.checked_mul(by).ok_or_else(no);
    match unit.trim_end_matches('s') {
        "year" | "yr" | "y" => interval.months += many(whole()?, 12)?,
        "month" | "mon" => interval.months += whole()?,
        "week" | "w" => interval.days += many(whole()?, 7)?,
        "day" | "d" => interval.days += whole()?,
        "hour" | "hr" | "h" => interval.micros += micros(3_600_000_000)?,
        "minute" | "min" | "m" => interval.micros += micros(60_000_000)?,
        "second" | "sec" | "" => interval.micros += micros(1_000_000)?,
        "millisecond" | "msec" => interval.micros += micros(1_000)?,
        "microsecond" | "usec" => interval.micros += micros(1)?,
        _ => return Err(no()),
    }
    Ok(())
}

/// A decimal number of `unit` microseconds, exactly.
fn micros_of(digits: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let negative = whole.starts_with('-');
    let whole: i64 = match whole {
        "" | "-" | "+" => 0,
        digits => digits.parse().ok()?,
    };
    let mut micros = whole.checked_mul(unit)?;
    if !fraction.is_empty() {
        let scale = 10i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let part = fraction.parse::<u32>().ok()?;
        let part = i64::from(part).checked_mul(unit)? / scale;
        micros = if negative {
            micros - part
        } else {
            micros + part
        };
    }
    Some(micros)
}

/// `HH:MM` or `HH:MM:SS.ffffff`.
fn clock(word: &str) -> Option<i64> {
    let (negative, word) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let mut parts = word.split(':');
    let hours = micros_of(parts.next()?, 3_600_000_000)?;
    let minutes = micros_of(parts.next()?, 60_000_000)?;
    let seconds = micros_of(parts.next().unwrap_or("0"), 1_000_000)?;
    let total = hours.checked_add(minutes)?.checked_add(seconds)?;
    parts
        .next()
        .is_none()
        .then_some(if negative { -total } else { total })
}
