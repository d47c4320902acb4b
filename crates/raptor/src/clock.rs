//! The one place that reads our own clock: for ids, which are ordered by time.
//!
//! Times in rows are the database's.

use uuid::Uuid;

/// A new id (`UUIDv7`, RFC 9562).
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The day in UTC, as the names of files begin: `YYYYMMDD`.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn today() -> String {
    let today = time::OffsetDateTime::now_utc().date();
    format!(
        "{:04}{:02}{:02}",
        today.year(),
        u8::from(today.month()),
        today.day()
    )
}
