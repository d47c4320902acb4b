//! What a file is like at a moment: as long as it is the same, nobody has written to it.

use crate::error::{Error, Result};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Sizes and times of the file and of its `-wal`.
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
            "{}@{} ",
            known.len(),
            at.unwrap_or_default().as_nanos()
        );
    }
    Ok(state)
}
