//! Offline mode: what a run would do, written as SQL for someone else to run.
//!
//! It connects to nothing, so it takes the database's place from the range: `A:B` begins where the
//! rows are A's, and a target alone begins at the base.

mod verify;

use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use crate::plan::{Planned, Work};
use crate::report::{Direction, Script};
use crate::revision::LockWait;
use crate::runner::Options;
use crate::target::{self, Applied, Range};
use crate::version::{Move, Versions, quoted};
use raptor_db::Engine;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The SQL of an upgrade or a downgrade: each revision in a transaction with its move of the head.
/// Run it with a tool that stops at the first error, as `psql -v ON_ERROR_STOP=1` and `sqlite3 -bail`
/// do; a `verify` query that does not hold is one.
///
/// ```
/// use raptor_migrate::{Chain, Direction, Options, offline};
/// let chain = Chain::embedded(&[("a.sql", "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE t (id text);\n")])?;
/// let script = offline(&chain, raptor_db::Engine::Sqlite, Direction::Up, "head", &Options::default())?;
/// assert!(script.sql.contains("INSERT INTO alembic_version (version_num) VALUES ('a1');"));
/// assert_eq!(script.versions, ["a1"]);
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Target`], and [`ErrorKind::Unsupported`] for what needs a database: a step of the
/// application's own, and the rebuild of a table on SQLite.
pub fn offline(
    chain: &Chain,
    engine: Engine,
    direction: Direction,
    target: &str,
    options: &Options,
) -> Result<Script> {
    let range = Range::parse(target)?;
    let (mut rows, to) = match (range, direction) {
        (Some(range), Direction::Up) => (range.rows(chain)?, range.to.unwrap_or("heads")),
        (Some(range), Direction::Down) => match (range.from, range.to) {
            (Some(_), Some(to)) => (range.rows(chain)?, to),
            _ => return Err(needs_both(target)),
        },
        (None, Direction::Up) => (BTreeSet::new(), target),
        (None, Direction::Down) => return Err(needs_both(target)),
    };
    let applied = Applied::of(chain, &rows);
    let places = target::plan(chain, direction, to, &applied)?;
    let versions = Versions::new(engine, options.schema.as_deref());
    let mut sql = String::new();
    let mut done = applied.revisions;
    let mut steps = Vec::new();
    for place in places {
        let planned = Planned::new(chain, place, direction, engine, &options.steps)?;
        let statements = statements(&planned).map_err(|error| {
            let revision = planned.revision;
            error.in_file(revision.file()).in_revision(revision.id())
        })?;
        let verify = verify::of(&planned, engine)?;
        let is_first = rows.is_empty() && steps.is_empty() && direction == Direction::Up;
        done[place] = direction == Direction::Up;
        let after = chain.effective_heads(&done);
        let script = Section {
            planned: &planned,
            statements,
            verify,
            roles: Roles {
                run: options.role.as_deref(),
                own: planned.revision.role(),
            },
            wait: planned.revision.lock().unwrap_or(options.lock),
            engine,
            direction,
            schema: options
                .schema
                .as_deref()
                .filter(|_| engine == Engine::Postgres),
            table: is_first.then_some(&versions),
            rows: versions.script(&Move::between(&rows, &after)),
        };
        script.write(&mut sql);
        steps.push(planned.revision.id().to_owned());
        rows = after;
    }
    Ok(Script {
        engine: engine.as_str(),
        target: target.to_owned(),
        steps,
        versions: rows.into_iter().collect(),
        sql,
    })
}

fn needs_both(target: &str) -> Error {
    let message = format!(
        "{target:?} does not say where the database is; with --sql a downgrade takes a range, FROM:TO"
    );
    Error::new(ErrorKind::Target, message)
}

/// The revision's own statements.
fn statements<'p>(planned: &'p Planned<'_>) -> Result<Vec<&'p str>> {
    let refuse = |what: String, line: usize| {
        let message = format!("{what} needs a database, and cannot be written as SQL");
        Err(Error::new(ErrorKind::Unsupported, message).at(Place { line, column: 1 }))
    };
    let text = |work: &'p Work<'_>| match work {
        Work::Statement(statement) => Ok(&*statement.text),
        Work::Call(call, _) => refuse(format!("`raptor:call {}`", call.name), call.line),
        Work::Rebuild(rebuild) => {
            refuse(format!("`raptor:rebuild {}`", rebuild.table), rebuild.line)
        }
    };
    planned.work.iter().map(text).collect()
}

/// Who the script becomes on Postgres: for all of it, and for the revision's own statements.
struct Roles<'s> {
    run: Option<&'s str>,
    own: Option<&'s str>,
}

impl Roles<'_> {
    /// The statement that becomes a role, or the login again.
    fn taken(set: &str, role: Option<&str>) -> String {
        role.map_or_else(
            || format!("{set} ROLE NONE"),
            |role| format!("{set} ROLE {}", quoted(role)),
        )
    }
}

/// One revision of the script.
struct Section<'s> {
    planned: &'s Planned<'s>,
    statements: Vec<&'s str>,
    verify: Vec<String>,
    roles: Roles<'s>,
    wait: LockWait,
    engine: Engine,
    direction: Direction,
    schema: Option<&'s str>,
    /// Set when the table of versions is to be made.
    table: Option<&'s Versions>,
    rows: Vec<String>,
}

impl Section<'_> {
    fn write(&self, out: &mut String) {
        let revision = self.planned.revision;
        let revises = revision.revises().join(", ");
        let id = revision.id();
        let (word, from, to) = match self.direction {
            Direction::Up => ("upgrade", revises.as_str(), id),
            Direction::Down => ("downgrade", id, revises.as_str()),
        };
        let title = revision
            .title()
            .map(|title| format!(", {title}"))
            .unwrap_or_default();
        // Writing to a String does not fail.
        let _ = writeln!(out, "-- Running {word} {from} -> {to}{title}\n");
        let (before, back) = self.settings();
        let begin = revision.is_transactional().then(|| "BEGIN".to_owned());
        for statement in begin.into_iter().chain(before) {
            let _ = writeln!(out, "{statement};\n");
        }
        for statement in &self.statements {
            let _ = writeln!(out, "{statement};\n");
        }
        for query in &self.verify {
            let _ = writeln!(out, "{query}\n");
        }
        for row in back.iter().chain(&self.rows) {
            let _ = writeln!(out, "{row};\n");
        }
        if revision.is_transactional() {
            out.push_str("COMMIT;\n\n");
        } else if self.engine == Engine::Postgres {
            // What was set for the session goes with its revision.
            out.push_str("RESET ROLE;\n\nRESET search_path;\n\nRESET lock_timeout;\n\n");
        }
    }

    /// What holds for its statements, and what ends that before the rows move.
    fn settings(&self) -> (Vec<String>, Option<String>) {
        let set = if self.planned.revision.is_transactional() {
            "SET LOCAL"
        } else {
            "SET"
        };
        let ddl = self.table.map(Versions::ddl);
        if self.engine == Engine::Sqlite {
            return (ddl.into_iter().collect(), None);
        }
        let schema = self.schema.map(quoted);
        let path = schema
            .as_ref()
            .map(|schema| format!("{set} search_path = {schema}, pg_catalog"));
        let role = self.roles.run.map(|role| Roles::taken(set, Some(role)));
        let wait = self.wait.timeout.as_millis();
        let wait = Some(format!("{set} lock_timeout = '{wait}ms'"));
        let make_schema = schema
            .filter(|_| self.table.is_some())
            .map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
        // The table of versions belongs to the run's role.
        let own = self.roles.own.map(|own| Roles::taken(set, Some(own)));
        let back = self.roles.own.map(|_| Roles::taken(set, self.roles.run));
        let before = [path, role, wait, make_schema, ddl, own];
        (before.into_iter().flatten().collect(), back)
    }
}
