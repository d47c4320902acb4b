//! `raptor port run --sync`: what is asked for, and what is said while a file is followed.

use super::{Along, has_place};
use crate::cli::terminal;
use crate::signals::Signals;
use anyhow::Result;
use clap::Args;
use raptor_port::ErrorKind::{Busy, Database, Io};
use raptor_port::{Event, Follow, Followed, Plan, counted};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

#[derive(Args)]
pub(super) struct SyncOptions {
    /// The application goes on writing to the SQLite file: triggers there note what it changes until all is
    /// carried over; then the file takes no more writes
    #[arg(long, conflicts_with_all = ["schema_only", "offline"])]
    sync: bool,
    /// With --sync: go on following as long as this file is there, and cut over once it is removed; it is
    /// made where it is missing
    #[arg(long, value_name = "FILE", requires = "sync")]
    hold: Option<PathBuf>,
}

/// What is left in a file: said on Ctrl-C and SIGTERM for as long as it lives, and after a failure.
pub(super) struct Told(Option<(PathBuf, JoinHandle<()>)>);

impl SyncOptions {
    pub(super) fn follow(&self) -> Option<Follow> {
        self.sync.then(|| {
            let mut follow = Follow::default();
            follow.hold.clone_from(&self.hold);
            follow
        })
    }

    /// Refuses a file to hold with that cannot be made: not after all rows were copied.
    pub(super) fn look(&self) -> Result<()> {
        match &self.hold {
            Some(hold) => has_place(hold, "the file of --hold"),
            None => Ok(()),
        }
    }

    pub(super) fn told(&self, along: &Along, plan: &Plan) -> Result<Told> {
        if !self.sync {
            return Ok(Told(None));
        }
        let file = along.source(plan)?;
        let (mut signals, left) = (Signals::new()?, left(&file));
        let told = tokio::spawn(async move {
            let came = signals.next().await;
            terminal::note(format_args!("{}: {left}", came.name));
            std::process::exit(came.code);
        });
        Ok(Told(Some((file, told))))
    }
}

impl Told {
    /// Says it after a failure, where something is left.
    pub(super) fn after<T>(self, done: Result<T>) -> Result<T> {
        let file = self.0.as_ref().map(|(file, _)| file);
        if let (Err(error), Some(file)) = (&done, file)
            && raptor_port::is_followed(file).unwrap_or(false)
        {
            let goes_on = error
                .downcast_ref::<raptor_port::Error>()
                .is_none_or(|it| matches!(it.kind(), Busy | Database | Io));
            terminal::note(match goes_on {
                true => left(file),
                false => left_for_another(file),
            });
        }
        done
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some((_, told)) = &self.0 {
            told.abort();
        }
    }
}

fn left(file: &Path) -> String {
    format!(
        "the application goes on, and {} keeps the triggers of --sync: the same command goes on with it, `raptor port release` takes them out",
        file.display()
    )
}

/// The same where the next run begins anew.
fn left_for_another(file: &Path) -> String {
    format!(
        "the application goes on, and {} keeps the triggers of --sync until another run begins; `raptor port release` takes them out",
        file.display()
    )
}

/// What is said on the way, and not too often.
#[derive(Default)]
pub(super) struct Notes(Mutex<Option<(Instant, u64)>>);

impl Notes {
    pub(super) fn note(&self, event: &Event<'_>) {
        match event {
            Event::Followed { changes, .. } => {
                let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let (since, sum) = said.get_or_insert_with(|| (Instant::now(), 0));
                *sum += changes;
                if since.elapsed() >= OFTEN {
                    terminal::note(format_args!("{} followed", counted(*sum, "change")));
                    *said = None;
                }
            }
            Event::Proved => {
                terminal::note("both sides hold the same, while the application writes");
            }
            Event::Held { file } => {
                terminal::note(format_args!("ready: `rm {}` cuts over", file.display()));
            }
            _ => {}
        }
    }
}

/// How often it is said how many changes there were.
const OFTEN: Duration = Duration::from_secs(10);

/// How a file was followed.
pub(super) fn said(followed: &Followed) -> String {
    let Followed {
        changes,
        rounds,
        pause_ms,
        ready_ms,
        is_proved,
        ..
    } = followed;
    let shown = |it: &Option<u64>| it.map_or("an unknown time".to_owned(), |it| format!("{it} ms"));
    let proved = match is_proved {
        true => "proved equal before the cut-over",
        false => "not proved yet (`raptor port verify`)",
    };
    format!(
        "{} followed in {}; {proved}.\n\
         Cut over: writers waited {}, and the application can be started on Postgres after {}. \
         The SQLite file takes no more writes; `raptor port release` opens it again.\n",
        counted(*changes, "change"),
        counted(*rounds, "round"),
        shown(pause_ms),
        shown(ready_ms)
    )
}
