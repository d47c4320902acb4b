//! Serves a router on a TCP listener: bounded in connections, header bytes and header time, and
//! ended gracefully. It knows nothing of what it serves.

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// How patient a listener is.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections served at once; more wait in the kernel's queue.
    pub connections: usize,
    /// How long requests in flight may take to end.
    pub shutdown: Duration,
    /// How long a client may take to read anything more of an answer.
    pub write: Duration,
}

/// How long a client may take to send a request's headers (an idle connection counts too, and load
/// balancers keep theirs for a minute), and how much they may hold.
const HEADER_TIME: Duration = Duration::from_secs(75);

/// How long a client of the service may take to read anything more of an answer.
pub(crate) const WRITE_TIME: Duration = Duration::from_secs(30);
const HEADER_BYTES: usize = 32 * 1024;
const HEADER_COUNT: usize = 100;

/// Serves until `end` resolves, then finishes the requests in flight. Answers how many connections
/// had to be cut.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    end: impl Future<Output = ()>,
) -> usize {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut end = std::pin::pin!(end);
    loop {
        let accepted = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut end => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection =
                    graceful.watch(connection(stream, peer, router.clone(), limits.write));
                tokio::spawn(async move {
                    let _permit = permit;
                    // A client that goes away in the middle is no event.
                    let _ = connection.await;
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets some come free.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let open = graceful.count();
    match tokio::time::timeout(limits.shutdown, graceful.shutdown()).await {
        Ok(()) => 0,
        Err(_) => open.min(limits.connections - permits.available_permits()),
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    write: Duration,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    // Answers are small and leave at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write));
    let stream = Box::pin(stream);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_COUNT)
        .serve_connection(TokioIo::new(stream), service)
}
