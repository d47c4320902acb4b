//! `raptor migrate import`: takes over what another tool migrated so far.

mod alembic;
mod sql;

use crate::config::Config;
use alembic::FromAlembic;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use raptor_migrate::Chain;
use raptor_migrate::import::ImportedFile;
use sql::FromSql;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Import {
    /// The chain of a project that Alembic migrates
    Alembic(FromAlembic),
    /// A folder of numbered .sql files, and the databases that their runner migrated
    Sql(FromSql),
}

impl Import {
    pub(super) fn json(&self) -> bool {
        match self {
            Self::Alembic(from) => from.json,
            Self::Sql(from) => from.json,
        }
    }

    pub(super) async fn run(&self, config: &Config) -> Result<ExitCode> {
        match self {
            Self::Alembic(from) => from.run(config).await,
            Self::Sql(from) => from.run(config).await,
        }
    }
}

/// What a folder holds already, when it is there.
fn held(folder: &Path) -> Result<Option<Chain>> {
    if !folder.exists() {
        return Ok(None);
    }
    let chain = Chain::from_dir(folder)?;
    Ok(Some(chain).filter(|chain| !chain.is_empty()))
}

fn must_be_empty(folder: &Path) -> Result<()> {
    if held(folder)?.is_some() {
        bail!(
            "{} holds revisions already; name another folder with --dir",
            folder.display()
        );
    }
    Ok(())
}

/// Files that were written, to be taken away again when what they were for fails.
struct Written {
    folder: PathBuf,
    files: Vec<PathBuf>,
    was_there: bool,
}

impl Written {
    /// Best effort: the error that matters is the one before.
    fn take_away(self) {
        for path in &self.files {
            let _ = std::fs::remove_file(path);
        }
        if !self.was_there {
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

/// The folder is there with all of the files, or as it was.
fn write(folder: &Path, files: &[ImportedFile]) -> Result<Written> {
    let mut written = Written {
        folder: folder.to_owned(),
        files: Vec::new(),
        was_there: folder.exists(),
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for file in files {
        let path = folder.join(&file.name);
        let done = std::fs::File::create_new(&path)
            .inspect(|_| written.files.push(path.clone()))
            .and_then(|mut new| std::io::Write::write_all(&mut new, file.text.as_bytes()));
        if let Err(error) = done {
            written.take_away();
            return Err(error).with_context(|| format!("cannot write {}", path.display()));
        }
    }
    Ok(written)
}

/// `1 file`, `2 files`.
fn counted(files: usize) -> String {
    format!("{files} file{}", if files == 1 { "" } else { "s" })
}
