//! What is answered once, for all columns that it is asked of.

use crate::kind::{Conversion, Kind};
use crate::zone::Zone;
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
    /// The zone of times that name none, where they are points in time: `UTC`, `+02:00` or `Europe/Berlin`.
    pub zone: Zone,
    /// What becomes of `COLLATE NOCASE`.
    pub nocase: Nocase,
    /// What becomes of rows that point at none.
    pub orphans: Orphans,
    /// What becomes of a row with a cell that is no value of its type.
    pub dirty: Dirty,
    /// What becomes of a NUL in a text.
    pub nul: Nul,
    /// Which of these nobody has answered, so that they are what is likely.
    pub ask: Vec<OpenAnswer>,
}

/// An answer that somebody is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OpenAnswer {
    /// [`Answers::times_without_zone`].
    TimesWithoutZone,
    /// [`Answers::zone`].
    Zone,
    /// [`Answers::nocase`].
    Nocase,
    /// [`Answers::orphans`].
    Orphans,
    /// [`Answers::dirty`].
    Dirty,
}

impl OpenAnswer {
    pub(super) const ALL: [Self; 5] = [
        Self::TimesWithoutZone,
        Self::Zone,
        Self::Nocase,
        Self::Orphans,
        Self::Dirty,
    ];
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
                zone: self.zone,
                ..*own
            },
            Choice::Skip => Conversion::plain(Kind::Text),
            Choice::Nocase => Conversion::plain(match self.nocase {
                Nocase::Citext => Kind::Citext,
                Nocase::Lower | Nocase::Ignore => Kind::Text,
            }),
            Choice::TimesWithoutZone => Conversion {
                zone: self.zone,
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
            zone: Zone::UTC,
            nocase: Nocase::default(),
            orphans: Orphans::default(),
            dirty: Dirty::default(),
            nul: Nul::default(),
            ask: Vec::new(),
        }
    }
}
