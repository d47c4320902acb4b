//! One range: a transaction with its COPY, what was rejected, and the entry in the ledger.

use super::careful::{Careful, is_of_a_row};
use super::landing::Landing;
use super::ledger::Ledger;
use super::rejected::Rejected;
use super::scribe::{Piece, Scribe, Task, gone};
use super::{Load, Open};
use crate::error::{Error, Result};
use raptor_db::{CopyIn, Scope, Sql, Transaction, TransactionError, TxOptions, params};
use std::sync::Arc;
use std::time::Duration;

/// How many rows of a range came over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) rows: u64,
    pub(crate) rejected: u64,
}

/// A range may take as long as it takes.
const PATIENCE: Duration = Duration::from_hours(24);

pub(super) async fn carry(
    load: &Load<'_>,
    scribe: &Scribe,
    task: &Arc<Task>,
    table: &str,
    open: &Open,
) -> Result<Carried> {
    let mut options = TxOptions::default();
    options.deadline = PATIENCE;
    let (scope, ledger) = (Scope::system(), &load.ledger);
    let done = load.db.tx_with(&scope, options, |tx| async move {
        relax(&tx).await?;
        let landing = Landing::new(&tx, task, table).await?;
        let carrying = Carrying {
            tx: &tx,
            landing,
            under_way: None,
            ledger,
            open,
            rejected: 0,
        };
        carrying.run(scribe, task).await
    });
    match done.await {
        Err(error) if error.database().is_some_and(is_of_a_row) => {
            let again = load.db.tx_with(&scope, options, |tx| async move {
                relax(&tx).await?;
                let landing = Landing::new(&tx, task, table).await?;
                let careful = Careful {
                    tx: &tx,
                    landing,
                    ledger,
                    open,
                    carried: Carried::default(),
                };
                with_care(careful, scribe, task).await
            });
            again.await
        }
        done => done,
    }
}

/// Nobody waits for the disk: what a crash of the server takes away, it takes away together with its
/// entry in the ledger, and the run's last commit waits for all of it.
async fn relax(tx: &Transaction) -> raptor_db::Result<()> {
    static RELAX: Sql = Sql::new("SELECT set_config('synchronous_commit', 'off', true) AS is");
    tx.query(&RELAX, params! {}).await.map(drop)
}

/// The same range again, each row by itself where it has to be.
async fn with_care(mut careful: Careful<'_>, scribe: &Scribe, task: &Arc<Task>) -> Result<Carried> {
    let mut pieces = scribe.care(task, careful.open.range);
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Careful(rows) => careful.rows(&rows).await?,
            Piece::Rejected(rejected) => {
                careful.carried.rejected += whole(&rejected);
                careful
                    .ledger
                    .reject(careful.tx, &careful.open.table, &rejected)
                    .await?;
            }
            Piece::End(_) => return careful.done().await,
            Piece::Failed(error) => return Err(error),
            _ => return Err(gone()),
        }
    }
    Err(gone())
}

/// How many rows did not come along.
fn whole(rejected: &[Rejected]) -> u64 {
    let count = rejected.iter().filter(|it| it.cells.is_some()).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A transaction under way.
struct Carrying<'c> {
    tx: &'c Transaction,
    landing: Landing<'c>,
    under_way: Option<CopyIn>,
    ledger: &'c Ledger,
    open: &'c Open,
    rejected: u64,
}

impl Carrying<'_> {
    async fn run(mut self, scribe: &Scribe, task: &Arc<Task>) -> Result<Carried> {
        let mut pieces = scribe.write(task, self.open.range);
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Rows(bytes) => self.rows(bytes).await?,
                Piece::Rejected(rejected) => {
                    self.end().await?;
                    self.rejected += whole(&rejected);
                    self.ledger
                        .reject(self.tx, &self.open.table, &rejected)
                        .await?;
                }
                Piece::End(rows) => return self.done(rows).await,
                Piece::Failed(error) => return Err(error),
                _ => return Err(gone()),
            }
        }
        Err(gone())
    }

    async fn rows(&mut self, bytes: Vec<u8>) -> Result<()> {
        if self.under_way.is_none() {
            let begun = self.landing.begin().await;
            self.under_way = Some(begun.map_err(|error| self.failed(error))?);
        }
        match &mut self.under_way {
            Some(copy) => copy.send(bytes).await.map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }

    async fn end(&mut self) -> Result<()> {
        match self.under_way.take() {
            Some(copy) => self
                .landing
                .end(copy)
                .await
                .map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }

    async fn done(mut self, rows: u64) -> Result<Carried> {
        self.end().await?;
        let carried = Carried {
            rows,
            rejected: self.rejected,
        };
        self.ledger.done(self.tx, self.open, carried).await?;
        Ok(carried)
    }

    fn failed(&self, error: raptor_db::Error) -> Error {
        Error::database(
            &format!("the rows of {} cannot be carried over", self.open.table),
            error,
        )
    }
}
