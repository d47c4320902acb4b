//! Keeps two deployers apart on Postgres: a session's advisory lock, on a connection of its own.
//!
//! It is tried again and again and never waited for inside the server: a backend that waits in a
//! statement has a snapshot, and `CREATE INDEX CONCURRENTLY` would wait for it in turn. It ends with
//! its connection, so that a dead holder leaves nothing behind.

use super::Options;
use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Engine, Session, Sql, params};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

static TRY: Sql = Sql::new("SELECT pg_try_advisory_lock(:key) AS held");

/// Held until dropped. On SQLite nothing: the file's own lock does it.
pub(super) struct Lock {
    _session: Option<Session>,
}

impl Lock {
    pub(super) async fn take(
        db: &Db,
        options: &Options,
        on_wait: impl FnOnce() + Send,
    ) -> Result<Self> {
        if db.engine() == Engine::Sqlite {
            return Ok(Self { _session: None });
        }
        let cannot = |error| Error::database("the lock for migrations cannot be taken", error);
        let session = db.session().await.map_err(cannot)?;
        let key = key(options.schema.as_deref());
        let started = Instant::now();
        let mut pause = Duration::from_millis(20);
        let mut on_wait = Some(on_wait);
        loop {
            let rows = session.query(&TRY, params! { key }).await.map_err(cannot)?;
            let held = rows.first().map(|row| row.get::<bool>("held"));
            if held.transpose().map_err(cannot)? == Some(true) {
                return Ok(Self {
                    _session: Some(session),
                });
            }
            if started.elapsed() >= options.lock_wait {
                let message = format!(
                    "another deployer has been migrating for {:?} and is not done",
                    options.lock_wait
                );
                return Err(Error::new(ErrorKind::Locked, message));
            }
            if let Some(on_wait) = on_wait.take() {
                on_wait();
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }
}

/// The lock's number: chains in different schemas of a database do not wait for each other.
fn key(schema: Option<&str>) -> i64 {
    let digest = Sha256::digest(format!("raptor-migrate:{}", schema.unwrap_or_default()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}
