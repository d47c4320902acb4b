//! What a rule may know beside the statement that it looks at.

use super::held::Held;
use super::schema::Schema;
use super::sql::Name;
use super::step::Step;
use crate::grammar::Grammar;
use crate::report::Direction;
use crate::revision::{Phase, Revision};
use raptor_db::Engine;
use std::collections::BTreeSet;

/// One direction of a revision on one engine, at one of its statements.
pub(super) struct Scene<'a> {
    pub(super) engine: Engine,
    pub(super) direction: Direction,
    pub(super) revision: &'a Revision,
    pub(super) pg_version: u32,
    pub(super) declared: Option<&'a BTreeSet<String>>,
    /// What is there when all revisions of the chain have run.
    pub(super) finally: &'a Schema,
    /// What is there before the statement runs.
    pub(super) schema: &'a Schema,
    /// What was there before the revision was applied, in both directions.
    pub(super) before: &'a Schema,
    pub(super) steps: &'a [Step<'a>],
    pub(super) here: usize,
    /// What the statements before it hold.
    pub(super) held: &'a Held,
    pub(super) grammar: &'a Grammar,
}

impl<'a> Scene<'a> {
    pub(super) fn earlier(&self) -> &'a [Step<'a>] {
        &self.steps[..self.here.min(self.steps.len())]
    }

    pub(super) fn later(&self) -> &'a [Step<'a>] {
        self.steps.get(self.here + 1..).unwrap_or_default()
    }

    /// Whether all statements are one transaction.
    pub(super) fn is_whole(&self) -> bool {
        self.revision.is_transactional()
    }

    pub(super) fn is_up(&self) -> bool {
        self.direction == Direction::Up
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.engine == Engine::Postgres
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        self.revision.phase().filter(|_| self.is_up())
    }

    /// Whether nobody can be using the table: this direction makes it, or drops it further down.
    pub(super) fn is_ours(&self, table: &Name) -> bool {
        let temporary = self.schema.table(table).is_some_and(|it| it.is_temporary);
        self.schema.is_new(table) || temporary || self.held.drops(table, self.here)
    }
}
