//! What a step did, made into text that a revision can hold.
//!
//! The runner begins and ends transactions itself, so what does so in the text goes, and with it
//! what was rolled back.

use super::asked;
use super::recorder::{Event, Take};
use crate::solitary;
use raptor_db::lexer::{self, Token};
use raptor_db::{Engine, split};

/// One direction of a revision on one engine.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) statements: Vec<Statement>,
    /// Whether part of it is outside a transaction.
    pub(super) alone: bool,
    /// Statements that were left out, though the database got them.
    pub(super) dropped: Vec<String>,
    /// Queries whose rows the script looked at.
    pub(super) reads: Vec<String>,
    /// What cannot be written as SQL.
    pub(super) lost: Vec<String>,
}

/// A statement, and what hung on the table that it drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) text: String,
    /// Kind and name of indexes, triggers and columns; empty when nobody looked.
    pub(super) attached: Vec<(String, String)>,
    /// Whether it was run because a look into the catalog said so.
    pub(super) asked: bool,
}

/// Makes the body of what was told.
pub(super) fn of(take: &Take, engine: Engine) -> Body {
    let mut maker = Maker {
        engine,
        body: Body::default(),
        savepoints: Vec::new(),
        committed: 0,
        adds_value: false,
        asked: None,
    };
    for event in &take.events {
        maker.take(event);
    }
    let mut body = maker.body;
    let needs = |it: &Statement| solitary::is(&it.text, engine);
    body.alone |= body.statements.iter().any(needs);
    body
}

struct Maker {
    engine: Engine,
    body: Body,
    /// Name, and how many statements there were.
    savepoints: Vec<(String, usize)>,
    /// How many statements no rollback can take back.
    committed: usize,
    /// Whether a value was added to an enum, which another transaction alone can use.
    adds_value: bool,
    /// The query before, if it asked for types.
    asked: Option<String>,
}

impl Maker {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Sql { text, attached } => match split(text) {
                Ok(statements) => statements
                    .iter()
                    .for_each(|it| self.statement(it, attached)),
                Err(open) => {
                    let shown = shown(text);
                    self.body
                        .lost
                        .push(format!("{} never ends in: {shown}", open.what));
                }
            },
            Event::Read(text) => {
                self.asked = text.contains("pg_type").then(|| text.clone());
                self.body.reads.push(text.clone());
                return;
            }
            Event::Lost(why) => self.body.lost.push(why.clone()),
            Event::Commit => {
                self.body.alone |= self.adds_value;
                self.committed = self.body.statements.len();
            }
            Event::Rollback => self.back_to(self.committed),
            Event::Autocommit => {
                self.body.alone |= self.engine == Engine::Postgres;
                self.committed = self.body.statements.len();
            }
        }
        self.asked = None;
    }

    fn back_to(&mut self, count: usize) {
        let gone = self
            .body
            .statements
            .drain(count.min(self.body.statements.len())..);
        let gone = gone.map(|it| format!("{} (rolled back)", shown(&it.text)));
        self.body.dropped.extend(gone);
    }

    fn statement(&mut self, text: &str, attached: &[(String, String)]) {
        let Ok(tokens) = lexer::tokens(text) else {
            return;
        };
        let code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
        let word = |at: usize| code.get(at).map_or("", |token| token.text(text));
        let is = |at: usize, wanted: &str| word(at).eq_ignore_ascii_case(wanted);
        let on_postgres = self.engine == Engine::Postgres;
        match word(0).to_ascii_uppercase().as_str() {
            "SAVEPOINT" => {
                let point = (word(1).to_owned(), self.body.statements.len());
                self.savepoints.push(point);
            }
            "RELEASE" => {
                let name = if is(1, "savepoint") { word(2) } else { word(1) };
                if let Some(at) = self.savepoints.iter().rposition(|point| point.0 == name) {
                    self.savepoints.truncate(at);
                }
            }
            "ROLLBACK" if code.iter().any(|token| token.is_word(text, "to")) => {
                let name = code.last().map_or("", |token| token.text(text));
                if let Some(at) = self.savepoints.iter().rposition(|point| point.0 == name) {
                    self.back_to(self.savepoints[at].1);
                    self.savepoints.truncate(at + 1);
                }
            }
            "ROLLBACK" | "ABORT" => self.back_to(self.committed),
            // Written by hand, it is there so that something runs outside.
            "COMMIT" | "END" => {
                self.body.alone |= on_postgres;
                self.committed = self.body.statements.len();
            }
            "BEGIN" => {}
            "START" if is(1, "transaction") => {}
            "PRAGMA" if !on_postgres && !is(1, "user_version") && !is(1, "application_id") => {
                self.body.dropped.push(shown(text));
            }
            _ => {
                self.adds_value |= is(0, "alter")
                    && is(1, "type")
                    && code.iter().any(|it| it.is_word(text, "value"));
                let name = asked::name(text);
                let asked = self.asked.as_deref().zip(name);
                self.body.statements.push(Statement {
                    text: text.trim().to_owned(),
                    attached: attached.to_vec(),
                    asked: asked.is_some_and(|(query, name)| query.contains(&format!("'{name}'"))),
                });
            }
        }
    }
}

/// The start of a statement, on one line.
pub(super) fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(120).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

/// Whether two bodies run the same statements, blanks and comments aside.
pub(super) fn same(one: &Body, other: &Body) -> bool {
    words(one).eq(words(other))
}

/// Whether the statements of `part` are among those of `whole`, in the same order.
pub(super) fn within(part: &Body, whole: &Body) -> bool {
    let mut whole = words(whole);
    words(part).all(|statement| whole.any(|it| it == statement))
}

/// The first statement of `one` that `other` has not in its place, and the other way round.
pub(super) fn difference(one: &Body, other: &Body) -> (Option<String>, Option<String>) {
    let same = words(one)
        .zip(words(other))
        .take_while(|(a, b)| a == b)
        .count();
    let of = |body: &Body| body.statements.get(same).map(|it| shown(&it.text));
    (of(one), of(other))
}

fn words(body: &Body) -> impl Iterator<Item = Vec<String>> {
    body.statements.iter().map(|statement| {
        let text = &statement.text;
        let tokens = lexer::tokens(text).unwrap_or_default();
        let code = tokens.iter().filter(|token| token.is_code());
        code.map(|token| token.text(text).to_owned()).collect()
    })
}

#[cfg(test)]
mod tests;
