//! One revision, made ready to run on one engine; what cannot run is refused here, before anything
//! is touched.

use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use crate::report::{Direction, StepRow};
use crate::revision::{Call, Part, Rebuild, Revision, Statement};
use crate::solitary;
use crate::steps::{Step, Steps};
use raptor_db::lexer::{self, TokenKind};
use raptor_db::{Engine, Sql, StatementKind};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

mod columns;

/// A revision that is ready to run.
pub(crate) struct Planned<'c> {
    pub(crate) revision: &'c Revision,
    pub(crate) place: usize,
    pub(crate) work: Vec<Work<'c>>,
    pub(crate) verify: Vec<(Place, Sql)>,
}

/// One thing to do, in the order of the file.
pub(crate) enum Work<'c> {
    Statement(Ready<'c>),
    Call(&'c Call, Arc<dyn Step>),
    Rebuild(&'c Rebuild),
}

impl Work<'_> {
    /// Where it stands in its file.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Statement(statement) => statement.place,
            Self::Call(call, _) => line(call.line),
            Self::Rebuild(rebuild) => line(rebuild.line),
        }
    }

    /// The line where it stands, and its beginning.
    pub(crate) fn shown(&self) -> (usize, String) {
        let text = match self {
            Self::Statement(statement) => statement.text.to_string(),
            Self::Call(call, _) => format!("raptor:call {}", call.name),
            Self::Rebuild(rebuild) => format!("raptor:rebuild {}", rebuild.table),
        };
        let tokens = lexer::tokens(&text).unwrap_or_default();
        let code = tokens.iter().find(|token| token.is_code());
        let words: Vec<&str> = text[code.map_or(0, |token| token.start)..]
            .split_whitespace()
            .collect();
        let text = words.join(" ");
        let short: String = text.chars().take(100).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        (self.place().line, format!("{short}{more}"))
    }
}

/// A statement in the engine's own spelling.
pub(crate) struct Ready<'c> {
    pub(crate) place: Place,
    pub(crate) text: Cow<'c, str>,
}

impl<'c> Planned<'c> {
    pub(crate) fn new(
        chain: &'c Chain,
        place: usize,
        direction: Direction,
        engine: Engine,
        steps: &Steps,
    ) -> Result<Self> {
        let revision = chain.at(place);
        let named = |error: Error| error.in_file(revision.file()).in_revision(revision.id());
        Self::prepare(revision, place, direction, engine, steps).map_err(named)
    }

    fn prepare(
        revision: &'c Revision,
        place: usize,
        direction: Direction,
        engine: Engine,
        steps: &Steps,
    ) -> Result<Self> {
        let parts = match direction {
            Direction::Up => revision.up(),
            Direction::Down => down(revision)?,
        };
        let mut work = Vec::new();
        for part in parts {
            match part {
                Part::Sql(section) if section.is_for(engine) => {
                    for statement in &section.statements {
                        let ready = ready(statement, section.engine.is_none(), engine)?;
                        needs_no_block(&ready, revision, engine)?;
                        work.push(Work::Statement(ready));
                    }
                }
                Part::Rebuild(rebuild) if engine == Engine::Sqlite => {
                    work.push(Work::Rebuild(rebuild));
                }
                Part::Sql(_) | Part::Rebuild(_) => {}
                Part::Call(call) => work.push(Work::Call(call, step(call, steps)?)),
            }
        }
        let verify = match direction {
            Direction::Up => queries(revision, engine)?,
            Direction::Down => Vec::new(),
        };
        Ok(Self {
            revision,
            place,
            work,
            verify,
        })
    }

    /// Whether a table is built anew, for which foreign keys are off.
    pub(crate) fn rebuilds(&self) -> bool {
        self.work
            .iter()
            .any(|work| matches!(work, Work::Rebuild(_)))
    }

    pub(crate) fn row(&self, direction: Direction, took: Duration) -> StepRow {
        let revision = self.revision;
        StepRow {
            id: revision.id().to_owned(),
            direction,
            revises: revision.revises().to_vec(),
            file: revision.file().to_owned(),
            title: revision.title().map(str::to_owned),
            statements: self.work.len(),
            half_run: false,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The same of a revision that ended before its end, with so many statements done.
    pub(crate) fn half_row(&self, direction: Direction, took: Duration, done: usize) -> StepRow {
        StepRow {
            statements: done,
            half_run: true,
            ..self.row(direction, took)
        }
    }
}

fn down(revision: &Revision) -> Result<&[Part]> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Irreversible, message));
    match (revision.down(), revision.irreversible()) {
        (_, Some(why)) => refuse(format!("it cannot be taken back: {why}")),
        (None, None) => refuse("it has no `-- raptor:down` section".to_owned()),
        (Some(parts), None) => Ok(parts),
    }
}

