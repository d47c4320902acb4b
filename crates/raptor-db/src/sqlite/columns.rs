//! The names of an answer's columns, made once for a statement and shared by all its rows.

use rusqlite::Statement;
use std::sync::{Arc, Mutex, PoisonError};

/// What the statement's last run called its columns.
#[derive(Default)]
pub(crate) struct Columns(Mutex<Arc<[Box<str>]>>);

impl Columns {
    /// The names that this run gives; a `SELECT *` may get others once the table has changed.
    pub(crate) fn of(&self, statement: &Statement<'_>) -> Arc<[Box<str>]> {
        let known = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let width = statement.column_count();
        let same = |at: usize| {
            statement
                .column_name(at)
                .is_ok_and(|name| name == &*known[at])
        };
        if known.len() == width && (0..width).all(same) {
            return known;
        }
        let names: Arc<[Box<str>]> = statement.column_names().map(Box::from).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&names);
        names
    }
}
