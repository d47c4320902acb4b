//! The line comments of a direction, and the statement that each stands before.

use crate::lint::step::Key;
use crate::place::Place;
use crate::revision::{Part, Section};
use raptor_db::lexer::{self, Token, TokenKind};

/// A line comment.
pub(super) struct Comment<'s> {
    pub(super) text: &'s str,
    pub(super) place: Place,
    /// The statement that comes next; `None` inside of one and behind the last.
    pub(super) key: Option<Key>,
    /// Whether nothing else stands on its line.
    pub(super) is_alone: bool,
}

/// Where a statement stands in its section, in bytes: its first word, and its end.
struct Span {
    first: usize,
    end: usize,
}

/// All of them, in the order of the file.
pub(super) fn of(parts: &[Part]) -> Vec<Comment<'_>> {
    let mut comments = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let section = match part {
            Part::Sql(section) => section,
            Part::Rebuild(rebuild) => &rebuild.section,
            Part::Call(_) => continue,
        };
        // A step of the application's own has no place for a comment but the end of what is above.
        let call = match parts.get(number + 1) {
            Some(Part::Call(call)) => Some(call.line),
            _ => None,
        };
        of_section(section, number, call, &mut comments);
    }
    comments
}

fn of_section<'s>(
    section: &'s Section,
    part: usize,
    call: Option<usize>,
    comments: &mut Vec<Comment<'s>>,
) {
    let text = section.text.as_str();
    let spans = spans(section);
    let begins = begins(section, &spans, call);
    for token in lexer::tokens(text).unwrap_or_default() {
        if token.kind != TokenKind::Comment || !token.text(text).starts_with("--") {
            continue;
        }
        let statement = spans.iter().position(|span| token.start < span.end);
        let key = match statement {
            Some(statement) if token.start < spans[statement].first => {
                Some(Key { part, statement })
            }
            Some(_) => None,
            None => call.map(|_| Key {
                part: part + 1,
                statement: 0,
            }),
        };
        comments.push(comment(text, &token, begins, key));
    }
}

fn spans(section: &Section) -> Vec<Span> {
    let mut from = 0;
    let span = |statement: &crate::revision::Statement| {
        let rest = section.text.get(from..).unwrap_or_default();
        let start = from + rest.find(&statement.text).unwrap_or(0);
        from = start + statement.text.len();
        let tokens = lexer::tokens(&statement.text).unwrap_or_default();
        let first = tokens.iter().find(|token| token.is_code());
        Span {
            first: start + first.map_or(0, |token| token.start),
            end: from,
        }
    };
    section.statements.iter().map(span).collect()
}

/// The line of the section's first character, as far as a statement or the step behind it tells.
fn begins(section: &Section, spans: &[Span], call: Option<usize>) -> usize {
    let lines = |to: usize| {
        section
            .text
            .get(..to)
            .unwrap_or_default()
            .matches('\n')
            .count()
    };
    let begins = match (section.statements.first(), spans.first(), call) {
        (Some(statement), Some(span), _) => statement.line.checked_sub(lines(span.first)),
        (_, _, Some(call)) => call.checked_sub(1 + lines(section.text.len())),
        _ => None,
    };
    begins.unwrap_or(1).max(1)
}

fn comment<'s>(text: &'s str, token: &Token, begins: usize, key: Option<Key>) -> Comment<'s> {
    let before = text.get(..token.start).unwrap_or_default();
    let lead = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let place = Place {
        line: begins + before.matches('\n').count(),
        column: lead.chars().count() + 1,
    };
    Comment {
        text: token.text(text),
        place,
        key,
        is_alone: lead.trim().is_empty(),
    }
}
