//! The pause: the file is locked, the last changes are carried over, the file is closed for writes, in that
//! order. As long as it is not closed, Postgres is only a copy, and whoever fails lets go of the lock, so
//! that the application goes on. Once it is closed, nothing can be written that would be lost.

use super::file;
use super::position::Position;
use super::pursuit::Pursuit;
use crate::error::{Error, ErrorKind, Result};
use crate::existing::aside;
use crate::plan::Mode;
use crate::run::Finish;
use crate::source::{Source, quoted};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than this nobody is made to wait: the application goes on, and it is tried again.
const LIMIT: Duration = Duration::from_secs(3);
/// How often that is tried.
const TRIES: usize = 10;

impl Pursuit<'_> {
    /// The pause: from here on nothing is written to the file any more.
    ///
    /// It answers when that began.
    pub(super) async fn cut_over(&mut self) -> Result<Instant> {
        for _ in 0..TRIES {
            let live = &self.following.live;
            live.with(|reader| file::run(reader, "BEGIN IMMEDIATE"))
                .await?;
            let locked = Instant::now();
            let done = tokio::time::timeout(LIMIT, self.last()).await;
            let closed = match done {
                Ok(Ok(position)) => {
                    self.position = position;
                    self.close().await
                }
                Ok(Err(error)) => Err(error),
                Err(_) => Err(Error::new(
                    ErrorKind::Busy,
                    "the last changes take too long",
                )),
            };
            let Err(error) = closed else {
                self.position.pause_ms = Some(millis(locked.elapsed()));
                return Ok(locked);
            };
            // One that could not be committed may have been rolled back.
            let _ = live.with(|reader| file::run(reader, "ROLLBACK")).await;
            if error.kind() != ErrorKind::Busy {
                return Err(error);
            }
            // What was carried over may be committed, or not.
            let position = Position::read(self.run.load.db, &self.run.load.plan.schema).await?;
            self.position = position.ok_or_else(super::lost)?;
            self.catch_up().await?;
        }
        Err(Error::new(
            ErrorKind::Busy,
            "the file could not be closed within a short pause, however often it was tried; the application goes on, and so does the next run",
        ))
    }

    /// The last changes, while the file is locked.
    async fn last(&self) -> Result<Position> {
        let (live, ask) = (&self.following.live, self.ask(true));
        let read = live.with(move |reader| ask.read(reader)).await?;
        let position = self.carry(live, &read).await?;
        self.has_all(&position).await?;
        Ok(position)
    }

    /// Refuses where rows that are known by their keys are not as many as in the file: Postgres took two keys for
    /// one.
    async fn has_all(&self, position: &Position) -> Result<()> {
        let load = &self.run.load;
        let mut counted = load.ledger.counted(load.db).await?;
        position.add_to(&mut counted);
        let tables = Arc::clone(&self.tables);
        let live = &self.following.live;
        let rows = live.with(move |reader| {
            let keyed = tables.iter().filter(|it| it.is_keyed());
            let counts = keyed.map(|it| Ok((it.name.clone(), it.count(reader)?)));
            counts.collect::<Result<Vec<(String, u64)>>>()
        });
        for (table, in_file) in rows.await? {
            let of_it = counted.get(&table).copied().unwrap_or_default();
            if of_it.rows + of_it.rejected != in_file {
                load.ledger.unmake(load.db).await?;
                let message = format!(
                    "table {table} has {in_file} rows in the file, and {} came to Postgres, which takes keys for one that are two; \
                     nothing was cut over, and the application goes on; a run without --sync rejects such rows by name",
                    of_it.rows
                );
                return Err(Error::new(ErrorKind::Missing, message));
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let mut watch = (*self.watch).clone();
        let watch = self.following.live.with(move |reader| {
            watch.close(reader)?;
            file::run(reader, "COMMIT")?;
            Ok(watch)
        });
        self.watch = Arc::new(watch.await?);
        Ok(())
    }

    /// Has Postgres be whole: what holds, counts and acts there from now on; then the rows are looked at
    /// once more, which nobody has to wait for.
    pub(super) async fn open(
        &mut self,
        finish: &mut Finish<'_>,
        locked: Option<Instant>,
    ) -> Result<()> {
        let load = &self.run.load;
        let session = load.db.session().await?;
        for (name, number) in &load.numbered {
            let Some(table) = load.plan.table(name) else {
                continue;
            };
            let text = format!(
                "ALTER TABLE {} DROP COLUMN IF EXISTS {}",
                load.plan.name_of(table),
                quoted(number)
            );
            session
                .execute_raw(&text)
                .await
                .map_err(|error| Error::database(&text, error))?;
        }
        if load.plan.mode == Mode::Existing {
            aside::hold(load.db, load.plan).await?;
        }
        finish.hold().await;
        // Numbers that were given meanwhile are known to the file alone.
        let source = self.following.live.with(Source::read).await?;
        finish.numbers(&source).await?;
        finish.rest().await?;
        if let Some(locked) = locked {
            self.position.ready_ms = Some(millis(locked.elapsed()));
        }
        self.position.put(load.db, &load.plan.schema).await?;
        finish.validate().await?;
        if load.plan.mode == Mode::Existing {
            finish.came_back(aside::bring_back(load.db, load.plan).await?);
        }
        Ok(())
    }
}

fn millis(took: Duration) -> i64 {
    i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
}
