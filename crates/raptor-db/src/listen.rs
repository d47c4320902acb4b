//! Waking up when another transaction, in this process or another, says so.

use crate::error::Result;
use crate::postgres::wrong_channel;
use crate::{postgres, sqlite};

/// What a transaction said with `SELECT pg_notify(:channel, :payload)`, delivered after its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The channel's name.
    pub channel: String,
    /// The text sent along, possibly empty.
    pub payload: String,
}

/// Why a listener woke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// A notification came.
    Notified(Notification),
    /// The connection was lost and made again: look for yourself what was missed.
    Interrupted,
}

/// Receives notifications on the channels it was opened with.
///
/// Notifications wake; they are no queue: what is said while nobody listens is gone.
pub struct Listener(Repr);

enum Repr {
    Postgres(postgres::Listener),
    Sqlite(sqlite::Listener),
}

impl From<postgres::Listener> for Listener {
    fn from(listener: postgres::Listener) -> Self {
        Self(Repr::Postgres(listener))
    }
}

impl From<sqlite::Listener> for Listener {
    fn from(listener: sqlite::Listener) -> Self {
        Self(Repr::Sqlite(listener))
    }
}

impl Listener {
    /// Waits for the next wake-up; `None` after the database was closed. May be dropped and called
    /// again without losing anything.
    pub async fn recv(&mut self) -> Option<Wake> {
        match &mut self.0 {
            Repr::Postgres(listener) => listener.recv().await,
            Repr::Sqlite(listener) => listener.recv().await,
        }
    }
}

/// Channel names as Postgres takes them.
pub(crate) fn check(channels: &[&str]) -> Result<Vec<String>> {
    channels
        .iter()
        .map(|name| match name.len() {
            1..=63 if !name.contains('\0') => Ok((*name).to_owned()),
            _ => Err(wrong_channel(name)),
        })
        .collect()
}
