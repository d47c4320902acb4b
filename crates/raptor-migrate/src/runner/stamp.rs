//! Stamps: the table of versions says something else, and nothing is run.

use super::hands::Hands;
use super::step::Found;
use super::{Direction, Event, Options, Run};
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Action, Entry};
use crate::report::{HalfRun, Stamped};
use crate::target::{self, Applied};
use crate::version::Move;
use raptor_db::{Db, Session};
use std::collections::BTreeSet;

/// Makes the table of versions say that the database is at `targets`: an id, the beginning of one,
/// a label, `head`, `heads`, `base`, or one of them on a branch, as `LABEL@head`. A target takes the
/// place of the rows before and after it; rows of other branches stay.
///
/// With `purge` all rows go first, also those that the chain does not know.
///
/// # Errors
/// [`ErrorKind::Target`], [`ErrorKind::UnknownRevision`] without `purge`, [`ErrorKind::Locked`] and
/// [`ErrorKind::Database`]; then nothing has changed.
pub async fn stamp(
    db: &Db,
    chain: &Chain,
    targets: &[&str],
    purge: bool,
    options: &Options,
    mut on_step: impl FnMut(Event<'_>) + Send,
) -> Result<Stamped> {
    // Refused before anything is waited for.
    target::stamp(chain, targets, &Applied::of(chain, &BTreeSet::new()))?;
    let hands = Hands::take(db, options, || on_step(Event::Waiting));
    let hands = options.stop.unless(hands).await?;
    let mut run = Run::new(db, chain, "", options, Direction::Up, &mut on_step);
    run.stamp(&hands.session, targets, purge).await
}

impl Run<'_> {
    async fn stamp(&mut self, session: &Session, targets: &[&str], purge: bool) -> Result<Stamped> {
        let found = self.begin(session, None).await?;
        let before = found.rows.clone();
        let wanted = if purge {
            target::stamp(
                self.chain,
                targets,
                &Applied::of(self.chain, &BTreeSet::new()),
            )
        } else {
            self.stamped(targets, &before)
        };
        let done = match wanted {
            Ok(after) => {
                let forgotten = self.restamp(session, &found, &after).await;
                forgotten.map(|forgotten| (after, forgotten))
            }
            Err(error) => Err(error),
        };
        match done {
            Ok((after, forgotten)) => Ok(Stamped {
                forgotten,
                engine: self.db.engine().as_str(),
                targets: targets.iter().map(ToString::to_string).collect(),
                before: before.into_iter().collect(),
                versions: after.into_iter().collect(),
            }),
            Err(error) => Err(self.undone(session, error).await),
        }
    }

    fn stamped(&self, targets: &[&str], before: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let applied = Applied::of(self.chain, before);
        if !applied.unknown.is_empty() {
            let message = format!(
                "the database has {}, which this chain does not know; `--purge` forgets all rows first",
                applied.unknown.join(", ")
            );
            return Err(Error::new(ErrorKind::UnknownRevision, message));
        }
        target::stamp(self.chain, targets, &applied)
    }

    async fn restamp(
        &self,
        session: &Session,
        found: &Found,
        after: &BTreeSet<String>,
    ) -> Result<Vec<HalfRun>> {
        self.tables(session, found).await?;
        let forgotten = self.log.half_run(self.db).await?;
        if found.rows != *after || !forgotten.is_empty() {
            let change = Move::between(&found.rows, after);
            self.versions.apply(session, &change).await?;
            let entry = Entry {
                action: Action::Stamp,
                ..self.entry("", after)
            };
            self.log.append(session, &entry).await?;
        }
        session
            .execute_raw("COMMIT")
            .await
            .map_err(|error| Error::database("the stamp cannot be committed", error))?;
        Ok(forgotten)
    }
}
