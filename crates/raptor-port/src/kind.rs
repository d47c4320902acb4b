//! The types of Postgres that columns get, and how cells of SQLite are read as them.

use crate::zone::Zone;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A type of Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// `boolean`.
    Boolean,
    /// `smallint`: 16 bits.
    Smallint,
    /// `integer`: 32 bits.
    Integer,
    /// `bigint`: 64 bits.
    Bigint,
    /// `double precision`.
    Double,
    /// `real`: in a schema that is there; what has more digits than it keeps is rounded.
    Real,
    /// `numeric`, with precision and scale where they are given; the scale of a schema that is there can be
    /// below zero, or beyond the precision.
    Numeric(Option<(u16, i16)>),
    /// `text`.
    Text,
    /// `citext`: text whose case does not count.
    Citext,
    /// `character varying(n)`; of any length, where that is 0.
    Varchar(u32),
    /// `character(n)`: text whose blanks at the end do not count.
    Char(u32),
    /// An enumerated type; Postgres knows the labels.
    Enum,
    /// Any other type: Postgres casts the text to it.
    Cast,
    /// `bytea`.
    Bytea,
    /// `uuid`.
    Uuid,
    /// `date`.
    Date,
    /// `time without time zone`.
    Time,
    /// `timestamp without time zone`.
    Timestamp,
    /// `timestamp with time zone`.
    Timestamptz,
    /// `interval`.
    Interval,
    /// `json`: the text as it is.
    Json,
    /// `jsonb`.
    Jsonb,
}

/// How numbers and texts become points in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Epoch {
    /// Texts alone; a number is none.
    #[default]
    Text,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// Days since noon on 24 November 4714 BC, in UTC.
    Julian,
}

/// A type, and how cells are read as it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Conversion {
    /// The type.
    pub kind: Kind,
    /// How numbers become points in time.
    #[serde(default)]
    pub epoch: Epoch,
    /// The zone of texts that name none; for `timestamptz`.
    #[serde(default)]
    pub zone: Zone,
    /// How many digits of a second times have at most, 0 to 6.
    #[serde(default = "all_digits")]
    pub digits: u8,
}

/// As many as Postgres keeps.
const ALL_DIGITS: u8 = 6;

fn all_digits() -> u8 {
    ALL_DIGITS
}

impl Conversion {
    /// Texts and numbers as they are, and times in UTC, with all of their digits.
    pub fn plain(kind: Kind) -> Self {
        Self {
            kind,
            epoch: Epoch::Text,
            zone: Zone::UTC,
            digits: ALL_DIGITS,
        }
    }

    /// The type with its digits, as Postgres writes it: `timestamp(3) with time zone`.
    pub fn type_name(&self) -> String {
        let name = self.kind.to_string();
        match (name.split_once(' '), self.digits) {
            _ if !self.kind.is_of_time() => name,
            (_, ALL_DIGITS..) => name,
            (Some((first, rest)), digits) => format!("{first}({digits}) {rest}"),
            (None, digits) => format!("{name}({digits})"),
        }
    }
}

impl Kind {
    /// Whether it has digits of a second.
    pub(crate) fn is_of_time(self) -> bool {
        matches!(
            self,
            Self::Time | Self::Timestamp | Self::Timestamptz | Self::Interval
        )
    }
}

impl fmt::Display for Conversion {
    /// The type, and what its numbers count: `timestamp with time zone from seconds`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.type_name())?;
        match self.epoch {
            Epoch::Text => Ok(()),
            Epoch::Seconds => f.write_str(" from seconds"),
            Epoch::Millis => f.write_str(" from milliseconds"),
            Epoch::Micros => f.write_str(" from microseconds"),
            Epoch::Julian => f.write_str(" from julian days"),
        }
    }
}

impl FromStr for Conversion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, epoch) = match text.split_once(" from ") {
            None => (text, Epoch::Text),
            Some((kind, "seconds")) => (kind, Epoch::Seconds),
            Some((kind, "milliseconds")) => (kind, Epoch::Millis),
            Some((kind, "microseconds")) => (kind, Epoch::Micros),
            Some((kind, "julian days")) => (kind, Epoch::Julian),
            Some((_, from)) => {
                return Err(format!(
                    "{from:?} is nothing that times are counted in here; seconds, milliseconds, microseconds and julian days are"
                ));
            }
        };
        let (bare, digits) = parted(kind);
        let plain = match (bare.parse::<Kind>(), digits) {
            (Ok(read), Some(digits)) if read.is_of_time() => Self {
                digits,
                ..Self::plain(read)
            },
            // Numbers in brackets mean something else there.
            _ => Self::plain(kind.parse()?),
        };
        Ok(Self { epoch, ..plain })
    }
}

