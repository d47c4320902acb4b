//! LISTEN and NOTIFY for SQLite: in this process by channels, across processes by datagrams.
//!
//! Every listening process binds a Unix datagram socket in a folder beside the database file; a
//! commit that notified sends to each of them. A dead process's socket refuses and is removed.

use crate::error::{Error, ErrorKind, Result};
use crate::listen::{Notification, Wake};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Hands notifications to everyone who listens on this file.
#[derive(Clone)]
pub(crate) struct Notifier(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    own_socket: Mutex<Option<OwnSocket>>,
    /// `None` once the database was closed.
    listeners: Mutex<Option<Vec<Subscription>>>,
}

/// Where other processes wake this one; gone when dropped.
struct OwnSocket {
    path: PathBuf,
    reading: tokio::task::AbortHandle,
}

impl Drop for OwnSocket {
    fn drop(&mut self) {
        self.reading.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

struct Subscription {
    channels: Vec<String>,
    wakes: mpsc::UnboundedSender<Wake>,
}

/// The receiving end.
pub(crate) struct Listener {
    wakes: mpsc::UnboundedReceiver<Wake>,
}

impl Listener {
    pub(crate) async fn recv(&mut self) -> Option<Wake> {
        self.wakes.recv().await
    }
}

impl Notifier {
    /// For the database at `path`, which exists.
    pub(crate) fn new(path: &Path) -> Self {
        let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let shared = Shared {
            folder: folder(&full),
            own_socket: Mutex::default(),
            listeners: Mutex::new(Some(Vec::new())),
        };
        Self(Arc::new(shared))
    }

    /// Subscribes before it returns.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the socket cannot be bound.
    pub(crate) fn listen(&self, channels: Vec<String>) -> Result<Listener> {
        self.bind().map_err(|error| {
            let message = format!("cannot listen in {}: {error}", self.0.folder.display());
            Error::new(ErrorKind::Configuration, message)
        })?;
        let (sender, wakes) = mpsc::unbounded_channel();
        let Some(listeners) = &mut *self.listeners() else {
            let message = "the database was closed";
            return Err(Error::new(ErrorKind::ConnectionLost, message));
        };
        listeners.push(Subscription {
            channels,
            wakes: sender,
        });
        Ok(Listener { wakes })
    }

    /// Ends every listener.
    pub(crate) fn close(&self) {
        drop(self.listeners().take());
        drop(self.own_socket().take());
    }

    fn own_socket(&self) -> std::sync::MutexGuard<'_, Option<OwnSocket>> {
        self.0
            .own_socket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, Option<Vec<Subscription>>> {
        self.0
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds this process's socket, once, and reads from it until the database is closed.
    fn bind(&self) -> io::Result<()> {
        let mut own = self.own_socket();
        if own.is_some() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.0.folder)?;
        let path = self
            .0
            .folder
            .join(format!("{}.sock", uuid::Uuid::now_v7().simple()));
        let socket = UnixDatagram::bind(&path)?;
        socket.set_nonblocking(true)?;
        let socket = tokio::net::UnixDatagram::from_std(socket)?;
        let shared = Arc::downgrade(&self.0);
        let reading = tokio::spawn(async move {
            let mut datagram = vec![0; 9_000];
            while let Ok(length) = socket.recv(&mut datagram).await {
                let Some(shared) = shared.upgrade() else {
                    return;
                };
                if let Some(notification) = decode(&datagram[..length]) {
                    Self(shared).deliver(&notification);
                }
            }
        })
        .abort_handle();
        *own = Some(OwnSocket { path, reading });
        Ok(())
    }

    /// Wakes everyone, here and in other processes. Called by the writer after COMMIT.
    pub(crate) fn notify(&self, notifications: Vec<Notification>) {
        if notifications.is_empty() {
            return;
        }
        for notification in &notifications {
            self.deliver(notification);
        }
        if let Err(error) = self.send(&notifications) {
            tracing::warn!(%error, "other processes were not woken");
        }
    }

    fn deliver(&self, notification: &Notification) {
        let mut listeners = self.listeners();
        listeners.iter_mut().for_each(|all| {
            all.retain(|listener| {
                let wanted = listener.channels.contains(&notification.channel);
                !listener.wakes.is_closed()
                    && (!wanted
                        || listener
                            .wakes
                            .send(Wake::Notified(notification.clone()))
                            .is_ok())
            });
        });
    }

    fn send(&self, notifications: &[Notification]) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.0.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let own = self.own_socket().as_ref().map(|own| own.path.clone());
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        for entry in entries {
            let path = entry?.path();
            if Some(&path) != own.as_ref() {
                notifications
                    .iter()
                    .for_each(|notification| send_to(&socket, &path, &encode(notification)));
            }
        }
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let own = self
            .own_socket
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if own.take().is_some() {
            // Only the last one out finds it empty.
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

/// Waits a moment for a reader that is behind; one that stays behind is told nothing more.
fn send_to(socket: &UnixDatagram, path: &Path, datagram: &[u8]) {
    for _ in 0..20 {
        match socket.send_to(datagram, path) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                let _ = std::fs::remove_file(path);
                return;
            }
            _ => return,
        }
    }
    tracing::warn!(socket = %path.display(), "a listening process does not keep up; it missed a notification");
}

/// Beside the file, or, where a socket's name could not be that long, in the temporary folder.
fn folder(full: &Path) -> PathBuf {
    let mut name = full.as_os_str().to_owned();
    name.push("-listen");
    // A socket's whole path has room for about 100 bytes (sun_path), its own name takes 38.
    if name.len() <= 62 {
        return PathBuf::from(name);
    }
    use sha2::Digest;
    let hash = sha2::Sha256::digest(full.as_os_str().as_encoded_bytes());
    let hex: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    PathBuf::from(format!("/tmp/raptor-listen-{hex}"))
}

/// The channel's length, the channel, the payload.
fn encode(notification: &Notification) -> Vec<u8> {
    let mut datagram = vec![u8::try_from(notification.channel.len()).unwrap_or(u8::MAX)];
    datagram.extend_from_slice(notification.channel.as_bytes());
    datagram.extend_from_slice(notification.payload.as_bytes());
    datagram
}

fn decode(datagram: &[u8]) -> Option<Notification> {
    let (length, rest) = datagram.split_first()?;
    let (channel, payload) = rest.split_at_checked(usize::from(*length))?;
    Some(Notification {
        channel: String::from_utf8(channel.to_vec()).ok()?,
        payload: String::from_utf8(payload.to_vec()).ok()?,
    })
}
