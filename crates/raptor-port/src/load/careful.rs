//! Rows that Postgres itself refused some of: carried in small batches, each behind a savepoint and cut in
//! halves until the one that is refused stands alone.

use super::carry::{Carried, Way};
use super::landing::Landing;
use super::rejected::Rejected;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Dirty;
use raptor_db::{ErrorKind as Refused, Transaction};
use std::future::Future;
use std::pin::Pin;

/// A row that may be refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CarefulRow {
    /// As binary COPY takes it.
    pub(crate) bytes: Vec<u8>,
    /// What is kept of it when it is refused; the reason is Postgres's.
    pub(crate) kept: Rejected,
}

/// Whether another row may be taken where this one was not: whatever is not of the connection, of the
/// transaction, of rights, or of the server itself. What is of something that is not there may be either: types
/// such as `regclass`, `ltree` and `jsonpath` say so of a value.
pub(super) fn may_be_of_a_row(error: &raptor_db::Error) -> bool {
    const NOT_OF_A_ROW: [&str; 20] = [
        "08", "0B", "0L", "0P", "24", "25", "26", "28", "2B", "2D", "34", "3D", "40", "42501",
        "53", "55", "57", "58", "F0", "XX",
    ];
    let is_of_none = |code: &str| NOT_OF_A_ROW.iter().any(|it| code.starts_with(it));
    error
        .code()
        .is_some_and(|code| !is_of_none(code) && error.kind() != Refused::ConnectionLost)
}

/// Whether it says that something is not there, or not known.
fn is_of_something(error: &raptor_db::Error) -> bool {
    const OF_SOMETHING: [&str; 3] = ["0A", "3F", "42"];
    let code = error.code().unwrap_or_default();
    OF_SOMETHING.iter().any(|it| code.starts_with(it))
}

/// A transaction that is carried on with care.
pub(super) struct Careful<'c> {
    pub(super) tx: &'c Transaction,
    pub(super) way: Way<'c>,
    pub(super) landing: Landing<'c>,
    pub(super) carried: Carried,
}

impl Careful<'_> {
    /// Carries rows over, but those that are refused, which are kept.
    pub(super) fn rows<'f>(
        &'f mut self,
        rows: &'f [CarefulRow],
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'f>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(());
            }
            let (tx, way, landing) = (self.tx, self.way, &self.landing);
            match tx.savepoint(|| sent(landing, rows)).await {
                Ok(()) => {
                    self.carried.rows += rows.len() as u64;
                    Ok(())
                }
                Err(error) if !may_be_of_a_row(&error) => Err(way.failed(error)),
                Err(error) => match rows {
                    // Not even none comes.
                    [_] if is_of_something(&error)
                        && tx.savepoint(|| sent(landing, &[])).await.is_err() =>
                    {
                        Err(way.failed(error))
                    }
                    [row] => {
                        let reason = format!("Postgres does not take it: {}", error.message());
                        if way.task.dirty == Dirty::Stop {
                            let place = &row.kept.place;
                            let message = format!(
                                "table {}, {place}: {reason}; `dirty` in the plan or --strict has it stop here",
                                way.table
                            );
                            return Err(Error::new(ErrorKind::Missing, message));
                        }
                        let kept = Rejected {
                            reason,
                            ..row.kept.clone()
                        };
                        self.carried.rejected += 1;
                        way.ledger.reject(tx, way.table, &[kept]).await
                    }
                    several => {
                        let (one, other) = several.split_at(several.len() / 2);
                        self.rows(one).await?;
                        self.rows(other).await
                    }
                },
            }
        })
    }
}

async fn sent(landing: &Landing<'_>, rows: &[CarefulRow]) -> raptor_db::Result<()> {
    let mut copy = landing.begin().await?;
    let bytes: Vec<u8> = rows.iter().flat_map(|row| &row.bytes).copied().collect();
    copy.send(bytes).await?;
    landing.end(copy).await
}
