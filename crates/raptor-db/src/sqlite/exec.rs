//! Runs one statement on one connection.

use super::Row as SqliteRow;
use super::guard::Watch;
use super::open::Handle;
use crate::error::{Error, ErrorKind, Result, from_sqlite};
use crate::row::Row;
use crate::statement::{Parsed, StatementKind};
use rusqlite::types::Value;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What a statement answered.
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    pub(crate) affected: u64,
}

/// Runs the statement and takes all its rows.
pub(crate) fn run(handle: &Handle, parsed: &Parsed, values: &[Value]) -> Result<Outcome> {
    let mut rows = Vec::new();
    let affected = each(handle, parsed, values, |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(Outcome { rows, affected })
}

/// Runs the statement and hands out row by row, until `take` breaks; answers the rows affected.
pub(crate) fn each(
    handle: &Handle,
    parsed: &Parsed,
    values: &[Value],
    take: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<u64> {
    step(handle, parsed, values, take)
        .map_err(|error| explain(handle, from_sqlite(error)).at(parsed.call_site))
}

fn step(
    handle: &Handle,
    parsed: &Parsed,
    values: &[Value],
    mut take: impl FnMut(Row) -> ControlFlow<()>,
) -> rusqlite::Result<u64> {
    let text = parsed
        .sqlite()
        .expect("`encode` has asked whether SQLite can run it");
    handle.session.statement(handle.conn.is_autocommit());
    let mut statement = match &handle.guard {
        None => handle.conn.prepare_cached(text)?,
        Some(guard) => guard.prepare(handle, text)?,
    };
    for (name, value) in parsed.slots.iter().zip(values) {
        // A rewrite may have dropped a parameter, as `LIMIT NULL` does.
        if let Some(place) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(place, value)?;
        }
    }
    let width = statement.column_count();
    if width == 0 {
        let affected = statement.raw_execute()?;
        // After a definition SQLite still counts the rows of whatever wrote last.
        if parsed.kind == StatementKind::Definition {
            return Ok(0);
        }
        return Ok(u64::try_from(affected).unwrap_or(0));
    }
    let columns = parsed.columns.of(&statement);
    let reads = statement.readonly();
    let mut count = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values = (0..width)
            .map(|at| row.get(at))
            .collect::<rusqlite::Result<Box<[Value]>>>()?;
        count += 1;
        if take(Row::from(SqliteRow {
            columns: Arc::clone(&columns),
            values,
        }))
        .is_break()
        {
            break;
        }
    }
    drop(rows);
    Ok(if reads {
        count
    } else {
        handle.conn.changes().max(count)
    })
}

/// Runs a text as it is: any number of statements.
pub(crate) fn run_text(handle: &Handle, text: &str) -> Result<()> {
    handle.session.statement(handle.conn.is_autocommit());
    handle
        .conn
        .execute_batch(text)
        .map_err(|error| explain(handle, from_sqlite(error)))
}

/// An interrupt is a deadline or a cancelled caller; what the guard refuses it has a reason for.
fn explain(handle: &Handle, error: Error) -> Error {
    if error.kind() == ErrorKind::Permission
        && let Some(why) = handle.guard.as_ref().and_then(Watch::denied)
    {
        return Error::new(ErrorKind::Permission, why).with_code("sqlite:23");
    }
    if error.kind() == ErrorKind::Cancelled && handle.brake.is_past_deadline() {
        return Error::new(
            ErrorKind::Timeout,
            "the statement passed its deadline and was stopped",
        )
        .with_code("sqlite:9");
    }
    error
}
