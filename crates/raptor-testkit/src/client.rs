//! Connections of our own, for callers that block.
//!
//! One thread with one small runtime drives them all, so that a caller may be inside or outside of
//! any runtime. Nothing on that thread may wait for [`block`].

use crate::error::{Error, ErrorKind, Result};
use crate::urls::{ADMIN, Place};
use std::future::Future;
use std::sync::{OnceLock, mpsc};
use tokio::runtime::Handle;
use tokio_postgres::{Client, Config, NoTls};

/// What every connection of ours calls itself in `pg_stat_activity`.
pub(crate) const APPLICATION: &str = "raptor-testkit";

/// The runtime that drives our connections; its thread lives as long as the process.
pub(crate) fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the system gives a runtime its poll descriptor");
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("raptor-testkit".to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))
            .expect("the system gives a thread");
        handle
    })
}

/// Runs a future on our runtime and waits for its answer.
pub(crate) fn block<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let (answer, answered) = mpsc::sync_channel(1);
    runtime().spawn(async move {
        // The receiver waits below; it is gone only if the process is ending.
        answer.send(future.await).ok();
    });
    answered
        .recv()
        .expect("the runtime lives as long as the process, and its tasks do not panic")
}

/// Connects over the socket as superuser.
pub(crate) async fn connect(place: &Place, database: &str) -> Result<Client> {
    try_connect(place, database).await.map_err(|cause| {
        let mut error = Error::sql(&format!("connect to database {database}"), &cause);
        if cause.as_db_error().is_none() {
            error = Error::new(ErrorKind::Server, error.to_string());
        }
        error
    })
}

/// [`connect`] with the driver's own error, to tell a server that is still starting.
pub(crate) async fn try_connect(
    place: &Place,
    database: &str,
) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = Config::new()
        .host_path(&place.socket_dir)
        .port(place.port)
        .user(ADMIN)
        .dbname(database)
        .application_name(APPLICATION)
        .connect(NoTls)
        .await?;
    runtime().spawn(async move {
        // A broken connection shows as an error of the statement that is sent on it.
        connection.await.ok();
    });
    Ok(client)
}

/// A name as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
