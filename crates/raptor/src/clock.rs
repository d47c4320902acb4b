//! The one place that reads our own clock: for ids, which are ordered by time, and for how long a signature is good.
//!
//! Times in rows are the database's.

use uuid::Uuid;

/// A new id (`UUIDv7`, RFC 9562).
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn seconds() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// The second in UTC, as the names of files begin: `YYYYMMDDHHMMSS`.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn stamp() -> String {
    let now = time::OffsetDateTime::now_utc();
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second()
    )
}
