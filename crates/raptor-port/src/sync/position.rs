//! How far a file was followed: kept on Postgres, in the same transaction as the rows, so that whoever is
//! killed goes on where it was.

use super::Followed;
use super::log::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::load::Carried;
use raptor_db::{Db, Row, Scope, Sql, Transaction, params};
use std::collections::BTreeMap;

const DDL: &str = "
CREATE TABLE IF NOT EXISTS raptor_port.syncs (
    target text PRIMARY KEY REFERENCES raptor_port.runs ON DELETE CASCADE,
    seq bigint NOT NULL,
    mark bigint NOT NULL,
    rounds bigint NOT NULL DEFAULT 0,
    changes bigint NOT NULL DEFAULT 0,
    rows text NOT NULL DEFAULT '{}',
    is_proved boolean NOT NULL DEFAULT false,
    pause_ms bigint,
    ready_ms bigint
);
";

/// How far a file was followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The last entry of the log that was carried over.
    pub(super) at: Entry,
    pub(super) rounds: i64,
    pub(super) changes: i64,
    /// How many rows each table has more than were copied.
    pub(super) rows: BTreeMap<String, i64>,
    pub(super) is_proved: bool,
    pub(super) pause_ms: Option<i64>,
    pub(super) ready_ms: Option<i64>,
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database(
        "how far the file was followed (raptor_port.syncs) cannot be kept",
        error,
    )
}

fn unreadable(error: &serde_json::Error) -> Error {
    let message =
        format!("how far the file was followed (raptor_port.syncs) is not understood: {error}");
    Error::new(ErrorKind::Database, message)
}

/// Makes the table where it is missing.
pub(super) async fn make(db: &Db) -> Result<()> {
    let session = db.session().await.map_err(cannot)?;
    session.execute_raw(DDL).await.map_err(cannot)
}

/// Whether a run has ever followed.
pub(super) async fn is_there(db: &Db) -> Result<bool> {
    static ASK: Sql = Sql::new("SELECT to_regclass('raptor_port.syncs') IS NOT NULL AS is");
    let row = db.query_one(&Scope::system(), &ASK, params! {}).await;
    row.and_then(|row| row.get("is")).map_err(cannot)
}

impl Position {
    /// What is kept of a schema.
    pub(super) async fn read(db: &Db, target: &str) -> Result<Option<Self>> {
        static ASK: Sql = Sql::new(
            "SELECT seq, mark, rounds, changes, rows, is_proved, pause_ms, ready_ms FROM raptor_port.syncs WHERE target = :target",
        );
        let rows = db
            .query(&Scope::system(), &ASK, params! { target })
            .await
            .map_err(cannot)?;
        rows.first().map(Self::of).transpose()
    }

    fn of(row: &Row) -> Result<Self> {
        let one = || -> raptor_db::Result<(Self, String)> {
            let position = Self {
                at: Entry {
                    seq: row.get("seq")?,
                    mark: row.get("mark")?,
                },
                rounds: row.get("rounds")?,
                changes: row.get("changes")?,
                rows: BTreeMap::new(),
                is_proved: row.get("is_proved")?,
                pause_ms: row.get("pause_ms")?,
                ready_ms: row.get("ready_ms")?,
            };
            Ok((position, row.get("rows")?))
        };
        let (mut position, rows) = one().map_err(cannot)?;
        position.rows = serde_json::from_str(&rows).map_err(|error| unreadable(&error))?;
        Ok(position)
    }

    /// Keeps where it begins, in the transaction that begins the run.
    pub(super) async fn begin(&self, tx: &Transaction, target: &str) -> Result<()> {
        static BEGIN: Sql = Sql::new(
            "INSERT INTO raptor_port.syncs (target, seq, mark) VALUES (:target, :seq, :mark)",
        );
        let Entry { seq, mark } = self.at;
        let begun = tx.execute(&BEGIN, params! { target, seq, mark }).await;
        begun.map(drop).map_err(cannot)
    }

    /// Keeps it, in the transaction that made it so, where it was `from` before.
    pub(super) async fn keep(&self, tx: &Transaction, target: &str, from: &Self) -> Result<()> {
        static KEEP: Sql = Sql::new(
            "UPDATE raptor_port.syncs SET seq = :seq, mark = :mark, rounds = :rounds, changes = :changes, rows = :rows, \
             is_proved = :is_proved, pause_ms = :pause_ms, ready_ms = :ready_ms \
             WHERE target = :target AND rounds = :before",
        );
        let rows = serde_json::to_string(&self.rows).map_err(|error| unreadable(&error))?;
        let Self {
            at: Entry { seq, mark },
            rounds,
            changes,
            is_proved,
            pause_ms,
            ready_ms,
            ..
        } = self;
        let before = from.rounds;
        let kept = params! { target, seq, mark, rounds, changes, rows, is_proved, pause_ms, ready_ms, before };
        match tx.execute(&KEEP, kept).await.map_err(cannot)? {
            1 => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Busy,
                "somebody else carried the changes over at the same time; nothing of this round stays",
            )),
        }
    }

    /// Keeps what is known beside how far it is.
    pub(super) async fn put(&self, db: &Db, target: &str) -> Result<()> {
        let scope = Scope::system();
        let kept = db.tx(
            &scope,
            |tx| async move { self.keep(&tx, target, self).await },
        );
        kept.await
    }

    /// What was copied, with what came and went since.
    pub(super) fn add_to(&self, carried: &mut BTreeMap<String, Carried>) {
        for (table, more) in &self.rows {
            let carried = carried.entry(table.clone()).or_default();
            carried.rows = carried.rows.saturating_add_signed(*more);
        }
    }

    /// What is said of it.
    pub(super) fn followed(&self) -> Followed {
        Followed {
            rounds: self.rounds.unsigned_abs(),
            changes: self.changes.unsigned_abs(),
            is_proved: self.is_proved,
            pause_ms: self.pause_ms.map(i64::unsigned_abs),
            ready_ms: self.ready_ms.map(i64::unsigned_abs),
        }
    }
}
