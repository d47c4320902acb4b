//! Intervals, as far as `timestamptz ± interval` needs them.
//!
//! An interval is three numbers, months, days and microseconds, in the text `months:days:micros`.
//! The dialect lets one stand only beside `+` and `-`, so that no such text is ever stored.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{double, instant, int, is_null, text};
use crate::value::text::timestamptz_text;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use time::{Date, Duration, Month, OffsetDateTime};

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("op_plus_interval", 2, |ctx| shift(ctx, 1))?;
    to.strict("op_minus_interval", 2, |ctx| shift(ctx, -1))?;
    to.strict("op_interval_times", 2, |ctx| times(ctx, 0, 1))?;
    to.strict("op_times_interval", 2, |ctx| times(ctx, 1, 0))?;
    to.strict("cast_interval", 1, |ctx| {
        Ok(Out::Text(parse(text(ctx, 0)?)?.text()))
    })?;
    to.strict("make_interval", super::ANY, make)
}

/// Months, days and microseconds: kept apart, because a month is no number of days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Interval {
    months: i64,
    days: i64,
    micros: i64,
}

const SECOND: i64 = 1_000_000;

impl Interval {
    pub(crate) fn text(self) -> String {
        format!("{}:{}:{}", self.months, self.days, self.micros)
    }

    fn of_text(text: &str) -> Answer<Self> {
        let mut parts = text.split(':').map(str::parse::<i64>);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(months)), Some(Ok(days)), Some(Ok(micros)), None) => Ok(Self {
                months,
                days,
                micros,
            }),
            _ => fail("invalid input for type interval"),
        }
    }

    fn times(self, n: i64) -> Option<Self> {
        Some(Self {
            months: self.months.checked_mul(n)?,
            days: self.days.checked_mul(n)?,
            micros: self.micros.checked_mul(n)?,
        })
    }

    /// Adds `amount` (in units of 10^-`scale`) times `unit`.
    fn add(&mut self, amount: i64, scale: u32, unit: Unit) -> Option<()> {
        let one = 10i64.checked_pow(scale)?;
        if unit.micros > 0 {
            let whole = i128::from(amount) * i128::from(unit.micros);
            // Exact to the microsecond, or not at all.
            if whole % i128::from(one) != 0 {
                return None;
            }
            self.micros = self
                .micros
                .checked_add(i64::try_from(whole / i128::from(one)).ok()?)?;
        } else if amount % one != 0 {
            return None;
        } else {
            self.months = self
                .months
                .checked_add((amount / one).checked_mul(unit.months)?)?;
            self.days = self
                .days
                .checked_add((amount / one).checked_mul(unit.days)?)?;
        }
        Some(())
    }
}

#[derive(Clone, Copy)]
struct Unit {
    months: i64,
    days: i64,
    micros: i64,
}

fn unit(name: &str) -> Option<Unit> {
    let months = |months| {
        Some(Unit {
            months,
            days: 0,
            micros: 0,
        })
    };
    let days = |days| {
        Some(Unit {
            months: 0,
            days,
            micros: 0,
        })
    };
    let micros = |micros| {
        Some(Unit {
            months: 0,
            days: 0,
            micros,
        })
    };
    match name {
        "microsecond" | "microseconds" | "us" | "usec" | "usecs" => micros(1),
        "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" => micros(1_000),
        "second" | "seconds" | "s" | "sec" | "secs" => micros(SECOND),
        "minute" | "minutes" | "m" | "min" | "mins" => micros(60 * SECOND),
        "hour" | "hours" | "h" | "hr" | "hrs" => micros(3_600 * SECOND),
        "day" | "days" | "d" => days(1),
        "week" | "weeks" | "w" => days(7),
        "month" | "months" | "mon" | "mons" => months(1),
        "year" | "years" | "y" | "yr" | "yrs" => months(12),
        "decade" | "decades" => months(120),
        "century" | "centuries" => months(1_200),
        _ => None,
    }
}

