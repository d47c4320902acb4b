//! The socket to a server, between it and the driver.
//!
//! A pooler hands out a made-up process id for cancelling. Where the announced one differs from
//! `pg_backend_pid()`, somebody stands between us and the server, and prepared statements must not
//! be taken for granted. The driver keeps that id to itself, so it is read as it passes by. And the
//! driver ends every statement, which is undone here for those that share an end.

use super::pipeline::{Pipeline, READY};
use bytes::{Buf, BytesMut};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll, ready};
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

    pub(super) fn set(&self, id: i32) {
        self.0.store(id, Ordering::Relaxed);
    }
}

/// A stream whose start-up is watched, and whose statements may share an end from then on (see [`super::pipeline`]).
pub(crate) struct Watched<S> {
    inner: S,
    phase: Phase,
    /// What the socket did not take yet.
    unsent: BytesMut,
    /// What the driver did not take yet.
    unread: BytesMut,
    lingers: bool,
}

/// What passes.
enum Phase {
    /// The server's one-letter answer to whether it speaks TLS is awaited; then as it says.
    Asking(Box<Pipeline>),
    Messages(Box<Pipeline>),
    /// What is inside has a stream of its own.
    Encrypted,
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
        let pipeline = Box::new(Pipeline::new(pid));
        Self {
            inner,
            phase: if asks_for_tls {
                Phase::Asking(pipeline)
            } else {
                Phase::Messages(pipeline)
            },
            unsent: BytesMut::new(),
            unread: BytesMut::new(),
            lingers: false,
        }
    }

    /// Takes what has come up to where the end of an answer is to be put in; none if there is no such place.
    fn receive(&mut self, mut bytes: &[u8]) -> Option<usize> {
        self.phase = match (std::mem::replace(&mut self.phase, Phase::Encrypted), bytes) {
            (Phase::Asking(pipeline), [b'N', rest @ ..]) => {
                // Nothing of a start-up is parted, so that nobody counts from here.
                bytes = rest;
                Phase::Messages(pipeline)
            }
            (Phase::Asking(_), [_, ..]) => Phase::Encrypted,
            (phase, _) => phase,
        };
        match &mut self.phase {
            Phase::Messages(pipeline) => pipeline.receive(bytes),
            _ => None,
        }
    }

    /// Parts what has come where the ends of answers are to be put in, the first of them behind `end`.
    fn put_ends_in(&mut self, buf: &mut ReadBuf<'_>, mut end: usize) {
        let mut rest = BytesMut::from(&buf.filled()[end..]);
        buf.set_filled(end);
        loop {
            self.unread.extend_from_slice(&READY);
            let next = self.receive(&rest);
            end = next.unwrap_or(rest.len());
            self.unread.extend_from_slice(&rest.split_to(end));
            if next.is_none() {
                return self.hand_on(buf);
            }
        }
    }

    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) {
        let length = self.unread.len().min(buf.remaining());
        buf.put_slice(&self.unread.split_to(length));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.unread.is_empty() {
            this.hand_on(buf);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        if let Some(end) = this.receive(&buf.filled()[before..]) {
            this.put_ends_in(buf, before + end);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    /// Sends what was kept.
    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let taken = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.unsent))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(taken);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_unsent(cx))?;
        let Phase::Messages(pipeline) = &mut this.phase else {
            return Pin::new(&mut this.inner).poll_write(cx, buf);
        };
        let cuts = pipeline.cuts(buf)?;
        if cuts.is_empty() {
            let taken = ready!(Pin::new(&mut this.inner).poll_write(cx, buf))?;
            pipeline.send(&buf[..taken])?;
            return Poll::Ready(Ok(taken));
        }
        pipeline.send(buf)?;
        let mut from = 0;
        for cut in cuts {
            this.unsent.extend_from_slice(&buf[from..cut.range.start]);
            from = cut.range.end;
        }
        this.unsent.extend_from_slice(&buf[from..]);
        match this.poll_unsent(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // What is left goes with the next write or flush.
            _ => Poll::Ready(Ok(buf.len())),
        }
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        while self.lingers {
            let mut bytes = [0; 64];
            let mut buf = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buf));
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
