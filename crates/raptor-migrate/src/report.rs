//! What commands answer: as values for `--json`, and as text for people through `Display`.

mod checked;
mod listing;
mod rehearsal;

pub use checked::{Checked, Finding};
pub use listing::{BranchRow, Branches, History, HistoryRow};
pub use rehearsal::{Observed, Rehearsal, Rehearsed};

use serde::Serialize;
use std::fmt;

/// Which way a revision was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Applied.
    Up,
    /// Taken back.
    Down,
}

/// What `upgrade` or `downgrade` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ran {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The target as it was given.
    pub target: String,
    /// The revisions that this run ran, in order.
    pub steps: Vec<StepRow>,
    /// The rows of `alembic_version` afterwards, by id.
    pub versions: Vec<String>,
    /// The rows that this chain does not know. With one of them an upgrade leaves all as it is: a
    /// newer release has been here.
    pub unknown: Vec<String>,
    /// The revisions of the chain that are not applied; with an unknown row as far as the log says
    /// what it stands on.
    pub pending: Option<usize>,
}

/// One revision that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepRow {
    /// The revision's id.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// What the revision revises.
    pub revises: Vec<String>,
    /// The file.
    pub file: String,
    /// The title, if the file has one.
    pub title: Option<String>,
    /// How many statements ran; of a half run revision, how many are done, earlier runs included.
    pub statements: usize,
    /// Whether it ended before its end, with statements that stay (`tx=off`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub half_run: bool,
    /// How long it took, BEGIN and COMMIT included, in milliseconds.
    pub took_ms: u64,
}

/// What `stamp` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stamped {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The targets as they were given.
    pub targets: Vec<String>,
    /// The rows of `alembic_version` before, by id.
    pub before: Vec<String>,
    /// And afterwards.
    pub versions: Vec<String>,
    /// Revisions that were half run, which is forgotten.
    pub forgotten: Vec<HalfRun>,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The revisions, in order.
    pub steps: Vec<String>,
    /// The rows of `alembic_version` afterwards, by id.
    pub versions: Vec<String>,
}

/// SQL that takes a database from one revision to another, for someone else to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Script {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The target or range as it was given.
    pub target: String,
    /// The revisions that it runs, in order.
    pub steps: Vec<String>,
    /// The rows of `alembic_version` afterwards, by id.
    pub versions: Vec<String>,
    /// The text.
    pub sql: String,
}

/// What a database has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Current {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The rows of `alembic_version`, by id.
    pub versions: Vec<CurrentRow>,
    /// The chain's heads, by id.
    pub heads: Vec<String>,
    /// The revisions of the chain that are not applied; with an unknown row as far as the log says
    /// what it stands on.
    pub pending: Option<usize>,
    /// Revisions with `tx=off` that were begun and not brought to their end.
    pub half_run: Vec<HalfRun>,
}

/// A revision that was begun and not brought to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HalfRun {
    /// Its id.
    pub id: String,
    /// How many of its statements are done.
    pub statements: i64,
}

impl Current {
    /// Whether the database is at every head of the chain.
    pub fn is_at_heads(&self) -> bool {
        self.pending == Some(0) && self.versions.iter().all(|row| row.known)
    }
}

/// One row of `alembic_version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CurrentRow {
    /// The revision's id.
    pub id: String,
    /// Whether the chain has it, or a revision that replaces it.
    pub known: bool,
    /// The revision that replaces it, if one does.
    pub replaced_by: Option<String>,
    /// Whether it is a head of the chain.
    pub head: bool,
    /// Its title, if its file has one.
    pub title: Option<String>,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