/// `1 day`, `-2 hours 30 minutes`, `1 day 02:03:04.5`, `1.5 seconds`, `1 month ago`. Fractions of
/// what has no fixed length (days and longer) are refused, as are ISO 8601 forms.
pub(crate) fn parse(source: &str) -> Answer<Interval> {
    let lower = source.to_ascii_lowercase();
    let mut words: Vec<&str> = lower.split_ascii_whitespace().collect();
    let ago = words.last() == Some(&"ago") && words.pop().is_some();
    let mut interval = Interval::default();
    let mut rest = words.into_iter();
    let wrong = || {
        fail(format!(
            "invalid input syntax for type interval: {source:?} (write pairs such as 1 day 30 minutes)"
        ))
    };
    let mut is_empty = true;
    while let Some(word) = rest.next() {
        is_empty = false;
        let done = if word.contains(':') {
            clock_part(word).and_then(|micros| interval.add(micros, 0, unit("us")?))
        } else {
            let cut = word.find(|c: char| c.is_ascii_alphabetic());
            let (amount, name) = match cut {
                Some(at) => (&word[..at], Some(&word[at..])),
                None => (word, rest.next()),
            };
            number(amount)
                .zip(name.and_then(unit))
                .and_then(|((amount, scale), unit)| interval.add(amount, scale, unit))
        };
        if done.is_none() {
            return wrong();
        }
    }
    if is_empty {
        return wrong();
    }
    if ago {
        interval = Interval {
            months: -interval.months,
            days: -interval.days,
            micros: -interval.micros,
        };
    }
    Ok(interval)
}

/// `12.5` is 125 and 1.
fn number(text: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = whole.trim_start_matches(['+', '-']);
    if whole.len() > unsigned.len() + 1
        || !is_digits(unsigned)
        || !is_digits(fraction)
        || unsigned.len() + fraction.len() == 0
    {
        return None;
    }
    let amount: i64 = format!("{unsigned}{fraction}").parse().ok()?;
    let scale = u32::try_from(fraction.len()).ok()?;
    Some((
        if whole.starts_with('-') {
            -amount
        } else {
            amount
        },
        scale,
    ))
}

/// `[-]HH:MM[:SS[.f]]` in microseconds.
fn clock_part(word: &str) -> Option<i64> {
    let unsigned = word.trim_start_matches(['+', '-']);
    if word.len() > unsigned.len() + 1 {
        return None;
    }
    let mut parts = unsigned.split(':');
    let whole = |part: Option<&str>| {
        part.filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?
            .parse::<i64>()
            .ok()
    };
    let (hours, minutes) = (whole(parts.next())?, whole(parts.next())?);
    let (seconds, scale) = parts.next().map_or(Some((0, 0)), number)?;
    if minutes > 59 || parts.next().is_some() || scale > 6 || seconds < 0 {
        return None;
    }
    let seconds = seconds.checked_mul(10i64.pow(6 - scale))?;
    if seconds > 60 * SECOND {
        return None;
    }
    let micros = hours
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60 * SECOND)?
        .checked_add(seconds)?;
    Some(if word.starts_with('-') {
        -micros
    } else {
        micros
    })
}

/// Months first, clipped to the month's last day; then days; then the clock (Postgres's order).
fn shift(ctx: &Context<'_>, sign: i64) -> Answer {
    let by = Interval::of_text(text(ctx, 1)?)?;
    match shifted(instant(ctx, 0)?, by, sign) {
        Some(at) => Ok(Out::Text(timestamptz_text(at))),
        None => fail("timestamp out of range"),
    }
}

