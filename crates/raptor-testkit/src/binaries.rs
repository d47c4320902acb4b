//! Where the programs of a Postgres server are on this machine.
//!
//! Looks; never installs and never downloads.

use crate::config;
use crate::error::{Error, ErrorKind, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Where distributions put their servers, one folder per version beneath.
const VERSIONED: [&str; 3] = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/// Where a server stands by itself.
const PLAIN: [&str; 3] = [
    "/usr/local/pgsql/bin",
    "/opt/homebrew/bin",
    "/usr/local/bin",
];

/// The folder of one installed server.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Takes `told`, else `RAPTOR_PG_BIN`, else the first of `PATH`, else the newest of the usual
    /// folders.
    ///
    /// # Errors
    /// [`ErrorKind::NoServer`], which says where was looked and how to install one.
    pub(crate) fn find(told: Option<&Path>) -> Result<Self> {
        if let Some((folder, source)) = told
            .map(|folder| (folder.to_owned(), "Options::bin_dir"))
            .or_else(|| config::bin_dir().map(|folder| (folder, "RAPTOR_PG_BIN")))
        {
            return Self::at(&folder).ok_or_else(|| {
                Error::new(
                    ErrorKind::NoServer,
                    format!(
                        "{source} is {}, which holds no `postgres` and `initdb`",
                        folder.display()
                    ),
                )
            });
        }
        config::search_path()
            .into_iter()
            .chain(newest_first())
            .chain(PLAIN.map(PathBuf::from))
            .find_map(|folder| Self::at(&folder))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::NoServer,
                    "no Postgres server was found in PATH or the usual folders; install one \
                     (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install \
                     postgresql-server`; macOS: `brew install postgresql@17`) or set \
                     RAPTOR_PG_BIN to the folder that holds `postgres` and `initdb`",
                )
            })
    }

    fn at(folder: &Path) -> Option<Self> {
        // A `postgres` in PATH is often a link; the server looks for its parts beside the real one.
        let folder = fs::canonicalize(folder.join("postgres")).ok()?;
        let folder = folder.parent()?.to_owned();
        folder.join("initdb").is_file().then_some(Self { folder })
    }

    /// The server itself.
    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The program that makes a data directory.
    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// `psql`, where a whole installation is at hand; else the bare name.
    pub(crate) fn psql(&self) -> PathBuf {
        let beside = self.folder.join("psql");
        if beside.is_file() {
            beside
        } else {
            "psql".into()
        }
    }
}

/// The `bin` folders under [`VERSIONED`], highest version first.
fn newest_first() -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = VERSIONED
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let name = name.to_str()?;
            let version = name.strip_prefix("postgresql@").unwrap_or(name);
            Some((version.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, folder)| folder).collect()
}
