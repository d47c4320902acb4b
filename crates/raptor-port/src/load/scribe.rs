//! A thread that reads rows of the file: written as COPY takes them, ahead of the network, or only counted.

use super::careful::CarefulRow;
use super::page::Page;
use super::rejected::Rejected;
use crate::cell::{Hasher, Reason, Value, read};
use crate::error::{Error, Result};
use crate::line::{Carried, Line};
use crate::plan::Dirty;
use crate::source::quoted;
use crate::tally::{Digest, Seed, Tally};
use raptor_db::{Go, RawRow, SnapshotReader};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How many pieces may wait.
const AHEAD: usize = 4;

/// What comes of reading.
pub(crate) enum Piece {
    /// Rows, as binary COPY takes them.
    Rows {
        /// The rows.
        bytes: Vec<u8>,
        /// How many.
        rows: u64,
    },
    /// Rows that cannot come along.
    Rejected(Vec<Rejected>),
    /// The same rows, each by itself.
    Careful(Vec<CarefulRow>),
    /// All of them were read; so many were written.
    End(u64),
    /// What they are, counted.
    Tally(Tally),
    /// Tallies of buckets, by their number.
    Buckets(BTreeMap<u64, Tally>),
    /// Rows as hashes.
    Digests(Vec<Digest>),
    /// The file cannot be read.
    Failed(Error),
}

/// How a table's rows are read and written.
pub(crate) struct Task {
    pub(crate) line: Line,
    pub(crate) seed: Seed,
    pub(crate) dirty: Dirty,
    /// Rows that Postgres itself did not take: where they stand, and all of their cells.
    pub(crate) left_out: BTreeMap<String, String>,
    /// Whether cells may come along as something else.
    pub(crate) looks: bool,
}

/// Rows of a task: those between two row numbers, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first row number and the last; `None` for all rows.
    pub(crate) rowids: Option<(i64, i64)>,
}

/// All rows.
pub(crate) const ALL: Range = Range { rowids: None };

/// What is to be done with rows.
enum Work {
    Write,
    /// The same, each row by itself.
    Care,
    Count,
    /// Count them in so many buckets.
    Buckets(u64),
    /// Answer those of some buckets of so many.
    Digests {
        of: u64,
        buckets: Vec<u64>,
    },
}

/// Where rows are read.
enum From {
    Table(Range),
    /// A temporary table that keeps them, with all that a line asks for.
    Kept(String),
}

struct Job {
    task: Arc<Task>,
    from: From,
    work: Work,
    pieces: mpsc::Sender<Piece>,
}

/// Anything that is done with the thread's reader.
type Order = Box<dyn FnOnce(&SnapshotReader) + Send>;

/// The thread; it ends when this is dropped.
pub(crate) struct Scribe {
    orders: std::sync::mpsc::Sender<Order>,
}

/// A row that was read.
pub(super) struct Read<'r> {
    pub(super) values: Vec<Value<'r>>,
    pub(super) flaws: Vec<(usize, Reason)>,
    /// What is left out of cells that come along.
    pub(super) changed: Vec<(usize, Reason)>,
    /// Whether it comes along; its flawed cells are NULL then.
    pub(super) comes: bool,
}

impl Task {
    /// Hashes a row of which nothing is to be told, as nearly all are, cell by cell as they are read.
    fn is_hashed_at_once(
        &self,
        row: &RawRow<'_>,
        hasher: &mut Hasher,
        hashes: &mut Vec<Option<u64>>,
    ) -> bool {
        let Seed::Key(key) = &self.seed else {
            return false;
        };
        if !self.left_out.is_empty() || !self.line.is_plain() {
            return false;
        }
        // A value is looked at where it is: to hand it on costs more than to hash it.
        let mut hash = |at: usize, seed: u64| {
            let Carried {
                conversion,
                is_needed,
                ..
            } = &self.line.columns[at];
            match read(row.get(at), *conversion) {
                Ok(value) if !(*is_needed && matches!(value, Value::Null)) => {
                    Some(hasher.of(&value, conversion.kind, seed))
                }
                _ => None,
            }
        };
        let mut seed = 0;
        for at in key {
            match hash(*at, seed) {
                Some(hash) => seed = hash.unwrap_or(seed),
                None => return false,
            }
        }
        hashes.clear();
        for at in 0..self.line.columns.len() {
            match hash(at, seed) {
                Some(hash) => hashes.push(hash),
                None => return false,
            }
        }
        true
    }

