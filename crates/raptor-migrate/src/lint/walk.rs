//! Goes through a chain, revision by revision, on each engine.

use super::allow;
use super::locks;
use super::options::LintOptions;
use super::report::{Lint, LintFinding, LintLock};
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

/// What one engine found in one direction of a revision.
struct Seen {
    engine: Engine,
    found: Vec<Found>,
    locks: Vec<LintLock>,
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
    ids.chain(rules.map(|name| format!("{name:?} is no rule of the lint")))
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
        let (mut found, mut locks) = (Vec::new(), Vec::new());
        for (here, step) in steps.iter().enumerate() {
            if self.look {
                let scene = self.scene(direction, schema, &steps, here);
                rules::look(step, &scene, &mut found);
                locks.extend(self.locks(step, &scene));
            }
            match &step.statement {
                Statement::CreateTable(table) if step.is_rebuild => schema.rebuild(table),
                statement => schema.apply(statement),
            }
        }
        if !self.look {
            return None;
        }
        for (here, step) in steps.iter().enumerate() {
            let scene = self.scene(direction, schema, &steps, here);
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
        }
    }

    fn locks(&self, step: &Step<'_>, scene: &Scene<'_>) -> Vec<LintLock> {
        let place = step.place(step.start());
        let lock = |taken: locks::Taken| LintLock {
            revision: self.revision.id().to_owned(),
            direction: scene.direction,
            file: self.revision.file().to_owned(),
            line: place.line,
            column: place.column,
            table: taken.table.to_string(),
            lock: taken.lock,
            work: taken.work,
        };
        locks::taken(step, scene).into_iter().map(lock).collect()
    }
}

/// Puts what the engines found in one direction together, less what is allowed or not wanted.
fn merge(
    lint: &mut Lint,
    revision: &Revision,
    direction: Direction,
    parts: &[Part],
    seen: Vec<Seen>,
    options: &LintOptions,
) {
    if direction == Direction::Down && !options.down {
        return;
    }
    let mut found: Vec<(Option<Engine>, Found)> = Vec::new();
    for seen in seen {
        for one in seen.found {
            let same = |it: &&mut (Option<Engine>, Found)| {
                it.1.rule == one.rule && it.1.place == one.place && it.1.problem == one.problem
            };
            match found.iter_mut().find(same) {
                Some(twice) => twice.0 = twice.0.filter(|engine| *engine == seen.engine),
                None => found.push((Some(seen.engine), one)),
            }
        }
        if options.engines.contains(&seen.engine) {
            lint.locks.extend(seen.locks);
        }
    }
    let (engines, mut all): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let engine_of: Vec<_> = all
        .iter()
        .map(|it| (it.rule.name, it.place))
        .zip(engines)
        .collect();
    let mut allowed = Vec::new();
    allow::apply(allow::allows(parts), &mut all, |entry, it| {
        allowed.push((entry, it.rule.name, it.place));
    });
    let engine = |name: &str, place| {
        let known = engine_of
            .iter()
            .find(|((rule, at), _)| *rule == name && *at == place);
        known.and_then(|(_, engine)| *engine)
    };
    let is_wanted = |name: &str, place| {
        let engine = engine(name, place);
        engine.is_none_or(|engine| options.engines.contains(&engine))
    };
    for (mut entry, name, place) in allowed {
        if is_wanted(name, place) {
            revision.id().clone_into(&mut entry.revision);
            revision.file().clone_into(&mut entry.file);
            lint.allowed.push(entry);
        }
    }
    all.retain(|it| {
        let left_out = options.leave_out.contains(it.rule.name);
        let opted = !it.rule.opt_in || options.also.contains(it.rule.name);
        is_wanted(it.rule.name, it.place) && !left_out && opted
    });
    all.sort_by_key(|it| (it.place.line, it.place.column, it.rule.severity));
    let finding = |it: Found| LintFinding {
        engine: engine(it.rule.name, it.place).map(Engine::as_str),
        ..shown(revision, direction, it)
    };
    lint.findings.extend(all.into_iter().map(finding));
}

fn shown(revision: &Revision, direction: Direction, found: Found) -> LintFinding {
    LintFinding {
        rule: found.rule.name,
        severity: found.rule.severity,
        engine: None,
        revision: revision.id().to_owned(),
        direction,
        file: revision.file().to_owned(),
        line: found.place.line,
        column: found.place.column,
        statement: found.statement,
        lock: found.lock,
        table: found.table,
        work: found.work,
        problem: found.problem,
        instead: found.instead,
    }
}