/// The application's step that a `call` names.
fn step(call: &Call, steps: &Steps) -> Result<Arc<dyn Step>> {
    steps.get(&call.name).cloned().ok_or_else(|| {
        let known = match steps.names()[..] {
            [] => "it has none".to_owned(),
            ref names => format!("it has {}", names.join(", ")),
        };
        let message = format!(
            "`raptor:call {}` is a step that this binary does not have ({known}); run the application's own; nothing was touched",
            call.name
        );
        Error::new(ErrorKind::Unsupported, message).at(line(call.line))
    })
}

/// What no transaction can hold belongs into a revision that is none.
fn needs_no_block(ready: &Ready<'_>, revision: &Revision, engine: Engine) -> Result<()> {
    if revision.is_transactional() && solitary::is(&ready.text, engine) {
        let message = "this statement cannot run inside a transaction; put it into a revision of its own with `tx=off`";
        return Err(Error::new(ErrorKind::Format, message).at(ready.place));
    }
    if engine == Engine::Postgres && solitary::is_nameless(&ready.text) {
        let message = "an index that is built concurrently needs a name: after an interruption nobody could tell whether it is there";
        return Err(Error::new(ErrorKind::Format, message).at(ready.place));
    }
    Ok(())
}

fn line(line: usize) -> Place {
    Place { line, column: 1 }
}

/// The statement as `engine` takes it. A text for both engines is Postgres's spelling, which SQLite
/// gets rewritten; a text for one engine runs as it is written.
fn ready(statement: &Statement, shared: bool, engine: Engine) -> Result<Ready<'_>> {
    let place = place(statement);
    let text = match engine {
        Engine::Sqlite => for_sqlite(&statement.text, shared, place)?,
        Engine::Postgres => Cow::Borrowed(statement.text.as_str()),
    };
    if engine == Engine::Sqlite && shared {
        columns::kept(&text, place)?;
    }
    Ok(Ready { place, text })
}

/// What SQLite gets of a statement, which is `shared` when it is written for both engines.
pub(crate) fn for_sqlite(text: &str, shared: bool, place: Place) -> Result<Cow<'_, str>> {
    let text = if shared {
        let sql = Sql::dynamic(text);
        let text = sql.sqlite_text().map_err(|error| refused(place, error))?;
        Cow::Owned(text.to_owned())
    } else {
        Cow::Borrowed(text)
    };
    no_parameters(&text, place)?;
    Ok(text)
}

/// SQLite would take a parameter without a value for NULL, and say nothing.
fn no_parameters(text: &str, place: Place) -> Result<()> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let parameter = tokens.iter().find(|token| match token.kind {
        TokenKind::Param | TokenKind::Positional => true,
        TokenKind::Operator => token.text(text).contains(['?', '@']),
        _ => false,
    });
    match parameter {
        Some(token) => {
            let shown = token.text(text);
            let message = format!("SQLite reads `{shown}` as a parameter, and a revision has none");
            Err(Error::new(ErrorKind::Format, message).at(place))
        }
        None => Ok(()),
    }
}

/// The `verify` queries for `engine`.
fn queries(revision: &Revision, engine: Engine) -> Result<Vec<(Place, Sql)>> {
    let sections = revision
        .verify()
        .iter()
        .filter(|section| section.is_for(engine));
    let query = |statement: &Statement| {
        let place = place(statement);
        let sql = Sql::dynamic(statement.text.as_str());
        let kind = sql.kind().map_err(|error| refused(place, error))?;
        let names = sql.parameters().map_err(|error| refused(place, error))?;
        if kind != StatementKind::Read || !names.is_empty() {
            let message = "`verify` takes queries that only read, without parameters";
            return Err(Error::new(ErrorKind::Format, message).at(place));
        }
        Ok((place, sql))
    };
    sections
        .flat_map(|section| &section.statements)
        .map(query)
        .collect()
}

fn place(statement: &Statement) -> Place {
    Place {
        line: statement.line,
        column: statement.column,
    }
}

fn refused(place: Place, error: raptor_db::Error) -> Error {
    Error::new(ErrorKind::Format, error.message())
        .with_source(error)
        .at(place)
}
