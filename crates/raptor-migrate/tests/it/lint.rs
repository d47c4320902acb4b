//! What the lint finds, where, and what it leaves alone; and whether what it says of locks is so.

mod access;
mod allowing;
mod catalogs;
mod claims;
mod columns;
mod drops;
mod engines;
mod guarantees;
mod indexes;
mod options;
mod phases;
mod recipes;
mod routines;
mod rows;
mod shapes;
mod sqlite_claims;
mod tables;
mod world;

use raptor_migrate::{Chain, Direction, LintFinding, LintOptions, lint, lint_rules};
use std::collections::BTreeSet;

/// Where a text stands in a revision.
#[derive(Debug, Clone, Copy)]
pub(crate) enum On {
    /// Below `-- raptor:up postgres`.
    Postgres,
    /// The same with `tx=off`.
    Off,
    /// Below `-- raptor:up sqlite`.
    Sqlite,
    /// The same with `tx=off`.
    SqliteOff,
    /// Below `-- raptor:up`.
    Shared,
    /// Below `-- raptor:down postgres`.
    Down,
    /// Below `-- raptor:down sqlite`.
    SqliteDown,
    /// Below `-- raptor:up postgres`, with a phase.
    Phase(&'static str),
    /// All of the file below its first line.
    File,
}

/// What one rule finds and what not. `^` stands before the place of a finding; a text without one
/// is to have none of that rule.
pub(crate) struct Case {
    pub(crate) rule: &'static str,
    pub(crate) on: On,
    pub(crate) finds: &'static [&'static str],
    pub(crate) leaves: &'static [&'static str],
}

const CASES: &[&[Case]] = &[
    access::CASES,
    catalogs::CASES,
    columns::CASES,
    drops::CASES,
    engines::CASES,
    guarantees::CASES,
    indexes::CASES,
    options::CASES,
    phases::CASES,
    routines::CASES,
    rows::CASES,
    tables::CASES,
];

/// A file for a text, its marks taken out, and the places of the marks.
fn file(on: On, marked: &str) -> (String, Vec<(usize, usize)>) {
    let head = |more: &str| format!("-- raptor: id=b2 revises=a1{more}\n");
    let text = match on {
        On::Postgres => head("") + "-- raptor:up postgres\n" + marked + "\n-- raptor:up sqlite\n",
        On::Off => head(" tx=off") + "-- raptor:up postgres\n" + marked + "\n-- raptor:up sqlite\n",
        On::Sqlite => head("") + "-- raptor:up postgres\n-- raptor:up sqlite\n" + marked + "\n",
        On::SqliteOff => {
            head(" tx=off") + "-- raptor:up postgres\n-- raptor:up sqlite\n" + marked + "\n"
        }
        On::Shared => head("") + "-- raptor:up\n" + marked + "\n",
        On::Down => {
            head("")
                + "-- raptor:up\n-- raptor:down postgres\n"
                + marked
                + "\n-- raptor:down sqlite\n"
        }
        On::SqliteDown => {
            head("")
                + "-- raptor:up\n-- raptor:down postgres\n-- raptor:down sqlite\n"
                + marked
                + "\n"
        }
        On::Phase(phase) => {
            head(&format!(" phase={phase}"))
                + "-- raptor:up postgres\n"
                + marked
                + "\n-- raptor:up sqlite\n"
        }
        On::File => head("") + marked + "\n",
    };
    let mut places = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        if c == '^' {
            let line = plain.matches('\n').count() + 1;
            let begins = plain.rfind('\n').map_or(0, |end| end + 1);
            places.push((line, plain[begins..].chars().count() + 1));
        } else {
            plain.push(c);
        }
    }
    (plain, places)
}

pub(crate) fn chain_of(text: &str) -> Chain {
    Chain::embedded(&[("1.sql", world::BASE), ("2.sql", text)])
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What is found in a revision that follows the base.
pub(crate) fn found(text: &str, options: &LintOptions) -> Vec<LintFinding> {
    let mut options = options.clone();
    options.only = Some(["b2".to_owned()].into());
    options.also = lint_rules()
        .filter(|rule| rule.opt_in)
        .map(|rule| rule.name.to_owned())
        .collect();
    let lint = lint(&chain_of(text), &options);
    assert_eq!(lint.unknown, [""; 0]);
    lint.findings
}

fn places(case: &Case, text: &str) -> Vec<(usize, usize)> {
    let mut options = LintOptions::default();
    if case.rule == "undeclared-table" {
        options.declared_tables = Some(["notes", "customers"].map(str::to_owned).into());
    }
    if case.rule == "view-skips-policies" {
        options.pg_version = 15;
    }
    let found = found(text, &options);
    let of_rule = found.iter().filter(|it| it.rule == case.rule);
    let places: BTreeSet<_> = of_rule.map(|it| (it.line, it.column)).collect();
    places.into_iter().collect()
}

#[test]
fn each_rule_finds_what_it_is_for_and_leaves_what_looks_like_it() {
    let mut wrong = Vec::new();
    for case in CASES.iter().copied().flatten() {
        for marked in case.finds.iter().chain(case.leaves) {
            let (text, expected) = file(case.on, marked);
            let is = places(case, &text);
            if is != expected {
                wrong.push(format!(
                    "{}: at {is:?}, and not {expected:?}:\n{text}",
                    case.rule
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn each_rule_has_cases() {
    for rule in lint_rules() {
        if rule.name.starts_with("allow-") {
            continue;
        }
        let of_rule = || {
            CASES
                .iter()
                .copied()
                .flatten()
                .filter(|case| case.rule == rule.name)
        };
        let finds: usize = of_rule().map(|case| case.finds.len()).sum();
        let leaves: usize = of_rule().map(|case| case.leaves.len()).sum();
        assert!(
            finds > 0 && leaves > 1,
            "{}: {finds} and {leaves}",
            rule.name
        );
        assert!(
            of_rule().all(|case| case.finds.iter().all(|text| text.contains('^'))),
            "{}",
            rule.name
        );
    }
    for case in CASES.iter().copied().flatten() {
        assert!(
            lint_rules().any(|rule| rule.name == case.rule),
            "{}",
            case.rule
        );
    }
}

#[test]
fn a_finding_says_what_goes_wrong_and_the_safe_way() {
    for case in CASES.iter().copied().flatten() {
        for marked in case.finds {
            let (text, _) = file(case.on, marked);
            for finding in found(&text, &LintOptions::default()) {
                assert!(
                    finding.problem.ends_with('.') && finding.problem.len() > 20,
                    "{finding}"
                );
                assert!(
                    !finding.instead.is_empty() && !finding.statement.contains('\n'),
                    "{finding}"
                );
                assert!(finding.line > 1 && finding.column > 0, "{finding}");
                assert_eq!(
                    (finding.file.as_str(), finding.revision.as_str()),
                    ("2.sql", "b2")
                );
                let down = matches!(case.on, On::Down | On::SqliteDown);
                assert!(
                    down == (finding.direction == Direction::Down) || matches!(case.on, On::File)
                );
            }
        }
    }
}
