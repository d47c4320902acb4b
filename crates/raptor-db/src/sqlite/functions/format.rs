//! `to_char(timestamptz, pattern)`: the patterns that are in use; any other letter is refused.
//!
//! PostgreSQL manual, 9.8, table 9.27.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{instant, text};
use time::OffsetDateTime;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("to_char", 2, |ctx| {
        let at = instant(ctx, 0)?.to_offset(time::UtcOffset::UTC);
        spell(at, text(ctx, 1)?).map(Out::Plain)
    })
}

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Those in capitals mean the same in small letters.
const NUMBERS: &[&str] = &[
    "HH24", "HH12", "HH", "YYYY", "YY", "IYYY", "DDD", "DD", "D", "MM", "MI", "MS", "SSSSS",
    "SSSS", "SS", "US", "ID", "IW", "WW", "Q",
];

/// Those whose letters' case is the answer's.
const WORDS: &[&str] = &[
    "MONTH", "Month", "month", "DAY", "Day", "day", "MON", "Mon", "mon", "DY", "Dy", "dy", "AM",
    "PM", "am", "pm", "TZ", "tz", "OF",
];

/// Patterns that Postgres has and this has not, in capitals and in small letters: they are known so
/// that none is taken for two others.
const REFUSED: &[&str] = &[
    "A.D.", "A.M.", "B.C.", "P.M.", "Y,YYY", "IDDD", "IYY", "IY", "YYY", "TZH", "TZM", "FF1",
    "FF2", "FF3", "FF4", "FF5", "FF6", "AD", "BC", "CC", "RM", "FX", "TM", "I", "J", "W", "Y",
];

/// The pattern that the text begins with, the longest there is, in capitals if it is a number.
///
/// # Errors
/// A pattern that is not available.
fn next_pattern(text: &str) -> Answer<Option<&'static str>> {
    let begins = |known: &&&str| {
        text.starts_with(**known) || text.starts_with(known.to_ascii_lowercase().as_str())
    };
    let number = NUMBERS
        .iter()
        .filter(begins)
        .max_by_key(|known| known.len());
    let word = WORDS
        .iter()
        .filter(|known| text.starts_with(**known))
        .max_by_key(|known| known.len());
    let refused = REFUSED
        .iter()
        .filter(begins)
        .map(|known| known.len())
        .max()
        .unwrap_or(0);
    let found = number
        .into_iter()
        .chain(word)
        .max_by_key(|known| known.len());
    if refused > found.map_or(0, |found| found.len()) {
        return fail("a part of this to_char pattern is not available on SQLite");
    }
    Ok(found.copied())
}

/// Spells the instant, in UTC.
fn spell(at: OffsetDateTime, pattern: &str) -> Answer<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or("the pattern's quote never ends")?;
            out.push_str(&quoted[..end]);
            rest = &quoted[end + 1..];
            continue;
        }
        let (fill, body) = match rest.strip_prefix("FM") {
            Some(body) => (false, body),
            None => (true, rest),
        };
        let found = next_pattern(body)?;
        if let Some(found) = found {
            let field = field(at, found);
            let field = if fill { field } else { unfilled(&field) };
            out.push_str(&field);
            rest = &body[found.len()..];
            if let Some(after) = rest.strip_prefix("th").or_else(|| rest.strip_prefix("TH")) {
                out.push_str(&ordinal(&field, rest.starts_with("TH")));
                rest = after;
            }
        } else if c.is_ascii_alphabetic() {
            return fail("a part of this to_char pattern is not available on SQLite");
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(out)
}

fn unfilled(field: &str) -> String {
    let field = field.trim_end();
    if field.bytes().all(|b| b.is_ascii_digit()) {
        let short = field.trim_start_matches('0');
        return if short.is_empty() { "0" } else { short }.to_owned();
    }
    field.to_owned()
}

fn ordinal(field: &str, upper: bool) -> String {
    let digits = field.as_bytes();
    let teen = digits.len() > 1 && digits[digits.len() - 2] == b'1';
    let suffix = match digits.last() {
        Some(b'1') if !teen => "st",
        Some(b'2') if !teen => "nd",
        Some(b'3') if !teen => "rd",
        _ => "th",
    };
    if upper {
        suffix.to_uppercase()
    } else {
        suffix.to_owned()
    }
}

/// `name` in the letters' case of the pattern, padded to nine where the pattern is a whole name.
fn named(name: &str, pattern: &str) -> String {
    let cased = match pattern.as_bytes() {
        [_, b'A'..=b'Z', ..] => name.to_uppercase(),
        [b'a'..=b'z', ..] => name.to_lowercase(),
        _ => name.to_owned(),
    };
    if matches!(pattern.to_ascii_lowercase().as_str(), "day" | "month") {
        format!("{cased:<9}")
    } else {
        cased
    }
}

fn field(at: OffsetDateTime, pattern: &str) -> String {
    let (iso_year, iso_week, _) = at.to_iso_week_date();
    let micros = at.nanosecond() / 1_000;
    let twelve = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let day = DAYS[usize::from(at.weekday().number_days_from_sunday())];
    let month = MONTHS[usize::from(u8::from(at.month())) - 1];
    let noon = |pattern: &str| {
        let half = if at.hour() < 12 { "am" } else { "pm" };
        if pattern.starts_with(char::is_uppercase) {
            half.to_uppercase()
        } else {
            half.to_owned()
        }
    };
    match pattern {
        "YYYY" => format!("{:04}", at.year()),
        "IYYY" => format!("{iso_year:04}"),
        "YY" => format!("{:02}", at.year() % 100),
        "MM" => format!("{:02}", u8::from(at.month())),
        "DD" => format!("{:02}", at.day()),
        "DDD" => format!("{:03}", at.ordinal()),
        "HH24" => format!("{:02}", at.hour()),
        "HH" | "HH12" => format!("{twelve:02}"),
        "MI" => format!("{:02}", at.minute()),
        "SS" => format!("{:02}", at.second()),
        "SSSS" | "SSSSS" => {
            (u32::from(at.hour()) * 3_600 + u32::from(at.minute()) * 60 + u32::from(at.second()))
                .to_string()
        }
        "MS" => format!("{:03}", micros / 1_000),
        "US" => format!("{micros:06}"),
        "D" => (at.weekday().number_days_from_sunday() + 1).to_string(),
        "ID" => at.weekday().number_from_monday().to_string(),
        "IW" => format!("{iso_week:02}"),
        "WW" => format!("{:02}", (at.ordinal() - 1) / 7 + 1),
        "Q" => ((u8::from(at.month()) - 1) / 3 + 1).to_string(),
        "AM" | "PM" | "am" | "pm" => noon(pattern),
        "TZ" => "UTC".to_owned(),
        "tz" => "utc".to_owned(),
        "OF" => "+00".to_owned(),
        "DY" | "Dy" | "dy" => named(&day[..3], pattern),
        "MON" | "Mon" | "mon" => named(&month[..3], pattern),
        "DAY" | "Day" | "day" => named(day, pattern),
        _ => named(month, pattern),
    }
}
