//! A file is followed: rounds until little is left, the proof, and more rounds as long as it is held.

use super::Following;
use super::file;
use super::key::NUMBER;
use super::log;
use super::position::Position;
use super::round::{Ask, Read, Round};
use super::table::Table;
use super::watch::Watch;
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Event, Scribe, ranges, readers};
use crate::run::Run;
use crate::source::quoted;
use crate::verify::{self, Verified};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A round that takes no longer leaves little for the next one.
const SHORT: Duration = Duration::from_millis(200);
/// One that takes longer leaves too much for a pause.
const BEARABLE: Duration = Duration::from_secs(1);
/// How long nothing is done between two rounds, while nothing is to be cut over.
const REST: Duration = Duration::from_millis(500);
/// How many entries of the log are kept that nobody needs.
const MOST: i64 = 100_000;
/// How many are taken out at once.
const AT_ONCE: i64 = 10_000;

/// A file that is followed, and how far that is.
pub(super) struct Pursuit<'c> {
    pub(super) following: &'c Following,
    pub(super) run: &'c Run<'c>,
    pub(super) watch: Arc<Watch>,
    pub(super) tables: Arc<Vec<Table>>,
    on_event: &'c (dyn Fn(Event<'_>) + Send + Sync),
    /// How far it is.
    pub(super) position: Position,
    /// SQLite's count of changes of the schema.
    version: i64,
}

impl<'c> Pursuit<'c> {
    pub(super) async fn new(
        following: &'c Following,
        run: &'c Run<'c>,
        watch: Watch,
        on_event: &'c (dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Self> {
        let position = Position::read(run.load.db, &run.load.plan.schema).await?;
        Ok(Self {
            following,
            run,
            watch: Arc::new(watch),
            tables: Arc::new(Table::all(&run.load)),
            on_event,
            position: position.ok_or_else(super::lost)?,
            version: -1,
        })
    }

    /// Has the rows be found on Postgres that change: where nothing does yet, by an index of our own.
    pub(super) async fn index(&self) -> Result<()> {
        let session = self.run.load.db.session().await?;
        for table in self
            .tables
            .iter()
            .filter(|it| it.place.iter().any(|it| it.to == NUMBER))
        {
            let index = format!("raptor_port_row_{}", table.number);
            let text = format!(
                "CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {} ({})",
                table.to,
                quoted(NUMBER)
            );
            let made = session.execute_raw(&text).await;
            made.map_err(|error| Error::database(&text, error))?;
        }
        Ok(())
    }

    pub(super) fn ask(&self, is_all: bool) -> Ask {
        Ask {
            watch: Arc::clone(&self.watch),
            tables: Arc::clone(&self.tables),
            after: self.position.at,
            is_all,
            version: self.version,
        }
    }

    pub(super) async fn carry(&self, scribe: &Scribe, read: &Read) -> Result<Position> {
        let round = Round {
            load: &self.run.load,
            tables: &self.tables,
            scribe,
            read,
            from: &self.position,
        };
        round.carry().await
    }

    /// Carries over what has changed; answers how long it took.
    pub(super) async fn round(&mut self) -> Result<Duration> {
        let (begun, ask) = (Instant::now(), self.ask(false));
        let live = &self.following.live;
        let read = live.with(move |reader| ask.read_apart(reader)).await?;
        let position = self.carry(live, &read).await?;
        self.version = read.version;
        self.moved(position, begun);
        self.prune().await?;
        Ok(begun.elapsed())
    }

    fn moved(&mut self, to: Position, begun: Instant) {
        let changes = (to.changes - self.position.changes).unsigned_abs();
        self.position = to;
        if changes > 0 {
            let took = begun.elapsed();
            (self.on_event)(Event::Followed { changes, took });
        }
    }

    /// Takes entries out of the log that were carried over, the last one excepted, a few at once.
    async fn prune(&self) -> Result<()> {
        let upto = self.position.at.seq;
        while self
            .following
            .live
            .with(move |reader| log::prune(reader, upto, MOST, AT_ONCE))
            .await?
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Rounds, until one is short, or no shorter than the one before, as others will not be either.
    pub(super) async fn catch_up(&mut self) -> Result<()> {
        let mut before = Duration::ZERO;
        loop {
            let took = self.round().await?;
            let is_level = took <= BEARABLE && took * 4 > before * 3 && !before.is_zero();
            if took <= SHORT || is_level {
                return Ok(());
            }
            before = took;
        }
    }

    /// Proves that both sides hold the same at one moment. Where the file has no log of its own for
    /// writes, readers would hold up the application, and it is not done.
    pub(super) async fn prove(&mut self) -> Result<()> {
        let is_wal = self.following.live.with(file::is_wal).await?;
        if !is_wal || self.position.is_proved {
            return Ok(());
        }
        let begun = Instant::now();
        let (load, workers) = (&self.run.load, self.run.begin.workers);
        let (_snapshot, readers) = readers(&self.following.file, workers, false)?;
        let scribes = readers
            .into_iter()
            .map(Scribe::new)
            .collect::<Result<Vec<_>>>()?;
        let ask = self.ask(true);
        let read = scribes[0].with(move |reader| ask.read(reader)).await?;
        let position = self.carry(&scribes[0], &read).await?;
        self.moved(position, begun);
        let (source, plan) = (load.source.clone(), load.plan.clone());
        let ranges = scribes[0]
            .with(move |reader| ranges(reader, &source, &plan))
            .await?;
        let mut found = Verified::default();
        verify::compare(
            (load.source, &BTreeMap::new()),
            (load.plan, &load.parted),
            &scribes,
            ranges,
            load.db,
            &mut found,
        )
        .await?;
        if let Some(first) = found.differences.first() {
            load.ledger.unmake(load.db).await?;
            let message = format!(
                "both sides are not equal: {} {}; something was written to the file that no trigger is told of. \
                 Nothing was cut over, and the application goes on; run again, and all is carried over anew",
                first.of, first.text
            );
            return Err(Error::new(ErrorKind::Missing, message));
        }
        self.position.is_proved = true;
        self.position.put(load.db, &load.plan.schema).await?;
        (self.on_event)(Event::Proved);
        Ok(())
    }

    /// Goes on following as long as it is asked to.
    pub(super) async fn hold(&mut self) -> Result<()> {
        if let Some(file) = self.following.hold.as_ref().filter(|it| it.exists()) {
            (self.on_event)(Event::Held { file });
            while file.exists() {
                tokio::time::sleep(REST).await;
                self.round().await?;
            }
        }
        self.catch_up().await
    }
}
