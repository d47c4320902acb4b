//! What is put into the file while it is followed, as SQL: a log of keys, triggers that write to it, and
//! those that close the file at the end.
//!
//! A trigger notes which row has changed, never how: what became of it is read when it is carried over. So
//! a row may be noted once too often, and must never be noted too seldom.

use super::unique::{ROW, Unique};
use crate::error::{Error, ErrorKind, Result};
use crate::line::{Line, rowid};
use crate::source::{Source, Table, TableKind, quoted, quoted_text};
use raptor_db::SnapshotReader;

/// The log: which row of which table, in the order of the changes. `mark` tells an entry from another one
/// that has the same number after the file went back to an earlier state.
pub(super) const LOG: &str = "raptor_port_changes";
/// One row that says who follows; it stands at [`STANDS_AT`], and has another number after a VACUUM.
pub(super) const WATCH: &str = "raptor_port_watch";
pub(super) const STANDS_AT: i64 = 1_000_000;

const KINDS: [&str; 8] = [
    "before_insert",
    "before_update",
    "after_insert",
    "after_update",
    "after_delete",
    "closed_insert",
    "closed_update",
    "closed_delete",
];

/// Whether a table or trigger of a file is one of those.
pub(crate) fn is_ours(name: &str) -> bool {
    let is_trigger = || {
        let rest = name.strip_prefix("raptor_port_")?;
        let (number, kind) = rest.split_once('_')?;
        let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
        Some(is_number && KINDS.contains(&kind))
    };
    name == LOG || name == WATCH || is_trigger().unwrap_or(false)
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) name: String,
    /// The statement that makes it, as SQLite keeps it.
    pub(super) text: String,
}

/// A table's triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Capture {
    /// The table's number in the log: its place in the plan.
    pub(super) number: usize,
    /// How many columns tell its rows apart.
    pub(super) width: usize,
    /// What notes its changes; none for a table that is left out.
    pub(super) notes: Vec<Trigger>,
    /// What refuses them.
    pub(super) closes: Vec<Trigger>,
}

/// The table whose rows are noted.
struct Noted<'t> {
    number: usize,
    table: &'t Table,
    /// What tells its rows apart, as SQL names it.
    place: Vec<String>,
    uniques: Vec<Unique>,
}

impl Capture {
    /// The triggers of a table; `line` where its rows are carried over.
    pub(super) fn of(
        reader: &SnapshotReader,
        source: &Source,
        number: usize,
        line: Option<&Line>,
    ) -> Result<Option<Self>> {
        let table = &source.tables[number];
        if table.kind != TableKind::Ordinary {
            return Ok(None);
        }
        let mut capture = Self {
            number,
            width: 0,
            notes: Vec::new(),
            closes: closes(number, &table.name),
        };
        if let Some(line) = line {
            let noted = Noted {
                number,
                table,
                place: place(table, line)?,
                uniques: Unique::all(reader, table)?,
            };
            capture.width = noted.place.len();
            capture.notes = noted.triggers();
        }
        Ok(Some(capture))
    }
}

/// What tells rows apart, where SQLite lets it be named.
fn place(table: &Table, line: &Line) -> Result<Vec<String>> {
    if table.without_rowid || rowid(table).is_some() {
        return Ok(line.place_names());
    }
    Err(Error::new(
        ErrorKind::Plan,
        format!(
            "table {} cannot be followed: its columns hide the number of its rows",
            table.name
        ),
    ))
}

/// The log, with as many columns for keys as the widest key has.
pub(super) fn log(width: usize) -> String {
    let keys: String = (0..width).map(|at| format!(", k{at}")).collect();
    format!(
        "CREATE TABLE {LOG} (seq INTEGER PRIMARY KEY, mark INTEGER NOT NULL DEFAULT (random()), tbl INTEGER NOT NULL{keys})"
    )
}

/// The columns of a key in the log.
pub(super) fn keys(width: usize) -> String {
    let keys: Vec<String> = (0..width).map(|at| format!("k{at}")).collect();
    keys.join(", ")
}

fn closes(number: usize, table: &str) -> Vec<Trigger> {
    let said = quoted_text(
        "this database was carried over to Postgres by raptor port, and takes no more writes; \
         the application is to be started there",
    );
    let one = |what: &str| {
        let name = format!("raptor_port_{number}_closed_{what}");
        let (event, of) = (what.to_uppercase(), quoted(table));
        let text = format!(
            "CREATE TRIGGER {name} BEFORE {event} ON {of} BEGIN SELECT RAISE(ABORT, {said}); END"
        );
        Trigger { name, text }
    };
    ["insert", "update", "delete"].map(one).into()
}

impl Noted<'_> {
    fn triggers(&self) -> Vec<Trigger> {
        let mut triggers = vec![
            self.trigger("after_insert", "AFTER INSERT", &[self.row("NEW")]),
            self.trigger(
                "after_update",
                "AFTER UPDATE",
                &[self.row("OLD"), self.moved()],
            ),
            self.trigger("after_delete", "AFTER DELETE", &[self.row("OLD")]),
        ];
        // REPLACE takes rows out that collide with the new one, and no trigger is told.
        if !self.uniques.is_empty() {
            let itself = match &self.place[..] {
                [number] if !self.table.without_rowid => {
                    format!(" AND {ROW}.{number} IS NOT OLD.{number}")
                }
                // With a key that does not regard the case, another row may have it.
                _ => String::new(),
            };
            let columns = Unique::columns(&self.uniques, self.table);
            let updated = format!("BEFORE UPDATE{columns}");
            triggers.push(self.trigger("before_insert", "BEFORE INSERT", &self.replaced("")));
            triggers.push(self.trigger("before_update", &updated, &self.replaced(&itself)));
        }
        triggers
    }

    fn trigger(&self, kind: &str, event: &str, notes: &[String]) -> Trigger {
        let name = format!("raptor_port_{}_{kind}", self.number);
        let (of, notes) = (quoted(&self.table.name), notes.concat());
        let text = format!("CREATE TRIGGER {name} {event} ON {of} BEGIN {notes}END");
        Trigger { name, text }
    }

    /// Notes a row.
    fn row(&self, row: &str) -> String {
        self.note(row, "")
    }

    /// Notes the place that a row was moved to.
    fn moved(&self) -> String {
        let differ = self.place.iter();
        let differ: Vec<String> = differ
            .map(|it| format!("NEW.{it} IS NOT OLD.{it}"))
            .collect();
        self.note("NEW", &format!(" WHERE {}", differ.join(" OR ")))
    }

    /// Notes the rows that would collide with the new one, for each unique index.
    fn replaced(&self, and: &str) -> Vec<String> {
        let from = quoted(&self.table.name);
        let collide = self.uniques.iter().map(|it| it.collide(self.table));
        let note = |collide| self.note(ROW, &format!(" FROM {from} AS {ROW} WHERE {collide}{and}"));
        collide.map(note).collect()
    }

    fn note(&self, row: &str, rest: &str) -> String {
        let values: Vec<String> = self.place.iter().map(|it| format!("{row}.{it}")).collect();
        format!(
            "INSERT INTO {LOG} (tbl, {}) SELECT {}, {}{rest}; ",
            keys(self.place.len()),
            self.number,
            values.join(", ")
        )
    }
}
