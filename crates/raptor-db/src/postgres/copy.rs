//! COPY in and out, in whatever format the statement names.

use crate::error::{Error, Result, from_postgres};
use crate::transaction::Flow;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::pin::Pin;
use tokio_postgres::{CopyInSink, CopyOutStream};

/// Rows on their way into a table: send the format's bytes in pieces of any size, then finish.
///
/// Dropped unfinished, the COPY is aborted and the transaction with it.
pub struct CopyIn {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    flow: Flow,
}

impl CopyIn {
    pub(crate) fn new(sink: CopyInSink<Bytes>, flow: Flow) -> Self {
        let sink = Box::pin(sink);
        Self { sink, flow }
    }

    /// Sends bytes; waits while the server is behind.
    ///
    /// # Errors
    /// The server's refusal of an earlier row, or a lost connection.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<()> {
        match self.sink.feed(bytes.into()).await {
            Ok(()) => Ok(()),
            Err(sent) => Err(self.reason(sent).await),
        }
    }

    /// Ends the COPY; answers how many rows came in.
    ///
    /// # Errors
    /// The server's refusal of a row, or a lost connection.
    pub async fn finish(mut self) -> Result<u64> {
        match self.sink.as_mut().finish().await {
            Ok(rows) => {
                self.flow.end();
                Ok(rows)
            }
            Err(error) => Err(self.flow.fail(from_postgres(error))),
        }
    }

    /// A closed channel is only the echo of the server's refusal, which stands in the answer.
    async fn reason(&mut self, sent: tokio_postgres::Error) -> Error {
        let error = self.sink.as_mut().finish().await.err().unwrap_or(sent);
        self.flow.fail(from_postgres(error))
    }
}

/// Rows on their way out of a table, as bytes of the format.
pub struct CopyOut {
    stream: Pin<Box<CopyOutStream>>,
    flow: Flow,
}

impl CopyOut {
    pub(crate) fn new(stream: CopyOutStream, flow: Flow) -> Self {
        let stream = Box::pin(stream);
        Self { stream, flow }
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// A lost connection, or the statement's failure; the transaction has then failed.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        match self.stream.next().await {
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(error)) => Err(self.flow.fail(from_postgres(error))),
            None => {
                self.flow.end();
                Ok(None)
            }
        }
    }
}
