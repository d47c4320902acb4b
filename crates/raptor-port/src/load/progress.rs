//! How far the rows of a table are.

use super::Event;
use std::sync::atomic::{AtomicU64, Ordering};

/// A range on its way, told as rows of its table.
pub(crate) struct Progress<'p> {
    table: &'p str,
    /// The rows of all ranges of the table.
    rows: &'p AtomicU64,
    /// Those of this range.
    ours: AtomicU64,
    on_event: &'p (dyn Fn(Event<'_>) + Send + Sync),
}

impl<'p> Progress<'p> {
    pub(super) fn new(
        table: &'p str,
        rows: &'p AtomicU64,
        on_event: &'p (dyn Fn(Event<'_>) + Send + Sync),
    ) -> Self {
        Self {
            table,
            rows,
            ours: AtomicU64::new(0),
            on_event,
        }
    }

    /// More rows were sent.
    pub(super) fn add(&self, more: u64) {
        self.ours.fetch_add(more, Ordering::Relaxed);
        let rows = self.rows.fetch_add(more, Ordering::Relaxed) + more;
        (self.on_event)(Event::Carrying {
            table: self.table,
            rows,
        });
    }

    /// What was sent is gone, and is sent once more.
    pub(super) fn back(&self) {
        let ours = self.ours.swap(0, Ordering::Relaxed);
        self.rows.fetch_sub(ours, Ordering::Relaxed);
    }
}
