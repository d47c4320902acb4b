//! What a rehearsal saw.

use super::counted;
use serde::Serialize;
use std::fmt;

/// What a rehearsal saw: up, down and up again on a throw-away database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rehearsal {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The rows that it began with.
    pub from: Vec<String>,
    /// The rows that it ended with.
    pub to: Vec<String>,
    /// The revisions that ran, in order.
    pub revisions: Vec<Rehearsed>,
    /// What differed after the second way up from after the first.
    pub again: Vec<String>,
}

/// One revision of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rehearsed {
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// How long it took on the way up, in milliseconds; on tables without rows.
    pub took_ms: u64,
    /// Why it was not taken back, if it was not.
    pub irreversible: Option<String>,
    /// Whether its way back ran.
    pub taken_back: bool,
    /// What its way back left other than it had been.
    pub left: Vec<String>,
    /// Postgres: what its statements took and rewrote.
    pub statements: Vec<Observed>,
}

/// What one statement took and rewrote, of what was there before its revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Observed {
    /// The revision's id.
    pub revision: String,
    /// Which statement of it, from 1.
    pub number: usize,
    /// The line in its file.
    pub line: usize,
    /// The beginning of the statement.
    pub statement: String,
    /// Tables, with the strongest lock that it added on each.
    pub locks: Vec<(String, String)>,
    /// Tables that it wrote anew.
    pub rewritten: Vec<String>,
}

impl Rehearsal {
    /// Whether every way back that ran left what had been there, and the second way up led where the
    /// first did. A revision without a way back ends the way down; how far it came,
    /// [`Rehearsed::taken_back`] says.
    pub fn holds(&self) -> bool {
        self.again.is_empty()
            && self
                .revisions
                .iter()
                .all(|revision| revision.left.is_empty())
    }
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for revision in &self.revisions {
            writeln!(
                f,
                "{} ({}, {} ms)",
                revision.id, revision.file, revision.took_ms
            )?;
            for seen in revision.statements.iter().filter(|seen| seen.is_heavy()) {
                writeln!(f, "    line {}: {}", seen.line, seen.statement)?;
                for (table, lock) in &seen.locks {
                    writeln!(f, "        {lock} on {table}")?;
                }
                for table in &seen.rewritten {
                    writeln!(f, "        {table} is written anew")?;
                }
            }
            if let Some(why) = &revision.irreversible {
                writeln!(f, "    not taken back: {why}")?;
            }
            for difference in &revision.left {
                writeln!(f, "    after the way back: {difference}")?;
            }
        }
        for difference in &self.again {
            writeln!(f, "after the second way up: {difference}")?;
        }
        let ended = self
            .revisions
            .iter()
            .position(|it| it.irreversible.is_some());
        let all = counted(self.revisions.len(), "revision");
        match (self.revisions.len(), ended, self.holds()) {
            (0, ..) => writeln!(f, "Nothing to rehearse: no revision is pending."),
            (_, _, false) => writeln!(f, "It does not hold."),
            (_, None, true) => writeln!(
                f,
                "All holds: {all}, up, down and up again on {}.",
                self.engine
            ),
            (_, Some(ended), true) => {
                writeln!(f, "Up holds: {all} on {}.", self.engine)?;
                self.shown_of_the_way_back(f, ended)
            }
        }
    }
}

impl Rehearsal {
    /// How far the way down came, where a revision without a way back ended it.
    fn shown_of_the_way_back(&self, f: &mut fmt::Formatter<'_>, ended: usize) -> fmt::Result {
        let back = self.revisions.iter().filter(|it| it.taken_back);
        let back: Vec<&str> = back.map(|it| it.id.as_str()).collect();
        match back[..] {
            [] => write!(f, "No way back was shown")?,
            _ => write!(f, "Down and up again holds for {}", back.join(", "))?,
        }
        let id = &self.revisions[ended].id;
        write!(f, "; the way down ended at {id}, which has no way back")?;
        match ended {
            0 => writeln!(f, "."),
            before => writeln!(
                f,
                ", so nothing is known of the way back of {} before it.",
                counted(before, "revision")
            ),
        }
    }
}

impl Observed {
    /// Whether it holds up anybody: a lock that a plain read or write waits for, or a rewrite.
    pub fn is_heavy(&self) -> bool {
        let light = [
            "ACCESS SHARE",
            "ROW SHARE",
            "ROW EXCLUSIVE",
            "SHARE UPDATE EXCLUSIVE",
        ];
        !self.rewritten.is_empty()
            || self
                .locks
                .iter()
                .any(|(_, lock)| !light.contains(&lock.as_str()))
    }
}
