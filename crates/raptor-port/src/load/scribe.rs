//! A thread that reads rows of the file and writes them as COPY takes them, ahead of the network.

use super::rejected::Rejected;
use crate::cell::{Value, put};
use crate::error::{Error, Result};
use crate::line::Line;
use crate::plan::Dirty;
use crate::tally::{Seed, Tally};
use raptor_db::{Go, RawRow, SnapshotReader};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Bytes that are sent at once.
const PIECE: usize = 256 * 1024;
/// How many pieces may wait.
const AHEAD: usize = 4;
/// How much of rejected rows is kept in memory.
const MOST_REJECTED: usize = 1024 * 1024;

/// What comes of reading.
pub(crate) enum Piece {
    /// Rows, as binary COPY takes them.
    Rows(Vec<u8>),
    /// Rows that cannot come along.
    Rejected(Vec<Rejected>),
    /// All of them were read.
    End(Tally),
    /// The file cannot be read.
    Failed(Error),
}

/// How a table's rows are read and written.
pub(crate) struct Task {
    pub(crate) line: Line,
    pub(crate) seed: Seed,
    pub(crate) dirty: Dirty,
}

/// Rows of a task: those between two row numbers, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first row number and the last; `None` for all rows.
    pub(crate) rowids: Option<(i64, i64)>,
}

struct Job {
    task: Arc<Task>,
    range: Range,
    pieces: mpsc::Sender<Piece>,
}

/// The thread; it ends when this is dropped.
pub(crate) struct Scribe {
    jobs: std::sync::mpsc::Sender<Job>,
}

impl Scribe {
    pub(crate) fn new(reader: SnapshotReader) -> Result<Self> {
        let (jobs, queue) = std::sync::mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("raptor-port-reader".to_owned())
            .spawn(move || {
                while let Ok(job) = queue.recv() {
                    job.run(&reader);
                }
            })
            .map_err(|error| Error::io("no thread can be started", &error))?;
        Ok(Self { jobs })
    }

    /// Reads a range; the pieces come in order, `End` or `Failed` last.
    pub(crate) fn read(&self, task: &Arc<Task>, range: Range) -> mpsc::Receiver<Piece> {
        let (pieces, received) = mpsc::channel(AHEAD);
        let task = Arc::clone(task);
        // A thread that is gone closes the channel, which the receiver sees.
        let _ = self.jobs.send(Job {
            task,
            range,
            pieces,
        });
        received
    }
}

impl Job {
    fn run(self, reader: &SnapshotReader) {
        let mut page = Page::new(&self.task, &self.pieces);
        let line = &self.task.line;
        let (query, params) = match self.range.rowids {
            None => (line.query(""), Vec::new()),
            Some((first, last)) => {
                let rowid = &line.place[0];
                (
                    line.query(&format!(" WHERE {rowid} BETWEEN ?1 AND ?2")),
                    vec![first, last],
                )
            }
        };
        let read = reader.each(&query, &params, |row| Ok(page.row(row)));
        let last = match read {
            // Nobody listens any more.
            _ if page.is_deaf => return,
            Ok(()) => {
                page.flush();
                Piece::End(page.tally)
            }
            Err(error) => Piece::Failed(Error::source_file(error)),
        };
        let _ = self.pieces.blocking_send(last);
    }
}

/// What is being written.
struct Page<'j> {
    task: &'j Task,
    pieces: &'j mpsc::Sender<Piece>,
    bytes: Vec<u8>,
    rejected: Vec<Rejected>,
    rejected_size: usize,
    tally: Tally,
    is_deaf: bool,
}

impl<'j> Page<'j> {
    fn new(task: &'j Task, pieces: &'j mpsc::Sender<Piece>) -> Self {
        Self {
            task,
            pieces,
            bytes: Vec::with_capacity(PIECE + PIECE / 8),
            rejected: Vec::new(),
            rejected_size: 0,
            tally: Tally::new(task.line.columns.len()),
            is_deaf: false,
        }
    }

    fn row(&mut self, row: &RawRow<'_>) -> Go {
        let Task { line, seed, dirty } = self.task;
        let mut values = Vec::with_capacity(line.columns.len());
        let mut flaws = Vec::new();
        for carried in 0..line.columns.len() {
            values.push(line.value(row, carried).unwrap_or_else(|reason| {
                flaws.push((carried, reason));
                Value::Null
            }));
        }
        let mut is_whole = flaws.is_empty();
        if !is_whole {
            // A cell that must not be NULL cannot become one.
            is_whole =
                *dirty == Dirty::Null && flaws.iter().all(|(at, _)| !line.columns[*at].is_needed);
            let rejected = Rejected::of(line, row, &flaws, is_whole);
            self.rejected_size += rejected.iter().map(Rejected::size).sum::<usize>();
            self.rejected.extend(rejected);
        }
        if is_whole {
            self.tally.add(line, seed, &values);
            let count = i16::try_from(values.len()).unwrap_or(i16::MAX);
            self.bytes.extend_from_slice(&count.to_be_bytes());
            for (value, column) in values.iter().zip(&line.columns) {
                put(&mut self.bytes, value, column.conversion.kind);
            }
        }
        if self.bytes.len() >= PIECE {
            let bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(PIECE + PIECE / 8));
            self.send(Piece::Rows(bytes));
        }
        if self.rejected_size >= MOST_REJECTED {
            self.flush();
        }
        if self.is_deaf { Go::Enough } else { Go::On }
    }

    /// Sends what is there.
    fn flush(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if !bytes.is_empty() {
            self.send(Piece::Rows(bytes));
        }
        let rejected = std::mem::take(&mut self.rejected);
        self.rejected_size = 0;
        if !rejected.is_empty() {
            self.send(Piece::Rejected(rejected));
        }
    }

    fn send(&mut self, piece: Piece) {
        self.is_deaf |= self.pieces.blocking_send(piece).is_err();
    }
}
