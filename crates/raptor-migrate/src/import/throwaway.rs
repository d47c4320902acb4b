//! Files and folders that are removed when they are dropped.

use crate::error::{Error, ErrorKind, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A name that no other process and no other call has.
fn name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("raptor-import-{}-{number}", std::process::id())
}

fn cannot(path: &Path, error: std::io::Error) -> Error {
    let message = format!("{} cannot be written: {error}", path.display());
    Error::new(ErrorKind::Io, message).with_source(error)
}

/// A file.
pub(super) struct File(PathBuf);

impl File {
    /// A new file in `folder`; nobody else may read it, as it may hold a password.
    pub(super) fn create(folder: &Path, extension: &str, text: &str) -> Result<Self> {
        let path = folder.join(format!(".{}.{extension}", name()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(|error| cannot(&path, error))?;
        let made = Self(path);
        file.write_all(text.as_bytes())
            .map_err(|error| cannot(&made.0, error))?;
        Ok(made)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // It is a copy; that it stays harms nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A folder in the system's own for temporary ones.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn create() -> Result<Self> {
        let path = std::env::temp_dir().join(name());
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .map_err(|error| cannot(&path, error))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| cannot(parent, error))?;
        }
        std::fs::write(&path, text).map_err(|error| cannot(&path, error))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