    pub(super) fn read<'r>(&self, row: &'r RawRow<'_>) -> Read<'r> {
        let columns = &self.line.columns;
        let mut values = Vec::with_capacity(columns.len());
        let mut flaws = Vec::new();
        let mut changed = Vec::new();
        for carried in 0..columns.len() {
            match self.line.value(row, carried) {
                Ok(value) => {
                    if self.looks {
                        let what = self.line.changed(row, carried, &value);
                        changed.extend(what.map(|what| (carried, what)));
                    }
                    values.push(value);
                }
                Err(reason) => {
                    flaws.push((carried, reason));
                    values.push(Value::Null);
                }
            }
        }
        // A cell that must not be NULL cannot become one.
        let can_be_null = |(at, _): &(usize, Reason)| !columns[*at].is_needed;
        if self.dirty == Dirty::Null {
            let flaws = flaws.iter_mut().filter(|it| !can_be_null(it));
            for (_, reason) in flaws.filter(|it| !self.line.is_orphan(row, it.0)) {
                if !reason.0.contains("NULL") {
                    *reason =
                        format!("{reason}, and NULL, as `dirty` has it, cannot stand there").into();
                }
            }
        }
        // Another row may stand there by now.
        let is_left_out = !self.left_out.is_empty()
            && self
                .left_out
                .get(&self.line.place(row))
                .is_some_and(|cells| {
                    Rejected::whole(&self.line, row).cells.as_deref() == Some(cells)
                });
        let becomes_null =
            |it: &(usize, Reason)| can_be_null(it) && !self.line.is_orphan(row, it.0);
        let comes = !is_left_out
            && (flaws.is_empty() || self.dirty == Dirty::Null && flaws.iter().all(becomes_null));
        Read {
            values,
            flaws,
            changed,
            comes,
        }
    }
}

impl Scribe {
    pub(crate) fn new(reader: SnapshotReader) -> Result<Self> {
        let (orders, queue) = std::sync::mpsc::channel::<Order>();
        std::thread::Builder::new()
            .name("raptor-port-reader".to_owned())
            .spawn(move || {
                while let Ok(order) = queue.recv() {
                    order(&reader);
                }
            })
            .map_err(|error| Error::io("no thread can be started", &error))?;
        Ok(Self { orders })
    }

    /// Has something done with the file, and does not wait for it.
    pub(crate) fn tell(&self, order: impl FnOnce(&SnapshotReader) + Send + 'static) {
        // A thread that is gone drops the order, and its listener sees that nothing comes.
        let _ = self.orders.send(Box::new(order));
    }

    /// Has something done with the file.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SnapshotReader) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.tell(move |reader| {
            // What nobody waits for any more is not done.
            if !answer.is_closed() {
                let _ = answer.send(work(reader));
            }
        });
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Writes a range; the pieces come in order, `End` or `Failed` last.
    pub(crate) fn write(&self, task: &Arc<Task>, range: Range) -> mpsc::Receiver<Piece> {
        self.ask(task, From::Table(range), Work::Write)
    }

    /// Writes a range, each row by itself.
    pub(crate) fn care(&self, task: &Arc<Task>, range: Range) -> mpsc::Receiver<Piece> {
        self.ask(task, From::Table(range), Work::Care)
    }

    /// Writes the rows that a temporary table keeps; with care, each row by itself.
    pub(crate) fn write_kept(
        &self,
        task: &Arc<Task>,
        name: String,
        with_care: bool,
    ) -> mpsc::Receiver<Piece> {
        let work = match with_care {
            true => Work::Care,
            false => Work::Write,
        };
        self.ask(task, From::Kept(name), work)
    }

    /// Counts a range.
    pub(crate) async fn count(&self, task: &Arc<Task>, range: Range) -> Result<Tally> {
        match self.answer(task, range, Work::Count).await? {
            Piece::Tally(tally) => Ok(tally),
            _ => Err(gone()),
        }
    }

    /// Counts all rows in `of` buckets.
    pub(crate) async fn buckets(&self, task: &Arc<Task>, of: u64) -> Result<BTreeMap<u64, Tally>> {
        match self.answer(task, ALL, Work::Buckets(of)).await? {
            Piece::Buckets(buckets) => Ok(buckets),
            _ => Err(gone()),
        }
    }

    /// The rows of some buckets.
    pub(crate) async fn digests(
        &self,
        task: &Arc<Task>,
        of: u64,
        buckets: Vec<u64>,
    ) -> Result<Vec<Digest>> {
        let work = Work::Digests { of, buckets };
        match self.answer(task, ALL, work).await? {
            Piece::Digests(rows) => Ok(rows),
            _ => Err(gone()),
        }
    }

    fn ask(&self, task: &Arc<Task>, from: From, work: Work) -> mpsc::Receiver<Piece> {
        let (pieces, received) = mpsc::channel(AHEAD);
        let job = Job {
            task: Arc::clone(task),
            from,
            work,
            pieces,
        };
        self.tell(move |reader| job.run(reader));
        received
    }

    async fn answer(&self, task: &Arc<Task>, range: Range, work: Work) -> Result<Piece> {
        match self.ask(task, From::Table(range), work).recv().await {
            Some(Piece::Failed(error)) => Err(error),
            Some(piece) => Ok(piece),
            None => Err(gone()),
        }
    }
}

