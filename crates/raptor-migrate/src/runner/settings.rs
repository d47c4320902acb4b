//! What holds for the transaction of a revision on Postgres: schema, role, patience.

use super::Run;
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{LockWait, Revision};
use crate::version::quoted;
use raptor_db::{Session, lexer};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a setting lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Transaction,
    Session,
}

impl Run<'_> {
    pub(super) fn patience(&self, revision: Option<&Revision>) -> LockWait {
        revision
            .and_then(Revision::lock)
            .unwrap_or(self.options.lock)
    }

    /// What is left of the time that all may take.
    pub(super) fn left(&self) -> Result<Duration> {
        let left = self.options.budget.saturating_sub(self.started.elapsed());
        if left.is_zero() {
            return Err(Error::new(ErrorKind::OutOfTime, self.used_up()));
        }
        Ok(left)
    }

    pub(super) fn used_up(&self) -> String {
        format!(
            "the time for all of it, {:?}, is used up; what was committed stays, and the next run goes on from there",
            self.options.budget
        )
    }

    /// `SET` statements, each with a semicolon before it. What an earlier revision set for the
    /// session has been reset.
    pub(super) fn settings(
        &self,
        revision: Option<&Revision>,
        lasts: For,
        lock: bool,
    ) -> Result<String> {
        let set = if lasts == For::Transaction {
            "SET LOCAL"
        } else {
            "SET"
        };
        let mut text = String::new();
        // Writing to a String does not fail.
        if let Some(schema) = &self.options.schema {
            let _ = write!(text, "; {set} search_path = {}, pg_catalog", quoted(schema));
        }
        // The tables of the runner belong to the run's role; a revision's own is for its statements.
        let own = revision
            .and_then(Revision::role)
            .filter(|_| lasts == For::Session);
        if let Some(role) = own.or(self.options.role.as_deref()) {
            let _ = write!(text, "; {set} ROLE {}", quoted(role));
        }
        // A policy that hides rows from a data step is an error, not fewer rows.
        let _ = write!(text, "; {set} row_security = off");
        let wait = if lock {
            self.patience(revision).timeout.as_millis()
        } else {
            0
        };
        let _ = write!(text, "; {set} lock_timeout = '{wait}ms'");
        // The server takes no more than fits its integer: 24 days.
        let left = self.left()?.as_millis().clamp(1, 2_000_000_000);
        let _ = write!(text, "; {set} statement_timeout = '{left}ms'");
        Ok(text)
    }

    /// Takes back what statements set for the session, so that the runner's own tables are found.
    pub(super) async fn take_back<'s>(
        &self,
        session: &Session,
        revision: &Revision,
        mut statements: impl Iterator<Item = &'s str>,
    ) -> Result<()> {
        if !self.is_postgres() || !statements.any(sets) {
            return Ok(());
        }
        let settings = self.settings(Some(revision), For::Transaction, true)?;
        let text = format!("RESET ALL{settings}");
        session
            .execute_raw(&text)
            .await
            .map_err(|error| Error::database("the session cannot be set", error))
    }

    /// Becomes the revision's own role for its statements, in the transaction that is open.
    pub(super) async fn become_its_role(
        &self,
        session: &Session,
        revision: &Revision,
    ) -> Result<()> {
        match revision.role().filter(|_| self.is_postgres()) {
            Some(role) => set_role(session, &format!("SET LOCAL ROLE {}", quoted(role))).await,
            None => Ok(()),
        }
    }

    /// Becomes the run's role again.
    pub(super) async fn become_the_runs_role(
        &self,
        session: &Session,
        revision: &Revision,
    ) -> Result<()> {
        if revision.role().is_none() || !self.is_postgres() {
            return Ok(());
        }
        match &self.options.role {
            Some(role) => set_role(session, &format!("SET LOCAL ROLE {}", quoted(role))).await,
            None => set_role(session, "SET LOCAL ROLE NONE").await,
        }
    }

    /// Begins a transaction for the revision. On SQLite the caller has begun it.
    pub(super) async fn begin_postgres(
        &self,
        session: &Session,
        revision: Option<&Revision>,
    ) -> Result<()> {
        let settings = self.settings(revision, For::Transaction, true)?;
        let mut text = format!("RESET ALL; RESET ROLE; BEGIN{settings}");
        if self.has_log.load(Ordering::Relaxed) {
            let _ = write!(text, "; {}", self.versions.lock());
        }
        match session.execute_raw(&text).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let error = Error::database("no transaction to migrate in", error);
                Err(self.undone(session, error).await)
            }
        }
    }
}

/// Whether a statement may change a setting of its session.
fn sets(statement: &str) -> bool {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let mut code = tokens.iter().filter(|token| token.is_code());
    let first = code.next();
    first.is_some_and(|token| token.is_word(statement, "set"))
        || code.any(|token| token.is_word(statement, "set_config"))
}

async fn set_role(session: &Session, text: &str) -> Result<()> {
    session
        .execute_raw(text)
        .await
        .map_err(|error| Error::database("the role cannot be taken", error))
}
