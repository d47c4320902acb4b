//! What Alembic writes offline and does online, for every revision of a chain in both directions.

use super::project::Project;
use super::recorder::{Event, Hello, Mode, Recorder, Take};
use super::scratch::{At, Scratch};
use super::source::Source;
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::report::Direction;

/// For each revision of the chain, up and down; `None` where it could not be had.
pub(super) struct Takes {
    pub(super) up: Vec<Option<Take>>,
    pub(super) down: Vec<Option<Take>>,
    pub(super) hello: Hello,
    /// Where recording had to stop, and why.
    pub(super) stopped: Option<(usize, String)>,
}

impl Takes {
    fn none(chain: &Chain, hello: Hello) -> Self {
        Self {
            up: vec![None; chain.len()],
            down: vec![None; chain.len()],
            hello,
            stopped: None,
        }
    }
}

/// Drivers whose statements are seen.
const SEEN: [&str; 5] = ["pysqlite", "aiosqlite", "psycopg2", "psycopg", "asyncpg"];

/// What `--sql` writes, in one run of Alembic: all upgrades, and all downgrades.
pub(super) async fn offline(project: &Project, source: &Source, chain: &Chain) -> Result<Takes> {
    let mut recorder = Recorder::start(project, &At::nowhere(source), Mode::Offline).await?;
    let mut takes = Takes::none(chain, recorder.hello().clone());
    for (place, revision) in chain.iter().enumerate() {
        takes.up[place] = Some(recorder.step(revision.id(), Direction::Up).await?);
    }
    for (place, revision) in chain.iter().enumerate().rev() {
        takes.down[place] = Some(recorder.step(revision.id(), Direction::Down).await?);
    }
    ended(recorder).await?;
    Ok(takes)
}

/// All steps are done, so that it does not matter when Alembic ends badly after them.
async fn ended(recorder: Recorder) -> Result<()> {
    if let Some(why) = recorder.finish().await? {
        tracing::debug!(%why, "Alembic ended badly after its last step");
    }
    Ok(())
}

/// What the database gets while Alembic runs the chain on one that is empty at first: each
/// revision up, down and up again.
pub(super) async fn online(project: &Project, source: &Source, chain: &Chain) -> Result<Takes> {
    let scratch = Scratch::open(source, source.scratch.as_deref()).await?;
    let recorder = Recorder::start(project, &scratch.at, Mode::Online).await?;
    let hello = recorder.hello().clone();
    if !SEEN.contains(&hello.driver.as_str()) {
        let message = format!(
            "what the driver {:?} does cannot be recorded; there are {}",
            hello.driver,
            SEEN.join(", ")
        );
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let mut takes = Takes::none(chain, hello);
    let mut runner = Alembic {
        recorder: Some(recorder),
        ..Alembic::new(project, chain, scratch)
    };
    for place in 0..chain.len() {
        let stop = runner.revision(place, &mut takes).await?;
        if let Some(why) = stop {
            takes.stopped = Some((place, why));
            break;
        }
    }
    runner.end().await?;
    // So that the proof can begin on it.
    runner.scratch.empty().await?;
    Ok(takes)
}

/// Alembic on a throw-away database, started again as often as needed.
pub(super) struct Alembic<'a> {
    project: &'a Project,
    chain: &'a Chain,
    pub(super) scratch: Scratch,
    recorder: Option<Recorder>,
    hello: Hello,
}

impl<'a> Alembic<'a> {
    pub(super) fn new(project: &'a Project, chain: &'a Chain, scratch: Scratch) -> Self {
        Self {
            project,
            chain,
            scratch,
            recorder: None,
            hello: Hello::default(),
        }
    }

    /// What Alembic works on, once it ran a step.
    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// What its database holds.
    pub(super) async fn state(&self) -> Result<String> {
        self.scratch.state(&self.hello.version_table).await
    }

    /// Runs one revision, which is committed afterwards.
    pub(super) async fn step(&mut self, place: usize, direction: Direction) -> Result<Take> {
        let mut recorder = match self.recorder.take().filter(|it| !it.is_over()) {
            Some(recorder) => recorder,
            None => Recorder::start(self.project, &self.scratch.at, Mode::Online).await?,
        };
        self.hello.clone_from(recorder.hello());
        let take = recorder.step(self.chain.at(place).id(), direction).await?;
        if recorder.hello().external && !recorder.is_over() {
            // Its transaction ends with its process.
            if let Some(why) = recorder.finish().await? {
                let message = format!("Alembic failed at its end: {why}");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        } else {
            self.recorder = Some(recorder);
        }
        Ok(take)
    }

    /// Up, down and up again; answers why nothing can follow.
    async fn revision(&mut self, place: usize, takes: &mut Takes) -> Result<Option<String>> {
        let up = self.step(place, Direction::Up).await?;
        if let Some(failure) = &up.failure {
            return Ok(Some(failure.to_string()));
        }
        takes.up[place] = Some(up);
        let state = self.state().await?;
        let is_kept = self.scratch.keep().await?;
        let down = self.step(place, Direction::Down).await?;
        // Postgres takes back what a failed step did, unless part of it was outside a transaction.
        let is_whole = self.scratch.is_transactional() && !down.events.contains(&Event::Autocommit);
        let has_failed = down.failure.is_some();
        takes.down[place] = Some(down);
        if has_failed {
            return if is_whole {
                Ok(None)
            } else {
                self.back(place, is_kept).await
            };
        }
        // A downgrade may leave something behind, which would change what is recorded from here on.
        let again = self.step(place, Direction::Up).await?;
        if again.failure.is_none() && self.state().await? == state {
            return Ok(None);
        }
        self.back(place, is_kept).await
    }

    /// Brings the database back to where `place` was just applied.
    pub(super) async fn back(&mut self, place: usize, is_kept: bool) -> Result<Option<String>> {
        if !is_kept {
            return self.replay(place).await;
        }
        // A new start of Python takes longer than all else.
        if let Some(mut recorder) = self.recorder.take().filter(|it| !it.is_over())
            && let Some((kept, file)) = self.scratch.kept()
            && recorder.restore(&kept, &file).await?
        {
            self.recorder = Some(recorder);
            return Ok(None);
        }
        self.scratch.back().await?;
        Ok(None)
    }

    /// Brings an empty database to `place`; answers why that does not work any more.
    async fn replay(&mut self, place: usize) -> Result<Option<String>> {
        self.recorder = None;
        self.scratch.reset().await?;
        for place in 0..=place {
            let take = self.step(place, Direction::Up).await?;
            if let Some(failure) = take.failure {
                let id = self.chain.at(place).id();
                return Ok(Some(format!(
                    "{id} ran once, and not again on an emptied database: {failure}"
                )));
            }
        }
        Ok(None)
    }

    /// Lets Alembic end.
    pub(super) async fn end(&mut self) -> Result<()> {
        match self.recorder.take().filter(|it| !it.is_over()) {
            Some(recorder) => ended(recorder).await,
            None => Ok(()),
        }
    }
}