pub(super) fn gone() -> Error {
    Error::io(
        "the file is not read any more",
        &std::io::ErrorKind::BrokenPipe.into(),
    )
}

impl Job {
    fn run(self, reader: &SnapshotReader) {
        let done = match self.work {
            Work::Write => self.write(reader),
            Work::Care => self.care(reader),
            Work::Count => self.count(reader).map(Some),
            Work::Buckets(of) => self.buckets(reader, of).map(Some),
            Work::Digests { of, ref buckets } => self.digests(reader, of, buckets).map(Some),
        };
        let last = match done {
            // Nobody listens any more.
            Ok(None) => return,
            Ok(Some(piece)) => piece,
            Err(error) => Piece::Failed(Error::source_file(error)),
        };
        let _ = self.pieces.blocking_send(last);
    }

    fn each(
        &self,
        reader: &SnapshotReader,
        mut each: impl FnMut(&RawRow<'_>) -> Go,
    ) -> raptor_db::Result<()> {
        let line = &self.task.line;
        let (query, params) = match &self.from {
            From::Table(Range { rowids: None }) => (line.query(""), Vec::new()),
            From::Table(Range {
                rowids: Some((first, last)),
            }) => {
                let rowid = &line.place_names()[0];
                let between = format!(" WHERE {rowid} BETWEEN ?1 AND ?2");
                (line.query(&between), vec![*first, *last])
            }
            From::Kept(name) => (format!("SELECT * FROM temp.{}", quoted(name)), Vec::new()),
        };
        reader.each(&query, &params, |row| Ok(each(row)))
    }

    fn write(&self, reader: &SnapshotReader) -> raptor_db::Result<Option<Piece>> {
        let mut page = Page::new(&self.task, &self.pieces);
        self.each(reader, |row| page.row(row))?;
        Ok(page.end())
    }

    fn care(&self, reader: &SnapshotReader) -> raptor_db::Result<Option<Piece>> {
        let mut page = Page::new(&self.task, &self.pieces);
        self.each(reader, |row| page.careful(row))?;
        Ok(page.end())
    }

    fn count(&self, reader: &SnapshotReader) -> raptor_db::Result<Piece> {
        let Task { line, seed, .. } = &*self.task;
        let mut hasher = Hasher::default();
        let mut tally = Tally::new(line.columns.len());
        let mut hashes = Vec::with_capacity(line.columns.len());
        self.each(reader, |row| {
            if self.task.is_hashed_at_once(row, &mut hasher, &mut hashes) {
                tally.add_hashes(&hashes);
                return Go::On;
            }
            let read = self.task.read(row);
            if read.comes {
                tally.add(seed.cells(line, &read.values, &mut hasher));
            }
            Go::On
        })?;
        Ok(Piece::Tally(tally))
    }

    fn buckets(&self, reader: &SnapshotReader, of: u64) -> raptor_db::Result<Piece> {
        let Task { line, seed, .. } = &*self.task;
        let mut hasher = Hasher::default();
        let mut buckets: BTreeMap<u64, Tally> = BTreeMap::new();
        self.each(reader, |row| {
            let read = self.task.read(row);
            if read.comes {
                let mut cells = seed.cells(line, &read.values, &mut hasher);
                let tally = buckets.entry(cells.bucket() & (of - 1));
                let tally = tally.or_insert_with(|| Tally::new(line.columns.len()));
                tally.add(cells);
            }
            Go::On
        })?;
        Ok(Piece::Buckets(buckets))
    }

    fn digests(
        &self,
        reader: &SnapshotReader,
        of: u64,
        wanted: &[u64],
    ) -> raptor_db::Result<Piece> {
        let Task { line, seed, .. } = &*self.task;
        let mut hasher = Hasher::default();
        let mut rows = Vec::new();
        self.each(reader, |row| {
            let read = self.task.read(row);
            if !read.comes {
                return Go::On;
            }
            let mut cells = seed.cells(line, &read.values, &mut hasher);
            let bucket = cells.bucket();
            if wanted.contains(&(bucket & (of - 1))) {
                rows.push(cells.digest(bucket, line.place(row)));
            }
            Go::On
        })?;
        Ok(Piece::Digests(rows))
    }
}
