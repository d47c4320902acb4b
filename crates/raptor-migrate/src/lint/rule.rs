//! What a rule is, and one thing that it found.

use super::claim::{Lock, Work};
use super::report::Severity;
use super::sql::Name;
use super::step::{Key, Step};
use crate::place::Place;
use raptor_db::Engine;

/// A rule of the lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintRule {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// How bad a finding is.
    pub severity: Severity,
    /// What it finds, as a half sentence.
    pub finds: &'static str,
    /// Whether it is looked at only when [`LintOptions::also`](crate::LintOptions::also) names it.
    pub opt_in: bool,
    /// Whether it means something in a `down` section.
    pub in_down: bool,
}

impl LintRule {
    const fn new(name: &'static str, severity: Severity, finds: &'static str) -> Self {
        Self {
            name,
            severity,
            finds,
            opt_in: false,
            in_down: false,
        }
    }

    pub(super) const fn error(name: &'static str, finds: &'static str) -> Self {
        Self::new(name, Severity::Error, finds)
    }

    pub(super) const fn warning(name: &'static str, finds: &'static str) -> Self {
        Self::new(name, Severity::Warning, finds)
    }

    pub(super) const fn and_down(self) -> Self {
        Self {
            in_down: true,
            ..self
        }
    }

    pub(super) const fn opt_in(self) -> Self {
        Self {
            opt_in: true,
            ..self
        }
    }
}

/// What a rule found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) rule: &'static LintRule,
    pub(super) key: Key,
    /// The engine that it was found on; `None` for both.
    pub(super) engine: Option<Engine>,
    pub(super) place: Place,
    pub(super) statement: String,
    pub(super) lock: Option<Lock>,
    pub(super) table: Option<String>,
    pub(super) work: Option<Work>,
    pub(super) problem: String,
    pub(super) instead: String,
}

impl Found {
    /// Something at byte `at` of a statement.
    pub(super) fn new(
        rule: &'static LintRule,
        step: &Step<'_>,
        at: usize,
        problem: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            key: step.key,
            engine: Some(step.engine),
            place: step.place(at),
            statement: step.short(),
            lock: None,
            table: None,
            work: None,
            problem: problem.into(),
            instead: instead.into(),
        }
    }

    pub(super) fn locking(mut self, lock: Lock, table: &Name) -> Self {
        self.lock = Some(lock);
        self.table = Some(table.to_string());
        self
    }

    pub(super) fn working(mut self, work: impl Into<Option<Work>>) -> Self {
        self.work = work.into();
        self
    }
}