/// A type of times without its digits, and those: `timestamp(3) with time zone`.
fn parted(text: &str) -> (String, Option<u8>) {
    let parts = text.split_once('(').and_then(|(before, rest)| {
        let (digits, after) = rest.split_once(')')?;
        let digits = digits.trim().parse().ok();
        let digits = digits.filter(|it| *it <= ALL_DIGITS)?;
        Some((format!("{}{after}", before.trim_end()), digits))
    });
    match parts {
        Some((bare, digits)) => (bare, Some(digits)),
        None => (text.to_owned(), None),
    }
}

impl FromStr for Kind {
    type Err = String;

    /// Reads Postgres's own names, long and short.
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_lowercase();
        let (name, numbers) = match lower.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')')),
            None => (lower.as_str(), Some("")),
        };
        let no =
            || format!("{text:?} is no type that cells can be read as; docs/PORT.md lists them");
        let numbers: Vec<i64> = match numbers.ok_or_else(no)? {
            "" => Vec::new(),
            list => {
                let numbers = list.split(',').map(|it| it.trim().parse());
                numbers.collect::<Result<_, _>>().map_err(|_| no())?
            }
        };
        let small = |number: i64| u16::try_from(number).map_err(|_| no());
        let long = |number: i64| u32::try_from(number).map_err(|_| no());
        Ok(match (name, &numbers[..]) {
            ("boolean" | "bool", []) => Self::Boolean,
            ("smallint" | "int2", []) => Self::Smallint,
            ("integer" | "int" | "int4", []) => Self::Integer,
            ("bigint" | "int8", []) => Self::Bigint,
            ("double precision" | "float8", []) => Self::Double,
            ("real" | "float4", []) => Self::Real,
            ("numeric" | "decimal", []) => Self::Numeric(None),
            ("numeric" | "decimal", [precision]) => Self::Numeric(Some((small(*precision)?, 0))),
            ("numeric" | "decimal", [precision, scale]) => Self::Numeric(Some((
                small(*precision)?,
                i16::try_from(*scale).map_err(|_| no())?,
            ))),
            ("text", []) => Self::Text,
            ("citext", []) => Self::Citext,
            ("character", [length]) => Self::Char(long(*length)?),
            ("enum", []) => Self::Enum,
            ("cast", []) => Self::Cast,
            ("character varying" | "varchar", [length]) => Self::Varchar(long(*length)?),
            ("character varying" | "varchar", []) => Self::Varchar(0),
            ("bytea", []) => Self::Bytea,
            ("uuid", []) => Self::Uuid,
            ("date", []) => Self::Date,
            ("time without time zone" | "time", []) => Self::Time,
            ("timestamp without time zone" | "timestamp", []) => Self::Timestamp,
            ("timestamp with time zone" | "timestamptz", []) => Self::Timestamptz,
            ("interval", []) => Self::Interval,
            ("json", []) => Self::Json,
            ("jsonb", []) => Self::Jsonb,
            _ => return Err(no()),
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Boolean => "boolean",
            Self::Smallint => "smallint",
            Self::Integer => "integer",
            Self::Bigint => "bigint",
            Self::Double => "double precision",
            Self::Real => "real",
            Self::Numeric(None) => "numeric",
            Self::Numeric(Some((precision, scale))) => {
                return write!(f, "numeric({precision},{scale})");
            }
            Self::Text => "text",
            Self::Citext => "citext",
            Self::Char(length) => return write!(f, "character({length})"),
            Self::Enum => "enum",
            Self::Cast => "cast",
            Self::Varchar(0) => "character varying",
            Self::Varchar(length) => return write!(f, "character varying({length})"),
            Self::Bytea => "bytea",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time without time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::Timestamptz => "timestamp with time zone",
            Self::Interval => "interval",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
        };
        f.write_str(name)
    }
}
