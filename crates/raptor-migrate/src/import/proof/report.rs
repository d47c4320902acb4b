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
    /// Each comparison, in order: every revision up, and down from where that led.
    pub steps: Vec<Compared>,
    /// Afterwards, all of them down, from the head to the first that cannot be taken back.
    pub way_down: Vec<Compared>,
    /// The revisions whose downgrade, with Alembic itself, leads elsewhere than the upgrade came from.
    pub not_back: Vec<String>,
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
            way_down: Vec::new(),
            not_back: Vec::new(),
            irreversible: Vec::new(),
            not_again: Vec::new(),
            stopped: None,
        }
    }

    /// Whether all was compared and nothing differs.
    pub fn holds(&self) -> bool {
        self.stopped.is_none() && self.differing() == 0 && self.differing_on_the_way_down() == 0
    }

    /// How many comparisons of single revisions found a difference.
    pub fn differing(&self) -> usize {
        differing(&self.steps)
    }

    /// How many comparisons on the way down from the head found a difference.
    pub fn differing_on_the_way_down(&self) -> usize {
        differing(&self.way_down)
    }

    /// How many of those no downgrade that leads elsewhere explains, as none came before them.
    pub fn unexplained(&self) -> usize {
        let mut steps = self.way_down.iter();
        let first = steps.position(|step| self.not_back.contains(&step.revision));
        // It begins where its upgrade led, and so has to do the same itself.
        let count = first.map_or(self.way_down.len(), |first| first + 1);
        differing(&self.way_down[..count])
    }
}

fn differing(steps: &[Compared]) -> usize {
    let differs = |step: &&Compared| !step.differences.is_empty();
    steps.iter().filter(differs).count()
}

fn shown(steps: &[Compared], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for step in steps {
        for difference in &step.differences {
            writeln!(f, "  {} {}: {difference}", step.revision, step.direction)?;
        }
    }
    Ok(())
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
        shown(&self.steps, f)?;
        writeln!(
            f,
            "Down from the head, compared {} times: {} with differences.",
            self.way_down.len(),
            self.differing_on_the_way_down()
        )?;
        shown(&self.way_down, f)?;
        if !self.not_back.is_empty() {
            writeln!(
                f,
                "With Alembic itself, downgrade() does not lead back to where upgrade() came from: {}.",
                self.not_back.join(", ")
            )?;
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
