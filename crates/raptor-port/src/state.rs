//! What a file is like at a moment: as long as it is the same, nobody has written to it.
//!
//! Sizes and times alone are not enough: some file systems tell seconds, and copies keep the time.

use crate::error::{Error, Result};
use crate::line::hex;
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Sizes and times of the file and of its `-wal`, and how both begin: with SQLite's own counter of changes
/// (<https://www.sqlite.org/fileformat2.html>, 1.3.7) and the log's salts (4.1).
pub(crate) fn of(file: &Path) -> Result<String> {
    let mut state = String::new();
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    for path in [file.to_owned(), PathBuf::from(wal)] {
        let known = match std::fs::metadata(&path) {
            Ok(known) => known,
            Err(_) if path != file => continue,
            Err(error) => {
                return Err(Error::io(
                    &format!("{} cannot be looked at", path.display()),
                    &error,
                ));
            }
        };
        // A log without an entry is as good as none.
        if path != file && known.len() == 0 {
            continue;
        }
        let at = known
            .modified()
            .ok()
            .and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        // Writing to a String does not fail.
        let _ = write!(
            state,
            "{}@{}:{} ",
            known.len(),
            at.unwrap_or_default().as_nanos(),
            beginning(&path)?
        );
    }
    Ok(state)
}

/// The file's first bytes, as hexadecimal digits.
fn beginning(path: &Path) -> Result<String> {
    const LENGTH: u64 = 100;
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LENGTH).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(hex(&bytes)),
        Err(error) => Err(Error::io(
            &format!("{} cannot be read", path.display()),
            &error,
        )),
    }
}
