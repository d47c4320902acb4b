//! Initialised data directories, one per installed server, made once and copied ever after.
//!
//! Several processes may want the same one at the same time: the first makes it under a lock and
//! renames it into place, so that a name in the cache is a whole directory or none. Entries carry
//! their extent, so that one which a temporary-file cleaner has gnawed at is made anew.

use crate::account::Account;
use crate::binaries::Binaries;
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::folder::{Extent, Folder, copy_tree};
use crate::scram::hex;
use crate::server::{Options, initial};
use crate::supervisor::Supervisor;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Raised when what is made here changes.
const EDITION: u32 = 1;

/// The cache's folder in the user's.
const NAME: &str = "raptor-testkit";

/// One cached data directory.
pub(crate) struct Cached {
    entry: PathBuf,
    /// The password of all three logins.
    pub(crate) password: String,
    /// The server's major version.
    pub(crate) major: u32,
}

/// Copies the cached data directory of a server to `target`, making it first if there is none.
pub(crate) fn copy_to(
    target: &Path,
    binaries: &Binaries,
    account: Account,
    options: &Options,
) -> Result<Cached> {
    let home = home(options.cache_dir.as_deref())?;
    let entry = home.join(key(binaries)?);
    if let Some(cached) = Cached::copy(&entry, target, account)? {
        return Ok(cached);
    }
    let lock_path = entry.with_extension("lock");
    let lock = File::create(&lock_path).map_err(|cause| Error::io("make", &lock_path, &cause))?;
    lock.lock()
        .map_err(|cause| Error::io("lock", &lock_path, &cause))?;
    // Another process may have made it while this one waited.
    if let Some(cached) = Cached::copy(&entry, target, account)? {
        return Ok(cached);
    }
    let work = Folder::create(options.run_dir.as_deref(), account)?;
    make(&entry, work, binaries, account)?;
    Cached::copy(&entry, target, account)?.ok_or_else(|| {
        Error::new(
            ErrorKind::Folder,
            format!("{} is changed by somebody else", entry.display()),
        )
    })
}

impl Cached {
    /// Copies an entry, or finds that it is missing or not whole; then `target` is not there.
    fn copy(entry: &Path, target: &Path, account: Account) -> Result<Option<Self>> {
        let Ok(manifest) = fs::read_to_string(entry.join("manifest")) else {
            return Ok(None);
        };
        let copied = copy_tree(&entry.join("data"), target, account);
        if copied
            .as_ref()
            .is_ok_and(|extent| spelt(*extent) == manifest)
        {
            let read = |name: &str| {
                let path = entry.join(name);
                fs::read_to_string(&path).map_err(|cause| Error::io("read", &path, &cause))
            };
            let version = read("data/PG_VERSION")?;
            let entry = entry.to_owned();
            return Ok(Some(Self {
                password: read("password")?,
                major: version.trim().parse().unwrap_or(0),
                entry,
            }));
        }
        fs::remove_dir_all(target).ok();
        match copied {
            Err(error) if entry.join("data").is_dir() => Err(error),
            _ => Ok(None),
        }
    }

    /// Where the entry stands, for messages.
    pub(crate) fn entry(&self) -> &Path {
        &self.entry
    }
}

/// Initialises a data directory in a folder that goes if we do, and moves a copy into the cache.
fn make(entry: &Path, work: Folder, binaries: &Binaries, account: Account) -> Result<()> {
    let supervisor = Supervisor::watch(work, &binaries.postgres(), account)?;
    let folder = supervisor.folder();
    let password = initial::data_directory(folder, binaries, account)?;
    let unfinished = entry.with_extension("new");
    for stale in [&unfinished, entry] {
        if stale.exists() {
            fs::remove_dir_all(stale).map_err(|cause| Error::io("remove", stale, &cause))?;
        }
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&unfinished)
        .map_err(|cause| Error::io("make", &unfinished, &cause))?;
    let extent = copy_tree(&folder.join("data"), &unfinished.join("data"), Account::Own)?;
    for (name, text) in [("password", password), ("manifest", spelt(extent))] {
        let path = unfinished.join(name);
        fs::write(&path, text).map_err(|cause| Error::io("write", &path, &cause))?;
    }
    fs::rename(&unfinished, entry).map_err(|cause| Error::io("make", entry, &cause))
}

fn spelt(extent: Extent) -> String {
    format!("{} files, {} bytes\n", extent.files, extent.bytes)
}

/// The cache's folder: ours alone, because it holds a password and programs' input.
fn home(told: Option<&Path>) -> Result<PathBuf> {
    if let Some(told) = told {
        return private(&told.join(NAME));
    }
    for home in config::cache_homes() {
        if let Ok(folder) = private(&home.join(NAME)) {
            return Ok(folder);
        }
    }
    let uid = rustix::process::geteuid().as_raw();
    private(&std::env::temp_dir().join(format!("raptor-testkit-cache-{uid}")))
}

/// Makes a folder that only we may enter, or checks that it is one.
fn private(folder: &Path) -> Result<PathBuf> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| Error::io("make", folder, &cause))?;
    let found = fs::symlink_metadata(folder).map_err(|cause| Error::io("read", folder, &cause))?;
    let ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if !ours || found.permissions().mode() & 0o077 != 0 {
        return Err(Error::new(
            ErrorKind::Folder,
            format!(
                "the cache {} must be a folder of ours that nobody else may enter (mode 700)",
                folder.display()
            ),
        ));
    }
    // A name that the user may enter but not write into is no cache.
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
        .map_err(|cause| Error::io("write into", folder, &cause.into()))?;
    Ok(folder.to_owned())
}

/// Names the entry: which program, which options, which edition of this crate.
fn key(binaries: &Binaries) -> Result<String> {
    let program = binaries.postgres();
    let found = fs::metadata(&program).map_err(|cause| Error::io("read", &program, &cause))?;
    let mut hash = Sha256::new();
    hash.update(format!(
        "{EDITION} {} {} {} {}.{}\n{}",
        program.display(),
        found.ino(),
        found.len(),
        found.mtime(),
        found.mtime_nsec(),
        initial::SETTINGS
    ));
    Ok(hex(&hash.finalize()[..8]))
}
