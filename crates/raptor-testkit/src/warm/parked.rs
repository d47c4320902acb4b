//! Sessions that are kept for the next client.

use super::frame;
use crate::server::lock;
use crate::urls::{ADMIN, APP, OWNER};
use std::collections::HashMap;
use std::io::Result;
use std::sync::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

/// Sessions kept for one and the same start.
const MOST: usize = 8;

/// Each is a transaction of its own, because the first one has to be.
const EMPTYING: [&str; 2] = ["DISCARD ALL", "SELECT pg_stat_force_next_flush()"];

/// What a client said at its start: login, database and settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Start {
    /// The whole message.
    pub(super) message: Vec<u8>,
    pub(super) login: String,
    pub(super) database: String,
}

impl Start {
    pub(super) fn read(message: Vec<u8>) -> Self {
        let mut words = message[8.min(message.len())..]
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned());
        let (mut login, mut database) = (String::new(), None);
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            match name.as_str() {
                "user" => login = value,
                "database" => database = Some(value),
                _ => {}
            }
        }
        Self {
            database: database.unwrap_or_else(|| login.clone()),
            message,
            login,
        }
    }

    /// Whether the login is one of those whose password we know.
    pub(super) fn is_ours(&self) -> bool {
        [APP, OWNER, ADMIN].contains(&self.login.as_str())
    }

    /// Whether the server asks the login for a password.
    pub(super) fn needs_password(&self) -> bool {
        self.login != ADMIN
    }
}

/// A session on the server.
pub(super) struct Session {
    pub(super) stream: UnixStream,
    /// Its process on the server.
    pub(super) process: i32,
    /// What the server said when it had let the first client in, up to its being ready.
    pub(super) greeting: Vec<u8>,
}

impl Session {
    /// Makes it as good as new, and has it tell what it has counted; says whether that went well.
    pub(super) async fn empty(&mut self) -> Result<bool> {
        let mut messages = Vec::with_capacity(64);
        for query in EMPTYING {
            let length = u32::try_from(query.len() + 5).expect("a short text");
            messages.push(b'Q');
            messages.extend(length.to_be_bytes());
            messages.extend(query.as_bytes());
            messages.push(0);
        }
        self.stream.write_all(&messages).await?;
        let mut ready = 0;
        while ready < EMPTYING.len() {
            match frame::message(&mut self.stream).await?[0] {
                b'E' => return Ok(false),
                b'Z' => ready += 1,
                _ => {}
            }
        }
        Ok(true)
    }

    /// Whether the server has said nothing since, as it does when it ends the session.
    fn is_quiet(&self) -> bool {
        let mut byte = [0];
        self.stream
            .try_read(&mut byte)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Parked {
    sessions: Mutex<HashMap<Start, Vec<Session>>>,
}

impl Parked {
    pub(super) fn park(&self, start: Start, session: Session) {
        let mut sessions = lock(&self.sessions);
        let same = sessions.entry(start).or_default();
        if same.len() < MOST {
            same.push(session);
        }
    }

    pub(super) fn take(&self, start: &Start) -> Option<Session> {
        let mut sessions = lock(&self.sessions);
        let same = sessions.get_mut(start)?;
        while let Some(session) = same.pop() {
            if session.is_quiet() {
                return Some(session);
            }
        }
        None
    }

    pub(super) fn processes(&self, database: &str) -> Vec<i32> {
        let sessions = lock(&self.sessions);
        sessions
            .iter()
            .filter(|(start, _)| start.database == database)
            .flat_map(|(_, same)| same.iter().map(|session| session.process))
            .collect()
    }

    pub(super) fn end(&self, database: &str) {
        lock(&self.sessions).retain(|start, _| start.database != database);
    }
}
