//! SQLite: one wait for the disk for all revisions of a run, and not one for each.
//!
//! In between a commit is only written to the log (`synchronous = NORMAL` in WAL mode): whoever is
//! killed loses nothing, and a power cut loses whole revisions from the end, never a part of one
//! (<https://sqlite.org/pragma.html#pragma_synchronous>). The last revision's commit, and with it
//! all before, is on the disk before the run says that it is done.

use crate::error::{Error, Result};
use raptor_db::{Engine, Session, Sql, params};
use std::sync::atomic::{AtomicBool, Ordering};

static SYNCHRONOUS: Sql = Sql::new("SELECT synchronous AS level FROM pragma_synchronous");

/// How SQLite waits for the disk.
pub(super) struct Disk {
    /// What was configured, when it is more than `NORMAL`.
    level: Option<i64>,
    is_deferred: AtomicBool,
}

impl Disk {
    pub(super) async fn of(session: &Session) -> Result<Self> {
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
        })
    }

    /// More revisions follow: the next commit need not wait.
    pub(super) async fn defer(&self, session: &Session) -> Result<()> {
        if self.level.is_some() && !self.is_deferred.swap(true, Ordering::Relaxed) {
            set(session, 1).await?;
        }
        Ok(())
    }

    /// The next commit waits again, for itself and all before.
    pub(super) async fn wait_again(&self, session: &Session) -> Result<bool> {
        match self.level {
            Some(level) if self.is_deferred.swap(false, Ordering::Relaxed) => {
                set(session, level).await.map(|()| true)
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

async fn set(session: &Session, level: i64) -> Result<()> {
    let text = format!("PRAGMA synchronous = {level}");
    session.execute_raw(&text).await.map_err(cannot)
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("how SQLite waits for the disk cannot be set", error)
}
