//! What a proof says, line by line.

use crate::declaration::Place;
use serde::Serialize;
use std::collections::BTreeMap;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It is not declared, and it was refused.
    Denied,
    /// It is declared, and it works.
    Allowed,
    /// It is not declared, and it works.
    Hole,
    /// It is declared, and it was refused.
    Broken,
    /// It could not be tried.
    Untried,
    /// It is not declared, and nobody but the host may close it.
    NotClosable,
    /// No right can close it.
    Residual,
}

impl Verdict {
    /// As it is told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied as declared",
            Self::Allowed => "allowed as declared",
            Self::Hole => "HOLE",
            Self::Broken => "BROKEN",
            Self::Untried => "NOT TRIED",
            Self::NotClosable => "not closable here",
            Self::Residual => "residual risk",
        }
    }
}

/// What somebody attempted, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// Who: a login, a role, or `public`.
    pub who: String,
    /// What.
    pub what: String,
    /// What came of it.
    pub verdict: Verdict,
    /// How it was done, what the server said, or the way out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Line {
    pub(super) fn new(who: &str, what: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            who: who.to_owned(),
            what: what.into(),
            verdict,
            why: String::new(),
            place: None,
        }
    }

    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    pub(super) fn untried(who: &str, why: &str) -> Self {
        Self::new(who, "everything", Verdict::Untried).why(why)
    }
}

/// All lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Proof {
    /// In the order in which they were tried.
    pub lines: Vec<Line>,
}

impl Proof {
    pub(super) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Whether what is declared works and nothing else does, as far as this host lets it be closed.
    pub fn holds(&self) -> bool {
        let is_bad = |it: &Line| {
            matches!(
                it.verdict,
                Verdict::Hole | Verdict::Broken | Verdict::Untried
            )
        };
        !self.lines.iter().any(is_bad)
    }

    /// How many lines have each verdict.
    pub fn counts(&self) -> BTreeMap<Verdict, usize> {
        let mut counts = BTreeMap::new();
        for line in &self.lines {
            *counts.entry(line.verdict).or_default() += 1;
        }
        counts
    }

    /// The lines of a verdict.
    pub fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |it| it.verdict == verdict)
    }
}
