//! A table that is followed: what has changed of it is kept beside the file, and read from there.

use super::capture::{LOG, keys};
use super::file::run;
use super::key::{Place, place};
use super::log::Entry;
use super::uniform::Uniform;
use crate::cell::{Value, put};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::load::{Load, Task};
use crate::source::quoted;
use raptor_db::{Go, SnapshotReader};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Bytes of keys that are sent at once.
const PIECE: usize = 64 * 1024;

/// Numbers that are sent at once.
const NUMBERS: usize = 10_000;

/// A table that is followed.
pub(super) struct Table {
    /// Its number in the log.
    pub(super) number: usize,
    /// Its name in the file.
    pub(super) name: String,
    /// Its name on Postgres, with the schema.
    pub(super) to: String,
    /// Its own rows there.
    pub(super) from: String,
    pub(super) task: Arc<Task>,
    /// The columns that tell its rows apart on Postgres; none where SQLite has no triggers for it, and all
    /// of it is carried over each time.
    pub(super) place: Vec<Place>,
}

impl Table {
    /// All that are carried over.
    pub(super) fn all(load: &Load<'_>) -> Vec<Self> {
        let tables = load.source.tables.iter().enumerate();
        let tables = tables.filter_map(|(number, table)| {
            let planned = load.plan.table(&table.name)?;
            let task = load.task(table)?;
            Some(Self {
                number,
                name: table.name.clone(),
                to: load.plan.name_of(planned),
                from: load.parted.rows_of(load.plan, planned),
                place: place(table, &task.line),
                task: Arc::new(task),
            })
        });
        tables.collect()
    }

    /// The temporary table of the file that keeps its keys.
    pub(super) fn keys(&self) -> String {
        format!("raptor_port_keys_{}", self.number)
    }

    /// The temporary table of the file that keeps its rows.
    pub(super) fn rows(&self) -> String {
        format!("raptor_port_rows_{}", self.number)
    }

    /// Keeps what has changed between two entries of the log: which rows, and what they are now.
    pub(super) fn keep(&self, reader: &SnapshotReader, after: Entry, upto: Entry) -> Result<()> {
        let line = &self.task.line;
        self.forget(reader)?;
        if self.place.is_empty() {
            let all = format!("CREATE TEMP TABLE {} AS {}", self.rows(), line.query(""));
            return run(reader, &all);
        }
        let keys = keys(self.place.len());
        // 1 and 1.0 are equal, and not the same.
        let classes: String = (0..self.place.len())
            .map(|at| format!(", typeof(k{at})"))
            .collect();
        run(
            reader,
            &format!(
                "CREATE TEMP TABLE {} AS SELECT DISTINCT {keys}{classes} FROM main.{LOG} WHERE tbl = {} AND seq > {} AND seq <= {}",
                self.keys(),
                self.number,
                after.seq,
                upto.seq
            ),
        )?;
        self.are_uniform(reader)?;
        let place = line.place_names().join(", ");
        let changed = format!(
            " WHERE ({place}) IN (SELECT {keys} FROM temp.{})",
            self.keys()
        );
        run(
            reader,
            &format!(
                "CREATE TEMP TABLE {} AS {}",
                self.rows(),
                line.query(&changed)
            ),
        )
    }

    /// Refuses keys that are written in another way than those of rows that have not changed.
    fn are_uniform(&self, reader: &SnapshotReader) -> Result<()> {
        if self.number_column().is_some() {
            return Ok(());
        }
        let (keys, kept) = (keys(self.place.len()), quoted(&self.keys()));
        let place = self.task.line.place_names().join(", ");
        let query = format!(
            "SELECT * FROM (SELECT {place} FROM main.{} WHERE ({place}) NOT IN (SELECT {keys} FROM temp.{kept}) LIMIT 1) \
             UNION ALL SELECT {keys} FROM temp.{kept}",
            quoted(&self.name)
        );
        Uniform::new(&self.name, &self.place).look(reader, &query)
    }

    /// Forgets what was kept.
    pub(super) fn forget(&self, reader: &SnapshotReader) -> Result<()> {
        let (keys, rows) = (self.keys(), self.rows());
        run(
            reader,
            &format!("DROP TABLE IF EXISTS temp.{keys}; DROP TABLE IF EXISTS temp.{rows}"),
        )
    }

    /// Whether its rows are known by a key that is no number.
    pub(super) fn is_keyed(&self) -> bool {
        !self.place.is_empty() && self.number_column().is_none()
    }

    /// How many rows it has.
    pub(super) fn count(&self, reader: &SnapshotReader) -> Result<u64> {
        let mut count = 0;
        let query = format!("SELECT count(*) FROM main.{}", quoted(&self.name));
        let read = reader.each(&query, &[], |row| {
            count = row.get(0).as_integer().unwrap_or_default();
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The column that tells its rows apart, where it is one of whole numbers, as nearly always.
    pub(super) fn number_column(&self) -> Option<&str> {
        match &self.place[..] {
            [place] if place.is_whole_number() => Some(&place.to),
            _ => None,
        }
    }

    /// The numbers that are kept, where all keys are such.
    pub(super) fn read_numbers(
        &self,
        reader: &SnapshotReader,
        pieces: &mpsc::Sender<Result<Vec<i64>>>,
    ) {
        let mut numbers = Vec::new();
        let query = format!("SELECT k0 FROM temp.{}", quoted(&self.keys()));
        let read = reader.each(&query, &[], |row| {
            numbers.extend(row.get(0).as_integer());
            let is_heard = numbers.len() < NUMBERS
                || pieces
                    .blocking_send(Ok(std::mem::take(&mut numbers)))
                    .is_ok();
            Ok(if is_heard { Go::On } else { Go::Enough })
        });
        let last = read.map(|()| numbers).map_err(Error::source_file);
        // Nobody may listen any more.
        let _ = pieces.blocking_send(last);
    }

    /// Writes the keys that are kept as binary COPY takes them, each with where its row stands.
    pub(super) fn write_keys(
        &self,
        reader: &SnapshotReader,
        pieces: &mpsc::Sender<Result<Vec<u8>>>,
    ) {
        let line = &self.task.line;
        let count = i16::try_from(self.place.len() + 1).unwrap_or(i16::MAX);
        let mut bytes = Vec::with_capacity(PIECE);
        let query = format!("SELECT * FROM temp.{}", quoted(&self.keys()));
        let read = reader.each(&query, &[], |row| {
            let columns = self.place.iter().enumerate();
            let values = columns.map(|(at, it)| line.converted(row.get(at), it.conversion));
            // A key that is none on Postgres has no row there.
            let values: Option<Vec<Value<'_>>> = values.map(std::result::Result::ok).collect();
            bytes.extend_from_slice(&count.to_be_bytes());
            for (at, place) in self.place.iter().enumerate() {
                let value = values.as_ref().map_or(&Value::Null, |it| &it[at]);
                put(&mut bytes, value, place.conversion.kind);
            }
            let place = Value::Text(line.place_at(row, 0).into());
            put(&mut bytes, &place, Kind::Text);
            let is_heard =
                bytes.len() < PIECE || pieces.blocking_send(Ok(std::mem::take(&mut bytes))).is_ok();
            Ok(if is_heard { Go::On } else { Go::Enough })
        });
        let last = read.map(|()| bytes).map_err(Error::source_file);
        // Nobody may listen any more.
        let _ = pieces.blocking_send(last);
    }
}
