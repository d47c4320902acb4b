//! One revision, made ready to run on one engine; what cannot run is refused here, before anything
//! is touched.

use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use crate::report::{Direction, StepRow};
use crate::revision::{Part, Revision, Section, Statement};
use raptor_db::lexer::{self, TokenKind};
use raptor_db::{Engine, Sql, StatementKind};
use std::borrow::Cow;
use std::time::Duration;

/// A revision that is ready to run.
pub(super) struct Planned<'c> {
    pub(super) revision: &'c Revision,
    pub(super) place: usize,
    pub(super) statements: Vec<Ready<'c>>,
    pub(super) verify: Vec<(Place, Sql)>,
}

/// A statement in the engine's own spelling.
pub(super) struct Ready<'c> {
    pub(super) place: Place,
    pub(super) text: Cow<'c, str>,
}

impl<'c> Planned<'c> {
    pub(super) fn new(
        chain: &'c Chain,
        place: usize,
        direction: Direction,
        engine: Engine,
    ) -> Result<Self> {
        let revision = chain.at(place);
        let named = |error: Error| error.in_file(revision.file()).in_revision(revision.id());
        Self::prepare(revision, place, direction, engine).map_err(named)
    }

    fn prepare(
        revision: &'c Revision,
        place: usize,
        direction: Direction,
        engine: Engine,
    ) -> Result<Self> {
        settings(revision)?;
        let parts = match direction {
            Direction::Up => revision.up(),
            Direction::Down => down(revision)?,
        };
        let mut statements = Vec::new();
        for part in parts {
            for statement in section(part, engine)?
                .into_iter()
                .flat_map(|it| &it.statements)
            {
                let shared = matches!(part, Part::Sql(section) if section.engine.is_none());
                statements.push(ready(statement, shared, engine)?);
            }
        }
        let verify = match direction {
            Direction::Up => queries(revision, engine)?,
            Direction::Down => Vec::new(),
        };
        Ok(Self {
            revision,
            place,
            statements,
            verify,
        })
    }

    pub(super) fn row(&self, direction: Direction, took: Duration) -> StepRow {
        let revision = self.revision;
        StepRow {
            id: revision.id().to_owned(),
            direction,
            revises: revision.revises().to_vec(),
            file: revision.file().to_owned(),
            title: revision.title().map(str::to_owned),
            statements: self.statements.len(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn unsupported(what: &str) -> Error {
    let message = format!("{what} is not run by this version; nothing was touched");
    Error::new(ErrorKind::Unsupported, message)
}

/// Refuses the settings that ask for what is not run.
fn settings(revision: &Revision) -> Result<()> {
    if !revision.is_transactional() {
        return Err(unsupported("`tx=off`"));
    }
    if let Some(role) = revision.role() {
        return Err(unsupported(&format!("`role={role}`")));
    }
    if let Some(lock) = revision.lock() {
        return Err(unsupported(&format!("`lock={lock}`")));
    }
    Ok(())
}

fn down(revision: &Revision) -> Result<&[Part]> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Irreversible, message));
    match (revision.down(), revision.irreversible()) {
        (_, Some(why)) => refuse(format!("it cannot be taken back: {why}")),
        (None, None) => refuse("it has no `-- raptor:down` section".to_owned()),
        (Some(parts), None) => Ok(parts),
    }
}

/// The part's SQL for `engine`, if it has any.
fn section(part: &Part, engine: Engine) -> Result<Option<&Section>> {
    match part {
        Part::Sql(section) => Ok(section.is_for(engine).then_some(section)),
        Part::Call(call) => {
            let refused = unsupported(&format!("`raptor:call {}`", call.name));
            Err(refused.at(line(call.line)))
        }
        Part::Rebuild(rebuild) if engine == Engine::Sqlite => {
            let refused = unsupported(&format!("`raptor:rebuild {}`", rebuild.table));
            Err(refused.at(line(rebuild.line)))
        }
        Part::Rebuild(_) => Ok(None),
    }
}

fn line(line: usize) -> Place {
    Place { line, column: 1 }
}

/// The statement as `engine` takes it. A text for both engines is Postgres's spelling, which SQLite
/// gets rewritten; a text for one engine runs as it is written.
fn ready(statement: &Statement, shared: bool, engine: Engine) -> Result<Ready<'_>> {
    let place = place(statement);
    let text = if shared && engine == Engine::Sqlite {
        let sql = Sql::dynamic(statement.text.as_str());
        let text = sql.sqlite_text().map_err(|error| refused(place, error))?;
        Cow::Owned(text.to_owned())
    } else {
        Cow::Borrowed(statement.text.as_str())
    };
    if engine == Engine::Sqlite {
        no_parameters(&text, place)?;
    }
    Ok(Ready { place, text })
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
