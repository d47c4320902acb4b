//! Reads the `*.sql` files of a folder.

use crate::error::{Error, ErrorKind, Result};
use crate::revision::Revision;
use std::path::{Path, PathBuf};

/// The revisions, by their files' names; of several files that are wrong, the first is named.
pub(super) fn read(folder: &Path) -> Result<Vec<Revision>> {
    list(folder)?.iter().map(File::parse).collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct File {
    name: String,
    path: PathBuf,
}

fn list(folder: &Path) -> Result<Vec<File>> {
    let unreadable = |error: std::io::Error| {
        let message = format!("the folder {} cannot be read: {error}", folder.display());
        Error::new(ErrorKind::Io, message).with_source(error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let ends = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        // What begins with a dot is an editor's or a file system's.
        if ends.is_none_or(|it| it != "sql") || name.starts_with('.') {
            continue;
        }
        let mut kind = entry.file_type().map_err(unreadable)?;
        if kind.is_symlink()
            && let Ok(target) = std::fs::metadata(&path)
        {
            kind = target.file_type();
        }
        if kind.is_dir() {
            let message = "it is a folder, and a revision is a file; move it away, or give it a name that does not end in .sql";
            return Err(Error::new(ErrorKind::Io, message).in_file(&name));
        }
        // A pipe or a device would be read without end; a link to nothing says so itself.
        if !kind.is_file() && !kind.is_symlink() {
            let message = "it is no regular file";
            return Err(Error::new(ErrorKind::Io, message).in_file(&name));
        }
        files.push(File { name, path });
    }
    files.sort();
    Ok(files)
}

impl File {
    fn parse(&self) -> Result<Revision> {
        let Self { name, path } = self;
        let bytes = std::fs::read(path).map_err(|error| {
            let message = format!("the file {} cannot be read: {error}", path.display());
            Error::new(ErrorKind::Io, message)
                .with_source(error)
                .in_file(name)
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let message = format!("the file is not UTF-8 (byte {at}, counted from 0)");
            Error::new(ErrorKind::Format, message).in_file(name)
        })?;
        Revision::parse(name, &text)
    }
}
