//! What is answered once, for all columns that it is asked of.

use crate::kind::{Conversion, Kind};
use serde::{Deserialize, Serialize};

/// Whether the schema on Postgres is made or there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// It is made of what the file declares.
    #[default]
    Create,
    /// It is there, made by the application's own migrations.
    Existing,
}

/// What is answered once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Answers {
    /// What times are that name no zone: `timestamp` or `timestamptz`.
    pub times_without_zone: TimesWithoutZone,
    /// The zone of times that name none, where they are points in time: `UTC` or `+02:00`.
    pub zone: Zone,
    /// What becomes of `COLLATE NOCASE`.
    pub nocase: Nocase,
    /// What becomes of rows that point at none.
    pub orphans: Orphans,
    /// What becomes of a row with a cell that is no value of its type.
    pub dirty: Dirty,
    /// What becomes of a NUL in a text.
    pub nul: Nul,
}

/// What times are that name no zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimesWithoutZone {
    /// What a clock on a wall shows.
    #[default]
    Timestamp,
    /// Points in time, in [`Answers::zone`].
    Timestamptz,
}

/// A zone, in seconds east of Greenwich.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(pub i32);

/// What becomes of `COLLATE NOCASE`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Nocase {
    /// The type `citext`, of the extension of that name: also compares without regard to case.
    #[default]
    Citext,
    /// Unique keys and indexes are over `lower(…)`; comparisons do regard the case.
    Lower,
    /// The case counts.
    Ignore,
}

/// What becomes of rows that point at none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Orphans {
    /// They come along, and their foreign key stays `NOT VALID`: new rows are held to it.
    #[default]
    NotValid,
    /// They are rejected.
    Reject,
    /// What they point with becomes NULL.
    Null,
    /// Nothing is carried over.
    Stop,
}

/// What becomes of a row with a cell that is no value of its type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dirty {
    /// The row is rejected, and kept in `raptor_port.rejected`.
    #[default]
    Reject,
    /// The cell becomes NULL, and is kept in `raptor_port.rejected`.
    Null,
    /// Nothing is carried over.
    Stop,
}

/// What becomes of a NUL in a text, which Postgres cannot hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Nul {
    /// The cell is no value of its type.
    #[default]
    Reject,
    /// It is left out of the text, and the text as it was is kept in `raptor_port.rejected`.
    Strip,
}

/// The type of a column: its own, or what is answered for all of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Choice {
    /// Its own.
    Own(Conversion),
    /// [`Answers::times_without_zone`].
    TimesWithoutZone,
    /// [`Answers::nocase`].
    Nocase,
    /// None: it is left out.
    Skip,
}

impl Answers {
    /// How the cells of a column with that choice are read.
    pub fn conversion(&self, choice: &Choice) -> Conversion {
        match choice {
            Choice::Own(own) => Conversion {
                zone: self.zone.0,
                ..*own
            },
            Choice::Skip => Conversion::plain(Kind::Text),
            Choice::Nocase => Conversion::plain(match self.nocase {
                Nocase::Citext => Kind::Citext,
                Nocase::Lower | Nocase::Ignore => Kind::Text,
            }),
            Choice::TimesWithoutZone => Conversion {
                zone: self.zone.0,
                ..Conversion::plain(match self.times_without_zone {
                    TimesWithoutZone::Timestamp => Kind::Timestamp,
                    TimesWithoutZone::Timestamptz => Kind::Timestamptz,
                })
            },
        }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            times_without_zone: TimesWithoutZone::default(),
            zone: Zone(0),
            nocase: Nocase::default(),
            orphans: Orphans::default(),
            dirty: Dirty::default(),
            nul: Nul::default(),
        }
    }
}

impl From<Zone> for String {
    fn from(Zone(seconds): Zone) -> Self {
        if seconds == 0 {
            return "UTC".to_owned();
        }
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let no = || format!("{text:?} is no zone; write UTC, or an offset as +02:00");
        if ["utc", "z", "gmt"].contains(&text.to_lowercase().as_str()) {
            return Ok(Self(0));
        }
        let (sign, digits) = match text.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            Some(("-", digits)) => (-1, digits),
            _ => return Err(no()),
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        let part = |text: &str, end: i32| text.parse().ok().filter(|it| (0..end).contains(it));
        match (part(hours, 16), part(minutes, 60)) {
            (Some(hours), Some(minutes)) => Ok(Self(sign * (hours * 3_600 + minutes * 60))),
            _ => Err(no()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn zones_are_read_and_written() {
        for (text, seconds) in [("UTC", 0), ("+02:00", 7_200), ("-05:30", -19_800)] {
            assert_eq!(Zone::try_from(text.to_owned()), Ok(Zone(seconds)));
            assert_eq!(String::from(Zone(seconds)), text);
        }
        for text in ["Europe/Berlin", "", "+99:00", "2"] {
            assert!(Zone::try_from(text.to_owned()).unwrap_err().contains(text));
        }
    }
}
