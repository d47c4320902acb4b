//! A run that is asked to stop, as by Ctrl-C: what is under way is cancelled and rolled back, what was
//! committed stays.
//!
//! Before each statement the run looks whether it was asked; the one that runs is cancelled from a
//! task beside it.

use super::Run;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Planned;
use crate::report::{Direction, counted};
use raptor_db::Session;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Asks a run to stop. A copy is the same one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use raptor_migrate::{Chain, ErrorKind, Options, upgrade};
///
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}/dev.db", folder.path().display());
/// # let db = raptor_db::Db::open(raptor_db::Config::new(&url)?).await?;
/// let chain = Chain::embedded(&[("1.sql", "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE t (id text);\n")])?;
/// let options = Options::default();
/// options.stop.ask("SIGTERM");
/// let error = upgrade(&db, &chain, "head", &options, |_| {}).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Interrupted);
/// assert_eq!(error.to_string(), "interrupted (SIGTERM): nothing was run");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<Option<String>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// Asks, and says why, which the error tells; the first reason stays.
    pub fn ask(&self, why: &str) {
        self.0.send_if_modified(|asked| {
            let is_first = asked.is_none();
            asked.get_or_insert_with(|| why.to_owned());
            is_first
        });
    }

    fn why(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    pub(super) fn is_asked(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until it is asked; answers why.
    async fn asked(&self) -> String {
        let mut asked = self.0.subscribe();
        let why = asked.wait_for(Option::is_some).await;
        why.expect("we hold the sender").clone().unwrap_or_default()
    }

    /// An error when it was asked.
    pub(super) fn go_on(&self) -> Result<()> {
        match self.why() {
            None => Ok(()),
            Some(why) => Err(interrupted(&why, "")),
        }
    }

    /// Does `work`, which is dropped half done when it is asked.
    pub(super) async fn unless<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.go_on()?;
        let work = pin!(work);
        tokio::select! {
            biased;
            done = work => done,
            why = self.asked() => Err(interrupted(&why, "")),
        }
    }

    /// Waits a while.
    pub(super) async fn pause(&self, pause: Duration) -> Result<()> {
        self.unless(async {
            tokio::time::sleep(pause).await;
            Ok(())
        })
        .await
    }
}

fn interrupted(why: &str, what: &str) -> Error {
    Error::new(ErrorKind::Interrupted, format!("interrupted ({why}){what}"))
}

/// How often what runs is cancelled: a step of the application's own may have gone on to its next
/// statement.
const AGAIN: Duration = Duration::from_secs(1);

/// Cancels what a session runs once its run was asked to stop, for as long as it lives.
pub(super) struct Watch(JoinHandle<()>);

impl Watch {
    pub(super) fn over(session: &Session, stop: &Stop) -> Self {
        let (canceller, stop) = (session.canceller(), stop.clone());
        Self(tokio::spawn(async move {
            stop.asked().await;
            loop {
                canceller.cancel().await;
                tokio::time::sleep(AGAIN).await;
            }
        }))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Run<'_> {
    /// What an interrupted run says: what became of the revision that was under way, what stays.
    /// Any other error is handed on.
    pub(super) fn interrupted(&self, error: Error, next: Option<&Planned<'_>>) -> Error {
        let is_ours = error.kind() == ErrorKind::Interrupted || error.is_cancelled();
        let Some(why) = self.options.stop.why().filter(|_| is_ours) else {
            return error;
        };
        let mut said: Vec<String> = Vec::new();
        said.extend(next.map(|next| self.left_of(next)));
        let ran = self.before + self.steps.len();
        if ran > 0 {
            let stay = match (self.direction, ran) {
                (Direction::Up, 1) => "stays",
                (Direction::Up, _) => "stay",
                (Direction::Down, 1) => "stays taken back",
                (Direction::Down, _) => "stay taken back",
            };
            said.push(format!("{} of this run {stay}", counted(ran, "revision")));
        }
        match said[..] {
            [] => said.push("nothing was run".to_owned()),
            _ => said.push("the next run goes on".to_owned()),
        }
        interrupted(&why, &format!(": {}", said.join("; ")))
    }

    /// What became of the revision that was under way.
    fn left_of(&self, next: &Planned<'_>) -> String {
        let id = next.revision.id();
        let whose = match self.direction {
            Direction::Up => format!("revision {id}"),
            Direction::Down => format!("the way back of revision {id}"),
        };
        match self.half {
            Some(done) => format!(
                "{whose} is half run, with {done} of {} done",
                counted(next.work.len(), "statement")
            ),
            None if self.begun => format!("{whose} was rolled back"),
            None => format!("{whose} was not begun"),
        }
    }
}
