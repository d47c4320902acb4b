//! Revisions as lists: the history, the heads, one revision, the points where branches part.

use super::{base_or, titled};
use crate::chain::Chain;
use crate::revision::Revision;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Revisions of the chain, newest first. `{}` writes a line for each, `{:#}` all that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct History {
    /// One row a revision, children before parents.
    pub revisions: Vec<HistoryRow>,
}

/// One revision of the history; `{}` writes all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoryRow {
    /// The revision's id.
    pub id: String,
    /// What it revises; nothing for a base.
    pub revises: Vec<String>,
    /// What it depends on, as written.
    pub depends: Vec<String>,
    /// The labels it carries.
    pub labels: Vec<String>,
    /// What revises it, by id.
    pub revised_by: Vec<String>,
    /// Its title, if its file has one.
    pub title: Option<String>,
    /// Its file.
    pub file: String,
    /// What else its header says, as `key=value`: `tx`, `phase`, `role`, `lock`, `replaces`.
    pub header: Vec<String>,
    /// Why it cannot be taken back; `None` when it can.
    pub irreversible: Option<String>,
    /// Whether it is a head of the chain.
    pub head: bool,
    /// Whether it is a head that others depend on, so that it is no row of `alembic_version` when
    /// all is applied.
    pub implied: bool,
    /// Whether it is a row of `alembic_version`; `None` when no database was asked.
    pub current: Option<bool>,
}

/// The revisions that more than one other revises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Branches {
    /// One row a branch point, oldest first.
    pub branches: Vec<BranchRow>,
}

/// One point where branches part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BranchRow {
    /// The revision.
    pub point: HistoryRow,
    /// What revises it, by id.
    pub branches: Vec<HistoryRow>,
}

impl HistoryRow {
    pub(crate) fn of(chain: &Chain, place: usize, rows: Option<&BTreeSet<String>>) -> Self {
        let revision = chain.at(place);
        let children = chain.by_ids(chain.revised_by(place).iter().copied());
        Self {
            id: revision.id().to_owned(),
            revises: revision.revises().to_vec(),
            depends: revision.depends().iter().map(ToString::to_string).collect(),
            labels: revision.labels().to_vec(),
            revised_by: children
                .iter()
                .map(|child| chain.at(*child).id().to_owned())
                .collect(),
            title: revision.title().map(str::to_owned),
            file: revision.file().to_owned(),
            header: header(revision),
            irreversible: revision.no_way_back(),
            head: children.is_empty(),
            implied: children.is_empty() && !chain.followed_by(place).is_empty(),
            current: rows.map(|rows| rows.contains(revision.id())),
        }
    }

    /// `(head)`, `(current)` and their like.
    fn marks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.labels.is_empty() {
            write!(f, " [{}]", self.labels.join(", "))?;
        }
        let marks = [
            (self.head, "head"),
            (self.implied, "others depend on it"),
            (self.current == Some(true), "current"),
            (self.revised_by.len() > 1, "branch point"),
            (self.revises.len() > 1, "merge"),
        ];
        for (_, mark) in marks.iter().filter(|(is, _)| *is) {
            write!(f, " ({mark})")?;
        }
        Ok(())
    }

    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", base_or(&self.revises), self.id)?;
        self.marks(f)?;
        if !self.depends.is_empty() {
            write!(f, " (depends on {})", self.depends.join(", "))?;
        }
        titled(f, self.title.as_deref())
    }

    fn block(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision:   {}", self.id)?;
        self.marks(f)?;
        write!(f, "\nrevises:    {}", base_or(&self.revises))?;
        let lists = [
            ("revised by: ", &self.revised_by),
            ("depends on: ", &self.depends),
        ];
        for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            write!(f, "\n{name}{}", list.join(", "))?;
        }
        write!(f, "\nfile:       {}", self.file)?;
        if !self.header.is_empty() {
            write!(f, "\nheader:     {}", self.header.join(" "))?;
        }
        if let Some(why) = &self.irreversible {
            write!(f, "\nno way back: {why}")?;
        }
        if let Some(title) = &self.title {
            write!(f, "\n\n    {title}")?;
        }
        f.write_str("\n")
    }
}

fn header(revision: &Revision) -> Vec<String> {
    let parts = [
        (!revision.is_transactional()).then(|| "tx=off".to_owned()),
        revision.phase().map(|it| format!("phase={}", it.as_str())),
        revision.role().map(|it| format!("role={it}")),
        revision.lock().map(|it| format!("lock={it}")),
        revision.replaces().map(|it| format!("replaces={it}")),
    ];
    parts.into_iter().flatten().collect()
}

impl fmt::Display for HistoryRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.block(f)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in self.revisions.iter().enumerate() {
            if f.alternate() {
                if number > 0 {
                    f.write_str("\n")?;
                }
                row.block(f)?;
            } else {
                row.line(f)?;
                f.write_str("\n")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Branches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.branches {
            row.point.line(f)?;
            f.write_str("\n")?;
            for branch in &row.branches {
                write!(f, "    -> {}", branch.id)?;
                branch.marks(f)?;
                titled(f, branch.title.as_deref())?;
                f.write_str("\n")?;
            }
        }
        Ok(())
    }
}
