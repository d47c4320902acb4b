//! What a text looks like. Looking is cheap: most texts are told apart by their first bytes.

use crate::calendar::last_day;
use serde::Serialize;

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pattern {
    /// Nothing in it.
    Empty,
    /// `-12`: digits, at most 19 of them.
    Integer,
    /// `12.50`, `1e6`: another number.
    Number,
    /// `2024-02-29`.
    Date,
    /// `2024-02-29 12:30:00.5` or with a `T`, without a zone.
    DateTime,
    /// The same with `Z` or `+01:00`.
    DateTimeZone,
    /// `12:30` or `12:30:00.5`.
    Time,
    /// `6f9619ff-8b86-d011-b42d-00c04fc964ff`.
    Uuid,
    /// 32 hexadecimal digits.
    Hex32,
    /// What begins as a JSON object or array, and ends as one.
    Json,
    /// `true`, `false`, `t`, `f`, `yes`, `no`, `on`, `off`, in any case.
    Boolean,
    /// Anything else.
    Other,
}

impl Pattern {
    pub(super) const COUNT: usize = 12;

    /// What `text` looks like; the first that fits, in the order of the variants.
    ///
    /// ```
    /// use raptor_port::Pattern;
    /// assert_eq!(Pattern::of(b"2024-02-29 12:30:00"), Pattern::DateTime);
    /// assert_eq!(Pattern::of(b"2024-02-29T12:30:00.123456Z"), Pattern::DateTimeZone);
    /// assert_eq!(Pattern::of(b"0000-00-00"), Pattern::Other);
    /// assert_eq!(Pattern::of(b"[1, 2]"), Pattern::Json);
    /// ```
    pub fn of(text: &[u8]) -> Self {
        let Some(first) = text.first() else {
            return Self::Empty;
        };
        match first {
            b'{' | b'[' if is_json(text) => Self::Json,
            b'0'..=b'9' | b'-' | b'+' | b'.' => of_digits(text),
            b'a'..=b'f' | b'A'..=b'F' if text.len() >= 32 => of_hex(text),
            _ if is_boolean(text) => Self::Boolean,
            _ => Self::Other,
        }
    }
}

fn of_digits(text: &[u8]) -> Pattern {
    if let Some(pattern) = when(text) {
        return pattern;
    }
    match of_hex(text) {
        Pattern::Other => {}
        hex => return hex,
    }
    let digits = match text.first() {
        Some(b'-' | b'+') => &text[1..],
        _ => text,
    };
    if !digits.is_empty() && digits.len() <= 19 && digits.iter().all(u8::is_ascii_digit) {
        return Pattern::Integer;
    }
    match std::str::from_utf8(text).map(str::parse::<f64>) {
        Ok(Ok(number)) if number.is_finite() => Pattern::Number,
        _ => Pattern::Other,
    }
}

fn of_hex(text: &[u8]) -> Pattern {
    match text.len() {
        32 if text.iter().all(u8::is_ascii_hexdigit) => Pattern::Hex32,
        36 => {
            let fits = |(at, byte): (usize, &u8)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            };
            if text.iter().enumerate().all(fits) {
                Pattern::Uuid
            } else {
                Pattern::Other
            }
        }
        _ => Pattern::Other,
    }
}

/// A date, a time or both.
fn when(text: &[u8]) -> Option<Pattern> {
    if is_time(text) {
        return Some(Pattern::Time);
    }
    let (date, rest) = text.split_at_checked(10)?;
    if !is_date(date) {
        return None;
    }
    let Some((between, rest)) = rest.split_first() else {
        return Some(Pattern::Date);
    };
    if !matches!(between, b' ' | b'T' | b't') {
        return None;
    }
    let zone = rest
        .iter()
        .position(|it| matches!(it, b'Z' | b'z' | b'+' | b'-'));
    let (time, zone) = rest.split_at(zone.unwrap_or(rest.len()));
    // Some write a blank before the zone.
    let time = time.strip_suffix(b" ").unwrap_or(time);
    if !is_time(time) {
        return None;
    }
    match zone {
        [] => Some(Pattern::DateTime),
        [b'Z' | b'z'] => Some(Pattern::DateTimeZone),
        [_, digits @ ..] => is_zone(digits).then_some(Pattern::DateTimeZone),
    }
}

