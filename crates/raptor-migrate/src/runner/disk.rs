//! SQLite: one wait for the disk for all revisions of a run, and not one for each.
//!
//! In between a commit is only written to the log (`synchronous = NORMAL` in WAL mode): whoever is
//! killed loses nothing, and a power cut loses whole revisions from the end, never a part of one
//! (<https://sqlite.org/pragma.html#pragma_synchronous>). What moves the log's pages into the file
//! waits for the disk twice, and is put off while the log is small. Meanwhile another thread has the
//! disk write what is in the log already, so that little is left to wait for at the end. The last
//! revision's commit, and with it all before, is on the disk before the run says that it is done.

use crate::error::{Error, Result};
use raptor_db::{Db, Engine, Session, Sql, params};
use std::ffi::OsString;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static SYNCHRONOUS: Sql = Sql::new("SELECT synchronous AS level FROM pragma_synchronous");

/// Pages of the log at which they are moved into the file: SQLite's default, and 64 MiB.
const CHECKPOINT: u32 = 1_000;
const LATE_CHECKPOINT: u32 = 16_384;

/// After how many revisions the disk is sent for: some megabytes.
const AHEAD: u32 = 64;

/// How SQLite waits for the disk.
pub(super) struct Disk {
    /// What was configured, when it is more than `NORMAL`.
    level: Option<i64>,
    is_deferred: AtomicBool,
    /// The log's name.
    log: Option<OsString>,
    /// How many commits did not wait.
    deferred: AtomicU32,
    /// The disk writes ahead of them.
    is_busy: Arc<AtomicBool>,
}

impl Disk {
    pub(super) async fn of(db: &Db, session: &Session) -> Result<Self> {
        let level = match session.engine() {
            Engine::Postgres => None,
            Engine::Sqlite => {
                let rows = session
                    .query(&SYNCHRONOUS, params! {})
                    .await
                    .map_err(cannot)?;
                let level: Option<i64> = rows
                    .first()
                    .map(|row| row.get("level"))
                    .transpose()
                    .map_err(cannot)?;
                level.filter(|level| *level > 1)
            }
        };
        let log = db.path().map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push("-wal");
            name
        });
        Ok(Self {
            level,
            is_deferred: AtomicBool::new(false),
            log,
            deferred: AtomicU32::new(0),
            is_busy: Arc::default(),
        })
    }

    /// More revisions follow: the next commit need not wait.
    pub(super) async fn defer(&self, session: &Session) -> Result<()> {
        if self.level.is_none() {
            return Ok(());
        }
        if !self.is_deferred.swap(true, Ordering::Relaxed) {
            set(session, 1, LATE_CHECKPOINT).await?;
        }
        if self.deferred.fetch_add(1, Ordering::Relaxed) % AHEAD == AHEAD - 1 {
            self.send_ahead();
        }
        Ok(())
    }

    /// Has the disk write what the log holds. Nobody relies on it: the last commit waits for all,
    /// and what fails here fails there again.
    fn send_ahead(&self) {
        let Some(log) = self.log.clone() else { return };
        // Still busy with what came before: what is new goes with the next.
        if self.is_busy.swap(true, Ordering::Relaxed) {
            return;
        }
        let is_busy = Arc::clone(&self.is_busy);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = File::open(log).and_then(|log| log.sync_data()) {
                tracing::debug!(%error, "the log was not written ahead of its last commit");
            }
            is_busy.store(false, Ordering::Relaxed);
        });
    }

    /// The next commit waits again, for itself and all before.
    pub(super) async fn wait_again(&self, session: &Session) -> Result<bool> {
        match self.level {
            Some(level) if self.is_deferred.swap(false, Ordering::Relaxed) => {
                set(session, level, CHECKPOINT).await.map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// What was committed without waiting is on the disk: an error came before the last revision.
    pub(super) async fn flush(&self, session: &Session) -> Result<()> {
        if self.wait_again(session).await? {
            let text = "PRAGMA wal_checkpoint(PASSIVE)";
            session.execute_raw(text).await.map_err(cannot)?;
        }
        Ok(())
    }
}

async fn set(session: &Session, level: i64, checkpoint: u32) -> Result<()> {
    let text = format!("PRAGMA synchronous = {level}; PRAGMA wal_autocheckpoint = {checkpoint}");
    session.execute_raw(&text).await.map_err(cannot)
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("how SQLite waits for the disk cannot be set", error)
}