fn shifted(at: OffsetDateTime, by: Interval, sign: i64) -> Option<OffsetDateTime> {
    let mut at = at;
    if by.months != 0 {
        let months = i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1;
        let months = months.checked_add(by.months.checked_mul(sign)?)?;
        let year = i32::try_from(months.div_euclid(12)).ok()?;
        let month = Month::try_from(u8::try_from(months.rem_euclid(12)).ok()? + 1).ok()?;
        let day = at.day().min(month.length(year));
        at = at.replace_date(Date::from_calendar_date(year, month, day).ok()?);
    }
    let hours = by.days.checked_mul(sign)?.checked_mul(24)?;
    if hours.unsigned_abs() > 24 * 366 * 20_000 {
        return None;
    }
    at = at.checked_add(Duration::hours(hours))?;
    at = at.checked_add(Duration::microseconds(by.micros.checked_mul(sign)?))?;
    (1..=9999).contains(&at.year()).then_some(at)
}

/// `interval * number`: whole numbers, or any number where the interval is one of time alone.
fn times(ctx: &Context<'_>, interval: usize, factor: usize) -> Answer {
    let by = Interval::of_text(text(ctx, interval)?)?;
    let whole = match ctx.get_raw(factor) {
        ValueRef::Integer(n) => Some(n),
        ValueRef::Real(n) if n.fract() == 0.0 => micros_of(n),
        _ => None,
    };
    let scaled = if let Some(n) = whole {
        by.times(n)
    } else if by.months == 0 && by.days == 0 {
        let micros = micros_of(super::argument::to_double(by.micros) * double(ctx, factor)?);
        micros.map(|micros| Interval {
            micros,
            ..Interval::default()
        })
    } else {
        return fail(
            "an interval of days or months times a fraction: SQLite's stand-in takes whole numbers only",
        );
    };
    match scaled {
        Some(interval) => Ok(Out::Text(interval.text())),
        None => fail("interval out of range"),
    }
}

/// Rounded to the nearest, ties to even.
pub(super) fn micros_of(micros: f64) -> Option<i64> {
    let micros = micros.round_ties_even();
    // 2^53 microseconds are 285 years; a double beyond it no longer knows the microsecond.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked just now"
    )]
    (micros.abs() < 9e18).then_some(micros as i64)
}

/// `make_interval(secs => …)`: the dialect hands names and values in pairs.
fn make(ctx: &Context<'_>) -> Answer {
    let mut interval = Interval::default();
    for at in (0..ctx.len()).step_by(2) {
        if at + 1 == ctx.len() || is_null(ctx, at + 1) {
            return fail("make_interval takes named arguments: make_interval(secs => 5)");
        }
        let name = text(ctx, at)?;
        let done = if name == "secs" {
            micros_of(double(ctx, at + 1)? * 1_000_000.0)
                .and_then(|micros| interval.add(micros, 0, unit("us")?))
        } else if matches!(
            name,
            "years" | "months" | "weeks" | "days" | "hours" | "mins"
        ) {
            unit(name).and_then(|unit| {
                int(ctx, at + 1)
                    .ok()
                    .and_then(|amount| interval.add(amount, 0, unit))
            })
        } else {
            return fail(format!("no such function: make_interval({name} => …)"));
        };
        if done.is_none() {
            return fail("interval out of range");
        }
    }
    Ok(Out::Text(interval.text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn intervals_are_read() {
        let read = |text| parse(text).unwrap().text();
        assert_eq!(read("1 day"), "0:1:0");
        assert_eq!(read("-2 hours 30 minutes"), "0:0:-5400000000");
        assert_eq!(read("1 mon 2 days 03:04:05.5 ago"), "-1:-2:-11045500000");
        assert_eq!(read("1.5 seconds"), "0:0:1500000");
        assert_eq!(read("90min"), "0:0:5400000000");
        for text in ["", "1", "day", "1.5 days", "P1D", "1 fortnight", "1:2:3:4"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_month_is_clipped_to_its_end() {
        let by = parse("1 month").unwrap();
        assert_eq!(
            shifted(datetime!(2026-01-31 10:00 UTC), by, 1),
            Some(datetime!(2026-02-28 10:00 UTC))
        );
        assert_eq!(shifted(datetime!(9999-12-31 10:00 UTC), by, 1), None);
    }
}