fn is_date(text: &[u8]) -> bool {
    let [y, yy, yyy, yyyy, b'-', m, mm, b'-', d, dd] = text else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (
        number(&[*y, *yy, *yyy, *yyyy]),
        number(&[*m, *mm]),
        number(&[*d, *dd]),
    ) else {
        return false;
    };
    let last = last_day(i64::from(year), i64::from(month));
    last.is_some_and(|last| (1..=last).contains(&i64::from(day))) && year > 0
}

/// `HH:MM`, `HH:MM:SS` or with a fraction.
fn is_time(text: &[u8]) -> bool {
    let two = |at: usize, end: u32| {
        text.get(at..at + 2)
            .and_then(number)
            .is_some_and(|it| it < end)
    };
    if !(two(0, 24) && text.get(2) == Some(&b':') && two(3, 60)) {
        return false;
    }
    match &text[5..] {
        [] => true,
        [b':', _, _, rest @ ..] if two(6, 60) => match rest {
            [] => true,
            [b'.', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        },
        _ => false,
    }
}

/// `01:00`, `0100` or `01`.
fn is_zone(digits: &[u8]) -> bool {
    let fits = |hours: &[u8], minutes: &[u8]| {
        number(hours).is_some_and(|it| it < 16) && number(minutes).is_some_and(|it| it < 60)
    };
    match digits {
        [h, hh] => fits(&[*h, *hh], b"00"),
        [h, hh, b':', m, mm] | [h, hh, m, mm] => fits(&[*h, *hh], &[*m, *mm]),
        _ => false,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    let digit = |sum: u32, byte: &u8| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    };
    digits.iter().try_fold(0, digit)
}

/// Whether it ends as it begins; what is in it is looked at when it is carried over.
fn is_json(text: &[u8]) -> bool {
    let end = text.trim_ascii_end().last();
    matches!((text[0], end), (b'{', Some(b'}')) | (b'[', Some(b']')))
}

fn is_boolean(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [b"true", b"false", b"t", b"f", b"yes", b"no", b"on", b"off"];
    text.len() <= 5 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    const CASES: &[(Pattern, &[&str])] = &[
        (Pattern::Empty, &[""]),
        (
            Pattern::Integer,
            &["0", "-12", "+7", "0012", "9223372036854775807"],
        ),
        (
            Pattern::Number,
            &["1.5", "-.5", "1e6", "12345678901234567890"],
        ),
        (Pattern::Date, &["2024-02-29", "1999-12-31"]),
        (
            Pattern::DateTime,
            &[
                "2024-02-29 12:30",
                "2024-02-29T12:30:00",
                "2024-02-29 12:30:00.123456",
            ],
        ),
        (
            Pattern::DateTimeZone,
            &[
                "2024-02-29 12:30:00Z",
                "2024-02-29T12:30:00+01:00",
                "2024-02-29T12:30:00.5-0130",
                "2024-02-29 12:30:00 +00:00",
            ],
        ),
        (Pattern::Time, &["12:30", "23:59:59.999"]),
        (
            Pattern::Uuid,
            &[
                "6f9619ff-8b86-d011-b42d-00c04fc964ff",
                "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            ],
        ),
        (
            Pattern::Hex32,
            &[
                "6f9619ff8b86d011b42d00c04fc964ff",
                "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            ],
        ),
        (Pattern::Json, &["{}", "[1]", "{\"a\": 1} "]),
        (Pattern::Boolean, &["true", "F", "Yes", "off"]),
        (
            Pattern::Other,
            &[
                "0000-00-00",
                "2023-02-29",
                "2024-13-01",
                "24:00",
                "2024-02-29 25:00:00",
                "ann",
                "12 monkeys",
                "{",
                "[1}",
                "-",
                "NaN",
                "inf",
                "é",
                "2024-02-29T12:30:00+99:00",
            ],
        ),
    ];

    #[test]
    fn texts_are_told_apart() {
        for (pattern, texts) in CASES {
            for text in *texts {
                assert_eq!(Pattern::of(text.as_bytes()), *pattern, "{text}");
            }
        }
    }
}
