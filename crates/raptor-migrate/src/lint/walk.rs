//! Goes through a chain, revision by revision, on each engine.

use super::eye::{Eye, Seen};
use super::merge::merge;
use super::options::LintOptions;
use super::report::Lint;
use super::routines::Routines;
use super::rules;
use super::schema::Schema;
use super::step::{Step, steps};
use crate::chain::Chain;
use crate::grammar::Grammar;
use crate::report::Direction;
use crate::revision::Revision;
use raptor_db::Engine;

/// The oldest Postgres that a chain runs on.
const OLDEST: u32 = 13;

/// What is found in the revisions that are looked at.
pub(super) fn walk(chain: &Chain, options: &LintOptions) -> Lint {
    let unknown = unknown(chain, options);
    if !unknown.is_empty() {
        return nothing(unknown);
    }
    match Grammar::new() {
        Ok(grammar) => looked(chain, options, &grammar),
        Err(error) => nothing(vec![error.to_string()]),
    }
}

fn looked(chain: &Chain, options: &LintOptions, grammar: &Grammar) -> Lint {
    let revisions: Vec<&Revision> = chain.iter().collect();
    let mut up: Vec<Vec<Seen>> = revisions.iter().map(|_| Vec::new()).collect();
    let mut down: Vec<Vec<Seen>> = revisions.iter().map(|_| Vec::new()).collect();
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let mut routines = Routines::default();
        let mut ups: Vec<Vec<Step<'_>>> = Vec::new();
        let mut downs: Vec<Vec<Step<'_>>> = Vec::new();
        for revision in &revisions {
            ups.push(routines.run(steps(revision.up(), engine)));
            let down = steps(revision.down().unwrap_or_default(), engine);
            downs.push(routines.clone().run(down));
        }
        let finally = all_of(&ups, engine);
        let mut schema = Schema::new(engine);
        for (number, (revision, ups)) in revisions.iter().zip(&ups).enumerate() {
            let before = schema.clone();
            let eye = Eye {
                revision,
                engine,
                options,
                before: &before,
                finally: &finally,
                grammar,
            };
            if !is_wanted(revision, options) {
                schema.begin();
                ups.iter().for_each(|step| schema.pass(step));
                continue;
            }
            up[number].push(eye.look(Direction::Up, ups, &mut schema));
            down[number].push(eye.look(Direction::Down, &downs[number], &mut schema.clone()));
        }
    }
    let wanted = revisions
        .iter()
        .filter(|revision| is_wanted(revision, options))
        .count();
    let mut lint = Lint {
        revisions: wanted,
        ..nothing(Vec::new())
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

/// A lint that has looked at nothing.
fn nothing(unknown: Vec<String>) -> Lint {
    Lint {
        revisions: 0,
        findings: Vec::new(),
        allowed: Vec::new(),
        locks: Vec::new(),
        unknown,
    }
}

/// What is there when all revisions have run.
fn all_of(ups: &[Vec<Step<'_>>], engine: Engine) -> Schema {
    let mut schema = Schema::new(engine);
    for steps in ups {
        schema.begin();
        steps.iter().for_each(|step| schema.pass(step));
    }
    schema.begin();
    schema
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
