//! What a check found.

use super::revisions;
use crate::revision::Revision;
use serde::Serialize;
use std::fmt;

/// What `check` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// How many revisions the chain has.
    pub revisions: usize,
    /// Whether a database was looked at.
    pub database: bool,
    /// What is wrong; empty when all holds.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// `heads`, `unknown`, `edited`, `log`, `half run`, `cannot run`, `by hand`, `drift` or `squash`.
    pub check: &'static str,
    /// The revision that it is about.
    pub revision: Option<String>,
    /// Its file.
    pub file: Option<String>,
    /// What is wrong, and the way out.
    pub message: String,
}

impl Checked {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Finding {
    pub(crate) fn new(check: &'static str, revision: Option<&Revision>, message: String) -> Self {
        Self {
            check,
            revision: revision.map(|revision| revision.id().to_owned()),
            file: revision.map(|revision| revision.file().to_owned()),
            message,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.check)?;
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        if let Some(revision) = &self.revision {
            write!(f, "revision {revision}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.holds() {
            let of = if self.database {
                "the chain and the database"
            } else {
                "the chain"
            };
            writeln!(f, "All holds of {of}: {}.", revisions(self.revisions))?;
        }
        Ok(())
    }
}
