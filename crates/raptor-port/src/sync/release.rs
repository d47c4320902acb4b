//! The way out: the file is the application's again, and nothing of ours is in it.

use super::{PATIENCE, file, watch};
use crate::error::{Error, Result};
use crate::existing::aside;
use crate::load::Ledger;
use crate::plan::{Mode, Plan};
use crate::source::quoted;
use raptor_db::{Db, Snapshot, SnapshotReader};
use std::path::Path;

/// What was taken out of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Released {
    /// There was nothing of ours.
    Nothing,
    /// What noted changes: the port is given up.
    Followed,
    /// What refused writes since the cut-over: what is written from now on is not on Postgres.
    Closed,
}

/// Takes everything out of a file that [`Begin::sync`](crate::Begin::sync) put there.
///
/// ```
/// use raptor_port::{Released, release};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("app.db");
/// # std::fs::write(&path, "")?;
/// assert_eq!(release(&path)?, Released::Nothing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Source`](crate::ErrorKind::Source), [`ErrorKind::Busy`](crate::ErrorKind::Busy) when the
/// application holds the file.
pub fn release(path: &Path) -> Result<Released> {
    let live = Snapshot::live(path, PATIENCE).map_err(Error::source_file)?;
    file::writing(&live, || {
        let is_closed = watch::is_closed(&live)?;
        Ok(match (watch::take_out(&live)?, is_closed) {
            (false, _) => Released::Nothing,
            (true, false) => Released::Followed,
            (true, true) => Released::Closed,
        })
    })
}

/// Whether triggers in a file note its changes: a run that follows it has not come to its end.
///
/// # Errors
/// [`ErrorKind::Source`](crate::ErrorKind::Source).
pub fn is_followed(file: &Path) -> Result<bool> {
    let live = Snapshot::live(file, PATIENCE).map_err(Error::source_file)?;
    followed(&live)
}

pub(crate) fn followed(reader: &SnapshotReader) -> Result<bool> {
    Ok(watch::found(reader)?.is_some_and(|it| !it.closed))
}

impl Plan {
    /// Gives a port up that has not come to its end: in a schema that was there, what was set aside is as
    /// it was. The rows that came over stay; another run replaces them.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) while a run is under way,
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn give_up(&self, db: &Db) -> Result<()> {
        let ledger = Ledger::new(&self.schema);
        let _alone = ledger.alone(db).await?;
        ledger.make(db).await?;
        let begun = ledger.begun(db).await?;
        if begun.is_none_or(|it| it.ended.is_some()) {
            return Ok(());
        }
        ledger.unmake(db).await?;
        if self.mode == Mode::Existing {
            let session = db.session().await?;
            for table in self.carried() {
                let text = format!(
                    "ALTER TABLE IF EXISTS {} DROP COLUMN IF EXISTS {}",
                    self.name_of(table),
                    quoted(super::key::NUMBER)
                );
                let done = session.execute_raw(&text).await;
                done.map_err(|error| Error::database(&text, error))?;
            }
            aside::make(db).await?;
            aside::bring_back(db, self).await?;
        }
        Ok(())
    }
}
