//! One revision, tried until the locks that it needs are given.

use super::blockers::watched;
use super::hands::Hands;
use super::{Event, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Planned;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

/// How an attempt ended well.
pub(super) enum Attempt {
    /// The revision ran; the rows are these now.
    Done(BTreeSet<String>),
    /// Someone else has changed the rows, to these; nothing ran.
    Moved(BTreeSet<String>),
}

impl Run<'_> {
    /// Runs the revision; one that was refused a lock is rolled back and tried again.
    pub(super) async fn attempts(
        &mut self,
        hands: &Hands,
        next: &Planned<'_>,
        rows: &BTreeSet<String>,
    ) -> Result<Attempt> {
        let id = next.revision.id();
        let limit = self.patience(Some(next.revision)).tries;
        let started = Instant::now();
        let mut tried = 0;
        loop {
            tried += 1;
            let waited = if tried == 1 {
                Duration::ZERO
            } else {
                started.elapsed()
            };
            let work = async {
                if next.revision.is_transactional() {
                    self.whole(hands, next, rows, waited).await
                } else {
                    self.stepwise(hands, next, rows, waited).await
                }
            };
            let (answer, by) = watched(hands, work).await;
            let error = match answer {
                Err(error) if self.options.stop.is_asked() && error.is_cancelled() => {
                    return Err(error);
                }
                Err(error) if error.is_lock_timeout() => error,
                Err(error) if error.is_statement_timeout() => return Err(self.ended(error)),
                answer => return answer,
            };
            if tried >= limit {
                return Err(blocked(error, limit, &by));
            }
            self.left()?;
            self.tell(Event::Blocked {
                id,
                by: &by,
                tried,
                of: limit,
            });
            self.options.stop.pause(pause(tried)).await?;
        }
    }
}

impl Run<'_> {
    /// The server ends a statement when the time for all of it is used up, unless the revision had
    /// set a time of its own.
    fn ended(&self, error: Error) -> Error {
        // The server counts in whole milliseconds.
        if self.started.elapsed() + Duration::from_millis(1) < self.options.budget {
            return error;
        }
        error.because(ErrorKind::OutOfTime, &self.used_up())
    }
}

fn blocked(error: Error, tries: u32, by: &[super::Blocker]) -> Error {
    let who = match by {
        [] => "the server does not say by whom".to_owned(),
        by => by
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; "),
    };
    error.because(
        ErrorKind::Locked,
        &format!("a lock was not given in {tries} tries, held by {who}"),
    )
}

/// Longer from try to try, up to 8 s, and by chance between half of it and all: two who wait for
/// each other must not come again at the same time.
fn pause(tried: u32) -> Duration {
    let longest = Duration::from_millis(250 << tried.min(5));
    let chance = RandomState::new().build_hasher().finish() % 1_000;
    longest / 2 + longest * u32::try_from(chance).unwrap_or(0) / 2_000
}
