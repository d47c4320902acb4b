//! Dates and times, from texts and from numbers. Days and microseconds are counted from 2000-01-01, as
//! Postgres does; the calendar is the proleptic Gregorian one
//! (<https://howardhinnant.github.io/date_algorithms.html>).

use super::Reason;
use crate::calendar::last_day;
use crate::kind::Epoch;

pub(super) const DAY: i64 = 86_400_000_000;
/// Days from 1970-01-01 to 2000-01-01.
const BETWEEN: i64 = 10_957;
/// The julian day of 2000-01-01, 0 o'clock.
const JULIAN: f64 = 2_451_544.5;

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Days since 2000-01-01; `None` in a time alone.
    pub(super) day: Option<i32>,
    /// Microseconds of the day; `None` in a date alone.
    pub(super) micros: Option<i64>,
    /// Seconds east of Greenwich, where the text names a zone.
    pub(super) zone: Option<i32>,
}

/// Reads `2024-02-29`, `12:30:00.5`, or both with a blank or a `T` between, and a zone behind.
pub(super) fn text(text: &str) -> Result<Moment, Reason> {
    let bytes = text.trim_ascii().as_bytes();
    let (day, rest) = match bytes {
        [_, _, b':', ..] => (None, bytes),
        _ => {
            let (date, rest) = bytes.split_at_checked(10).ok_or("it is no date or time")?;
            (Some(date_of(date)?), rest)
        }
    };
    let time = match (day, rest) {
        (None, rest) => rest,
        (Some(_), []) => {
            return Ok(Moment {
                day,
                micros: None,
                zone: None,
            });
        }
        (Some(_), [b' ' | b'T' | b't', rest @ ..]) => rest,
        _ => return Err("it is no date or time".into()),
    };
    let at = time
        .iter()
        .position(|it| matches!(it, b'Z' | b'z' | b'+' | b'-'))
        .unwrap_or(time.len());
    let (time, zone) = time.split_at(at);
    Ok(Moment {
        day,
        micros: Some(time_of(time.trim_ascii_end())?),
        zone: zone_of(zone)?,
    })
}

/// Microseconds since 2000-01-01, from a number.
pub(super) fn number(value: f64, exact: Option<i64>, epoch: Epoch) -> Result<i64, Reason> {
    let scale = match epoch {
        Epoch::Text => return Err("it is a number, and no text".into()),
        Epoch::Seconds => 1_000_000,
        Epoch::Millis => 1_000,
        Epoch::Micros => 1,
        Epoch::Julian => return micros((value - JULIAN) * 86_400_000_000.0),
    };
    let since_1970 = match exact {
        Some(value) => value
            .checked_mul(scale)
            .ok_or("it is no time that there is")?,
        #[expect(clippy::cast_precision_loss, reason = "the scale is small")]
        None => micros(value * scale as f64)?,
    };
    since_1970
        .checked_sub(BETWEEN * DAY)
        .filter(is_time)
        .ok_or_else(|| "Postgres has no such time".into())
}

/// Whether Postgres has it: from 4714 BC to 294276 AD.
fn is_time(micros: &i64) -> bool {
    (-211_813_488_000_000_000..9_223_371_331_200_000_000).contains(micros)
}

fn micros(value: f64) -> Result<i64, Reason> {
    let value = value.round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is refused"
    )]
    if value.is_finite() && value.abs() < 9.2e18 {
        return Ok(value as i64);
    }
    Err("it is no time that there is".into())
}

fn date_of(date: &[u8]) -> Result<i32, Reason> {
    let [y, yy, yyy, yyyy, b'-', m, mm, b'-', d, dd] = date else {
        return Err("it is no date or time".into());
    };
    let parts = (
        digits(&[*y, *yy, *yyy, *yyyy]),
        digits(&[*m, *mm]),
        digits(&[*d, *dd]),
    );
    let (Some(year), Some(month), Some(day)) = parts else {
        return Err("it is no date or time".into());
    };
    let last = last_day(year, month).ok_or("there is no such month")?;
    if year == 0 || day == 0 || day > last {
        return Err("there is no such day".into());
    }
    let days = days_since_1970(year, month, day) - BETWEEN;
    i32::try_from(days).map_err(|_| "there is no such day".into())
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn time_of(time: &[u8]) -> Result<i64, Reason> {
    let no = || Reason::from("it is no date or time");
    let two = |at: usize| time.get(at..at + 2).and_then(digits).ok_or_else(no);
    let (hours, minutes) = (two(0)?, two(3)?);
    if time[2] != b':' || hours > 23 || minutes > 59 {
        return Err("there is no such time of day".into());
    }
    let (seconds, fraction) = match &time[5..] {
        [] => (0, 0),
        [b':', ..] => {
            let fraction = match time.get(8..).unwrap_or_default() {
                [] => 0,
                [b'.', digits @ ..] => fraction(digits)?,
                _ => return Err(no()),
            };
            (two(6)?, fraction)
        }
        _ => return Err(no()),
    };
    if seconds > 59 {
        return Err("there is no such time of day".into());
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction)
}

/// Microseconds from the digits behind the point; more than six must be zeros.
fn fraction(text: &[u8]) -> Result<i64, Reason> {
    let (kept, rest) = text.split_at(text.len().min(6));
    if rest.iter().any(|it| *it != b'0') {
        return Err("it is finer than a microsecond, which is Postgres's finest".into());
    }
    let value = digits(kept).ok_or("it is no date or time")?;
    let missing = u32::try_from(6 - kept.len()).unwrap_or_default();
    Ok(value * 10_i64.pow(missing))
}

fn zone_of(zone: &[u8]) -> Result<Option<i32>, Reason> {
    let no = || Reason::from("it names no zone that there is");
    let (sign, hours, minutes) = match zone {
        [] => return Ok(None),
        [b'Z' | b'z'] => return Ok(Some(0)),
        [sign, h, hh] => (*sign, digits(&[*h, *hh]), Some(0)),
        [sign, h, hh, b':', m, mm] | [sign, h, hh, m, mm] => {
            (*sign, digits(&[*h, *hh]), digits(&[*m, *mm]))
        }
        _ => return Err(no()),
    };
    let (hours, minutes) = (hours.ok_or_else(no)?, minutes.ok_or_else(no)?);
    if hours > 15 || minutes > 59 {
        return Err(no());
    }
    let seconds = i32::try_from((hours * 60 + minutes) * 60).map_err(|_| no())?;
    Ok(Some(if sign == b'-' { -seconds } else { seconds }))
}

fn digits(text: &[u8]) -> Option<i64> {
    let digit = |sum: i64, byte: &u8| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    };
    (!text.is_empty()).then(|| text.iter().try_fold(0, digit))?
}
