//! The statements of one direction of a revision as one engine gets them, read.

use super::sql::{self, Statement, Word};
use crate::place::Place;
use crate::revision::{Call, Part, Section};
use raptor_db::Engine;
use raptor_db::lexer::TokenKind;

/// How long a statement is shown.
const SHOWN: usize = 100;

/// Where a statement stands in its direction: the part, and the place in the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) part: usize,
    pub(super) statement: usize,
}

/// A statement, or one inside of a DO block.
#[derive(Debug, Clone)]
pub(super) struct Step<'r> {
    pub(super) key: Key,
    pub(super) engine: Engine,
    text: &'r str,
    /// The first word's byte, and its place in the file.
    first: usize,
    origin: Place,
    pub(super) words: Vec<Word<'r>>,
    pub(super) statement: Statement<'r>,
    /// Whether the section is for both engines.
    pub(super) is_shared: bool,
    /// Whether it stands inside of a DO block.
    pub(super) is_inner: bool,
    /// A step of the application's own, in place of a statement.
    pub(super) call: Option<&'r Call>,
    /// Whether this is the new text of a table that is built anew.
    pub(super) is_rebuild: bool,
    /// The call that runs it, in short, and where that stands.
    through: Option<(String, Place)>,
}

/// The steps of a direction, in the order in which they run.
pub(super) fn steps(parts: &[Part], engine: Engine) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for (part, it) in parts.iter().enumerate() {
        match it {
            Part::Sql(section) if section.is_for(engine) => {
                steps.extend(of_section(section, part, engine));
            }
            Part::Rebuild(rebuild) if engine == Engine::Sqlite => {
                let mut rebuilt = of_section(&rebuild.section, part, engine);
                if let Some(first) = rebuilt.first_mut() {
                    first.is_rebuild = true;
                }
                steps.extend(rebuilt);
            }
            Part::Call(call) => steps.push(of_call(call, part, engine)),
            Part::Sql(_) | Part::Rebuild(_) => {}
        }
    }
    steps
}

fn of_section(section: &Section, part: usize, engine: Engine) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for (number, statement) in section.statements.iter().enumerate() {
        let words = sql::words(&statement.text, 0, engine);
        let step = Step {
            key: Key {
                part,
                statement: number,
            },
            engine,
            text: &statement.text,
            first: words.first().map_or(0, |word| word.at),
            origin: Place {
                line: statement.line,
                column: statement.column,
            },
            statement: sql::read(&words, engine),
            words,
            is_shared: section.engine.is_none(),
            is_inner: false,
            call: None,
            is_rebuild: false,
            through: None,
        };
        let inner = match engine {
            Engine::Postgres => sql::inner(&step.words),
            Engine::Sqlite => Vec::new(),
        };
        let is_block = step.words.first().is_some_and(|word| word.is("do"));
        let inner = inner.into_iter().map(|words| Step {
            // SELECT … INTO of a block fills a variable.
            statement: match words.first() {
                Some(first) if is_block && first.is("select") => Statement::Other,
                _ => sql::read(&words, engine),
            },
            words,
            is_inner: true,
            ..step.clone()
        });
        let inner: Vec<_> = inner.collect();
        steps.push(step);
        steps.extend(inner);
    }
    steps
}

fn of_call(call: &Call, part: usize, engine: Engine) -> Step<'_> {
    Step {
        key: Key { part, statement: 0 },
        engine,
        text: "",
        first: 0,
        origin: Place {
            line: call.line,
            column: 1,
        },
        words: Vec::new(),
        statement: Statement::Other,
        is_shared: true,
        is_inner: false,
        call: Some(call),
        is_rebuild: false,
        through: None,
    }
}

impl<'r> Step<'r> {
    /// A statement of what this one calls; `text` is what its words stand in.
    pub(super) fn calling(&self, text: &'r str, words: Vec<Word<'r>>) -> Self {
        let through = self.through.clone();
        Self {
            text,
            // SELECT … INTO of a body fills a variable.
            statement: match words.first() {
                Some(first) if first.is("select") => Statement::Other,
                _ => sql::read(&words, self.engine),
            },
            words,
            is_inner: true,
            through: through.or_else(|| Some((self.short(), self.place(self.start())))),
            ..self.clone()
        }
    }

    /// All of the text that it stands in.
    pub(super) fn written(&self) -> &'r str {
        self.text
    }
}

impl Step<'_> {
    /// Where the statement begins, in bytes.
    pub(super) fn start(&self) -> usize {
        self.words.first().map_or(self.first, |word| word.at)
    }

    /// The place in the file of a byte of the statement's text.
    pub(super) fn place(&self, at: usize) -> Place {
        if let Some((_, place)) = &self.through {
            return *place;
        }
        let between = self.text.get(self.first..at).unwrap_or_default();
        match between.rfind('\n') {
            None => Place {
                line: self.origin.line,
                column: self.origin.column + between.chars().count(),
            },
            Some(end) => Place {
                line: self.origin.line + between.matches('\n').count(),
                column: between[end + 1..].chars().count() + 1,
            },
        }
    }

    /// The statement as it is written, from its first word to its last.
    pub(super) fn text(&self) -> &str {
        let end = self
            .words
            .last()
            .map_or(0, |word| word.at + word.text.len());
        self.text.get(self.start()..end).unwrap_or_default()
    }

    /// The statement on one line, without its comments and without what its strings hold.
    pub(super) fn short(&self) -> String {
        match &self.through {
            Some((call, _)) => format!("{call} runs {}", self.words_in_short()),
            None => self.words_in_short(),
        }
    }

    fn words_in_short(&self) -> String {
        if let Some(call) = self.call {
            return format!("-- raptor:call {}", call.name);
        }
        let mut shown = String::new();
        let mut end = None;
        for word in &self.words {
            if end.is_some_and(|end| end < word.at) {
                shown.push(' ');
            }
            end = Some(word.at + word.text.len());
            shown.push_str(match word.kind {
                TokenKind::String if word.text.len() > 2 => "'…'",
                TokenKind::DollarString => "$$…$$",
                _ => word.text,
            });
            if shown.chars().count() > SHOWN {
                let mut short: String = shown.chars().take(SHOWN).collect();
                short.push('…');
                return short;
            }
        }
        shown
    }
}
