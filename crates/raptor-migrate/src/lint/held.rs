//! What the statements of a direction so far hold, while the next one is looked at.

use super::claim::Lock;
use super::locks::Taken;
use super::sql::{Name, Object, Statement};
use super::step::{Key, Step};
use crate::place::Place;

/// Locks from SHARE on, and the first change of many rows.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) locks: Vec<HeldLock>,
    pub(super) wrote: Option<Place>,
    /// The tables that are dropped further down, with the place of the statement.
    dropped: Vec<(usize, Name)>,
}

/// One of the locks, and whose it is.
#[derive(Debug)]
pub(super) struct HeldLock {
    pub(super) key: Key,
    pub(super) taken: Taken,
    /// Taken to drop a table, which is another rule's matter.
    pub(super) is_drop: bool,
}

impl Held {
    pub(super) fn new(steps: &[Step<'_>]) -> Self {
        let mut held = Self::default();
        for (place, step) in steps.iter().enumerate() {
            if let Some(names) = dropped(step) {
                let names = names.iter().map(|name| (place, name.clone()));
                held.dropped.extend(names);
            }
        }
        held
    }

    /// Notes the locks of a statement, and whether it changed many rows.
    pub(super) fn note(&mut self, step: &Step<'_>, taken: Vec<Taken>, wrote: bool) {
        let is_drop = dropped(step).is_some();
        let strong = taken.into_iter().filter(|taken| taken.lock >= Lock::Share);
        self.locks.extend(strong.map(|taken| HeldLock {
            key: step.key,
            taken,
            is_drop,
        }));
        if wrote && self.wrote.is_none() {
            self.wrote = Some(step.place(step.start()));
        }
    }

    /// The tables that some statement so far has for itself.
    pub(super) fn exclusive(&self) -> impl Iterator<Item = &Name> {
        let locks = self.locks.iter().filter(|it| !it.is_drop);
        let exclusive = locks.filter(|it| it.taken.lock == Lock::AccessExclusive);
        exclusive.map(|it| &it.taken.table)
    }

    /// Whether a statement behind the one at `here` drops the table.
    pub(super) fn drops(&self, table: &Name, here: usize) -> bool {
        let later = self.dropped.iter().filter(|(place, _)| *place > here);
        later.into_iter().any(|(_, name)| name.may_be(table))
    }
}

/// The tables that a statement drops.
fn dropped<'s>(step: &'s Step<'_>) -> Option<&'s [Name]> {
    match &step.statement {
        Statement::Drop(drop) if drop.object == Object::Table => Some(&drop.names),
        _ => None,
    }
}
