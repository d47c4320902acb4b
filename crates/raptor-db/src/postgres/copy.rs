//! COPY in and out, in whatever format the statement names.

use crate::error::{Error, Result, from_postgres};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::pin::Pin;
use tokio_postgres::{CopyInSink, CopyOutStream};

/// Rows on their way into a table: send the format's bytes in pieces of any size, then finish.
///
/// Dropped unfinished, the COPY is aborted and the transaction with it.
pub struct CopyIn(pub(crate) Pin<Box<CopyInSink<Bytes>>>);

impl CopyIn {
    /// Sends bytes; waits while the server is behind.
    ///
    /// # Errors
    /// The server's refusal of an earlier row, or a lost connection.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<()> {
        match self.0.feed(bytes.into()).await {
            Ok(()) => Ok(()),
            Err(sent) => Err(self.reason(sent).await),
        }
    }

    /// Ends the COPY; answers how many rows came in.
    ///
    /// # Errors
    /// The server's refusal of a row, or a lost connection.
    pub async fn finish(mut self) -> Result<u64> {
        self.0.as_mut().finish().await.map_err(from_postgres)
    }

    /// A closed channel is only the echo of the server's refusal, which stands in the answer.
    async fn reason(&mut self, sent: tokio_postgres::Error) -> Error {
        from_postgres(self.0.as_mut().finish().await.err().unwrap_or(sent))
    }
}

/// Rows on their way out of a table, as bytes of the format.
pub struct CopyOut(pub(crate) Pin<Box<CopyOutStream>>);

impl CopyOut {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// A lost connection, or the statement's failure.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.0.next().await.transpose().map_err(from_postgres)
    }
}
