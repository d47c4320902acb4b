//! Passes on what client and server say, and knows whether the server is at rest.

use super::frame::Scanner;
use std::io::Result;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{ReadHalf, WriteHalf};

/// Bytes that are passed on at a time.
const PIECE: usize = 16 << 10;

/// What has been said so far.
#[derive(Default)]
struct Said {
    /// Messages after which the server says that it is ready.
    asked: u64,
    /// How often it has said so.
    answered: u64,
    /// Whether it said that it is in no transaction.
    idle: bool,
    /// Whether the client has begun something that it has not ended with a Sync.
    begun: bool,
}

/// Until the client has closed or the server has. Says whether the session is at rest, between two
/// messages, in no transaction: then somebody else may have it.
pub(super) async fn relay(client: &mut UnixStream, server: &mut UnixStream) -> Result<bool> {
    let said = Mutex::new(Said {
        idle: true,
        ..Said::default()
    });
    let (mut up, down) = (Scanner::default(), Mutex::new(Scanner::default()));
    let (mut client_reads, mut client_writes) = client.split();
    let (mut server_reads, mut server_writes) = server.split();
    let closed_by_client = tokio::select! {
        ended = upward(&mut client_reads, &mut server_writes, &mut up, &said) => ended.map(|()| true),
        ended = downward(&mut server_reads, &mut client_writes, &down, &said) => ended.map(|()| false),
    }?;
    let said = crate::server::lock(&said);
    let between = up.is_between() && crate::server::lock(&down).is_between();
    Ok(closed_by_client && between && said.idle && !said.begun && said.asked == said.answered)
}

/// From the client, until it closes or says that it will.
async fn upward(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    scanner: &mut Scanner,
    said: &Mutex<Said>,
) -> Result<()> {
    let (mut piece, mut onward) = (vec![0; PIECE], Vec::with_capacity(PIECE));
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        let more = scanner.scan(&piece[..read], &mut onward, |kind, _| {
            let mut said = crate::server::lock(said);
            match kind {
                b'X' => return false,
                // Query, FunctionCall.
                b'Q' | b'F' => said.asked += 1,
                b'S' => {
                    said.asked += 1;
                    said.begun = false;
                }
                // The pieces of a COPY belong to what has been asked; all else waits for a Sync.
                b'd' | b'c' | b'f' => {}
                _ => said.begun = true,
            }
            true
        });
        to.write_all(&onward).await?;
        onward.clear();
        if !more {
            *scanner = Scanner::default();
            return Ok(());
        }
    }
}

/// From the server, until it closes.
async fn downward(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    scanner: &Mutex<Scanner>,
    said: &Mutex<Said>,
) -> Result<()> {
    let (mut piece, mut onward) = (vec![0; PIECE], Vec::with_capacity(PIECE));
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        crate::server::lock(scanner).scan(&piece[..read], &mut onward, |kind, first| {
            if kind == b'Z' {
                let mut said = crate::server::lock(said);
                said.answered += 1;
                said.idle = first == b'I';
            }
            true
        });
        to.write_all(&onward).await?;
        onward.clear();
    }
}
