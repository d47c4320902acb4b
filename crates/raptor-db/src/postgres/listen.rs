//! LISTEN on a connection of its own, which is made again when it is lost.

use super::connect::Connector;
use super::pool::Pool;
use crate::error::{Error, Result, from_postgres};
use crate::listen::{Notification, Wake};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The receiving end; dropped, the connection closes.
pub(crate) struct Listener {
    wakes: mpsc::UnboundedReceiver<Wake>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens before it returns: what is notified afterwards is not missed.
    pub(crate) async fn open(pool: Pool, channels: Vec<String>) -> Result<Self> {
        if pool.is_closed() {
            let message = "the database was closed";
            return Err(Error::new(crate::ErrorKind::ConnectionLost, message));
        }
        let (sender, wakes) = mpsc::unbounded_channel();
        let first = subscribe(pool.connector(), &channels, &sender).await?;
        let task = tokio::spawn(async move {
            tokio::select! {
                () = pool.until_closed() => {}
                () = keep(&pool, channels, sender, first) => {}
            }
        });
        Ok(Self { wakes, task })
    }

    pub(crate) async fn recv(&mut self) -> Option<Wake> {
        self.wakes.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The connection, its end, and the generation of its credential.
type Subscribed = (tokio_postgres::Client, mpsc::UnboundedReceiver<()>, u64);

async fn subscribe(
    connector: &Connector,
    channels: &[String],
    sender: &mpsc::UnboundedSender<Wake>,
) -> Result<Subscribed> {
    let wakes = sender.clone();
    let (client, ended, generation) = connector
        .connect_listening(move |notification| {
            let _ = wakes.send(Wake::Notified(Notification {
                channel: notification.channel().to_owned(),
                payload: notification.payload().to_owned(),
            }));
        })
        .await?;
    let text: String = channels
        .iter()
        .map(|name| format!("LISTEN \"{}\";", name.replace('"', "\"\"")))
        .collect();
    client.batch_execute(&text).await.map_err(from_postgres)?;
    Ok((client, ended, generation))
}

/// Ends when the server no longer answers, or when a newer credential is to be used: a connection
/// that only waits would notice neither by itself.
async fn watch(connector: &Connector, client: &tokio_postgres::Client, generation: u64) {
    let pause = connector.config.ping_after.max(Duration::from_secs(1));
    loop {
        tokio::time::sleep(pause).await;
        let ping = tokio::time::timeout(Duration::from_secs(5), client.simple_query(""));
        if connector.generation() > generation || !matches!(ping.await, Ok(Ok(_))) {
            return;
        }
    }
}

/// Waits for the connection to end and makes the next; says that something may have been missed.
async fn keep(
    pool: &Pool,
    channels: Vec<String>,
    sender: mpsc::UnboundedSender<Wake>,
    first: Subscribed,
) {
    let (mut client, mut ended, mut generation) = first;
    loop {
        tokio::select! {
            _ = ended.recv() => {}
            () = watch(pool.connector(), &client, generation) => {}
        }
        drop(client);
        let mut pause = Duration::from_millis(100);
        (client, ended, generation) = loop {
            match subscribe(pool.connector(), &channels, &sender).await {
                Ok(next) => break next,
                Err(error) => {
                    tracing::warn!(%error, "LISTEN is interrupted; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        };
        if sender.send(Wake::Interrupted).is_err() {
            return;
        }
    }
}

/// The error of a channel name that no engine takes.
pub(crate) fn wrong_channel(name: &str) -> Error {
    Error::new(
        crate::ErrorKind::Parameter,
        format!("the channel name {name:?} is empty, longer than 63 bytes or holds a NUL"),
    )
}
