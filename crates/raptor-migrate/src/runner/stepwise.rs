//! A revision with `tx=off`: statement by statement, each noted in the log, so that the next run goes
//! on where this one ended.
//!
//! What a transaction can hold is committed together with its note. What none can hold is noted
//! before and after; killed in between, the catalog is asked what became of it.

mod earlier;
mod rebuilt;

use super::attempt::Attempt;
use super::hands::Hands;
use super::settings::For;
use super::step::{in_revision, not_committed};
use super::{Event, Run};
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::log::{Action, Entry};
use crate::plan::{Planned, Ready, Work};
use crate::revision::Call;
use crate::solitary;
use crate::steps::{Progress, Step};
use raptor_db::Session;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Between two tries for SQLite's file.
const PAUSE: Duration = Duration::from_millis(50);

const THE_REST: &str = "this statement failed, and those before it stay; once it can run, the next run goes on with it";

impl Run<'_> {
    pub(super) async fn stepwise(
        &mut self,
        hands: &Hands,
        next: &Planned<'_>,
        rows: &BTreeSet<String>,
        waited: Duration,
    ) -> Result<Attempt> {
        let stop = &self.options.stop;
        let lock = hands.hold_while_working(self.db, self.options, || self.tell(Event::Waiting));
        let _lock = stop.unless(lock).await?;
        let session = &hands.session;
        let found = self.begin(session, Some(next.revision)).await?;
        if found.rows != *rows {
            self.undo(session).await?;
            return Ok(Attempt::Moved(found.rows));
        }
        let made = match self.tables(session, &found).await {
            Ok(()) => self.commit(session).await,
            Err(error) => Err(error),
        };
        if let Err(error) = made {
            return Err(self.undone(session, error).await);
        }
        let logged = self.log.read(self.db).await?;
        self.half = earlier::done(&logged, next);
        earlier::is_all_there(&logged, next)?;
        let of = next.work.len();
        for (number, work) in (1..).zip(&next.work) {
            let before = earlier::before(&logged, next, number, work)?;
            if before.done {
                continue;
            }
            stop.go_on()?;
            let id = next.revision.id();
            self.tell(Event::Working { id, number, of });
            let note = Note { next, rows, number };
            match work {
                Work::Statement(statement) if solitary::is(&statement.text, self.db.engine()) => {
                    self.alone(session, statement, &note, before.begun).await
                }
                Work::Statement(statement) => self.noted(session, statement, &note).await,
                Work::Call(call, step) => {
                    self.batches(session, call, &**step, &note, before.progress)
                        .await
                }
                Work::Rebuild(rebuild) => self.rebuilt(session, rebuild, &note).await,
            }
            .map_err(|error| in_revision(error, next))?;
        }
        let found = self.begin(session, Some(next.revision)).await?;
        match self.finish(session, next, &found.rows, waited).await {
            Ok(rows) => Ok(Attempt::Done(rows)),
            Err(error) => Err(self.undone(session, in_revision(error, next)).await),
        }
    }

    /// A statement that commits together with its note.
    async fn noted(
        &mut self,
        session: &Session,
        statement: &Ready<'_>,
        note: &Note<'_>,
    ) -> Result<()> {
        self.begin(session, Some(note.next.revision)).await?;
        let done = async {
            self.become_its_role(session, note.next.revision).await?;
            self.statement(session, statement, THE_REST).await?;
            let ran = std::iter::once(&*statement.text);
            self.take_back(session, note.next.revision, ran).await?;
            self.become_the_runs_role(session, note.next.revision)
                .await?;
            self.note(session, note, Action::Statement, None).await
        };
        match done.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.undone(session, error).await),
        }
    }

    /// A statement that no transaction can hold.
    async fn alone(
        &mut self,
        session: &Session,
        statement: &Ready<'_>,
        note: &Note<'_>,
        begun: bool,
    ) -> Result<()> {
        let revision = Some(note.next.revision);
        if !begun {
            self.begin(session, revision).await?;
            if let Err(error) = self.note(session, note, Action::Begin, None).await {
                return Err(self.undone(session, error).await);
            }
        }
        if self.is_postgres() {
            // A statement that holds up nobody while it waits may wait.
            let lock = !solitary::is_patient(&statement.text);
            let text = format!("RESET ALL{}", self.settings(revision, For::Session, lock)?);
            session
                .execute_raw(&text)
                .await
                .map_err(|error| Error::database("the session cannot be set", error))?;
        }
        if !(begun && solitary::settled(session, &statement.text).await?) {
            let ran = self.run_alone(session, &statement.text).await;
            ran.map_err(|error| Error::failed(THE_REST, error).at(statement.place))?;
        }
        self.begin(session, revision).await?;
        match self.note(session, note, Action::Statement, None).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.undone(session, error).await),
        }
    }

    /// SQLite wants the file for itself, and others may have it for a moment.
    async fn run_alone(&self, session: &Session, text: &str) -> raptor_db::Result<()> {
        let started = Instant::now();
        loop {
            match session.execute_raw(text).await {
                Err(error)
                    if error.kind() == raptor_db::ErrorKind::Busy
                        && !self.is_postgres()
                        && started.elapsed() < self.options.lock_wait =>
                {
                    if self.options.stop.pause(PAUSE).await.is_err() {
                        let kind = raptor_db::ErrorKind::Cancelled;
                        return Err(raptor_db::Error::new(kind, "it waited for the file"));
                    }
                }
                answer => return answer,
            }
        }
    }

    /// A step of the application's own, each batch committed together with how far it came.
    async fn batches(
        &mut self,
        session: &Session,
        call: &Call,
        step: &dyn Step,
        note: &Note<'_>,
        mut progress: Option<String>,
    ) -> Result<()> {
        loop {
            self.options.stop.go_on()?;
            self.begin(session, Some(note.next.revision)).await?;
            let revision = note.next.revision;
            let done = async {
                self.become_its_role(session, revision).await?;
                let answer = super::call::batch(session, call, step, progress.as_deref()).await?;
                self.become_the_runs_role(session, revision).await?;
                let (action, so_far) = match answer {
                    Progress::Done => (Action::Statement, None),
                    Progress::More(so_far) => (Action::Batch, Some(so_far)),
                };
                self.note(session, note, action, so_far.clone()).await?;
                Ok(so_far)
            };
            match done.await {
                Ok(None) => return Ok(()),
                Ok(so_far) => progress = so_far,
                Err(error) => return Err(self.undone(session, error).await),
            }
        }
    }

    /// Writes the note and commits.
    async fn note(
        &mut self,
        session: &Session,
        note: &Note<'_>,
        action: Action,
        progress: Option<String>,
    ) -> Result<()> {
        let entry = Entry {
            action,
            statement: Some(note.number),
            progress,
            body: Some(body(&note.next.work[note.number - 1])),
            ..self.entry(note.next.revision.id(), note.rows)
        };
        self.log.append(session, &entry).await?;
        self.commit(session).await?;
        let done = usize::from(action == Action::Statement);
        self.half = Some(self.half.unwrap_or(0) + done);
        Ok(())
    }

    async fn commit(&self, session: &Session) -> Result<()> {
        let committed = session.execute_raw("COMMIT").await;
        committed.map_err(not_committed)
    }
}

/// What the log is told of a statement.
struct Note<'n> {
    next: &'n Planned<'n>,
    rows: &'n BTreeSet<String>,
    /// From 1.
    number: usize,
}

/// What runs, as a hash.
fn body(work: &Work<'_>) -> String {
    match work {
        Work::Statement(statement) => fingerprint::of_text(&statement.text),
        Work::Call(call, _) => fingerprint::of_text(&format!("{} {:?}", call.name, call.arguments)),
        Work::Rebuild(rebuild) => fingerprint::of_text(&rebuild.section.text),
    }
}
