//! Runs revisions one by one, up and down, with an observer.

use super::observer::Observer;
use super::{Options, Run};
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{Direction, Observed, StepRow};
use crate::version::Versions;
use raptor_db::{Db, Engine};

/// Runs exactly the revisions that it is told.
pub(crate) struct Rehearser<'r> {
    db: &'r Db,
    chain: &'r Chain,
    options: &'r Options,
}

impl<'r> Rehearser<'r> {
    pub(crate) fn new(db: &'r Db, chain: &'r Chain, options: &'r Options) -> Self {
        Self { db, chain, options }
    }

    pub(crate) async fn up(&self, place: usize) -> Result<(StepRow, Vec<Observed>)> {
        let observer = Observer::default();
        let row = self.run(place, Direction::Up, Some(&observer)).await?;
        Ok((row, observer.take()))
    }

    pub(crate) async fn down(&self, place: usize) -> Result<StepRow> {
        self.run(place, Direction::Down, None).await
    }

    /// The rows of the table of versions, by id.
    pub(crate) async fn rows(&self) -> Result<Vec<String>> {
        let versions = Versions::new(self.db.engine(), self.options.schema.as_deref());
        Ok(versions
            .peek(self.db)
            .await?
            .unwrap_or_default()
            .into_iter()
            .collect())
    }

    async fn run(
        &self,
        place: usize,
        direction: Direction,
        observer: Option<&Observer>,
    ) -> Result<StepRow> {
        let mut ignored = |_: super::Event<'_>| {};
        let id = self.chain.at(place).id();
        let mut run = Run::new(
            self.db,
            self.chain,
            id,
            self.options,
            direction,
            &mut ignored,
        );
        run.only = Some(place);
        run.observer = observer.filter(|_| self.db.engine() == Engine::Postgres);
        let ran = run.go().await?;
        ran.steps.into_iter().next().ok_or_else(|| {
            let message = format!("{id} did not run: is the database somebody else's?");
            Error::new(ErrorKind::Database, message)
        })
    }
}
