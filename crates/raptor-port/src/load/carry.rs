//! One range: a transaction with its COPY, what was rejected, and the entry in the ledger.

use super::ledger::Ledger;
use super::scribe::{Piece, Scribe, Task, gone};
use super::{Load, Open};
use crate::cell::{END, HEAD};
use crate::error::{Error, Result};
use crate::source::quoted;
use crate::tally::Tally;
use raptor_db::{CopyIn, Scope, Sql, Transaction, TxOptions};
use std::sync::Arc;
use std::time::Duration;

/// How many rows of a range came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) rows: u64,
    pub(super) rejected: u64,
}

/// A range may take as long as it takes.
const PATIENCE: Duration = Duration::from_hours(24);

pub(super) async fn carry(
    load: &Load<'_>,
    scribe: &Scribe,
    task: &Arc<Task>,
    to: &str,
    open: &Open,
) -> Result<Carried> {
    let columns: Vec<String> = task.line.columns.iter().map(|it| quoted(&it.to)).collect();
    let table = format!("{}.{}", quoted(&load.plan.schema), quoted(to));
    let copy = format!(
        "COPY {table} ({}) FROM STDIN (FORMAT binary)",
        columns.join(", ")
    );
    let mut options = TxOptions::default();
    options.deadline = PATIENCE;
    let scope = Scope::system();
    let done = load.db.tx_with(&scope, options, |tx| {
        let (copy, ledger) = (copy.clone(), load.ledger.clone());
        async move {
            let carrying = Carrying {
                tx: &tx,
                copy: Sql::dynamic(copy),
                under_way: None,
                ledger: &ledger,
                open,
                rejected: 0,
            };
            carrying.run(scribe, task).await
        }
    });
    done.await
}

/// A transaction under way.
struct Carrying<'c> {
    tx: &'c Transaction,
    copy: Sql,
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
                    self.rejected +=
                        u64::try_from(rejected.iter().filter(|it| it.cells.is_some()).count())
                            .unwrap_or(u64::MAX);
                    self.ledger
                        .reject(self.tx, &self.open.table, &rejected)
                        .await?;
                }
                Piece::End(tally) => return self.done(tally).await,
                Piece::Failed(error) => return Err(error),
                Piece::Buckets(_) | Piece::Digests(_) => return Err(gone()),
            }
        }
        Err(gone())
    }

    async fn rows(&mut self, bytes: Vec<u8>) -> Result<()> {
        let copy = match &mut self.under_way {
            Some(copy) => copy,
            None => {
                let mut copy = self
                    .tx
                    .copy_in(&self.copy)
                    .await
                    .map_err(|error| self.failed(error))?;
                copy.send(HEAD).await.map_err(|error| self.failed(error))?;
                self.under_way.insert(copy)
            }
        };
        let sent = copy.send(bytes).await;
        sent.map_err(|error| self.failed(error))
    }

    async fn end(&mut self) -> Result<()> {
        let Some(mut copy) = self.under_way.take() else {
            return Ok(());
        };
        copy.send(END).await.map_err(|error| self.failed(error))?;
        copy.finish().await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    async fn done(mut self, tally: Tally) -> Result<Carried> {
        self.end().await?;
        let carried = Carried {
            rows: tally.rows,
            rejected: self.rejected,
        };
        self.ledger
            .done(self.tx, self.open, &tally, self.rejected)
            .await?;
        Ok(carried)
    }

    fn failed(&self, error: raptor_db::Error) -> Error {
        Error::database(
            &format!("the rows of {} cannot be carried over", self.open.table),
            error,
        )
    }
}
