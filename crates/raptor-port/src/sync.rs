//! `--sync`: the application goes on writing to the file while it is carried over. Triggers note which rows
//! it changes; these are read and carried over again, round after round, until little is left; then the
//! file is closed for a moment's rest, and for good.
//!
//! The only part of this crate that writes to a file, and only where it is asked to.

mod capture;
mod cut;
mod file;
mod key;
mod log;
mod position;
mod pursuit;
mod release;
mod round;
mod standing;
mod table;
mod taking;
mod uniform;
mod unique;
mod watch;

pub(crate) use capture::is_ours;
pub(crate) use key::numbered;
pub(crate) use log::{Entry, last};
pub(crate) use release::followed;
pub use release::{Released, is_followed, release};
pub(crate) use watch::is_closed;

use crate::ddl::Made;
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Carried, Event, Ledger, Load, Scribe};
use crate::plan::Plan;
use crate::run::{Done, Finish, Run};
use crate::source::quoted;
use position::Position;
use pursuit::Pursuit;
use raptor_db::{Db, Snapshot, Transaction};
use standing::{Before, STATE, stand};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use watch::Watch;

/// How long the application is waited for that holds the file.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a file is followed whose application goes on writing to it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Follow {
    /// A file: as long as it is there, nothing is cut over. It is made where it is missing.
    pub hold: Option<PathBuf>,
}

/// How a file was followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Followed {
    /// How often changes were carried over.
    pub rounds: u64,
    /// How many there were; a row that changed twice counts twice.
    pub changes: u64,
    /// Whether both sides were proved equal while the application went on writing.
    pub is_proved: bool,
    /// How long writers waited at the cut-over, in milliseconds; unknown where the run was killed then.
    pub pause_ms: Option<u64>,
    /// How long it took from there until the application could be started on Postgres, the pause included.
    pub ready_ms: Option<u64>,
}

/// A file that is followed.
pub(crate) struct Following {
    file: PathBuf,
    hold: Option<PathBuf>,
    /// The connection that writes to it.
    live: Scribe,
    /// What stands in it; nothing where an earlier run came to its end.
    watch: Option<Watch>,
    /// As what a run notes it.
    state: String,
}

impl Following {
    /// Puts into the file what notes changes, or goes on with what is there.
    pub(crate) async fn begin(
        file: &Path,
        plan: &Plan,
        (db, ledger): (&Db, &Ledger),
        follow: &Follow,
        again: bool,
    ) -> Result<Self> {
        ledger.make(db).await?;
        position::make(db).await?;
        let position = Position::read(db, &plan.schema).await?;
        let before = ledger.begun(db).await?.map(|begun| Before {
            token: begun
                .state
                .strip_prefix(STATE)
                .unwrap_or_default()
                .to_owned(),
            plan: begun.plan,
            has_ended: begun.ended.is_some() && !again,
            position: position.unwrap_or_default(),
        });
        let live = Snapshot::live(file, PATIENCE).map_err(Error::source_file)?;
        let live = Scribe::new(live)?;
        let plan = plan.clone();
        let (watch, token) = live.with(move |reader| stand(reader, plan, before)).await?;
        if let (Some(hold), Some(_)) = (&follow.hold, &watch) {
            let made = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(hold);
            made.map_err(|error| Error::io(&format!("{} cannot be made", hold.display()), &error))?;
        }
        Ok(Self {
            file: file.to_owned(),
            hold: follow.hold.clone(),
            live,
            watch,
            state: format!("{STATE}{token}"),
        })
    }

    /// As what a run notes the file: as long as it is followed, it is the same.
    pub(crate) fn state(&self) -> &str {
        &self.state
    }

