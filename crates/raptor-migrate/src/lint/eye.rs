//! Looks at one revision as one engine gets it.

use super::data;
use super::held::Held;
use super::locks::{self, Taken};
use super::options::LintOptions;
use super::report::LintLock;
use super::rule::Found;
use super::rules;
use super::scene::Scene;
use super::schema::Schema;
use super::sqlite::syntax;
use super::step::Step;
use crate::grammar::Grammar;
use crate::report::Direction;
use crate::revision::Revision;
use raptor_db::Engine;

/// What one engine found in one direction of a revision.
pub(super) struct Seen {
    pub(super) engine: Engine,
    pub(super) found: Vec<Found>,
    pub(super) locks: Vec<LintLock>,
}

/// One revision on one engine.
pub(super) struct Eye<'a> {
    pub(super) revision: &'a Revision,
    pub(super) engine: Engine,
    pub(super) options: &'a LintOptions,
    /// What was there before the revision.
    pub(super) before: &'a Schema,
    /// What is there when all revisions have run.
    pub(super) finally: &'a Schema,
    pub(super) grammar: &'a Grammar,
}

impl Eye<'_> {
    /// Looks at one direction; `schema` is what is there, and afterwards what is there then.
    pub(super) fn look(
        &self,
        direction: Direction,
        steps: &[Step<'_>],
        schema: &mut Schema,
    ) -> Seen {
        schema.begin();
        let (mut found, mut locks) = (Vec::new(), Vec::new());
        let mut held = Held::new(steps);
        for (here, step) in steps.iter().enumerate() {
            let scene = self.scene(direction, schema, steps, here, &held);
            rules::look(step, &scene, &mut found);
            let taken = locks::taken(step, &scene);
            locks.extend(taken.iter().map(|it| self.lock(step, direction, it)));
            let wrote = data::writes_many(step, &scene);
            held.note(step, taken, wrote);
            schema.pass(step);
        }
        for (here, step) in steps.iter().enumerate() {
            let scene = self.scene(direction, schema, steps, here, &held);
            rules::look_back(step, &scene, &mut found);
        }
        if direction == Direction::Up && self.engine == Engine::Sqlite {
            found.extend(syntax::verify(self.revision, self.grammar));
        }
        if direction == Direction::Down {
            found.retain(|it| it.rule.in_down);
        }
        Seen {
            engine: self.engine,
            found,
            locks,
        }
    }

    fn scene<'a>(
        &'a self,
        direction: Direction,
        schema: &'a Schema,
        steps: &'a [Step<'a>],
        here: usize,
        held: &'a Held,
    ) -> Scene<'a> {
        Scene {
            engine: self.engine,
            direction,
            revision: self.revision,
            pg_version: self.options.pg_version,
            declared: self.options.declared_tables.as_ref(),
            finally: self.finally,
            schema,
            before: self.before,
            steps,
            here,
            held,
            grammar: self.grammar,
        }
    }

    fn lock(&self, step: &Step<'_>, direction: Direction, taken: &Taken) -> LintLock {
        let place = step.place(step.start());
        LintLock {
            revision: self.revision.id().to_owned(),
            direction,
            file: self.revision.file().to_owned(),
            line: place.line,
            column: place.column,
            table: taken.table.to_string(),
            lock: taken.lock,
            work: taken.work,
        }
    }
}
