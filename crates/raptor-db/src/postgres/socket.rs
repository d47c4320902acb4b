//! The socket to a server, watched during the start-up for the backend's process id.
//!
//! A pooler hands out a made-up process id for cancelling. Where the announced one differs from
//! `pg_backend_pid()`, somebody stands between us and the server, and prepared statements must not
//! be taken for granted. The driver keeps that id to itself, so it is read as it passes by.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// A connected socket of either family.
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

macro_rules! either {
    ($self:ident, $method:ident $(, $arg:expr)*) => {
        match $self.get_mut() {
            Socket::Tcp(inner) => Pin::new(inner).$method($($arg),*),
            Socket::Unix(inner) => Pin::new(inner).$method($($arg),*),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, poll_read, cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, poll_write, cx, buf)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_flush, cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_shutdown, cx)
    }
}

/// The process id that a server or pooler announced; 0 until it has.
#[derive(Clone, Default)]
pub(crate) struct AnnouncedPid(Arc<AtomicI32>);

impl AnnouncedPid {
    pub(crate) fn get(&self) -> i32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream whose first messages are watched; afterwards it costs one comparison a read.
pub(crate) struct Watched<S> {
    inner: S,
    pid: AnnouncedPid,
    watch: Option<Watch>,
    lingers: bool,
}

impl<S> Watched<S> {
    /// Is closed only after the other side has closed it. Who has asked for a cancel waits like
    /// this (libpq does, too): PgBouncer 1.18 ends with a fatal error when it is left before it has
    /// passed the request on.
    pub(crate) fn lingering(mut self) -> Self {
        self.lingers = true;
        self
    }

    /// `asks_for_tls`: the first byte will be the server's one-letter answer to that.
    pub(crate) fn new(inner: S, pid: AnnouncedPid, asks_for_tls: bool) -> Self {
        Self {
            inner,
            pid,
            watch: Some(Watch {
                skip: usize::from(asks_for_tls),
                head: Vec::new(),
            }),
            lingers: false,
        }
    }
}

/// Walks over messages (type, length, body) as they come in pieces of any size.
struct Watch {
    skip: usize,
    head: Vec<u8>,
}

impl Watch {
    /// Takes the bytes; `true` when the start-up is over.
    fn take(&mut self, mut bytes: &[u8], pid: &AnnouncedPid) -> bool {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            // A head is the type, the length, and for BackendKeyData the id behind them.
            let wanted = if self.head.first() == Some(&b'K') {
                9
            } else {
                5
            };
            let taken = wanted.min(self.head.len() + bytes.len()) - self.head.len();
            self.head.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            match self.head[..] {
                [b'K', .., a, b, c, d] if self.head.len() == 9 => {
                    pid.0
                        .store(i32::from_be_bytes([a, b, c, d]), Ordering::Relaxed);
                    return true;
                }
                [b'Z', ..] if self.head.len() == 5 => return true,
                [kind, a, b, c, d] if kind != b'K' => {
                    self.skip = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                    self.head.clear();
                }
                _ => {}
            }
        }
        false
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        let this = &mut *self;
        if let Some(watch) = &mut this.watch
            && watch.take(&buf.filled()[before..], &this.pid)
        {
            this.watch = None;
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.lingers {
            let mut bytes = [0; 64];
            let mut buf = ReadBuf::new(&mut bytes);
            let read = std::task::ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buf));
            self.lingers = read.is_ok() && !buf.filled().is_empty();
        }
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Watched<S>
where
    S: AsyncRead + AsyncWrite,
{
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

/// Makes TLS streams that are watched inside the encryption.
pub(crate) struct WatchedTls<T> {
    pub(crate) inner: T,
    pub(crate) pid: AnnouncedPid,
    pub(crate) lingers: bool,
}

impl<S, T> TlsConnect<S> for WatchedTls<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
    T::Stream: Send + 'static,
    T::Error: Send + 'static,
{
    type Stream = Watched<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self {
            inner,
            pid,
            lingers,
        } = self;
        let connecting = inner.connect(stream);
        Box::pin(async move {
            let watched = Watched::new(connecting.await?, pid, false);
            Ok(if lingers {
                watched.lingering()
            } else {
                watched
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_pieces_of_any_size() {
        let mut bytes = vec![b'N'];
        bytes.extend([b'R', 0, 0, 0, 8, 0, 0, 0, 0]);
        bytes.extend([b'S', 0, 0, 0, 7, b'a', 0, 0]);
        bytes.extend([b'K', 0, 0, 0, 12, 0, 0, 4, 210, 9, 9, 9, 9]);
        bytes.extend([b'Z', 0, 0, 0, 5, b'I']);
        for size in 1..=bytes.len() {
            let pid = AnnouncedPid::default();
            let mut watch = Watch {
                skip: 1,
                head: Vec::new(),
            };
            assert!(
                bytes.chunks(size).any(|piece| watch.take(piece, &pid)),
                "pieces of {size}"
            );
            assert_eq!(pid.get(), 1234, "pieces of {size}");
        }
    }
}
