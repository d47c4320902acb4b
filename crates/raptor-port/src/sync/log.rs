//! The log of changes in the file: where it ends, and whether it goes on where it was left.

use super::capture::LOG;
use super::file::{integer, rows, run, writing};
use crate::error::Result;
use raptor_db::SnapshotReader;

/// One entry of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) seq: i64,
    pub(super) mark: i64,
}

/// The last entry of the log.
pub(crate) fn last(reader: &SnapshotReader) -> Result<Entry> {
    let ask = format!("SELECT seq, mark FROM {LOG} ORDER BY seq DESC LIMIT 1");
    let found = rows(reader, &ask, |row| Entry {
        seq: integer(row, 0),
        mark: integer(row, 1),
    })?;
    Ok(found.into_iter().next().unwrap_or_default())
}

/// Whether the log goes on behind an entry, and the file is not as it was before it.
pub(super) fn goes_on(reader: &SnapshotReader, from: Entry) -> Result<bool> {
    let ask = format!("SELECT mark FROM {LOG} WHERE seq = {}", from.seq);
    let marks = rows(reader, &ask, |row| integer(row, 0))?;
    Ok(from.seq == 0 || marks == [from.mark])
}

/// Takes some entries out of the log before `upto` where there are more than `most`; answers whether more
/// are left to be.
pub(super) fn prune(reader: &SnapshotReader, upto: i64, most: i64, at_once: i64) -> Result<bool> {
    let first = rows(reader, &format!("SELECT min(seq) FROM {LOG}"), |row| {
        integer(row, 0)
    })?;
    let first = first.into_iter().next().unwrap_or_default();
    if upto - first < most {
        return Ok(false);
    }
    let end = upto.min(first + at_once);
    writing(reader, || {
        run(reader, &format!("DELETE FROM {LOG} WHERE seq < {end}"))
    })?;
    Ok(true)
}
