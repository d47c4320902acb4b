//! `date_trunc`, `to_timestamp`, `make_date`, in UTC.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{double, instant, int4, text};
use crate::value::text::{of_date, timestamptz_text};
use rusqlite::functions::Context;
use time::{Date, Duration, Month, OffsetDateTime, Time};

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("date_trunc", 2, date_trunc)?;
    to.strict("to_timestamp", 1, to_timestamp)?;
    to.strict("make_date", 3, make_date)?;
    to.strict("op_date_add", 2, |ctx| shift_date(ctx, 1))?;
    to.strict("op_date_sub", 2, |ctx| shift_date(ctx, -1))
}

fn out_of_range<T>() -> Answer<T> {
    fail("timestamp out of range")
}

fn date_trunc(ctx: &Context<'_>) -> Answer {
    let unit = text(ctx, 0)?.to_ascii_lowercase();
    let at = instant(ctx, 1)?.to_offset(time::UtcOffset::UTC);
    let step = |nanos: u32| at.replace_nanosecond(at.nanosecond() / nanos * nanos).ok();
    let clock = |h, m, s| {
        Time::from_hms(h, m, s)
            .ok()
            .map(|time| at.replace_time(time))
    };
    let cut = match unit.as_str() {
        "microseconds" => Some(at),
        "milliseconds" => step(1_000_000),
        "second" => clock(at.hour(), at.minute(), at.second()),
        "minute" => clock(at.hour(), at.minute(), 0),
        "hour" => clock(at.hour(), 0, 0),
        "day" => Some(at.replace_time(Time::MIDNIGHT)),
        "week" => {
            let monday = i64::from(at.weekday().number_days_from_monday());
            at.replace_time(Time::MIDNIGHT)
                .checked_sub(Duration::days(monday))
        }
        "month" => first_of(at.year(), at.month()),
        "quarter" => {
            let first = (u8::from(at.month()) - 1) / 3 * 3 + 1;
            Month::try_from(first)
                .ok()
                .and_then(|month| first_of(at.year(), month))
        }
        "year" => first_of(at.year(), Month::January),
        // Year 0 is 1 BC; the first decade has nine years.
        "decade" => first_of(at.year().div_euclid(10) * 10, Month::January),
        "century" => first_of((at.year() - 1).div_euclid(100) * 100 + 1, Month::January),
        "millennium" => first_of(
            (at.year() - 1).div_euclid(1_000) * 1_000 + 1,
            Month::January,
        ),
        _ => {
            return fail(format!(
                "unit {unit:?} not recognized for type timestamp with time zone"
            ));
        }
    };
    match cut {
        Some(at) if at.year() >= 1 => Ok(Out::Text(timestamptz_text(at))),
        _ => out_of_range(),
    }
}

fn first_of(year: i32, month: Month) -> Option<OffsetDateTime> {
    Some(
        Date::from_calendar_date(year, month, 1)
            .ok()?
            .midnight()
            .assume_utc(),
    )
}

/// Seconds since 1970, rounded to the microsecond as Postgres rounds them.
fn to_timestamp(ctx: &Context<'_>) -> Answer {
    let seconds = double(ctx, 0)?;
    // Postgres counts from 2000 and rounds there (`float8_timestamptz`).
    let micros = super::interval::micros_of((seconds - 946_684_800.0) * 1_000_000.0);
    let epoch = time::macros::datetime!(2000-01-01 00:00 UTC);
    match micros.and_then(|micros| epoch.checked_add(Duration::microseconds(micros))) {
        Some(at) if (1..=9999).contains(&at.year()) => Ok(Out::Text(timestamptz_text(at))),
        _ => out_of_range(),
    }
}

fn make_date(ctx: &Context<'_>) -> Answer {
    let (year, month, day) = (int4(ctx, 0)?, int4(ctx, 1)?, int4(ctx, 2)?);
    let date = || {
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
    };
    match date() {
        Some(date) if (1..=9999).contains(&year) => Ok(Out::Text(of_date(date))),
        _ => fail("date field value out of range"),
    }
}

/// `date ± integer`.
fn shift_date(ctx: &Context<'_>, sign: i64) -> Answer {
    let days = int4(ctx, 1)?;
    let date = crate::value::text::to_date(text(ctx, 0)?);
    let Some(date) = date else {
        return fail("invalid input for type date");
    };
    match date.checked_add(Duration::days(days * sign)) {
        Some(date) if (1..=9999).contains(&date.year()) => Ok(Out::Text(of_date(date))),
        _ => fail("date out of range"),
    }
}
