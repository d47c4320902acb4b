//! The zone of times that name none: an offset, or a place whose clocks are set forward and back.

use serde::{Deserialize, Serialize};
use tz::TimeZoneRef;

/// A zone.
///
/// ```
/// # use raptor_port::Zone;
/// for text in ["UTC", "+02:00", "Europe/Berlin"] {
///     assert_eq!(String::from(Zone::try_from(text.to_owned())?), text);
/// }
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Kept);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Seconds east of Greenwich.
    Offset(i32),
    /// One of the IANA's, by its name.
    Named(&'static str, &'static TimeZoneRef<'static>),
}

/// What a clock's time is as a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instant {
    /// Seconds since 1970.
    Once(i64),
    /// The clock was set back, and showed it twice: the first time.
    Twice(i64),
    /// The clock was set forward, and never showed it.
    Never,
}

/// Further than any zone is from Greenwich, and shorter than between two changes of a clock.
const DAY: i64 = 86_400;

impl Zone {
    /// Greenwich.
    pub const UTC: Self = Self(Kept::Offset(0));

    /// So many seconds east of Greenwich.
    pub fn offset(seconds: i32) -> Self {
        Self(Kept::Offset(seconds))
    }

    /// Whether its clocks are ever set.
    pub(crate) fn is_named(self) -> bool {
        matches!(self.0, Kept::Named(..))
    }

    /// What a clock there shows, in seconds since 1970 of that clock, as a point in time.
    pub(crate) fn instant(self, clock: i64) -> Instant {
        let zone = match self.0 {
            Kept::Offset(seconds) => return Instant::Once(clock - i64::from(seconds)),
            Kept::Named(_, zone) => zone,
        };
        let offset = |at: i64| {
            let found = zone.find_local_time_type(at);
            i64::from(found.map_or(0, tz::LocalTimeType::ut_offset))
        };
        let (before, after) = (offset(clock - DAY), offset(clock + DAY));
        let is = |it: i64| offset(clock - it) == it;
        match (is(before), is(after)) {
            (true, true) if before == after => Instant::Once(clock - before),
            (true, true) => Instant::Twice(clock - before),
            (true, false) => Instant::Once(clock - before),
            (false, true) => Instant::Once(clock - after),
            (false, false) => Instant::Never,
        }
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        let seconds = match zone.0 {
            Kept::Named(name, _) => return name.to_owned(),
            Kept::Offset(0) => return "UTC".to_owned(),
            Kept::Offset(seconds) => seconds,
        };
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if ["utc", "z", "gmt"].contains(&text.to_lowercase().as_str()) {
            return Ok(Self::UTC);
        }
        if let Some(seconds) = offset(&text) {
            return Ok(Self::offset(seconds));
        }
        let same = |it: &&&str| it.eq_ignore_ascii_case(&text);
        let name = tzdb_data::TZ_NAMES.iter().find(same);
        let zone = tzdb_data::find_tz(text.as_bytes());
        name.zip(zone)
            .map(|(name, zone)| Self(Kept::Named(name, zone)))
            .ok_or_else(|| {
                format!("{text:?} is no zone; write UTC, an offset as +02:00, or a name as Europe/Berlin")
            })
    }
}

/// `+02:00` as seconds.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let part = |text: &str, end: i32| text.parse().ok().filter(|it| (0..end).contains(it));
    Some(sign * (part(hours, 16)? * 3_600 + part(minutes, 60)? * 60))
}

#[cfg(test)]
mod tests {
    use super::{Instant, Zone};

    fn zone(text: &str) -> Zone {
        Zone::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn zones_are_read_and_written() {
        for (text, seconds) in [("UTC", 0), ("+02:00", 7_200), ("-05:30", -19_800)] {
            assert_eq!(zone(text), Zone::offset(seconds));
            assert_eq!(String::from(zone(text)), text);
        }
        assert_eq!(String::from(zone("europe/berlin")), "Europe/Berlin");
        for text in ["Europe/Nowhere", "", "+99:00", "2"] {
            let no = Zone::try_from(text.to_owned()).unwrap_err();
            assert!(no.contains(text));
        }
    }

    #[test]
    fn clocks_are_set_forward_and_back() {
        let berlin = zone("Europe/Berlin");
        // 2024-01-15 12:00, 2024-07-15 12:00: one and two hours ahead.
        assert_eq!(
            berlin.instant(1_705_320_000),
            Instant::Once(1_705_320_000 - 3_600)
        );
        assert_eq!(
            berlin.instant(1_721_044_800),
            Instant::Once(1_721_044_800 - 7_200)
        );
        // 2024-03-31 02:30 was never shown, 2024-10-27 02:30 twice.
        assert_eq!(berlin.instant(1_711_852_200), Instant::Never);
        assert_eq!(
            berlin.instant(1_729_996_200),
            Instant::Twice(1_729_996_200 - 7_200)
        );
        // The minutes about both.
        assert_eq!(
            berlin.instant(1_711_850_399),
            Instant::Once(1_711_850_399 - 3_600)
        );
        assert_eq!(
            berlin.instant(1_711_854_000),
            Instant::Once(1_711_854_000 - 7_200)
        );
        assert_eq!(
            berlin.instant(1_729_998_000),
            Instant::Once(1_729_998_000 - 3_600)
        );
    }
}
