//! Rows on their way into a table, in a transaction; a range is one with its entry in the ledger.

use super::careful::{Careful, may_be_of_a_row};
use super::landing::Landing;
use super::ledger::Ledger;
use super::progress::Progress;
use super::rejected::Rejected;
use super::scribe::{Piece, Scribe, Task, gone};
use super::{Load, Open, Place};
use crate::error::{Error, Result};
use crate::patience::patient_in;
use raptor_db::{CopyIn, Scope, Transaction, TransactionError, TxOptions};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// What became of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    /// How many came over.
    pub(crate) rows: u64,
    /// How many were rejected.
    pub(crate) rejected: u64,
    /// How many cells of those that came were changed, where the ledger is asked.
    pub(crate) changed: u64,
}

/// Where rows go.
#[derive(Clone, Copy)]
pub(crate) struct Way<'w> {
    pub(crate) ledger: &'w Ledger,
    pub(crate) task: &'w Task,
    /// The table's name in the file.
    pub(crate) table: &'w str,
    /// Its name on Postgres, with the schema.
    pub(crate) to: &'w str,
    /// Who is told how far they are.
    pub(crate) progress: Option<&'w Progress<'w>>,
}

/// A range may take as long as it takes.
const PATIENCE: Duration = Duration::from_hours(24);

/// How transactions are begun that carry rows.
pub(crate) fn patient() -> TxOptions {
    let mut options = TxOptions::default();
    options.deadline = PATIENCE;
    options
}

/// Whether what failed is to be done again with care, as a row was refused, and others may be taken.
pub(crate) fn needs_care(error: &Error) -> bool {
    error.database().is_some_and(may_be_of_a_row)
}

/// Whether it waited for another range that waited for it.
fn has_lost(error: &Error) -> bool {
    error
        .database()
        .is_some_and(|it| it.code() == Some("40P01"))
}

pub(super) async fn carry(
    load: &Load<'_>,
    scribe: &Scribe,
    Place { to, task, alone }: &Place,
    progress: &Progress<'_>,
    open: &Open,
) -> Result<Carried> {
    let (scope, ledger) = (Scope::system(), &load.ledger);
    let together = alone.read().await;
    let way = Way {
        ledger,
        task,
        table: &open.table,
        to,
        progress: Some(progress),
    };
    // Whoever waits for another range's keys is carried alone.
    let mut once = patient();
    once.retries = 0;
    let done = load.db.tx_with(&scope, once, |tx| async move {
        progress.back();
        relax(&tx, ledger).await?;
        let carried = way.carry(&tx, scribe.write(task, open.range)).await?;
        ledger.done(&tx, open, carried).await?;
        Ok(carried)
    });
    let done = done.await;
    drop(together);
    match done {
        Err(error) if needs_care(&error) || has_lost(&error) => {
            let _alone = alone.write().await;
            let again = load.db.tx_with(&scope, patient(), |tx| async move {
                progress.back();
                relax(&tx, ledger).await?;
                let pieces = scribe.care(task, open.range);
                let carried = way.carry_with_care(&tx, pieces).await?;
                ledger.done(&tx, open, carried).await?;
                Ok(carried)
            });
            again.await
        }
        done => done,
    }
}

/// Nobody waits for the disk: what a crash of the server takes away, it takes away together with its
/// entry in the ledger, and the run's last commit waits for all of it. Nor is it for the login to say how
/// long a range may take.
async fn relax(tx: &Transaction, ledger: &Ledger) -> Result<()> {
    patient_in(tx).await?;
    ledger.work_in(tx).await
}

impl Way<'_> {
    /// Carries rows over.
    ///
    /// # Errors
    /// Of which [`needs_care`] tells whether they can come with care.
    pub(crate) async fn carry(
        self,
        tx: &Transaction,
        mut pieces: Receiver<Piece>,
    ) -> Result<Carried> {
        let mut carrying = Carrying {
            landing: self.landing(tx).await?,
            way: self,
            under_way: None,
            rejected: 0,
        };
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Rows { bytes, rows } => {
                    carrying.rows(bytes).await?;
                    self.tell(rows);
                }
                Piece::Rejected(rejected) => {
                    carrying.end().await?;
                    carrying.rejected += whole(&rejected);
                    self.tell(whole(&rejected));
                    self.ledger.reject(tx, self.table, &rejected).await?;
                }
                Piece::End(rows) => {
                    carrying.end().await?;
                    let rejected = carrying.rejected;
                    return Ok(Carried {
                        rows,
                        rejected,
                        ..Carried::default()
                    });
                }
                Piece::Failed(error) => return Err(error),
                _ => return Err(gone()),
            }
        }
        Err(gone())
    }

    /// Carries rows over, each by itself where it has to be.
    pub(crate) async fn carry_with_care(
        self,
        tx: &Transaction,
        mut pieces: Receiver<Piece>,
    ) -> Result<Carried> {
        let mut careful = Careful {
            tx,
            way: self,
            landing: self.landing(tx).await?,
            carried: Carried::default(),
        };
        let mut has_changed = false;
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Careful(rows) => {
                    careful.rows(&rows).await?;
                    self.tell(rows.len() as u64);
                }
                Piece::Rejected(rejected) => {
                    self.tell(whole(&rejected));
                    has_changed |= rejected.iter().any(Rejected::is_changed);
                    careful.carried.rejected += whole(&rejected);
                    self.ledger.reject(tx, self.table, &rejected).await?;
                }
                Piece::End(_) => {
                    if has_changed && careful.carried.rejected > 0 {
                        self.ledger.part(tx, self.table).await?;
                    }
                    return Ok(careful.carried);
                }
                Piece::Failed(error) => return Err(error),
                _ => return Err(gone()),
            }
        }
        Err(gone())
    }

    /// Says that so many rows more are on their way.
    fn tell(&self, rows: u64) {
        if let Some(progress) = self.progress {
            progress.add(rows);
        }
    }

    async fn landing<'t>(&self, tx: &'t Transaction) -> Result<Landing<'t>> {
        let landing = Landing::new(tx, self.task, self.to).await;
        landing.map_err(|error| self.failed(error))
    }

    pub(super) fn failed(&self, error: raptor_db::Error) -> Error {
        let what = format!("the rows of {} cannot be carried over", self.table);
        Error::database(&what, error)
    }
}

/// How many rows did not come along.
fn whole(rejected: &[Rejected]) -> u64 {
    let count = rejected.iter().filter(|it| it.cells.is_some()).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A transaction under way.
struct Carrying<'c> {
    way: Way<'c>,
    landing: Landing<'c>,
    under_way: Option<CopyIn>,
    rejected: u64,
}

impl Carrying<'_> {
    async fn rows(&mut self, bytes: Vec<u8>) -> Result<()> {
        if self.under_way.is_none() {
            let begun = self.landing.begin().await;
            self.under_way = Some(begun.map_err(|error| self.way.failed(error))?);
        }
        match &mut self.under_way {
            Some(copy) => copy
                .send(bytes)
                .await
                .map_err(|error| self.way.failed(error)),
            None => Ok(()),
        }
    }

    async fn end(&mut self) -> Result<()> {
        match self.under_way.take() {
            Some(copy) => self
                .landing
                .end(copy)
                .await
                .map_err(|error| self.way.failed(error)),
            None => Ok(()),
        }
    }
}
