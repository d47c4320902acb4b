//! A table of SQLite that a revision with `tx=off` builds anew: all or nothing of it, in one
//! transaction with its note in the log.

use super::Note;
use crate::error::Result;
use crate::log::Action;
use crate::revision::Rebuild;
use crate::runner::Run;
use crate::runner::rebuild::{Before, foreign_keys, rebuild};
use raptor_db::Session;

impl Run<'_> {
    pub(super) async fn rebuilt(
        &mut self,
        session: &Session,
        table: &Rebuild,
        note: &Note<'_>,
    ) -> Result<()> {
        // It does nothing once a transaction is open.
        foreign_keys(session, false).await?;
        let done = self.rebuilt_in_transaction(session, table, note).await;
        let on = foreign_keys(session, true).await;
        done.and(on)
    }

    async fn rebuilt_in_transaction(
        &mut self,
        session: &Session,
        table: &Rebuild,
        note: &Note<'_>,
    ) -> Result<()> {
        self.begin(session, Some(note.next.revision)).await?;
        let done = async {
            let keys = Before::look(session).await?;
            rebuild(session, table).await?;
            // The next statement finds them enforced, so that they are checked here and not at the end.
            keys.compare(session, &note.next.work).await?;
            self.note(session, note, Action::Statement, None).await
        };
        match done.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.undone(session, error).await),
        }
    }
}
