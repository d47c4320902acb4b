//! What a proof saw.

use crate::report::Direction;
use raptor_db::Engine;
use serde::Serialize;
use std::fmt;

/// What [`prove`](super::prove) saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Proof {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// How many revisions the chain has.
    pub revisions: usize,
    /// Each comparison, in order: every revision up and down, then all of them down.
    pub steps: Vec<Compared>,
    /// The revisions that cannot be taken back, and so were compared upwards alone.
    pub irreversible: Vec<String>,
    /// The revisions that one side could apply again after their downgrade, and the other could not:
    /// the downgrade left something behind, which the script looks for.
    pub not_again: Vec<Compared>,
    /// Why it did not come to its end.
    pub stopped: Option<String>,
}

/// One revision, run on both databases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Compared {
    /// Its id.
    pub revision: String,
    /// Which way it was run.
    pub direction: Direction,
    /// What differs afterwards.
    pub differences: Vec<String>,
}

impl Proof {
    pub(super) fn new(engine: Engine, revisions: usize) -> Self {
        Self {
            engine: engine.as_str(),
            revisions,
            steps: Vec::new(),
            irreversible: Vec::new(),
            not_again: Vec::new(),
            stopped: None,
        }
    }

    /// Whether all was compared and nothing differs.
    pub fn holds(&self) -> bool {
        self.stopped.is_none() && self.differing() == 0
    }

    /// How many comparisons found a difference.
    pub fn differing(&self) -> usize {
        let differs = |step: &&Compared| !step.differences.is_empty();
        self.steps.iter().filter(differs).count()
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} revisions on {}, compared {} times: {} with differences.",
            self.revisions,
            self.engine,
            self.steps.len(),
            self.differing()
        )?;
        for step in &self.steps {
            for difference in &step.differences {
                writeln!(f, "  {} {}: {difference}", step.revision, step.direction)?;
            }
        }
        if !self.irreversible.is_empty() {
            writeln!(
                f,
                "Compared upwards alone: {}.",
                self.irreversible.join(", ")
            )?;
        }
        for step in &self.not_again {
            let said = step.differences.join("; ");
            writeln!(
                f,
                "After its downgrade, {} is applied again by one side alone: {said}.",
                step.revision
            )?;
        }
        match &self.stopped {
            Some(why) => writeln!(f, "It ended early: {why}."),
            None => Ok(()),
        }
    }
}
