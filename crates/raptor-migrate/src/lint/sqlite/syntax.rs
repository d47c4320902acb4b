//! Statements that SQLite cannot read at all. It asks SQLite's own parser, and no database.

use super::{columns, refused};
use crate::grammar::{Grammar, Misread};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::step::{Key, Step};
use crate::place::Place;
use crate::report::Direction;
use crate::revision::Revision;
use raptor_db::Engine;

pub(in crate::lint) const SYNTAX: LintRule = LintRule::error(
    "sqlite-syntax",
    "a statement that SQLite cannot read, whatever its database holds",
)
.and_down();

/// A place among the statements that a query of `verify` does not have.
const NOWHERE: Key = Key {
    part: usize::MAX,
    statement: usize::MAX,
};

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    if step.is_inner || step.call.is_some() {
        return;
    }
    // What another rule says in better words is not said twice.
    let said = |it: &&Found| [refused::REFUSES.name, columns::REFUSED.name].contains(&it.rule.name);
    if out.iter().filter(said).any(|it| it.key == step.key) {
        return;
    }
    let Some(misread) = scene.grammar.misread(step.written(), step.is_shared) else {
        return;
    };
    let at = misread.at.unwrap_or_else(|| step.start());
    let instead = instead(&misread, step.is_shared, scene.direction);
    let problem = problem(&misread);
    out.push(Found::new(&SYNTAX, step, at, problem, instead));
}

/// The queries of `verify` that SQLite gets; it gets them rewritten, also those of its own section.
pub(in crate::lint) fn verify<'a>(
    revision: &'a Revision,
    grammar: &'a Grammar,
) -> impl Iterator<Item = Found> + 'a {
    let sections = revision.verify().iter();
    let sections = sections.filter(|section| section.is_for(Engine::Sqlite));
    let queries = sections.flat_map(|it| it.statements.iter().map(move |query| (it, query)));
    queries.filter_map(|(section, query)| {
        let misread = grammar.misread(&query.text, true)?;
        let is_shared = section.engine.is_none();
        Some(Found {
            rule: &SYNTAX,
            key: NOWHERE,
            engine: Some(Engine::Sqlite),
            place: Place {
                line: query.line,
                column: query.column,
            },
            statement: String::new(),
            lock: None,
            table: None,
            work: None,
            problem: problem(&misread),
            instead: match is_shared {
                true => "Write it once below `-- raptor:verify postgres` and once below `-- raptor:verify sqlite`.".to_owned(),
                false => "Write it as SQLite has it.".to_owned(),
            },
        })
    })
}

fn problem(misread: &Misread) -> String {
    let said = misread.message.trim_end_matches('.');
    format!("SQLite cannot read this, and the revision fails there: {said}.")
}

fn instead(misread: &Misread, is_shared: bool, direction: Direction) -> String {
    let way = match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    if !is_shared {
        return format!(
            "Write it as SQLite has it; what Postgres alone is to do goes below `-- raptor:{way} postgres`."
        );
    }
    let identity = match misread.message.contains("\"IDENTITY\"") {
        true => ", where INTEGER PRIMARY KEY numbers itself",
        false => "",
    };
    format!(
        "Write it once below `-- raptor:{way} postgres` and once, as SQLite has it, below `-- raptor:{way} sqlite`{identity}."
    )
}
