//! What a statement does to a table while it runs: the lock, and the work under it.
//!
//! Tests hold each claim against a real server.

use serde::{Serialize, Serializer};
use std::fmt;

/// A lock of Postgres on a table, the weaker before the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Lock {
    /// Held by every write; nobody waits for it but the locks from SHARE on.
    RowExclusive,
    /// Reads and writes go on; other changes of the table wait.
    ShareUpdateExclusive,
    /// Writes wait.
    Share,
    /// Writes wait.
    ShareRowExclusive,
    /// Writes wait, and SELECT … FOR UPDATE.
    Exclusive,
    /// Everything waits, also a plain SELECT.
    AccessExclusive,
}

/// What the server does while it has the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// Writes the whole table anew, and its indexes.
    Rewrites,
    /// The same, unless something that the chain does not say is as it should be.
    MayRewrite,
    /// Builds one index or more from all rows.
    Indexes,
    /// Reads all rows.
    Reads,
    /// Writes all rows, or many.
    Writes,
}

impl Lock {
    /// As the manual and `LOCK TABLE` call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Who waits.
    pub(super) fn blocks(self) -> &'static str {
        match self {
            Self::RowExclusive | Self::ShareUpdateExclusive => "nobody",
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => "every write",
            Self::AccessExclusive => "every read and write",
        }
    }
}

impl Work {
    /// As a half sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rewrites => "rewrites the table",
            Self::MayRewrite => "may rewrite the table",
            Self::Indexes => "builds an index from the whole table",
            Self::Reads => "reads the whole table",
            Self::Writes => "writes many rows",
        }
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Lock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Work {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
