//! One entry on its way in: what was done, and the hash that ties it to the one before.

use crate::fingerprint::hex;
use raptor_db::{Engine, Row, Session, Sql, from_row, params, timestamptz_text};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;

/// What an entry says was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A revision was applied.
    Up,
    /// A revision was taken back.
    Down,
    /// The rows of the table of versions were set by hand.
    Stamp,
    /// The changed text of an applied revision was accepted.
    Accept,
    /// A statement of a revision with `tx=off` begins, which no transaction can hold.
    Begin,
    /// A statement of a revision with `tx=off` is done.
    Statement,
    /// A batch of an application's own step is done.
    Batch,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Stamp => "stamp",
            Self::Accept => "accept",
            Self::Begin => "begin",
            Self::Statement => "statement",
            Self::Batch => "batch",
        }
    }
}

/// What is known of an entry before the database adds its clock.
pub(crate) struct Entry<'e> {
    pub(crate) action: Action,
    pub(crate) revision: &'e str,
    /// Which statement it was, from 1.
    pub(crate) statement: Option<usize>,
    /// How far an application's step has come, in its own words.
    pub(crate) progress: Option<String>,
    /// The rows of the table of versions afterwards.
    pub(crate) versions: &'e BTreeSet<String>,
    pub(crate) body: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) release: Option<&'e str>,
    pub(crate) lock_wait: Duration,
}

/// The last entry, and what the database's clock says.
pub(crate) struct Tail {
    position: i64,
    sha256: String,
    started_at: OffsetDateTime,
    finished_at: OffsetDateTime,
    role: Option<String>,
}

impl Tail {
    /// Behind an entry that is known to be the last, where the engine has no roles.
    pub(super) fn behind(last: &Written, clock: &Row) -> raptor_db::Result<Self> {
        Ok(Self {
            position: last.position,
            sha256: last.sha256.clone(),
            started_at: clock.get("started_at")?,
            finished_at: clock.get("finished_at")?,
            role: None,
        })
    }

    pub(super) fn of(row: &Row) -> raptor_db::Result<Self> {
        Ok(Self {
            position: row.get::<Option<i64>>("position")?.unwrap_or(0),
            sha256: row.get::<Option<String>>("sha256")?.unwrap_or_default(),
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            role: row.get("role")?,
        })
    }
}

from_row! {
    /// An entry as it stands in the table.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Written {
        pub(crate) position: i64,
        pub(crate) revision: String,
        pub(crate) action: String,
        pub(crate) statement: Option<i64>,
        pub(crate) progress: Option<String>,
        pub(crate) versions: String,
        pub(crate) body_sha256: Option<String>,
        pub(crate) file: Option<String>,
        pub(crate) engine: String,
        pub(crate) role: Option<String>,
        pub(crate) tool: String,
        pub(crate) release: Option<String>,
        pub(crate) started_at: OffsetDateTime,
        pub(crate) finished_at: OffsetDateTime,
        pub(crate) lock_wait_ms: i64,
        pub(crate) previous_sha256: String,
        pub(crate) sha256: String,
    }
}

impl Entry<'_> {
    pub(super) fn after(&self, tail: &Tail, engine: Engine) -> Written {
        let versions: Vec<&str> = self.versions.iter().map(String::as_str).collect();
        let mut written = Written {
            position: tail.position + 1,
            revision: self.revision.to_owned(),
            action: self.action.as_str().to_owned(),
            statement: self.statement.and_then(|number| i64::try_from(number).ok()),
            progress: self.progress.clone(),
            versions: versions.join(" "),
            body_sha256: self.body.clone(),
            file: self.file.clone(),
            engine: engine.as_str().to_owned(),
            role: tail.role.clone(),
            tool: concat!("raptor ", env!("CARGO_PKG_VERSION")).to_owned(),
            release: self.release.map(str::to_owned),
            started_at: tail.started_at,
            finished_at: tail.finished_at,
            lock_wait_ms: i64::try_from(self.lock_wait.as_millis()).unwrap_or(i64::MAX),
            previous_sha256: tail.sha256.clone(),
            sha256: String::new(),
        };
        written.sha256 = written.hash();
        written
    }
}

impl Written {
    pub(super) async fn insert(
        &self,
        session: &Session,
        statement: &Sql,
    ) -> raptor_db::Result<u64> {
        let parameters = params! {
            position: self.position,
            revision: self.revision,
            action: self.action,
            statement: self.statement,
            progress: self.progress,
            versions: self.versions,
            body_sha256: self.body_sha256,
            file: self.file,
            engine: self.engine,
            role: self.role,
            tool: self.tool,
            release: self.release,
            started_at: self.started_at,
            finished_at: self.finished_at,
            lock_wait_ms: self.lock_wait_ms,
            previous_sha256: self.previous_sha256,
            sha256: self.sha256,
        };
        session.execute(statement, parameters).await
    }

    /// SHA-256 over every other column, each with its length before it.
    pub(crate) fn hash(&self) -> String {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let fields = [
            Some(self.position.to_string()),
            Some(self.revision.clone()),
            Some(self.action.clone()),
            number(self.statement),
            self.progress.clone(),
            Some(self.versions.clone()),
            self.body_sha256.clone(),
            self.file.clone(),
            Some(self.engine.clone()),
            self.role.clone(),
            Some(self.tool.clone()),
            self.release.clone(),
            Some(timestamptz_text(self.started_at)),
            Some(timestamptz_text(self.finished_at)),
            number(Some(self.lock_wait_ms)),
            Some(self.previous_sha256.clone()),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            match field {
                Some(text) => {
                    hash.update([1]);
                    hash.update(text.len().to_be_bytes());
                    hash.update(text.as_bytes());
                }
                None => hash.update([0]),
            }
        }
        hex(&hash.finalize())
    }
}