    /// Carries over what has changed since the rows were copied, and cuts over.
    pub(crate) async fn go(
        &self,
        run: &Run<'_>,
        on_event: &(dyn Fn(Event<'_>) + Send + Sync),
    ) -> Result<Done> {
        let watch = self.watch.clone().ok_or_else(lost)?;
        let was_closed = watch.closed;
        let mut pursuit = Pursuit::new(self, run, watch, on_event).await?;
        let mut finish = Finish::new(run).await?;
        if !was_closed {
            pursuit.index().await?;
            // Where a run was killed, rows were copied at more than one moment: together they are as the
            // file has them only now, and unique.
            pursuit.round().await?;
        }
        if let Some(Made { of, text, .. }) = finish.indexes().await?.first() {
            let message = format!(
                "{of}: {text}: rows are the same there that are not in SQLite, and nothing is cut over; \
                 a run without --sync rejects them by name"
            );
            return Err(Error::new(ErrorKind::Missing, message));
        }
        finish.keys().await;
        let mut locked = None;
        if !was_closed {
            finish.analyze().await?;
            pursuit.catch_up().await?;
            pursuit.prove().await?;
            pursuit.hold().await?;
            locked = Some(pursuit.cut_over().await?);
        }
        pursuit.open(&mut finish, locked).await?;
        let mut carried = run.load.ledger.counted(run.load.db).await?;
        pursuit.position.add_to(&mut carried);
        let mut done = finish.report(&carried);
        done.sync = Some(pursuit.position.followed());
        Ok(done)
    }

    /// Takes out of the file what nobody needs any more.
    pub(crate) async fn end(&self) -> Result<()> {
        self.live
            .with(|reader| file::writing(reader, || watch::tidy(reader)))
            .await
    }

    /// The same for a run that had come to its end before.
    pub(crate) async fn ended(
        &self,
        load: &Load<'_>,
        carried: &mut BTreeMap<String, Carried>,
    ) -> Result<Followed> {
        self.end().await?;
        let position = Position::read(load.db, &load.plan.schema)
            .await?
            .unwrap_or_default();
        position.add_to(carried);
        Ok(position.followed())
    }
}

/// What a run that follows begins with on Postgres, beside the tables.
pub(crate) async fn start(
    tx: &Transaction,
    plan: &Plan,
    numbered: &BTreeMap<String, &'static str>,
    at: Entry,
) -> Result<()> {
    for table in plan.carried() {
        let Some(number) = numbered.get(&table.name) else {
            continue;
        };
        let name = plan.name_of(table);
        let add = format!(
            "ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {} bigint",
            quoted(number)
        );
        tx.execute_raw(&add).await.map_err(|error| {
            Error::database(
                &format!("{name} gets no column for the numbers of its rows"),
                error,
            )
        })?;
    }
    let position = Position {
        at,
        ..Position::default()
    };
    position.begin(tx, &plan.schema).await
}

/// Adds to what was copied what came and went since.
pub(crate) async fn add_to(
    db: &Db,
    target: &str,
    carried: &mut BTreeMap<String, Carried>,
) -> Result<()> {
    if let Some(position) = Position::read(db, target).await? {
        position.add_to(carried);
    }
    Ok(())
}

/// How a file was followed, where a run did; adds to what was copied what came and went since.
pub(crate) async fn position(
    db: &Db,
    target: &str,
    carried: &mut BTreeMap<String, Carried>,
) -> Result<Option<Followed>> {
    if !position::is_there(db).await? {
        return Ok(None);
    }
    let position = Position::read(db, target).await?;
    Ok(position.map(|it| {
        it.add_to(carried);
        it.followed()
    }))
}

/// What an earlier run that followed may have left in a schema that is there.
pub(crate) async fn clear(tx: &Transaction, plan: &Plan) -> Result<()> {
    for table in plan.carried() {
        let name = plan.name_of(table);
        let number = quoted(key::NUMBER);
        let text = format!("ALTER TABLE {name} DROP COLUMN IF EXISTS {number}");
        let done = tx.execute_raw(&text).await;
        done.map_err(|error| Error::database(&text, error))?;
    }
    Ok(())
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Source,
        "nothing stands in the file that notes changes: run again, and all is carried over anew",
    )
}
