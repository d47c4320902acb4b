//! What stands in the file while it is followed: put in, looked at, closed and taken out again, each in
//! one short transaction.

use super::capture::{self, Capture, LOG, STANDS_AT, Trigger, WATCH};
use super::file::{integer, objects, rows, run, text};
use crate::digest;
use crate::error::{Error, ErrorKind, Result};
use crate::load::task;
use crate::plan::Plan;
use crate::source::{Source, quoted, quoted_text};
use raptor_db::SnapshotReader;
use std::collections::BTreeMap;

/// What stands in a file, or is to.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    /// Tells it from every other that stood there.
    pub(super) token: String,
    /// Whether the file takes no more writes.
    pub(super) closed: bool,
    pub(super) captures: Vec<Capture>,
    /// What the application's own schema was.
    schema: BTreeMap<String, String>,
    /// Whether rows are known by a number that a VACUUM may change.
    leans_on_numbers: bool,
}

/// What was found in a file.
pub(super) struct Found {
    pub(super) token: String,
    pub(super) closed: bool,
    /// The hash of the application's schema.
    schema: String,
    /// Where the row stands.
    stands_at: i64,
}

fn hash(schema: &BTreeMap<String, String>) -> String {
    let all: String = schema
        .iter()
        .map(|(name, text)| format!("{name}\0{text}\0"))
        .collect();
    format!("{:016x}", digest::bytes(all.as_bytes(), 0))
}

/// What stands in a file.
pub(super) fn found(reader: &SnapshotReader) -> Result<Option<Found>> {
    let is_there = format!("SELECT 1 FROM sqlite_schema WHERE name = '{WATCH}'");
    if rows(reader, &is_there, |_| ())?.is_empty() {
        return Ok(None);
    }
    let ask = format!("SELECT token, closed, schema, rowid FROM {WATCH}");
    let found = rows(reader, &ask, |row| Found {
        token: text(row, 0),
        closed: integer(row, 1) == 1,
        schema: text(row, 2),
        stands_at: integer(row, 3),
    })?;
    Ok(found.into_iter().next())
}

/// Whether a file refuses writes since it was carried over.
pub(crate) fn is_closed(reader: &SnapshotReader) -> Result<bool> {
    let ours = objects(reader, true)?;
    Ok(ours.keys().any(|it| it.contains("_closed_")))
}

/// Takes out all that is ours; answers whether there was something.
pub(super) fn take_out(reader: &SnapshotReader) -> Result<bool> {
    let ours = objects(reader, true)?;
    // Triggers write to the log, and go first.
    for object in ours.keys().rev() {
        if let Some((kind, name)) = object.split_once(' ') {
            run(reader, &format!("DROP {kind} {}", quoted(name)))?;
        }
    }
    Ok(!ours.is_empty())
}

impl Watch {
    /// What is to stand in a file.
    pub(super) fn of(reader: &SnapshotReader, source: &Source, plan: &Plan) -> Result<Self> {
        let mut captures = Vec::new();
        let mut leans_on_numbers = false;
        for (number, table) in source.tables.iter().enumerate() {
            let task = task(source, table, plan, BTreeMap::new());
            let line = task.as_ref().map(|it| &it.line);
            leans_on_numbers |=
                line.is_some() && table.rowid_alias.is_none() && !table.without_rowid;
            captures.extend(Capture::of(reader, source, number, line)?);
        }
        Ok(Self {
            token: String::new(),
            closed: false,
            captures,
            schema: objects(reader, false)?,
            leans_on_numbers,
        })
    }

    fn statements(&self) -> BTreeMap<String, String> {
        let width = self.captures.iter().map(|it| it.width).max().unwrap_or(0);
        let one = |it: &Trigger| (format!("trigger {}", it.name), it.text.clone());
        let triggers = self.captures.iter().flat_map(|it| match self.closed {
            true => &it.closes,
            false => &it.notes,
        });
        let mut all: BTreeMap<String, String> = triggers.map(one).collect();
        all.insert(format!("table {LOG}"), capture::log(width.max(1)));
        let watch = format!(
            "CREATE TABLE {WATCH} (token TEXT NOT NULL, schema TEXT NOT NULL, closed INTEGER NOT NULL)"
        );
        all.insert(format!("table {WATCH}"), watch);
        all
    }

