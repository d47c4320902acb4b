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
    /// On the way down from the head: the last revision before it whose downgrade, with Alembic
    /// itself, leads elsewhere than its upgrade came from.
    pub behind: Option<String>,
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

    /// Whether all was compared and nothing differs, and whatever Alembic applies again can be applied
    /// again by ours.
    pub fn holds(&self) -> bool {
        self.stopped.is_none()
            && self.differing() == 0
            && self.differing_on_the_way_down() == 0
            && self.failing_again() == 0
    }

    /// How many comparisons of single revisions found a difference.
    pub fn differing(&self) -> usize {
        differing(&self.steps)
    }

    /// How many comparisons on the way down from the head found a difference.
    pub fn differing_on_the_way_down(&self) -> usize {
        differing(&self.way_down)
    }

    /// How many revisions Alembic could apply again after their downgrade, and ours could not.
    pub fn failing_again(&self) -> usize {
        let ours = |it: &&Compared| it.fails_with_ours();
        self.not_again.iter().filter(ours).count()
    }

    /// How many differences no downgrade that leads elsewhere comes before: on the way down from the
    /// head, and among those that ours alone cannot apply again.
    pub fn unexplained(&self) -> usize {
        let down = self.way_down.iter().filter(|it| it.behind.is_none());
        let again = self.not_again.iter();
        let again =
            again.filter(|it| it.fails_with_ours() && !self.not_back.contains(&it.revision));
        down.filter(|it| !it.differences.is_empty()).count() + again.count()
    }
}

impl Compared {
    /// Whether it could not be run on our side.
    fn fails_with_ours(&self) -> bool {
        self.differences.iter().any(|it| it.starts_with(OURS_FAILS))
    }
}

/// How the difference begins that a revision could not be run by ours.
pub(super) const OURS_FAILS: &str = "ours fails: ";

fn differing(steps: &[Compared]) -> usize {
    let differs = |step: &&Compared| !step.differences.is_empty();
    steps.iter().filter(differs).count()
}

fn shown(steps: &[Compared], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for step in steps {
        for difference in &step.differences {
            write!(f, "  {} {}: {difference}", step.revision, step.direction)?;
            if let Some(other) = &step.behind {
                write!(f, " (after {other}, whose downgrade() does not lead back)")?;
            }
            writeln!(f)?;
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
            let why = match self.not_back.contains(&step.revision) {
                true => ", which does not lead back,",
                false => "",
            };
            writeln!(
                f,
                "After its downgrade{why} {} is applied again by one side alone: {said}.",
                step.revision
            )?;
        }
        match &self.stopped {
            Some(why) => writeln!(f, "It ended early: {why}."),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(revision: &str, difference: &str, behind: Option<&str>) -> Compared {
        let differences = Some(difference).filter(|it| !it.is_empty());
        Compared {
            revision: revision.to_owned(),
            direction: Direction::Down,
            differences: differences.map(str::to_owned).into_iter().collect(),
            behind: behind.map(str::to_owned),
        }
    }

    #[test]
    fn what_nothing_explains_counts() {
        let mut proof = Proof::new(Engine::Sqlite, 3);
        proof.not_back = vec!["c".to_owned()];
        proof.way_down = vec![compared("c", "", None), compared("b", "x", Some("c"))];
        assert_eq!((proof.unexplained(), proof.holds()), (0, false));
        let said = "  b down: x (after c, whose downgrade() does not lead back)\n";
        assert!(proof.to_string().contains(said), "{proof}");
        // The one that leads elsewhere begins where its upgrade led.
        proof.way_down = vec![compared("c", "x", None), compared("b", "", Some("c"))];
        assert_eq!(proof.unexplained(), 1);
        proof.way_down.clear();
        assert!(proof.holds());
        proof.not_again = vec![compared("a", "Alembic fails: no", None)];
        assert_eq!((proof.unexplained(), proof.holds()), (0, true));
        proof.not_again.push(compared("a", "ours fails: no", None));
        assert_eq!((proof.unexplained(), proof.holds()), (1, false));
        proof.not_again[1].revision = "c".to_owned();
        assert_eq!((proof.unexplained(), proof.holds()), (0, false));
    }
}
