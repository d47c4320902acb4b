//! Goes through a chain, revision by revision, on each engine.

use super::data;
use super::held::Held;
use super::locks::{self, Taken};
use super::merge::merge;
use super::options::LintOptions;
use super::report::{Lint, LintLock};
use super::rule::Found;
use super::rules;
use super::scene::Scene;
use super::schema::Schema;
use super::sql::Statement;
use super::step::{Step, steps};
use crate::chain::Chain;
use crate::report::Direction;
use crate::revision::{Part, Revision};
use raptor_db::Engine;
use std::collections::BTreeSet;

/// The oldest Postgres that a chain runs on.
const OLDEST: u32 = 13;

/// What one engine found in one direction of a revision.
pub(super) struct Seen {
    pub(super) engine: Engine,
    pub(super) found: Vec<Found>,
    pub(super) locks: Vec<LintLock>,
}

/// What is found in the revisions that are looked at.
pub(super) fn walk(chain: &Chain, options: &LintOptions) -> Lint {
    let revisions: Vec<&Revision> = chain.iter().collect();
    let mut up: Vec<Vec<Seen>> = revisions.iter().map(|_| Vec::new()).collect();
    let mut down: Vec<Vec<Seen>> = revisions.iter().map(|_| Vec::new()).collect();
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let mut schema = Schema::new(engine);
        let made = made(&revisions, engine);
        for (number, revision) in revisions.iter().enumerate() {
            let before = schema.clone();
            let look = is_wanted(revision, options);
            let eye = Eye {
                revision,
                engine,
                options,
                before: &before,
                made: &made,
                look,
            };
            up[number].extend(eye.direction(Direction::Up, revision.up(), &mut schema));
            if let Some(parts) = revision.down() {
                let mut back = schema.clone();
                down[number].extend(eye.direction(Direction::Down, parts, &mut back));
            }
        }
    }
    let wanted = revisions
        .iter()
        .filter(|revision| is_wanted(revision, options))
        .count();
    let mut lint = Lint {
        revisions: wanted,
        findings: Vec::new(),
        allowed: Vec::new(),
        locks: Vec::new(),
        unknown: unknown(chain, options),
    };
    for ((revision, up), down) in revisions.iter().zip(up).zip(down) {
        if is_wanted(revision, options) {
            merge(
                &mut lint,
                revision,
                Direction::Up,
                revision.up(),
                up,
                options,
            );
            let parts = revision.down().unwrap_or_default();
            merge(&mut lint, revision, Direction::Down, parts, down, options);
        }
    }
    lint
}

fn is_wanted(revision: &Revision, options: &LintOptions) -> bool {
    options
        .only
        .as_ref()
        .is_none_or(|only| only.contains(revision.id()))
}

/// What the options name and there is not.
fn unknown(chain: &Chain, options: &LintOptions) -> Vec<String> {
    let ids = options.only.iter().flatten();
    let ids = ids.filter(|id| chain.place_of(id).is_none());
    let rules = options.leave_out.iter().chain(&options.also);
    let rules = rules.filter(|name| rules::ALL.iter().all(|rule| rule.name != **name));
    let ids = ids.map(|id| format!("no revision's id is {id:?}"));
    let engines = options.engines.is_empty();
    let engines = engines.then(|| "no engine is to be looked at".to_owned());
    let old = options.pg_version < OLDEST;
    let old = old.then(|| {
        format!(
            "Postgres {} is older than {OLDEST}, the oldest that a chain runs on",
            options.pg_version
        )
    });
    let options = engines.into_iter().chain(old);
    ids.chain(options)
        .chain(rules.map(|name| format!("{name:?} is no rule of the lint")))
        .collect()
}

/// The names of all tables that any revision makes on an engine.
fn made(revisions: &[&Revision], engine: Engine) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for revision in revisions {
        for step in steps(revision.up(), engine) {
            match &step.statement {
                Statement::CreateTable(table) => {
                    made.insert(table.name.name.clone());
                }
                Statement::AlterTable(alter) => {
                    for (_, action) in &alter.actions {
                        if let super::sql::Action::RenameTable(to) = action {
                            made.insert(to.name.clone());
                        }
                    }
                }
                _ => {}
            }
        }
    }
    made
}

/// One revision on one engine.
struct Eye<'a> {
    revision: &'a Revision,
    engine: Engine,
    options: &'a LintOptions,
    /// What was there before the revision.
    before: &'a Schema,
    made: &'a BTreeSet<String>,
    /// Whether it is looked at, or only read.
    look: bool,
}

impl Eye<'_> {
    /// Goes through one direction; `schema` is what is there, and afterwards what is there then.
    fn direction(&self, direction: Direction, parts: &[Part], schema: &mut Schema) -> Option<Seen> {
        schema.begin();
        let steps = steps(parts, self.engine);
        if !self.look {
            steps.iter().for_each(|step| schema.pass(step));
            return None;
        }
        let (mut found, mut locks) = (Vec::new(), Vec::new());
        let mut held = Held::new(&steps);
        for (here, step) in steps.iter().enumerate() {
            let scene = self.scene(direction, schema, &steps, here, &held);
            rules::look(step, &scene, &mut found);
            let taken = locks::taken(step, &scene);
            locks.extend(taken.iter().map(|it| self.lock(step, direction, it)));
            let wrote = data::writes_many(step, &scene);
            held.note(step, taken, wrote);
            schema.pass(step);
        }
        for (here, step) in steps.iter().enumerate() {
            let scene = self.scene(direction, schema, &steps, here, &held);
            rules::look_back(step, &scene, &mut found);
        }
        if direction == Direction::Down {
            found.retain(|it| it.rule.in_down);
        }
        Some(Seen {
            engine: self.engine,
            found,
            locks,
        })
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
            made_somewhere: self.made,
            schema,
            before: self.before,
            steps,
            here,
            held,
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
