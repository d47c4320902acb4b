//! The canonical texts of instants and dates: fixed width, UTC, so that byte order is time order.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// The instant at offset zero. An instant at the edge of `time`'s range may not have one; such a
/// year is refused before anything is written, so the value itself is as good as any.
pub(crate) fn utc(instant: OffsetDateTime) -> OffsetDateTime {
    instant.checked_to_offset(UtcOffset::UTC).unwrap_or(instant)
}

/// An instant in its canonical text, `YYYY-MM-DDTHH:MM:SS.ffffffZ`: what SQLite keeps, and what
/// [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) reads.
///
/// The year is one that the type contract allows, 1 to 9999; what is below a microsecond is cut off.
///
/// ```
/// let at = time::OffsetDateTime::from_unix_timestamp(1_764_000_000)?;
/// assert_eq!(raptor_db::timestamptz_text(at), "2025-11-24T16:00:00.000000Z");
/// # Ok::<(), time::error::ComponentRange>(())
/// ```
pub fn timestamptz_text(instant: OffsetDateTime) -> String {
    let at = utc(instant);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    put(&mut text[0..4], at.year().unsigned_abs());
    put(&mut text[5..7], u32::from(u8::from(at.month())));
    put(&mut text[8..10], u32::from(at.day()));
    put(&mut text[11..13], u32::from(at.hour()));
    put(&mut text[14..16], u32::from(at.minute()));
    put(&mut text[17..19], u32::from(at.second()));
    put(&mut text[20..26], at.microsecond());
    String::from_utf8_lossy(&text).into_owned()
}

/// The last digits of a number, as many as there is room for.
fn put(room: &mut [u8], mut number: u32) {
    for digit in room.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

/// `YYYY-MM-DD`.
pub(crate) fn of_date(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// Reads `YYYY-MM-DD`.
pub(crate) fn to_date(text: &str) -> Option<Date> {
    let b = text.as_bytes();
    if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let month = Month::try_from(u8::try_from(number(&b[5..7])?).ok()?).ok()?;
    Date::from_calendar_date(
        i32::try_from(number(&b[0..4])?).ok()?,
        month,
        u8::try_from(number(&b[8..10])?).ok()?,
    )
    .ok()
}

/// Reads RFC 3339: date, `T` or a blank, time, up to six decimals, and `Z` or an offset.
pub(crate) fn to_timestamptz(text: &str) -> Option<OffsetDateTime> {
    let date = to_date(text.get(..10)?)?;
    let b = text.as_bytes();
    if b.len() < 20 || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let mut end = 19;
    let mut micros = 0;
    if b[19] == b'.' {
        end = 20 + b[20..].iter().take_while(|c| c.is_ascii_digit()).count();
        let digits = end - 20;
        if digits == 0 || digits > 6 {
            return None;
        }
        micros = number(&b[20..end])? * 10u32.pow(6 - u32::try_from(digits).ok()?);
    }
    let part = |from: usize| number(&b[from..from + 2]).and_then(|n| u8::try_from(n).ok());
    let time = Time::from_hms_micro(part(11)?, part(14)?, part(17)?, micros).ok()?;
    let offset = to_offset(b.get(end..)?)?;
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset))
}

/// `Z`, `+HH`, `+HH:MM` or `+HHMM`.
fn to_offset(b: &[u8]) -> Option<UtcOffset> {
    if matches!(b, b"Z" | b"z") {
        return Some(UtcOffset::UTC);
    }
    let sign: i8 = match b.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let two = |part: &[u8]| number(part).and_then(|n| i8::try_from(n).ok());
    let (hours, minutes) = match b.len() {
        3 => (two(&b[1..3])?, 0),
        5 => (two(&b[1..3])?, two(&b[3..5])?),
        6 if b[3] == b':' => (two(&b[1..3])?, two(&b[4..6])?),
        _ => return None,
    };
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |n, c| {
        c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_instant_has_one_text() {
        assert_eq!(
            timestamptz_text(datetime!(2026-01-02 03:04:05.000006 +05:30)),
            "2026-01-01T21:34:05.000006Z"
        );
        for text in [
            "2026-01-01T21:34:05.000006Z",
            "2026-01-02 03:04:05.000006+05:30",
            "2026-01-02T03:04:05.000006+0530",
        ] {
            assert_eq!(
                to_timestamptz(text),
                Some(datetime!(2026-01-01 21:34:05.000006 UTC)),
                "{text}"
            );
        }
        for text in [
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:00.1234567Z",
            "héllo wörld, hé wör",
        ] {
            assert_eq!(to_timestamptz(text), None, "{text}");
        }
    }
}
