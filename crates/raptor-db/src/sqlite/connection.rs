//! A connection of a tool's own, which runs whatever text it is given.
//!
//! Two threads that hand each statement over take longer than most statements do, so a statement runs
//! on the thread that asks for it, where that can wait for nobody: inside an open transaction, and
//! for a `BEGIN IMMEDIATE` that finds the lock free. All else runs on a thread that may wait.

use super::encode;
use super::exec::{self, Outcome};
use super::notify::Notifier;
use super::open::{Brake, Handle};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::Parsed;
use crate::value::ValueRef;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::RuntimeFlavor;
use tokio::task::{block_in_place, spawn_blocking};

const BEGIN: &str = "BEGIN IMMEDIATE";

pub(crate) struct Connection {
    handle: Arc<Mutex<Handle>>,
    brake: Brake,
    notifier: Notifier,
    busy_timeout: Duration,
}

impl Connection {
    pub(super) fn new(handle: Handle, notifier: Notifier, busy_timeout: Duration) -> Self {
        Self {
            brake: handle.brake.clone(),
            handle: Arc::new(Mutex::new(handle)),
            notifier,
            busy_timeout,
        }
    }

    /// What stops a statement of it.
    pub(crate) fn brake(&self) -> Brake {
        self.brake.clone()
    }

    pub(crate) async fn run(
        &self,
        parsed: &Arc<Parsed>,
        values: &[ValueRef<'_>],
    ) -> Result<Outcome> {
        let values = encode::encode(parsed, values)?;
        let parsed = Arc::clone(parsed);
        self.blocking(move |handle| exec::run(handle, &parsed, &values))
            .await
    }

    pub(crate) async fn run_text(&self, text: &str) -> Result<()> {
        if text == BEGIN
            && let Some(answer) = self.begin_at_once()
        {
            return answer;
        }
        let text = text.to_owned();
        self.blocking(move |handle| exec::run_text(handle, &text))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Handle) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let handle = Arc::clone(&self.handle);
        let notifier = self.notifier.clone();
        let run = move || {
            let handle = handle.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = work(&handle);
            if handle.conn.is_autocommit() {
                notifier.notify(handle.session.end());
            }
            answer
        };
        if self
            .idle()
            .is_some_and(|handle| !handle.conn.is_autocommit())
        {
            return block_in_place(run);
        }
        spawn_blocking(run)
            .await
            .unwrap_or_else(|panic| Err(Error::new(ErrorKind::Other, panic.to_string())))
    }

    /// Begins a transaction where nobody holds the lock.
    fn begin_at_once(&self) -> Option<Result<()>> {
        let handle = self.idle()?;
        let wait = |time| {
            handle
                .conn
                .busy_timeout(time)
                .map_err(crate::error::from_sqlite)
        };
        let begin = || {
            wait(Duration::ZERO)?;
            let began = exec::run_text(&handle, BEGIN);
            wait(self.busy_timeout)?;
            began
        };
        match block_in_place(begin) {
            Err(error) if error.kind() == ErrorKind::Busy => None,
            answer => Some(answer),
        }
    }

    /// The connection, where this thread may work with it.
    fn idle(&self) -> Option<MutexGuard<'_, Handle>> {
        let runtime = tokio::runtime::Handle::current().runtime_flavor();
        (runtime == RuntimeFlavor::MultiThread)
            .then(|| self.handle.try_lock().ok())
            .flatten()
    }
}
