//! Rows being written, sent on piece by piece.

use super::careful::CarefulRow;
use super::rejected::Rejected;
use super::scribe::{Piece, Task};
use crate::cell::{Value, is_too_deep, put, read};
use crate::error::{Error, ErrorKind};
use crate::kind::Kind;
use crate::plan::Dirty;
use raptor_db::{Go, RawRow, RawValue};
use tokio::sync::mpsc;

/// Bytes that are sent at once.
const PIECE: usize = 256 * 1024;
/// Rows that are tried together.
const BATCH: usize = 256;
/// How much of rejected rows is kept in memory.
const MOST_REJECTED: usize = 1024 * 1024;

/// What is being written.
pub(super) struct Page<'j> {
    task: &'j Task,
    pieces: &'j mpsc::Sender<Piece>,
    bytes: Vec<u8>,
    rejected: Vec<Rejected>,
    rejected_size: usize,
    careful: Vec<CarefulRow>,
    careful_size: usize,
    /// How many rows were written.
    rows: u64,
    /// How many of them were sent.
    sent: u64,
    is_deaf: bool,
    /// Why nothing more is read.
    stopped: Option<Error>,
}

impl<'j> Page<'j> {
    pub(super) fn new(task: &'j Task, pieces: &'j mpsc::Sender<Piece>) -> Self {
        Self {
            task,
            pieces,
            bytes: Vec::with_capacity(PIECE + PIECE / 8),
            rejected: Vec::new(),
            rejected_size: 0,
            careful: Vec::new(),
            careful_size: 0,
            rows: 0,
            sent: 0,
            is_deaf: false,
            stopped: None,
        }
    }

    /// Writes a row, and sends what is full.
    pub(super) fn row(&mut self, row: &RawRow<'_>) -> Go {
        if !self.is_written_at_once(row) {
            self.write(row);
        }
        if self.bytes.len() >= PIECE {
            let more = Vec::with_capacity(PIECE + PIECE / 8);
            let bytes = std::mem::replace(&mut self.bytes, more);
            self.send_rows(bytes);
        }
        self.go()
    }

    fn go(&mut self) -> Go {
        if self.rejected_size >= MOST_REJECTED {
            self.flush();
        }
        match self.is_deaf || self.stopped.is_some() {
            true => Go::Enough,
            false => Go::On,
        }
    }

    /// Writes a row of which nothing is to be told, as nearly all are, cell by cell as they are read;
    /// otherwise nothing. It answers to a transaction that can begin again with care.
    fn is_written_at_once(&mut self, row: &RawRow<'_>) -> bool {
        let Task { line, left_out, .. } = self.task;
        if self.task.looks || !left_out.is_empty() {
            return false;
        }
        let start = self.bytes.len();
        let count = i16::try_from(line.columns.len()).unwrap_or(i16::MAX);
        self.bytes.extend_from_slice(&count.to_be_bytes());
        for (at, column) in line.columns.iter().enumerate() {
            let (cell, kind) = (row.get(at), column.conversion.kind);
            // Whether a document is one Postgres sees itself; where it takes one for none, each row is looked at.
            if let (RawValue::Text(text), Kind::Json | Kind::Jsonb) = (cell, kind)
                && let Ok(text) = std::str::from_utf8(text)
                && !is_too_deep(text)
            {
                put(&mut self.bytes, &Value::Json(text.into()), kind);
                continue;
            }
            match read(cell, column.conversion) {
                Ok(value) if !(column.is_needed && matches!(value, Value::Null)) => {
                    put(&mut self.bytes, &value, kind);
                }
                _ => {
                    self.bytes.truncate(start);
                    return false;
                }
            }
        }
        self.rows += 1;
        true
    }

    fn write(&mut self, row: &RawRow<'_>) {
        let line = &self.task.line;
        let read = self.task.read(row);
        if self.task.dirty == Dirty::Stop
            && let Some((carried, reason)) = read.flaws.first()
        {
            let message = format!(
                "table {}, {}, column {}: {reason}; `dirty` in the plan or --strict has it stop here",
                line.name(),
                line.place(row),
                line.columns[*carried].name
            );
            self.stopped = Some(Error::new(ErrorKind::Missing, message));
            return;
        }
        if !read.flaws.is_empty() {
            let rejected = Rejected::of(line, row, &read.flaws, read.comes);
            self.rejected_size += rejected.iter().map(Rejected::size).sum::<usize>();
            self.rejected.extend(rejected);
        }
        if read.comes && !read.changed.is_empty() {
            let changed = Rejected::of(line, row, &read.changed, true);
            self.rejected_size += changed.iter().map(Rejected::size).sum::<usize>();
            self.rejected.extend(changed);
        }
        if read.comes {
            self.rows += 1;
            let count = i16::try_from(read.values.len()).unwrap_or(i16::MAX);
            self.bytes.extend_from_slice(&count.to_be_bytes());
            for (value, column) in read.values.iter().zip(&line.columns) {
                put(&mut self.bytes, value, column.conversion.kind);
            }
        }
    }

    /// The same, the row by itself.
    pub(super) fn careful(&mut self, row: &RawRow<'_>) -> Go {
        self.write(row);
        let bytes = std::mem::take(&mut self.bytes);
        if !bytes.is_empty() {
            self.careful_size += bytes.len() + 512;
            let kept = Rejected::whole(&self.task.line, row);
            self.careful.push(CarefulRow { bytes, kept });
        }
        if self.careful.len() >= BATCH || self.careful_size >= PIECE {
            self.flush();
        }
        self.go()
    }

    /// Sends what is left; answers what comes last, `None` when nobody listens any more.
    pub(super) fn end(mut self) -> Option<Piece> {
        if let Some(error) = self.stopped {
            return Some(Piece::Failed(error));
        }
        self.flush();
        (!self.is_deaf).then_some(Piece::End(self.rows))
    }

    fn flush(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if !bytes.is_empty() {
            self.send_rows(bytes);
        }
        let careful = std::mem::take(&mut self.careful);
        self.careful_size = 0;
        if !careful.is_empty() {
            self.send(Piece::Careful(careful));
        }
        let rejected = std::mem::take(&mut self.rejected);
        self.rejected_size = 0;
        if !rejected.is_empty() {
            self.send(Piece::Rejected(rejected));
        }
    }

    fn send_rows(&mut self, bytes: Vec<u8>) {
        let rows = self.rows - std::mem::replace(&mut self.sent, self.rows);
        self.send(Piece::Rows { bytes, rows });
    }

    fn send(&mut self, piece: Piece) {
        self.is_deaf |= self.pieces.blocking_send(piece).is_err();
    }
}
