//! SQLite: one wait for the disk for all revisions of a run, and not one for each.
//!
//! In between a commit is only written to the log (`synchronous = NORMAL` in WAL mode): whoever is
//! killed loses nothing, and a power cut loses whole revisions from the end, never a part of one
//! (<https://sqlite.org/pragma.html#pragma_synchronous>). What moves the log's pages into the file
//! waits for the disk twice, and is put off while the log is small. Meanwhile another connection has the
//! disk write what is in the log already, so that little is left to wait for at the end. The last
//! revision's commit, and with it all before, is on the disk before the run says that it is done.

use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Engine, Session, Sql, params};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

static SYNCHRONOUS: Sql = Sql::new("SELECT synchronous AS level FROM pragma_synchronous");

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Pages of the log at which a commit moves them into the file: SQLite's default, and 64 MiB.
const PAGES: u32 = 1_000;
const MORE_PAGES: u32 = 16_384;

/// After how many revisions the disk is sent for: some megabytes.
const AHEAD: u32 = 128;

/// How SQLite waits for the disk.
pub(super) struct Disk {
    /// What was configured, when it is more than `NORMAL`.
    level: Option<i64>,
    is_deferred: AtomicBool,
    /// How many commits did not wait.
    deferred: AtomicU32,
    db: Db,
    /// Which file it was when the run began.
    file: Option<(u64, u64)>,
    /// What has the disk write ahead of them, and its connection.
    ahead: Mutex<Option<JoinHandle<()>>>,
    session: Arc<OnceCell<Session>>,
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
        Ok(Self {
            level,
            is_deferred: AtomicBool::new(false),
            deferred: AtomicU32::new(0),
            file: db.path().and_then(identity),
            db: db.clone(),
            ahead: Mutex::default(),
            session: Arc::default(),
        })
    }

    /// The database's file is still the one that the run began with: what is written to one that was
    /// moved away or replaced is nowhere, and its log would go into the new one.
    pub(super) fn is_there(&self) -> Result<()> {
        let Some(path) = self.db.path().filter(|_| self.file.is_some()) else {
            return Ok(());
        };
        if identity(path) == self.file {
            return Ok(());
        }
        let message = format!(
            "{} was removed or replaced while the run went on: what ran is not in the file that is there now; \
             take away what is left beside it (-wal, -shm), and run again",
            path.display()
        );
        Err(Error::new(ErrorKind::Database, message))
    }

    /// More revisions follow: the next commit need not wait.
    pub(super) async fn defer(&self, session: &Session) -> Result<()> {
        if self.level.is_none() {
            return Ok(());
        }
        if !self.is_deferred.swap(true, Ordering::Relaxed) {
            set(session, 1, MORE_PAGES).await?;
        }
        if self.deferred.fetch_add(1, Ordering::Relaxed) % AHEAD == AHEAD - 1 {
            self.send_ahead();
        }
        Ok(())
    }

    /// Has another connection move what the log holds into the file. Nobody relies on it: the last
    /// commit waits for all that is left.
    fn send_ahead(&self) {
        let mut ahead = self.ahead();
        // Still busy with what came before: what is new goes with the next.
        if ahead.as_ref().is_some_and(|work| !work.is_finished()) {
            return;
        }
        let (db, session) = (self.db.clone(), Arc::clone(&self.session));
        *ahead = Some(tokio::spawn(async move {
            let work = async {
                let session = session.get_or_try_init(|| db.session()).await?;
                session.execute_raw(CHECKPOINT).await
            };
            if let Err(error) = work.await {
                tracing::debug!(%error, "nothing was written ahead of the last commit");
            }
        }));
    }

    fn ahead(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next commit waits again, for itself and all before.
    pub(super) async fn wait_again(&self, session: &Session) -> Result<bool> {
        match self.level {
            Some(level) if self.is_deferred.swap(false, Ordering::Relaxed) => {
                set(session, level, PAGES).await.map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// The run is over: nobody else has the file open for it, and what was committed without waiting,
    /// where an error came before the last revision, is on the disk.
    pub(super) async fn flush(&self, session: &Session) -> Result<()> {
        // Who checkpoints ahead has the file open, and another one does nothing meanwhile.
        let ahead = self.ahead().take();
        if let Some(ahead) = ahead
            && let Err(error) = ahead.await
        {
            tracing::debug!(%error, "nothing was written ahead of the last commit");
        }
        self.is_there()?;
        if self.wait_again(session).await? {
            session.execute_raw(CHECKPOINT).await.map_err(cannot)?;
        }
        Ok(())
    }
}

/// The device, and the file's number on it.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// With a memory map, each page that is read is looked up in the log first, and then in the cache;
/// while all of them are new that is work for nothing.
async fn set(session: &Session, level: i64, pages: u32) -> Result<()> {
    let text = format!(
        "PRAGMA synchronous = {level}; PRAGMA wal_autocheckpoint = {pages}; PRAGMA mmap_size = 0"
    );
    session.execute_raw(&text).await.map_err(cannot)
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("how SQLite waits for the disk cannot be set", error)
}
