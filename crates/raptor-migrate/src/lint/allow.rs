//! `-- lint: allow RULE because …`: what a file says about a finding.

mod comments;

use super::report::LintAllowed;
use super::rule::{Found, LintRule};
use super::step::Key;
use crate::place::Place;
use crate::revision::Part;
use comments::Comment;

pub(super) const REASON: LintRule = LintRule::error(
    "allow-without-reason",
    "`-- lint: allow RULE` gives no reason, and so allows nothing",
)
.and_down();
pub(super) const UNUSED: LintRule = LintRule::warning(
    "allow-unused",
    "`-- lint: allow RULE because …` stands before a statement for which the rule finds nothing",
)
.and_down();
pub(super) const UNREADABLE: LintRule = LintRule::error(
    "allow-unreadable",
    "a `-- lint:` comment that allows nothing, as it is written or where it stands",
)
.and_down();

const FORM: &str =
    "-- lint: allow RULE because …, on a line of its own directly before the statement.";

/// A comment that allows rules.
pub(super) struct Allow {
    place: Place,
    /// The statement it stands before; `None` when it stands before none.
    key: Option<Key>,
    rules: Vec<(String, bool)>,
    because: String,
    /// What is wrong with it.
    wrong: Option<String>,
}

/// What one direction says.
pub(super) fn allows(parts: &[Part]) -> Vec<Allow> {
    comments::of(parts).iter().filter_map(read).collect()
}

/// Reads a comment; `None` when it says nothing to the lint.
fn read(comment: &Comment<'_>) -> Option<Allow> {
    let key = comment.key;
    let said = comment.text.trim_start_matches('-').trim();
    let said = said.strip_prefix("lint:")?.trim();
    let mut allow = Allow {
        place: comment.place,
        key,
        rules: Vec::new(),
        because: String::new(),
        wrong: None,
    };
    let Some(said) = said
        .strip_prefix("allow")
        .filter(|rest| rest.starts_with(char::is_whitespace))
    else {
        allow.wrong = Some(format!("`lint: {said}` is nothing that the lint knows."));
        return Some(allow);
    };
    let (rules, because) = said.split_once(" because").unwrap_or((said, ""));
    because.trim().clone_into(&mut allow.because);
    let names = rules
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty());
    allow.rules = names.map(|name| (name.to_owned(), false)).collect();
    let unknown = allow
        .rules
        .iter()
        .find(|(name, _)| super::rules::ALL.iter().all(|rule| rule.name != name));
    if allow.rules.is_empty() {
        allow.wrong = Some("It names no rule.".to_owned());
    } else if let Some((name, _)) = unknown {
        allow.wrong = Some(format!("{name} is no rule."));
    } else if key.is_none() || !comment.is_alone {
        allow.wrong = Some("It stands before no statement: on the line of another one, inside of one, or after the last.".to_owned());
    }
    Some(allow)
}

/// Takes out what is allowed, and adds what is wrong with what is said about it.
pub(super) fn apply(
    allows: Vec<Allow>,
    found: &mut Vec<Found>,
    mut allowed: impl FnMut(LintAllowed, &Found),
) {
    let mut said = Vec::new();
    for mut allow in allows {
        if let Some(wrong) = &allow.wrong {
            said.push(about(&UNREADABLE, &allow, wrong.clone(), FORM));
            continue;
        }
        if allow.because.is_empty() {
            let problem = "It gives no reason, and so allows nothing.".to_owned();
            said.push(about(&REASON, &allow, problem, FORM));
            continue;
        }
        let because = &allow.because;
        let (key, line) = (allow.key, allow.place.line);
        for (name, is_used) in &mut allow.rules {
            found.retain(|it| {
                let is_meant = Some(it.key) == key && it.rule.name == *name;
                if is_meant {
                    let entry = LintAllowed {
                        rule: name.clone(),
                        revision: String::new(),
                        file: String::new(),
                        line,
                        because: because.clone(),
                    };
                    if !*is_used {
                        allowed(entry, it);
                    }
                    *is_used = true;
                }
                !is_meant
            });
        }
        for (name, _) in allow.rules.iter().filter(|(_, is_used)| !is_used) {
            let problem = format!("{name} finds nothing in the statement below.");
            said.push(about(
                &UNUSED,
                &allow,
                problem,
                "Take the name out, or the line.",
            ));
        }
    }
    found.extend(said);
}

fn about(rule: &'static LintRule, allow: &Allow, problem: String, instead: &str) -> Found {
    Found {
        rule,
        key: allow.key.unwrap_or(Key {
            part: 0,
            statement: 0,
        }),
        engine: None,
        place: allow.place,
        statement: String::new(),
        lock: None,
        table: None,
        work: None,
        problem,
        instead: instead.to_owned(),
    }
}
