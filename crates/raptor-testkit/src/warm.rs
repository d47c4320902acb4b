//! Warm connections: a socket in front of the server's that hands its sessions on from test to test.
//!
//! A new session costs the server a process and an empty cache, which on many machines is more than
//! all that a test does in it. When a client closes here, its session is emptied with `DISCARD ALL`
//! and kept for the next client that says the same at its start. A session that is not idle, or
//! does not empty, is closed. Nothing is read or changed in between: bytes go through as they are
//! (PostgreSQL manual, "Frontend/Backend Protocol", version 3.0).

mod frame;
mod greet;
mod parked;
mod relay;

use crate::account::Account;
use crate::client::runtime;
use crate::error::{Error, ErrorKind, Result};
use crate::server::lock;
use crate::urls::Place;
use parked::{Parked, Session, Start};
use std::collections::{HashMap, HashSet};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::AbortHandle;

/// The socket in front; it closes when this is dropped.
pub(crate) struct Warm {
    place: Place,
    door: Arc<Door>,
    accepting: AbortHandle,
}

/// What every client of the socket shares.
struct Door {
    /// The server behind.
    server: PathBuf,
    password: String,
    parked: Parked,
    /// The databases that tests have; a client that is late for one of them is turned away.
    open: Mutex<HashSet<String>>,
    /// How many clients each database has, those that have left a session to be emptied included.
    in_use: Mutex<HashMap<String, usize>>,
}

impl Door {
    fn count(&self, database: &str, change: impl FnOnce(&mut usize)) {
        change(lock(&self.in_use).entry(database.to_owned()).or_default());
    }
}

impl Warm {
    /// Opens the socket beside the server's, in a folder of its own.
    pub(crate) fn open(server: &Place) -> Result<Self> {
        let folder = server.socket_dir.join("warm");
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|cause| Error::io("make", &folder, &cause))?;
        // The supervisor removes it, and is not always who we are.
        Account::choose()?.give(&folder)?;
        let name = format!(".s.PGSQL.{}", server.port);
        let path = folder.join(&name);
        let entered = runtime().enter();
        let listener = UnixListener::bind(&path).map_err(|cause| {
            Error::new(
                ErrorKind::Folder,
                format!("cannot listen on {}: {cause}", path.display()),
            )
        })?;
        drop(entered);
        let door = Arc::new(Door {
            server: server.socket_dir.join(name),
            password: server.password.clone(),
            parked: Parked::default(),
            open: Mutex::default(),
            in_use: Mutex::default(),
        });
        let accepting = runtime()
            .spawn(accept(listener, Arc::clone(&door)))
            .abort_handle();
        let place = Place {
            socket_dir: folder,
            ..server.clone()
        };
        Ok(Self {
            place,
            door,
            accepting,
        })
    }

    /// Where clients find it.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Lets clients in to a database.
    pub(crate) fn let_in(&self, database: &str) {
        lock(&self.door.open).insert(database.to_owned());
    }

    /// Turns away whoever comes to a database from now on.
    pub(crate) fn close(&self, database: &str) {
        lock(&self.door.open).remove(database);
    }

    /// Whether a database has clients, or sessions that are being emptied.
    pub(crate) fn is_in_use(&self, database: &str) -> bool {
        lock(&self.door.in_use)
            .get(database)
            .is_some_and(|count| *count > 0)
    }

    /// The server's processes whose sessions are kept, and empty, for a database.
    pub(crate) fn parked(&self, database: &str) -> Vec<i32> {
        self.door.parked.processes(database)
    }

    /// Ends the sessions that are kept for a database.
    pub(crate) fn end(&self, database: &str) {
        self.door.parked.end(database);
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: UnixListener, door: Arc<Door>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                let door = Arc::clone(&door);
                runtime().spawn(async move { serve(client, &door).await.ok() });
            }
            // As when there are no more file descriptors: those in use must close first.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

/// One client from its first byte to its last. An error means that one of the two sides is gone,
/// which the other sees by itself.
async fn serve(mut client: UnixStream, door: &Door) -> std::io::Result<()> {
    let Some((start, session)) = greet::greet(&mut client, door).await? else {
        return Ok(());
    };
    let database = start.database.clone();
    door.count(&database, |count| *count += 1);
    let served = hand_on(client, start, session, door).await;
    door.count(&database, |count| *count -= 1);
    served
}

/// Serves the client, and keeps its session for the next one if it is at rest at the end.
async fn hand_on(
    mut client: UnixStream,
    start: Start,
    mut session: Session,
    door: &Door,
) -> std::io::Result<()> {
    if relay::relay(&mut client, &mut session.stream).await? {
        drop(client);
        if start.is_ours() && session.empty().await? {
            door.parked.park(start, session);
        }
    }
    Ok(())
}
