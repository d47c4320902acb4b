//! The one writer: a thread that commits many jobs with one fsync.
//!
//! Jobs queue up while the disk is busy. Each runs in a savepoint of its own, so that a failing one
//! harms no neighbour, and each is answered only after the COMMIT of its group. Where the group as
//! a whole cannot commit (a deferred constraint of one of them), every job runs again alone, so
//! that the error reaches the one it belongs to.

use super::exec::{self, Outcome};
use super::job::{Batch, Ended, Interactive, Job, Request};
use super::notify::Notifier;
use super::open::Handle;
use crate::error::{Error, ErrorKind, Result, from_sqlite};
use crate::listen::Notification;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How many jobs one COMMIT carries at most, and for how long it gathers them.
const GROUP_JOBS: usize = 1_024;
const GROUP_TIME: Duration = Duration::from_millis(10);
/// For how long those that are done wait for a transaction whose statements come one by one.
const PATIENCE: Duration = Duration::from_millis(50);

pub(crate) struct Writer {
    handle: Handle,
    notifier: Notifier,
}

/// A job that is done but not yet durable.
enum Done {
    Batch(Batch, Outcome, Vec<Notification>),
    Interactive(oneshot::Sender<Result<()>>, Vec<Notification>),
}

/// The transaction was rolled back by SQLite itself (disk full, interrupt): nothing of the group is left.
struct GroupLost;

impl Writer {
    pub(crate) fn new(handle: Handle, notifier: Notifier) -> Self {
        Self { handle, notifier }
    }

