//! Messages in a stream of bytes: where one begins, of what kind it is, and nothing more.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncReadExt};

/// No message that is read whole is longer: those are a greeting's.
const LONGEST: usize = 64 << 10;

/// Follows a stream that is passed on in pieces.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// The first bytes of a message whose kind and length are not all there yet.
    head: Vec<u8>,
    /// Bytes to come of a message that is known.
    rest: usize,
}

impl Scanner {
    /// Whether the stream stands between two messages.
    pub(super) fn is_between(&self) -> bool {
        self.head.is_empty() && self.rest == 0
    }

    /// Takes a piece and appends to `onward` what may be passed on: all of it but the beginning of
    /// a message that is not known yet. `see` is told of each message's kind and the first byte of
    /// its content (0 if it has none), and says whether to go on; what it stops at is not passed on.
    pub(super) fn scan(
        &mut self,
        mut piece: &[u8],
        onward: &mut Vec<u8>,
        mut see: impl FnMut(u8, u8) -> bool,
    ) -> bool {
        while !piece.is_empty() {
            let known = self.rest.min(piece.len());
            onward.extend_from_slice(&piece[..known]);
            self.rest -= known;
            piece = &piece[known..];
            while let [byte, after @ ..] = piece
                && !self.is_known()
            {
                self.head.push(*byte);
                piece = after;
            }
            if !self.is_known() {
                break;
            }
            let first = self.head.get(5).copied().unwrap_or(0);
            if !see(self.head[0], first) {
                return false;
            }
            self.rest = (self.length() + 1).saturating_sub(self.head.len());
            onward.append(&mut self.head);
        }
        true
    }

    /// What a message says its length is, without its kind.
    fn length(&self) -> usize {
        let bytes = [self.head[1], self.head[2], self.head[3], self.head[4]];
        usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX - 1)
    }

    /// Kind and length are there, and one byte more if the message has one.
    fn is_known(&self) -> bool {
        self.head.len() >= 6 || (self.head.len() == 5 && self.length() <= 4)
    }
}

/// Reads one whole message, kind and length included.
pub(super) async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let mut message = vec![0; 5];
    stream.read_exact(&mut message).await?;
    let rest = length(&message[1..])?;
    message.resize(5 + rest, 0);
    stream.read_exact(&mut message[5..]).await?;
    Ok(message)
}

/// Reads one whole message of a client that has not started yet: these have no kind.
pub(super) async fn opening(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let mut message = vec![0; 4];
    stream.read_exact(&mut message).await?;
    let rest = length(&message)?;
    message.resize(4 + rest, 0);
    stream.read_exact(&mut message[4..]).await?;
    Ok(message)
}

/// What is still to come of a message after its length.
fn length(bytes: &[u8]) -> Result<usize> {
    let length = bytes
        .try_into()
        .ok()
        .and_then(|bytes| usize::try_from(u32::from_be_bytes(bytes)).ok());
    length
        .and_then(|length| length.checked_sub(4))
        .filter(|rest| *rest <= LONGEST)
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "no message of Postgres's protocol"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query, a Sync, a `ReadyForQuery` and a Terminate.
    const STREAM: &[u8] = b"Q\0\0\0\x08abc\0S\0\0\0\x04Z\0\0\0\x05IX\0\0\0\x04";

    #[test]
    fn messages_are_seen_however_the_stream_is_cut() {
        for size in 1..=STREAM.len() {
            let (mut scanner, mut onward, mut seen) = (Scanner::default(), Vec::new(), Vec::new());
            let mut ended = false;
            for piece in STREAM.chunks(size) {
                ended = !scanner.scan(piece, &mut onward, |kind, first| {
                    seen.push((kind, first));
                    kind != b'X'
                });
            }
            assert_eq!(
                seen,
                [(b'Q', b'a'), (b'S', 0), (b'Z', b'I'), (b'X', 0)],
                "{size}"
            );
            assert!(ended);
            assert_eq!(onward, STREAM[..STREAM.len() - 5], "{size}");
        }
    }

    #[test]
    fn a_scanner_knows_whether_a_message_is_whole() {
        let (mut scanner, mut onward) = (Scanner::default(), Vec::new());
        assert!(scanner.is_between());
        scanner.scan(&STREAM[..7], &mut onward, |_, _| true);
        assert!(!scanner.is_between());
        scanner.scan(&STREAM[7..9], &mut onward, |_, _| true);
        assert!(scanner.is_between());
    }
}
