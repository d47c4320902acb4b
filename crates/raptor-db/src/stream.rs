//! The rows of a large answer, one by one.

use crate::error::{Result, from_postgres};
use crate::row::Row;
use crate::sqlite;
use crate::transaction::Flow;
use futures_util::StreamExt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;

/// Rows as they come, in constant memory. Ends with the transaction it belongs to.
///
/// Dropped before its end, the rest is not computed where that can be helped: on SQLite the query
/// stops; on Postgres the rest is thrown away, or the query cancelled when the transaction is
/// rolled back.
pub struct RowStream<'t> {
    source: Source,
    at: &'static Location<'static>,
    flow: Flow,
    transaction: PhantomData<&'t ()>,
}

/// Where the rows come from.
pub(crate) enum Source {
    Postgres(Pin<Box<tokio_postgres::RowStream>>),
    Sqlite(sqlite::Rows),
}

impl From<tokio_postgres::RowStream> for Source {
    fn from(rows: tokio_postgres::RowStream) -> Self {
        Self::Postgres(Box::pin(rows))
    }
}

impl From<sqlite::Rows> for Source {
    fn from(rows: sqlite::Rows) -> Self {
        Self::Sqlite(rows)
    }
}

impl RowStream<'_> {
    pub(crate) fn new(source: Source, at: &'static Location<'static>, flow: Flow) -> Self {
        Self {
            source,
            at,
            flow,
            transaction: PhantomData,
        }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// Whatever the statement fails with on the way; the transaction has then failed.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        let next = match &mut self.source {
            Source::Postgres(rows) => rows
                .next()
                .await
                .transpose()
                .map(|row| row.map(Row::from))
                .map_err(from_postgres),
            Source::Sqlite(rows) => rows.next().await,
        };
        match next {
            Ok(None) => self.flow.end(),
            Ok(Some(_)) => {}
            Err(error) => return Err(self.flow.fail(error.at(self.at))),
        }
        next
    }
}
