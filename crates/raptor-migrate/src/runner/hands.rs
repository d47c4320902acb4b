//! The connections of a run, and what keeps two deployers apart on Postgres: a session's advisory
//! lock, on a connection of its own.
//!
//! It is tried again and again and never waited for inside the server: a backend that waits in a
//! statement has a snapshot, and `CREATE INDEX CONCURRENTLY` would wait for it in turn. It ends with
//! its connection, so that a dead holder leaves nothing behind.

use super::{Options, blockers};
use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Engine, Session, Sql, params};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

static TRY: Sql = Sql::new("SELECT pg_try_advisory_lock(:key) AS held");

/// What a run works with.
pub(super) struct Hands {
    /// Does the work.
    pub(super) session: Session,
    /// Holds the lock, and sees what the other one waits for. On SQLite the file's own lock does it.
    lock: Option<(Session, i64)>,
    key: i64,
}

impl Hands {
    /// Waits until no other deployer migrates.
    pub(super) async fn take(
        db: &Db,
        options: &Options,
        on_wait: impl FnOnce() + Send,
    ) -> Result<Self> {
        let open = async || {
            let session = db.session().await;
            session.map_err(|error| Error::database("no connection to migrate on", error))
        };
        let key = key(options.schema.as_deref());
        if db.engine() == Engine::Sqlite {
            let session = open().await?;
            return Ok(Self {
                session,
                lock: None,
                key,
            });
        }
        let other = open().await?;
        held(&other, key, options.lock_wait, on_wait).await?;
        let session = open().await?;
        let pid = blockers::pid(&session)
            .await
            .map_err(|error| Error::database("no connection to migrate on", error))?;
        Ok(Self {
            session,
            lock: Some((other, pid)),
            key,
        })
    }

    /// The connection that does not work, and the process id of the one that does.
    pub(super) fn other(&self) -> Option<(&Session, i64)> {
        self.lock.as_ref().map(|(other, pid)| (other, *pid))
    }

    /// A second lock, on the connection that works. A statement outside a transaction may go on in
    /// the server after its deployer was killed; whoever comes next waits here until it has ended.
    pub(super) async fn hold_while_working(
        &self,
        options: &Options,
        on_wait: impl FnOnce() + Send,
    ) -> Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        held(&self.session, self.key ^ 1, options.lock_wait, on_wait).await
    }
}

/// Tries for the lock until it is held.
async fn held(
    session: &Session,
    key: i64,
    patience: Duration,
    on_wait: impl FnOnce() + Send,
) -> Result<()> {
    let cannot = |error| Error::database("the lock for migrations cannot be taken", error);
    let started = Instant::now();
    let mut pause = Duration::from_millis(20);
    let mut on_wait = Some(on_wait);
    loop {
        let rows = session.query(&TRY, params! { key }).await.map_err(cannot)?;
        let held = rows.first().map(|row| row.get::<bool>("held"));
        if held.transpose().map_err(cannot)? == Some(true) {
            return Ok(());
        }
        if started.elapsed() >= patience {
            let message =
                format!("another deployer has been migrating for {patience:?} and is not done");
            return Err(Error::new(ErrorKind::Locked, message));
        }
        if let Some(on_wait) = on_wait.take() {
            on_wait();
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

/// The lock's number: chains in different schemas of a database do not wait for each other.
fn key(schema: Option<&str>) -> i64 {
    let digest = Sha256::digest(format!("raptor-migrate:{}", schema.unwrap_or_default()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}
