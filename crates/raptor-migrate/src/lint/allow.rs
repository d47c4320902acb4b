//! `-- lint: allow RULE because …`: what a file says about a finding.

use super::report::LintAllowed;
use super::rule::{Found, LintRule};
use super::step::Key;
use crate::place::Place;
use crate::revision::{Part, Section};
use raptor_db::lexer::{self, Token, TokenKind};

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

/// A `-- lint:` comment, and where it stands.
struct Comment<'s> {
    text: &'s str,
    place: Place,
    is_alone: bool,
}

/// The comments of one direction.
pub(super) fn allows(parts: &[Part]) -> Vec<Allow> {
    let mut allows = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let section = match part {
            Part::Sql(section) => section,
            Part::Rebuild(rebuild) => &rebuild.section,
            Part::Call(_) => continue,
        };
        let call = matches!(parts.get(number + 1), Some(Part::Call(_)));
        of_section(section, number, call, &mut allows);
    }
    allows
}

/// `call`: a step of the application's own comes next, and has no place for a comment but this.
#[expect(
    clippy::too_many_lines,
    reason = "one arm a kind, each short; apart they would be harder to follow"
)]
fn of_section(section: &Section, part: usize, call: bool, allows: &mut Vec<Allow>) {
    let mut from = 0;
    let mut line = None;
    for (number, statement) in section.statements.iter().enumerate() {
        let rest = section.text.get(from..).unwrap_or_default();
        let start = from + rest.find(&statement.text).unwrap_or(0);
        from = start + statement.text.len();
        let tokens = lexer::tokens(&statement.text).unwrap_or_default();
        let first = tokens
            .iter()
            .find(|token| token.is_code())
            .map_or(0, |token| token.start);
        let lines = |to: usize| {
            statement
                .text
                .get(to..first)
                .unwrap_or_default()
                .matches('\n')
                .count()
        };
        for token in tokens
            .iter()
            .filter(|token| is_comment(token, &statement.text))
        {
            let before = token.start < first;
            let at = if before {
                statement.line - lines(token.start)
            } else {
                let between = statement.text.get(first..token.start).unwrap_or_default();
                statement.line + between.matches('\n').count()
            };
            let comment = comment(
                section,
                start + token.start,
                token.text(&statement.text),
                at,
            );
            let key = Key {
                part,
                statement: number,
            };
            allows.extend(read(&comment, before.then_some(key)));
        }
        let after = statement.text.get(first..).unwrap_or_default();
        line = Some(statement.line + after.matches('\n').count());
    }
    let rest = section.text.get(from..).unwrap_or_default();
    // Without a statement, nothing says on which line the section begins; its comments allow nothing.
    let Some(line) = line else { return };
    let next = call.then_some(Key {
        part: part + 1,
        statement: 0,
    });
    for token in lexer::tokens(rest).unwrap_or_default() {
        if is_comment(&token, rest) {
            let at = line
                + rest
                    .get(..token.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count();
            let comment = comment(section, from + token.start, token.text(rest), at);
            allows.extend(read(&comment, next));
        }
    }
}

fn is_comment(token: &Token, text: &str) -> bool {
    token.kind == TokenKind::Comment && token.text(text).starts_with("--")
}

fn comment<'s>(section: &Section, at: usize, text: &'s str, line: usize) -> Comment<'s> {
    let before = section.text.get(..at).unwrap_or_default();
    let begins = before.rfind('\n').map_or(0, |end| end + 1);
    let lead = &before[begins..];
    Comment {
        text,
        place: Place {
            line,
            column: lead.chars().count() + 1,
        },
        is_alone: lead.trim().is_empty(),
    }
}

/// Reads a comment; `None` when it says nothing to the lint.
fn read(comment: &Comment<'_>, key: Option<Key>) -> Option<Allow> {
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
        place: allow.place,
        statement: String::new(),
        lock: None,
        table: None,
        work: None,
        problem,
        instead: instead.to_owned(),
    }
}
