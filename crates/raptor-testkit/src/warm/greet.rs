//! How a client is let in: to a session that is kept, or to a new one by the server itself.

use super::Door;
use super::frame::{message, opening};
use super::parked::{Session, Start};
use crate::server::lock;
use std::io::Result;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

/// Codes in the place of a version.
const CANCEL: u32 = 80_877_102;
const TLS: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

/// Authentication messages: let in; a password in plain text, which a socket is no worse for; and
/// the last word of SCRAM, after which the client has nothing to say.
const LET_IN: u32 = 0;
const PLAIN: u32 = 3;
const SCRAM_FINAL: u32 = 12;

/// The client's start and its session, or none if it wanted none or was turned away.
pub(super) async fn greet(
    client: &mut UnixStream,
    door: &Door,
) -> Result<Option<(Start, Session)>> {
    let start = loop {
        let message = opening(client).await?;
        match code(&message, 4) {
            TLS | GSS => client.write_all(b"N").await?,
            CANCEL => {
                let mut server = UnixStream::connect(&door.server).await?;
                server.write_all(&message).await?;
                return Ok(None);
            }
            _ => break Start::read(message),
        }
    };
    if !lock(&door.open).contains(&start.database) {
        let told = format!(
            "database \"{}\" is not that of a running test; its test has ended",
            start.database
        );
        refuse(client, "3D000", &told).await?;
        return Ok(None);
    }
    let session = match door.parked.take(&start) {
        Some(session) => kept(client, door, &start, session).await?,
        None => new(client, door, &start).await?,
    };
    Ok(session.map(|session| (start, session)))
}

/// A session that is kept. The server checked a password when it began; this client shows its own.
async fn kept(
    client: &mut UnixStream,
    door: &Door,
    start: &Start,
    session: Session,
) -> Result<Option<Session>> {
    if start.needs_password() {
        client.write_all(b"R\0\0\0\x08").await?;
        client.write_all(&PLAIN.to_be_bytes()).await?;
        let answer = message(client).await?;
        if answer[0] != b'p' || answer[5..].strip_suffix(b"\0") != Some(door.password.as_bytes()) {
            let told = format!(
                "password authentication failed for user \"{}\"",
                start.login
            );
            refuse(client, "28P01", &told).await?;
            door.parked.park(start.clone(), session);
            return Ok(None);
        }
    }
    client.write_all(&session.greeting).await?;
    Ok(Some(session))
}

/// A new session: what server and client say to each other is passed on until the server is ready.
async fn new(client: &mut UnixStream, door: &Door, start: &Start) -> Result<Option<Session>> {
    let mut stream = UnixStream::connect(&door.server).await?;
    stream.write_all(&start.message).await?;
    let (mut process, mut greeting) = (0, Vec::new());
    loop {
        let said = message(&mut stream).await?;
        client.write_all(&said).await?;
        match (said[0], code(&said, 5)) {
            (b'E', _) => return Ok(None),
            (b'R', LET_IN) => greeting.clear(),
            (b'R', SCRAM_FINAL) => continue,
            (b'R', _) => {
                let answer = message(client).await?;
                stream.write_all(&answer).await?;
                continue;
            }
            (b'K', id) => process = i32::try_from(id).unwrap_or(0),
            _ => {}
        }
        greeting.extend_from_slice(&said);
        if said[0] == b'Z' {
            return Ok(Some(Session {
                stream,
                process,
                greeting,
            }));
        }
    }
}

/// The number at a place of a message, 0 if there is none.
fn code(message: &[u8], at: usize) -> u32 {
    message
        .get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

/// An `ErrorResponse` as the server would say it.
async fn refuse(client: &mut UnixStream, state: &str, told: &str) -> Result<()> {
    let fields = format!("SFATAL\0VFATAL\0C{state}\0M{told}\0\0");
    let length = u32::try_from(fields.len() + 4).expect("a short text");
    let mut message = vec![b'E'];
    message.extend(length.to_be_bytes());
    message.extend(fields.as_bytes());
    client.write_all(&message).await
}
