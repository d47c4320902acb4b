//! A TCP proxy that carries every byte some milliseconds late, each way: a network for counting round trips.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Listens on a free port of 127.0.0.1, prints it, and carries connections to `target` until killed.
pub fn serve(target: &str, millis: u64) {
    crate::harness::runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("it is bound").port());
        loop {
            let (near, _) = listener.accept().await.expect("it accepts");
            let far = TcpStream::connect(target).await.expect("the target is there");
            near.set_nodelay(true).expect("a TCP socket");
            far.set_nodelay(true).expect("a TCP socket");
            let late = Duration::from_millis(millis);
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            carry(near_in, far_out, late);
            carry(far_in, near_out, late);
        }
    });
}

fn carry(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    late: Duration,
) {
    let (sender, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let _ = sender.send((Instant::now() + late, buffer[..length].to_vec()));
        }
    });
    tokio::spawn(async move {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
}
