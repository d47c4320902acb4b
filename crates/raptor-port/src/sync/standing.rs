//! What is to stand in the file when a run begins: what an earlier run has left, or all of it anew.

use super::file;
use super::key::{are_uniform, numbered};
use super::log;
use super::position::Position;
use super::watch::{self, Watch};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::source::Source;
use raptor_db::SnapshotReader;

/// What an earlier run has left.
pub(super) struct Before {
    /// What tells what stood in the file then.
    pub(super) token: String,
    pub(super) plan: String,
    pub(super) has_ended: bool,
    pub(super) position: Position,
}

/// What stands before the token.
pub(super) const STATE: &str = "followed ";

/// Decides what is to stand in the file, and has it stand there; answers its token.
pub(super) fn stand(
    reader: &SnapshotReader,
    plan: Plan,
    before: Option<Before>,
) -> Result<(Option<Watch>, String)> {
    let source = Source::read(reader)?;
    let fitted = plan.clone().fit(&source)?;
    numbered(&source, &fitted)?;
    are_uniform(reader, &source, &fitted)?;
    let is_closed = watch::is_closed(reader)?;
    let same = before.filter(|it| it.plan == fitted.to_string() && !it.token.is_empty());
    let found = watch::found(reader)?;
    if let Some(before) = same {
        if before.has_ended {
            // What was written to a file that is open again is not there.
            let token = if is_closed {
                before.token
            } else {
                String::new()
            };
            return Ok((None, token));
        }
        if let Some(found) = found.filter(|it| it.token == before.token)
            && log::goes_on(reader, before.position.at)?
            && let Some(watch) = Watch::of(reader, &source, &fitted)?.resume(reader, &found)?
        {
            return Ok((Some(watch), found.token));
        }
    }
    if is_closed {
        return Err(Error::new(
            ErrorKind::Source,
            "the file takes no more writes since it was carried over: `raptor port release` opens it again",
        ));
    }
    let watch = file::writing(reader, || {
        let source = Source::read(reader)?;
        let fitted = plan.fit(&source)?;
        Watch::of(reader, &source, &fitted)?.put_in(reader)
    })?;
    let token = watch.token.clone();
    Ok((Some(watch), token))
}