    /// Goes on with what was found, where all of it is as it would be put in now.
    pub(super) fn resume(mut self, reader: &SnapshotReader, found: &Found) -> Result<Option<Self>> {
        self.token.clone_from(&found.token);
        self.closed = found.closed;
        let is_whole = found.schema == hash(&self.schema)
            && objects(reader, true)? == self.statements()
            && (found.stands_at == STANDS_AT || !self.leans_on_numbers);
        Ok(is_whole.then_some(self))
    }

    /// Puts it into a file, in the place of another one, in a transaction that is open.
    pub(super) fn put_in(mut self, reader: &SnapshotReader) -> Result<Self> {
        take_out(reader)?;
        // Tables come before the triggers that write to them.
        for text in self.statements().values() {
            run(reader, text)?;
        }
        let schema = quoted_text(&hash(&self.schema));
        run(
            reader,
            &format!(
                "INSERT INTO {WATCH} (rowid, token, schema, closed) VALUES ({STANDS_AT}, lower(hex(randomblob(16))), {schema}, 0)"
            ),
        )?;
        self.token = found(reader)?.ok_or_else(gone)?.token;
        Ok(self)
    }

    /// Has the file refuse writes, in a transaction that is open.
    pub(super) fn close(&mut self, reader: &SnapshotReader) -> Result<()> {
        for trigger in self.captures.iter().flat_map(|it| &it.notes) {
            run(reader, &format!("DROP TRIGGER {}", trigger.name))?;
        }
        for trigger in self.captures.iter().flat_map(|it| &it.closes) {
            run(reader, &trigger.text)?;
        }
        self.closed = true;
        run(reader, &format!("UPDATE {WATCH} SET closed = 1"))
    }

    /// Whether what stands in the file is what was put in, and the application's schema is what it was;
    /// `version` is SQLite's count of changes to it when that was looked at last.
    pub(super) fn check(&self, reader: &SnapshotReader, version: i64) -> Result<i64> {
        let now = rows(reader, "PRAGMA schema_version", |row| integer(row, 0))?;
        let now = now.into_iter().next().unwrap_or_default();
        if now == version {
            return Ok(now);
        }
        let found = found(reader)?
            .filter(|it| it.token == self.token)
            .ok_or_else(gone)?;
        let schema = objects(reader, false)?;
        let changed = |(name, text): &(&String, &String)| schema.get(*name) != Some(*text);
        let lost = self.schema.iter().find(changed).map(|(name, _)| name);
        let new = schema.keys().find(|it| !self.schema.contains_key(*it));
        if let Some(what) = lost.or(new) {
            let message = format!(
                "the application changed its schema while it was followed ({what}): plan again, then run again, and all is carried over anew"
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
        if objects(reader, true)? != self.statements() {
            return Err(gone());
        }
        if found.stands_at != STANDS_AT && self.leans_on_numbers {
            return Err(Error::new(
                ErrorKind::Source,
                "the file was vacuumed while it was followed, and rows without an INTEGER PRIMARY KEY may have other numbers now: run again, and all is carried over anew",
            ));
        }
        Ok(now)
    }
}

fn gone() -> Error {
    Error::new(
        ErrorKind::Source,
        "what --sync put into the file was taken out or changed by somebody else: run again, and all is carried over anew",
    )
}

/// Takes out the log, which nobody needs once the file is closed and all is carried over.
pub(super) fn tidy(reader: &SnapshotReader) -> Result<()> {
    run(
        reader,
        &format!("DROP TABLE IF EXISTS {LOG}; DROP TABLE IF EXISTS {WATCH}"),
    )
}
