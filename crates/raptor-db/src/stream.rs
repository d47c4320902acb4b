//! The rows of a large answer, one by one.

use crate::error::{Result, from_postgres};
use crate::row::Row;
use futures_util::StreamExt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use tokio::sync::mpsc;

/// Rows as they come, in constant memory. Ends with the transaction it belongs to.
pub struct RowStream<'t> {
    repr: Repr,
    transaction: PhantomData<&'t ()>,
}

enum Repr {
    Postgres(
        Pin<Box<tokio_postgres::RowStream>>,
        &'static Location<'static>,
    ),
    Sqlite(mpsc::Receiver<Result<Row>>),
}

impl RowStream<'_> {
    pub(crate) fn postgres(
        rows: tokio_postgres::RowStream,
        at: &'static Location<'static>,
    ) -> Self {
        Self {
            repr: Repr::Postgres(Box::pin(rows), at),
            transaction: PhantomData,
        }
    }

    pub(crate) fn sqlite(rows: mpsc::Receiver<Result<Row>>) -> Self {
        Self {
            repr: Repr::Sqlite(rows),
            transaction: PhantomData,
        }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// Whatever the statement fails with on the way.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        match &mut self.repr {
            Repr::Postgres(rows, at) => rows
                .next()
                .await
                .transpose()
                .map(|row| row.map(Row::from))
                .map_err(|error| from_postgres(error).at(at)),
            Repr::Sqlite(rows) => rows.recv().await.transpose(),
        }
    }
}
