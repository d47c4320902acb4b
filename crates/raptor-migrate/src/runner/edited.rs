//! Files that were changed after they had been applied.

use super::Run;
use super::hands::Hands;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{self, Action, Entry};
use crate::report::Direction;
use crate::target::Applied;
use raptor_db::timestamptz_text;
use std::collections::BTreeSet;

impl<'r> Run<'r> {
    /// Refuses when an applied revision's file is not what was applied. Answers those that are
    /// allowed by name and not yet noted.
    pub(super) async fn unedited(&self, rows: &BTreeSet<String>) -> Result<Vec<&'r str>> {
        for id in &self.options.allow_edited {
            // A misspelt one would allow nothing, and say nothing.
            self.chain.revision(id)?;
        }
        if rows.is_empty() || self.direction == Direction::Down {
            return Ok(Vec::new());
        }
        let bodies = self.log.bodies(self.db).await?;
        let noted = log::applied(&bodies);
        let applied = Applied::of(self.chain, rows).revisions;
        let mut accepted = Vec::new();
        for (revision, _) in self
            .chain
            .iter()
            .zip(applied)
            .filter(|(_, applied)| *applied)
        {
            let Some((at, body)) = noted.get(revision.id()) else {
                continue;
            };
            if *body == revision.fingerprint() {
                continue;
            }
            let id = revision.id();
            if self
                .options
                .allow_edited
                .iter()
                .any(|allowed| allowed == id)
            {
                accepted.push(id);
                continue;
            }
            let message = format!(
                "its file is not what was applied on {}: put the text back and write a new revision, \
                 or accept the change with --allow-edited {id}",
                timestamptz_text(*at)
            );
            let error = Error::new(ErrorKind::Edited, message);
            return Err(error.in_file(revision.file()).in_revision(id));
        }
        Ok(accepted)
    }

    /// Notes that the new texts are meant.
    pub(super) async fn accept(&mut self, hands: &Hands, ids: &[&str]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let session = &hands.session;
        let found = self.begin(session, None).await?;
        let noted = async {
            for id in ids {
                let entry = Entry {
                    action: Action::Accept,
                    body: Some(self.chain.revision(id)?.fingerprint()),
                    ..self.entry(id, &found.rows)
                };
                self.log.append(session, &entry).await?;
            }
            let committed = session.execute_raw("COMMIT").await;
            committed
                .map_err(|error| Error::database("what was accepted cannot be committed", error))
        };
        match noted.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.undone(session, error).await),
        }
    }
}