    /// Works until it is told to close or every sender is gone.
    pub(crate) fn work(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| jobs.blocking_recv()) {
            if matches!(job, Job::Close) {
                return;
            }
            next = self.group(job, &mut jobs);
        }
    }

    /// Runs a group that begins with `first`; hands back a job that wants to be alone.
    fn group(&mut self, first: Job, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        if first.is_abandoned() {
            return None;
        }
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            first.fail(error);
            return None;
        }
        let started = Instant::now();
        let mut done = Vec::new();
        let mut held = None;
        let mut next = Some(first);
        while let Some(job) = next.take() {
            let alone = job.is_alone();
            let limit = (!done.is_empty()).then(|| Instant::now() + PATIENCE);
            match self.job(job, limit) {
                Ok(finished) => done.extend(finished),
                Err(GroupLost) => {
                    self.again(done);
                    return None;
                }
            }
            if !alone && done.len() < GROUP_JOBS && started.elapsed() < GROUP_TIME {
                next = jobs.try_recv().ok();
                held = next.take_if(|job| job.is_alone());
            }
        }
        self.commit(done);
        held
    }

    fn commit(&mut self, done: Vec<Done>) {
        if let Err(error) = self.statement("COMMIT") {
            let _ = self.statement("ROLLBACK");
            if done.len() > 1 {
                return self.again(done);
            }
            return done.into_iter().for_each(|job| match job {
                Done::Batch(batch, ..) => batch.answer(Err(copy(&error))),
                Done::Interactive(reply, _) => drop(reply.send(Err(copy(&error)))),
            });
        }
        for job in done {
            let notifications = match job {
                Done::Batch(batch, outcome, notifications) => {
                    batch.answer(Ok(outcome));
                    notifications
                }
                Done::Interactive(reply, notifications) => {
                    let _ = reply.send(Ok(()));
                    notifications
                }
            };
            self.notifier.notify(notifications);
        }
    }

    /// After a group is lost: each of its jobs alone. A transaction whose statements were given one
    /// by one is run again by its owner.
    fn again(&mut self, done: Vec<Done>) {
        for job in done {
            match job {
                Done::Batch(batch, ..) => {
                    let (_none, mut empty) = mpsc::channel(1);
                    self.group(Job::Batch(batch.alone()), &mut empty);
                }
                Done::Interactive(reply, _) => {
                    let message =
                        "the group of transactions this one was committed with was rolled back";
                    let _ = reply.send(Err(Error::new(ErrorKind::Serialization, message)));
                }
            }
        }
    }

    fn statement(&self, text: &str) -> Result<()> {
        self.handle.brake.release(0, None, None);
        self.handle
            .conn
            .prepare_cached(text)
            .and_then(|mut statement| statement.raw_execute())
            .map(drop)
            .map_err(from_sqlite)
    }

    /// `limit`: until when those that are done already can wait.
    fn job(&mut self, job: Job, limit: Option<Instant>) -> Result<Option<Done>, GroupLost> {
        if job.is_abandoned() {
            return Ok(None);
        }
        if self.statement("SAVEPOINT job").is_err() {
            job.fail(Error::new(ErrorKind::Other, "SQLite gave no savepoint"));
            return self.still_open(None);
        }
        match job {
            Job::Batch(batch) => self.batch(batch),
            Job::Interactive(interactive) => self.interactive(&interactive, limit),
            Job::Close => self.undo(),
        }
    }

    fn still_open(&self, done: Option<Done>) -> Result<Option<Done>, GroupLost> {
        if self.handle.conn.is_autocommit() {
            Err(GroupLost)
        } else {
            Ok(done)
        }
    }

    fn undo(&self) -> Result<Option<Done>, GroupLost> {
        drop(self.handle.session.end());
        if !self.handle.conn.is_autocommit() {
            let _ = self.statement("ROLLBACK TO job");
            let _ = self.statement("RELEASE job");
        }
        self.still_open(None)
    }

    fn batch(&mut self, batch: Batch) -> Result<Option<Done>, GroupLost> {
        self.handle.session.begin(batch.settings.iter().cloned());
        let mut total = Outcome {
            rows: Vec::new(),
            affected: 0,
        };
        for values in &batch.sets {
            self.handle
                .brake
                .release(batch.job, None, Some(batch.deadline));
            match exec::run(&self.handle, &batch.parsed, values) {
                Ok(outcome) => {
                    total.affected += outcome.affected;
                    total.rows.extend(outcome.rows);
                }
                Err(error) => {
                    batch.answer(Err(error));
                    return self.undo();
                }
            }
        }
        if let Err(error) = self.statement("RELEASE job") {
            batch.answer(Err(error));
            return self.undo();
        }
        let notifications = self.handle.session.end();
        self.still_open(Some(Done::Batch(batch, total, notifications)))
    }

    fn interactive(
        &mut self,
        job: &Interactive,
        limit: Option<Instant>,
    ) -> Result<Option<Done>, GroupLost> {
        self.handle.session.begin(job.settings.iter().cloned());
        let (until, late) = match limit {
            Some(limit) if limit < job.deadline => (limit, Ended::GaveWay),
            _ => (job.deadline, Ended::Late),
        };
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let request = match job.requests.recv_timeout(left) {
                Ok(request) if !request.is_abandoned() => request,
                Err(RecvTimeoutError::Timeout) => {
                    job.fate.seal(late);
                    return self.undo();
                }
                // A dropped request is the end of its transaction, too.
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return self.undo(),
            };
            if let Request::Commit { reply } = request {
                if let Err(error) = self.statement("RELEASE job") {
                    let _ = reply.send(Err(error));
                    return self.undo();
                }
                let notifications = self.handle.session.end();
                return self.still_open(Some(Done::Interactive(reply, notifications)));
            }
            self.handle.brake.release(job.job, None, Some(job.deadline));
            request.serve(&self.handle);
            if self.handle.conn.is_autocommit() {
                job.fate.seal(Ended::Lost);
                return self.undo();
            }
        }
    }
}

/// Errors are not `Clone`; a group's members each get the same words.
fn copy(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.message());
    match error.code() {
        Some(code) => copy.with_code(code),
        None => copy,
    }
}
