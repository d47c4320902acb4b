//! Where a baseline goes: a folder of revisions, and the table of versions beside the tables that it makes.
//!
//! A file is never written over, and a folder that has other revisions gets none. A run that was killed in
//! between finds its file again, by its id.

use super::{Baseline, id_of};
use crate::error::{Error, ErrorKind, Result};
use crate::load::Ledger;
use raptor_db::Db;
use raptor_migrate::{Chain, Options, Revision, current, stamp};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a baseline goes.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    options: Options,
}

/// What became of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Settled {
    /// The revision's id, which the database is at.
    pub id: String,
    /// Its file.
    pub file: PathBuf,
}

impl Home {
    /// Looks whether a baseline can go into `folder`, which need not be there, and whether `schema` on `db` is
    /// no other chain's. It changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Chain`] says why it cannot; [`ErrorKind::Database`].
    pub async fn look(folder: &Path, db: &Db, schema: &str, mut options: Options) -> Result<Self> {
        options.schema = Some(schema.to_owned());
        let home = Self {
            folder: folder.to_owned(),
            options,
        };
        let there = home.there()?;
        match home.version(db).await? {
            Some(row) if !there.iter().any(|it| it.id() == row) => Err(home.is_anothers(&row)),
            _ => Ok(home),
        }
    }

    /// Writes the file, unless it is there, and stamps the database. With `again`, a baseline that a run
    /// before wrote of another schema goes, as the tables that it made did.
    ///
    /// # Errors
    /// [`ErrorKind::Chain`] when the folder or the database is another chain's by now; [`ErrorKind::Busy`];
    /// [`ErrorKind::Io`]; [`ErrorKind::Database`].
    pub async fn settle(
        &self,
        baseline: &Baseline,
        db: &Db,
        date: &str,
        again: bool,
    ) -> Result<Settled> {
        // Of two runs that end at once, the second finds the file of the first.
        let _alone = Ledger::new(self.schema()).alone(db).await?;
        let there = self.there()?;
        let (ours, others): (Vec<&Revision>, Vec<&Revision>) =
            there.iter().partition(|it| it.id() == baseline.id);
        let file = match (ours.first(), others.first()) {
            (Some(ours), _) => self.folder.join(ours.file()),
            (None, Some(other)) if !again => return Err(self.is_of_another(other)),
            (None, _) => self.write(baseline, date)?,
        };
        // Also where a run was killed between the two.
        for other in others {
            let path = self.folder.join(other.file());
            std::fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
        }
        let at = self.version(db).await?;
        if at.as_deref() != Some(&baseline.id) {
            let (chain, is_other) = (baseline.chain()?, at.is_some());
            let ids = [baseline.id.as_str()];
            let stamped = stamp(db, &chain, &ids, is_other, &self.options, |_| {}).await;
            stamped.map_err(Error::chain)?;
        }
        let id = baseline.id.clone();
        Ok(Settled { id, file })
    }

    /// What the folder has, where that is nothing but baselines that nobody changed.
    fn there(&self) -> Result<Vec<Revision>> {
        let folder = self.folder.display();
        match std::fs::metadata(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Ok(it) if it.is_dir() => {}
            Ok(_) => return Err(refused(format!("{folder} is no folder"))),
            Err(error) => return Err(Error::io(&format!("{folder} cannot be read"), &error)),
        }
        let chain = Chain::from_dir(&self.folder).map_err(|error| {
            let why = "has .sql files that are no revisions of a chain";
            refused(format!("the folder {folder} {why} ({error})"))
        })?;
        let is_grown = |it: &&Revision| id_of(it) != it.id() || !it.revises().is_empty();
        match (chain.iter().find(is_grown), chain.len()) {
            (None, _) => Ok(chain.iter().cloned().collect()),
            (Some(one), 1) => Err(refused(format!(
                "the folder {folder} has a revision already, {}",
                one.file()
            ))),
            (Some(one), count) => Err(refused(format!(
                "the folder {folder} has {count} revisions already, {} among them",
                one.file()
            ))),
        }
    }

    /// The row of the table of versions; several as one.
    async fn version(&self, db: &Db) -> Result<Option<String>> {
        let rows = current(db, &Chain::default(), &self.options).await;
        let rows = rows.map_err(Error::chain)?.versions;
        let ids: Vec<&str> = rows.iter().map(|it| it.id.as_str()).collect();
        Ok((!ids.is_empty()).then(|| ids.join(", ")))
    }

    fn schema(&self) -> &str {
        self.options.schema.as_deref().unwrap_or_default()
    }

    fn is_anothers(&self, row: &str) -> Error {
        refused(format!(
            "the schema {} on Postgres is another chain's: its alembic_version has {row}",
            self.schema()
        ))
    }

    fn is_of_another(&self, other: &Revision) -> Error {
        refused(format!(
            "{} is the baseline of another schema; `--again` writes this one in its place, another folder keeps both",
            self.folder.join(other.file()).display()
        ))
    }

    /// Writes the file in one piece: half a file would be no revision.
    fn write(&self, baseline: &Baseline, date: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("{date}_{}", baseline.name));
        // Hidden files are no revisions. A run that was killed here left one of the same name.
        let hidden = self.folder.join(format!(".{}", baseline.name));
        let written = || -> io::Result<()> {
            std::fs::create_dir_all(&self.folder)?;
            let mut file = File::create(&hidden)?;
            file.write_all(baseline.text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&hidden, &path)
        };
        written().map_err(|error| cannot_write(&path, &error))?;
        Ok(path)
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Chain, message)
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::io(&format!("{} cannot be written", path.display()), error)
}
