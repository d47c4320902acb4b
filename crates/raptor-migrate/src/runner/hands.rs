//! The connections of a run, and what keeps two deployers apart on Postgres: a session's advisory
//! lock, on a connection of its own.
//!
//! It is tried again and again and never waited for inside the server: a backend that waits in a
//! statement has a snapshot, and `CREATE INDEX CONCURRENTLY` would wait for it in turn. It ends with
//! its connection, so that a dead holder leaves nothing behind.

use super::stop::Watch;
use super::{Options, blockers};
use crate::error::{Error, ErrorKind, Result};
use raptor_db::{Db, Engine, Session, Sql, params};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

static TRY: Sql = Sql::new("SELECT pg_try_advisory_lock(:key) AS held");
static TRY_FOR_TRANSACTION: Sql = Sql::new("SELECT pg_try_advisory_xact_lock(:key) AS held");

/// What a run works with.
pub(super) struct Hands {
    /// Does the work.
    pub(super) session: Session,
    /// Cancels what it does when the run is asked to stop.
    _watch: Watch,
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
                _watch: Watch::over(&session, &options.stop),
                session,
                lock: None,
                key,
            });
        }
        let other = open().await?;
        Lock::Server(&other, key)
            .hold(options.lock_wait, on_wait)
            .await?;
        let session = open().await?;
        let pid = blockers::pid(&session)
            .await
            .map_err(|error| Error::database("no connection to migrate on", error))?;
        Ok(Self {
            _watch: Watch::over(&session, &options.stop),
            session,
            lock: Some((other, pid)),
            key,
        })
    }

    /// The connection that does not work, and the process id of the one that does.
    pub(super) fn other(&self) -> Option<(&Session, i64)> {
        self.lock.as_ref().map(|(other, pid)| (other, *pid))
    }

    /// A second lock, for a revision that is no transaction. On Postgres it is the working
    /// connection's: a statement may go on in the server after its deployer was killed, and whoever
    /// comes next waits here until it has ended. On SQLite, where nothing else holds from one
    /// statement to the next, it is the folder's that the file is in (`flock`), and ends with the
    /// process.
    pub(super) async fn hold_while_working(
        &self,
        db: &Db,
        options: &Options,
        on_wait: impl FnOnce() + Send,
    ) -> Result<Option<File>> {
        let Some(path) = db.path() else {
            let lock = Lock::Server(&self.session, self.key ^ 1);
            lock.hold(options.lock_wait, on_wait).await?;
            return Ok(None);
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let file = File::open(folder).map_err(|error| folder_error(folder, error))?;
        let lock = Lock::Folder(&file, folder);
        lock.hold(options.lock_wait, on_wait).await?;
        Ok(Some(file))
    }
}

/// Postgres: keeps other deployers out until the transaction that is open ends.
pub(crate) async fn hold_in_transaction(session: &Session, options: &Options) -> Result<()> {
    let lock = Lock::Transaction(session, key(options.schema.as_deref()));
    lock.hold(options.lock_wait, || {}).await
}

/// What keeps others out.
enum Lock<'l> {
    /// An advisory lock of that number, held by the session.
    Server(&'l Session, i64),
    /// The same, up to the end of the transaction that is open.
    Transaction(&'l Session, i64),
    Folder(&'l File, &'l Path),
}

impl Lock<'_> {
    async fn is_held(&self) -> Result<bool> {
        match self {
            Self::Server(session, key) | Self::Transaction(session, key) => {
                let lock = match self {
                    Self::Server(..) => &TRY,
                    _ => &TRY_FOR_TRANSACTION,
                };
                let rows = session.query(lock, params! { key }).await;
                rows.and_then(|rows| rows.first().map(|row| row.get("held")).transpose())
                    .map(|held| held == Some(true))
                    .map_err(|error| {
                        Error::database("the lock for migrations cannot be taken", error)
                    })
            }
            Self::Folder(file, folder) => match file.try_lock() {
                Ok(()) => Ok(true),
                Err(TryLockError::WouldBlock) => Ok(false),
                Err(TryLockError::Error(error)) => Err(folder_error(folder, error)),
            },
        }
    }

    /// Tries again and again, with longer pauses.
    async fn hold(&self, patience: Duration, on_wait: impl FnOnce() + Send) -> Result<()> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(20);
        let mut on_wait = Some(on_wait);
        while !self.is_held().await? {
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
        Ok(())
    }
}

fn folder_error(folder: &Path, error: std::io::Error) -> Error {
    let message = format!("the folder {} cannot be locked: {error}", folder.display());
    Error::new(ErrorKind::Locked, message).with_source(error)
}

/// The lock's number: chains in different schemas of a database do not wait for each other.
fn key(schema: Option<&str>) -> i64 {
    let digest = Sha256::digest(format!("raptor-migrate:{}", schema.unwrap_or_default()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}
