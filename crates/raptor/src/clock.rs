//! The one place that reads our own clock: for ids, which are ordered by time.
//!
//! Times in rows are the database's.

use uuid::Uuid;

/// A new id (`UUIDv7`, RFC 9562).
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
