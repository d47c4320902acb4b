//! Puts together what both engines found in one direction of a revision, less what is allowed or
//! not wanted.

use super::allow;
use super::eye::Seen;
use super::options::LintOptions;
use super::report::{Lint, LintFinding};
use super::rule::Found;
use super::unfinished;
use crate::report::Direction;
use crate::revision::{Part, Revision};
use raptor_db::Engine;

/// Adds what the engines found in one direction to what was found before it.
pub(super) fn merge(
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
    let mut all = Vec::new();
    for seen in seen {
        all.extend(seen.found);
        if options.engines.contains(&seen.engine) {
            lint.locks.extend(seen.locks);
        }
    }
    all.extend(unfinished::found(revision, direction));
    once(&mut all);
    let wanted = |engine: Option<Engine>| engine.is_none_or(|it| options.engines.contains(&it));
    allow::apply(allow::allows(parts), &mut all, |mut entry, found| {
        if wanted(found.engine) {
            revision.id().clone_into(&mut entry.revision);
            revision.file().clone_into(&mut entry.file);
            lint.allowed.push(entry);
        }
    });
    all.retain(|it| {
        let left_out = options.leave_out.contains(it.rule.name);
        let asked_for = !it.rule.opt_in || options.also.contains(it.rule.name);
        wanted(it.engine) && !left_out && asked_for
    });
    all.sort_by_key(|it| (it.place.line, it.place.column, it.rule.severity));
    let finding = |it: Found| shown(revision, direction, it);
    lint.findings.extend(all.into_iter().map(finding));
}

/// What both engines found in a text for both is one finding.
fn once(all: &mut Vec<Found>) {
    all.sort_by(|one, two| {
        let key = |it: &Found| (it.place.line, it.place.column, it.rule.name);
        key(one)
            .cmp(&key(two))
            .then_with(|| one.problem.cmp(&two.problem))
    });
    all.dedup_by(|again, first| {
        let same = again.rule == first.rule
            && again.place == first.place
            && again.problem == first.problem;
        if same && again.engine != first.engine {
            first.engine = None;
        }
        same
    });
}

fn shown(revision: &Revision, direction: Direction, found: Found) -> LintFinding {
    LintFinding {
        rule: found.rule.name,
        severity: found.rule.severity,
        engine: found.engine.map(Engine::as_str),
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
