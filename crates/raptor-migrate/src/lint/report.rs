//! What a lint found, as values for `--json` and as text for people.

use super::claim::{Lock, Work};
use crate::report::{Direction, counted};
use serde::Serialize;
use std::fmt;

/// What `lint` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lint {
    /// How many revisions were looked at.
    pub revisions: usize,
    /// What was found, in the order of the chain and of each file.
    pub findings: Vec<LintFinding>,
    /// What files allow with a reason, and so is not among the findings.
    pub allowed: Vec<LintAllowed>,
    /// The locks on tables that are in use, on Postgres, statement by statement.
    pub locks: Vec<LintLock>,
    /// What the options ask for and there is not: revisions, rules, engines. Nothing is looked at
    /// then.
    pub unknown: Vec<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It fails, holds up the running release or breaks it, or loses rows or protection.
    Error,
    /// It can go wrong later, or on a large table.
    Warning,
}

/// One statement that is dangerous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LintFinding {
    /// The rule's name.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The engine it is about; `None` when it is about both, or about the file.
    pub engine: Option<&'static str>,
    /// The revision's id.
    pub revision: String,
    /// Which way.
    pub direction: Direction,
    /// The file.
    pub file: String,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in the line, in characters from 1.
    pub column: usize,
    /// The statement in short. What its strings hold is left out.
    pub statement: String,
    /// The lock it takes on Postgres.
    pub lock: Option<Lock>,
    /// The table that is locked.
    pub table: Option<String>,
    /// What the server does under that lock.
    pub work: Option<Work>,
    /// What goes wrong.
    pub problem: String,
    /// The safe way.
    pub instead: String,
}

/// A finding that its file allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LintAllowed {
    /// The rule's name.
    pub rule: String,
    /// The revision's id.
    pub revision: String,
    /// The file.
    pub file: String,
    /// The line of the comment, from 1.
    pub line: usize,
    /// The reason that the file gives.
    pub because: String,
}

/// A lock that a statement takes on a table that is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LintLock {
    /// The revision's id.
    pub revision: String,
    /// Which way.
    pub direction: Direction,
    /// The file.
    pub file: String,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in the line, in characters from 1.
    pub column: usize,
    /// The table.
    pub table: String,
    /// The lock.
    pub lock: Lock,
    /// What the server does under it, if that takes long.
    pub work: Option<Work>,
}

impl Lint {
    /// Whether no error was found. Warnings may have been; `findings` is empty when nothing was.
    pub fn holds(&self) -> bool {
        self.unknown.is_empty() && self.count(Severity::Error) == 0
    }

    /// How many findings are that bad.
    pub fn count(&self, severity: Severity) -> usize {
        let same = |finding: &&LintFinding| finding.severity == severity;
        self.findings.iter().filter(same).count()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        write!(f, "{} {}: ", self.severity, self.rule)?;
        writeln!(f, "revision {}: {}", self.revision, self.problem)?;
        if !self.statement.is_empty() {
            writeln!(f, "  statement: {}", self.statement)?;
        }
        match (self.lock, &self.table) {
            (Some(lock), Some(table)) => write!(f, "  takes: {lock} on {table}")?,
            (Some(lock), None) => write!(f, "  takes: {lock}")?,
            (None, _) => {}
        }
        match (self.lock, self.work) {
            (Some(_), Some(work)) => writeln!(f, ", and {work}")?,
            (None, Some(work)) => writeln!(f, "  server: {work}")?,
            (Some(_), None) => writeln!(f)?,
            (None, None) => {}
        }
        write!(f, "  instead: {}", self.instead.replace('\n', "\n    "))
    }
}

impl fmt::Display for LintLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        write!(f, "{} on {}", self.lock, self.table)?;
        match self.work {
            Some(work) => write!(f, ", and {work}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.unknown {
            writeln!(f, "{name}")?;
        }
        if !self.unknown.is_empty() {
            return Ok(());
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        let of = counted(self.revisions, "revision");
        if errors + warnings == 0 {
            write!(f, "Nothing was found in {of}")?;
        } else {
            let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
            write!(f, "{errors} and {warnings} in {of}")?;
        }
        match self.allowed.len() {
            0 => writeln!(f, "."),
            count => writeln!(f, "; {count} allowed by the files."),
        }
    }
}
