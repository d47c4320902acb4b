//! The file as a connection has it that may write: statements, what was made in it, transactions.

use super::capture;
use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Go, RawRow, SnapshotReader};
use std::collections::BTreeMap;

fn cannot(error: raptor_db::Error) -> Error {
    use raptor_db::ErrorKind::{Busy, Permission};
    match error.kind() {
        Busy => Error::new(
            ErrorKind::Busy,
            "the application holds the SQLite file and does not let go of it; run again when it writes less",
        ),
        Permission => Error::new(
            ErrorKind::Source,
            format!(
                "--sync puts triggers into the SQLite file, and this login may not write to it: {}",
                error.message()
            ),
        ),
        _ => Error::source_file(error),
    }
}

/// Runs statements.
pub(super) fn run(reader: &SnapshotReader, statements: &str) -> Result<()> {
    reader.execute(statements).map_err(cannot)
}

/// The rows of a query, each as its texts and integers.
pub(super) fn rows<T>(
    reader: &SnapshotReader,
    query: &str,
    mut one: impl FnMut(&RawRow<'_>) -> T,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let read = reader.each(query, &[], |row| {
        rows.push(one(row));
        Ok(Go::On)
    });
    read.map_err(cannot)?;
    Ok(rows)
}

pub(super) fn text(row: &RawRow<'_>, at: usize) -> String {
    row.get(at).as_str().unwrap_or_default().to_owned()
}

pub(super) fn integer(row: &RawRow<'_>, at: usize) -> i64 {
    row.get(at).as_integer().unwrap_or_default()
}

/// All that was made in a file, by kind and name, and whether it is ours.
pub(super) fn objects(reader: &SnapshotReader, ours: bool) -> Result<BTreeMap<String, String>> {
    let query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let all = rows(reader, query, |row| {
        (text(row, 0), text(row, 1), text(row, 2))
    })?;
    let wanted = all.into_iter().filter(|it| capture::is_ours(&it.1) == ours);
    Ok(wanted
        .map(|(kind, name, text)| (format!("{kind} {name}"), text))
        .collect())
}

/// Does something in a transaction that writes, or nothing of it.
pub(super) fn writing<T>(reader: &SnapshotReader, work: impl FnOnce() -> Result<T>) -> Result<T> {
    run(reader, "BEGIN IMMEDIATE")?;
    let done = work().and_then(|it| run(reader, "COMMIT").map(|()| it));
    if done.is_err() {
        // Where it fails too, the connection is of no use, and closing it rolls back.
        let _ = reader.execute("ROLLBACK");
    }
    done
}

/// Whether readers and writers of a file are not in each other's way.
pub(super) fn is_wal(reader: &SnapshotReader) -> Result<bool> {
    let mode = rows(reader, "PRAGMA journal_mode", |row| text(row, 0))?;
    Ok(mode == ["wal"])
}
