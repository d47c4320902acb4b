//! What an earlier run did of a revision with `tx=off`: its statements must still be in the file, as
//! they were.

use super::body;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Action, Logged, Written};
use crate::plan::{Planned, Work};
use crate::runner::step::in_revision;

/// What is known of one statement from an earlier run.
#[derive(Default)]
pub(super) struct Before {
    pub(super) begun: bool,
    pub(super) done: bool,
    pub(super) progress: Option<String>,
}

/// What an earlier run did of this statement; its text must be the same.
pub(super) fn before(
    logged: &Logged,
    next: &Planned<'_>,
    number: usize,
    work: &Work<'_>,
) -> Result<Before> {
    let mut before = Before::default();
    let wanted = i64::try_from(number).ok();
    for entry in logged.unfinished(next.revision.id()) {
        if entry.statement != wanted {
            continue;
        }
        before.begun = true;
        before.progress.clone_from(&entry.progress);
        before.done |= entry.action == Action::Statement.as_str();
        let differs = entry.body_sha256.as_deref() != Some(body(work).as_str());
        if before.done && differs {
            let what = format!("this statement ran as number {number} in");
            return Err(edited(&what, "has been changed since", next, Some(work)));
        }
    }
    Ok(before)
}

/// How many of its statements are done; none when it was not begun.
pub(super) fn done(logged: &Logged, next: &Planned<'_>) -> Option<usize> {
    let entries = logged.unfinished(next.revision.id());
    let is_done = |entry: &&&Written| entry.action == Action::Statement.as_str();
    (!entries.is_empty()).then(|| entries.iter().filter(is_done).count())
}

/// No statement that ran was taken out of the file.
pub(super) fn is_all_there(logged: &Logged, next: &Planned<'_>) -> Result<()> {
    let last = i64::try_from(next.work.len()).unwrap_or(i64::MAX);
    let entries = logged.unfinished(next.revision.id());
    let is_gone = |number: &i64| *number > last;
    let mut ran = entries
        .iter()
        .filter(|entry| entry.action == Action::Statement.as_str())
        .filter_map(|entry| entry.statement);
    match ran.find(is_gone) {
        Some(number) => {
            let what = format!("its statement {number} ran in");
            Err(edited(&what, "is no longer in the file", next, None))
        }
        None => Ok(()),
    }
}

fn edited(what: &str, how: &str, next: &Planned<'_>, work: Option<&Work<'_>>) -> Error {
    let message = format!(
        "{what} an earlier run that did not come to its end, and {how} (only the one that failed and those after it may change): \
         put it back as it was, or undo by hand what ran and `raptor migrate stamp` with where the database is"
    );
    let error = Error::new(ErrorKind::Edited, message);
    let error = match work {
        Some(work) => error.at(work.place()),
        None => error,
    };
    in_revision(error, next)
}
