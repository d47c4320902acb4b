//! The types of Postgres that columns get, and how cells of SQLite are read as them.

use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// `numeric`, with precision and scale where they are given.
    Numeric(Option<(u16, u16)>),
    /// `text`.
    Text,
    /// `character varying(n)`.
    Varchar(u32),
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
    /// The zone of texts that name none, in seconds east of Greenwich; for `timestamptz`.
    #[serde(default)]
    pub zone: i32,
}

impl Conversion {
    /// Texts and numbers as they are, and times in UTC.
    pub fn plain(kind: Kind) -> Self {
        Self {
            kind,
            epoch: Epoch::Text,
            zone: 0,
        }
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
            Self::Numeric(None) => "numeric",
            Self::Numeric(Some((precision, scale))) => {
                return write!(f, "numeric({precision},{scale})");
            }
            Self::Text => "text",
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