impl fmt::Display for StepRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revises = base_or(&self.revises);
        match self.direction {
            Direction::Up => write!(f, "{revises} -> {}", self.id)?,
            Direction::Down => write!(f, "{} -> {revises}", self.id)?,
        }
        titled(f, self.title.as_deref())?;
        let done = if self.half_run { " done, half run" } else { "" };
        let ran = counted(self.statements, "statement");
        write!(f, " ({ran}{done}, {} ms)", self.took_ms)
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{} {step}", step.direction)?;
        }
        let now = match self.versions[..] {
            [] => "at base".to_owned(),
            _ => format!("at {}", self.versions.join(", ")),
        };
        let pending = match self.pending {
            Some(0) | None => String::new(),
            Some(pending) => format!("; pending: {pending}"),
        };
        match (self.steps.len(), self.unknown.is_empty()) {
            (0, false) => self.ahead(f),
            (0, true) => writeln!(f, "Nothing to do: the database is {now}{pending}."),
            (count, true) => writeln!(
                f,
                "{} run; the database is {now}{pending}.",
                revisions(count)
            ),
            (count, false) => writeln!(
                f,
                "{} run; the database is {now}. This chain does not know {}.",
                revisions(count),
                self.unknown.join(", ")
            ),
        }
    }
}

/// Why a database has a row that the chain does not know.
pub(crate) const WHY_UNKNOWN: &str =
    "a newer release or another chain applied it, or its file is gone";

impl Ran {
    fn ahead(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = self.unknown.join(", ");
        let rest = match self.pending {
            None => format!(
                "What of this chain is applied is not known, as the log does not say what {unknown} stands on."
            ),
            Some(0) => "All of this chain is applied.".to_owned(),
            Some(count) => format!(
                "Not applied of this chain: {}. A release that knows both is to apply what is missing.",
                revisions(count)
            ),
        };
        writeln!(
            f,
            "The database is ahead of this release: it has {unknown}, which this chain does not know ({WHY_UNKNOWN}). Nothing was changed. {rest}"
        )
    }
}

impl fmt::Display for Stamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |versions: &[String]| match versions {
            [] => "at base".to_owned(),
            _ => format!("at {}", versions.join(", ")),
        };
        for half in &self.forgotten {
            writeln!(
                f,
                "Forgotten: {} of {} that were run.",
                statements(half.statements),
                half.id
            )?;
        }
        if self.before == self.versions && !self.forgotten.is_empty() {
            return writeln!(f, "The database stays {}.", at(&self.versions));
        }
        if self.before == self.versions {
            return writeln!(f, "Nothing to do: the database is {}.", at(&self.versions));
        }
        writeln!(
            f,
            "Stamped: the database was {} and is {}; nothing was run.",
            at(&self.before),
            at(&self.versions)
        )
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)
    }
}

impl fmt::Display for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.versions.is_empty() {
            writeln!(f, "(base)")?;
        }
        for row in &self.versions {
            f.write_str(&row.id)?;
            if row.head {
                f.write_str(" (head)")?;
            }
            if let Some(new) = &row.replaced_by {
                write!(f, " (replaced by {new})")?;
            }
            if !row.known {
                write!(f, " (unknown to this chain: {WHY_UNKNOWN})")?;
            }
            titled(f, row.title.as_deref())?;
            f.write_str("\n")?;
        }
        for half in &self.half_run {
            writeln!(f, "{half}")?;
        }
        match self.pending {
            None => writeln!(
                f,
                "What of this chain is pending is not known: the log does not say what the unknown stands on"
            ),
            Some(0) => Ok(()),
            Some(count) => writeln!(f, "{} pending", revisions(count)),
        }
    }
}

impl fmt::Display for HalfRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is half run: {} done, and its next run goes on from there (undone by hand, it is forgotten by `raptor migrate stamp` with where the database is)",
            self.id,
            statements(self.statements)
        )
    }
}

pub(super) fn base_or(revises: &[String]) -> String {
    if revises.is_empty() {
        "(base)".to_owned()
    } else {
        revises.join(", ")
    }
}

fn statements(count: i64) -> String {
    counted(usize::try_from(count).unwrap_or_default(), "statement")
}

fn revisions(count: usize) -> String {
    counted(count, "revision")
}

/// `1 line`, `2 lines`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

pub(super) fn titled(f: &mut fmt::Formatter<'_>, title: Option<&str>) -> fmt::Result {
    match title {
        Some(title) => write!(f, ", {title}"),
        None => Ok(()),
    }
}
