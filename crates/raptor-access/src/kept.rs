//! Proofs as the database keeps them: what was attempted, and a hash of it, so that a service can ask for a fresh one.

use crate::declaration::{Declaration, Name};
use crate::error::{Error, ErrorKind, Result};
use crate::proof::Proof;
use crate::text::hex;
use crate::wanted::rows::SCHEMA;
use raptor_db::{Db, Row, Scope, Sql, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// The table's columns.
pub(crate) const COLUMNS: &str = "\
(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT clock_timestamp(), holds boolean NOT NULL, \
declaration bytea NOT NULL, hash bytea NOT NULL CHECK (hash = sha256(convert_to(result, 'UTF8'))), result text NOT NULL)";

/// Those that all who log in see.
pub(crate) const SHOWN: [&str; 5] = ["id", "made_at", "holds", "declaration", "hash"];

/// So many stay.
const MOST: i64 = 100;

static KEEP: Sql = Sql::new(
    "INSERT INTO raptor_access.proofs (holds, declaration, hash, result) VALUES (:holds, :declaration, :hash, :result) \
     RETURNING made_at, holds, declaration, hash, 0::bigint AS age",
);

static FORGET: Sql = Sql::new(
    "DELETE FROM raptor_access.proofs WHERE id <= (SELECT max(id) FROM raptor_access.proofs) - :most",
);

static NEWEST: Sql = Sql::new(
    "SELECT made_at, holds, declaration, hash, extract(epoch FROM clock_timestamp() - made_at)::bigint AS age \
     FROM raptor_access.proofs ORDER BY id DESC LIMIT 1",
);

/// Where they are kept.
pub(crate) fn table() -> Name {
    Name {
        schema: SCHEMA.to_owned(),
        name: "proofs".to_owned(),
    }
}

/// A proof that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// When, by the database's clock.
    pub made_at: OffsetDateTime,
    /// How many seconds ago.
    pub age: i64,
    /// Whether the declaration held.
    pub holds: bool,
    /// The SHA-256 of the declaration's text.
    pub declaration: Vec<u8>,
    /// The SHA-256 of the result, as JSON.
    pub hash: Vec<u8>,
}

impl Kept {
    /// The newest one; none where there is none, or where this login may not look.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn newest(db: &Db) -> Result<Option<Self>> {
        match db.query_opt(&Scope::system(), &NEWEST, params! {}).await {
            Ok(row) => Ok(row.as_ref().map(Self::of).transpose()?),
            Err(error) if matches!(error.code(), Some("42P01" | "42501" | "3F000")) => Ok(None),
            Err(error) => Err(Error::database("the newest proof cannot be read", error)),
        }
    }

    /// The hash of the result, in hexadecimal digits.
    pub fn hash_text(&self) -> String {
        hex(&self.hash)
    }

    fn of(row: &Row) -> raptor_db::Result<Self> {
        Ok(Self {
            made_at: row.get("made_at")?,
            age: row.get("age")?,
            holds: row.get("holds")?,
            declaration: row.get("declaration")?,
            hash: row.get("hash")?,
        })
    }
}

static THERE: Sql = Sql::new("SELECT to_regclass('raptor_access.proofs') IS NOT NULL AS is_there");

impl Proof {
    /// Whether there is a place for it, which is known before anything is attempted.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database), with the way out.
    pub async fn can_be_kept(db: &Db) -> Result<()> {
        let row = db.query_one(&Scope::system(), &THERE, params! {}).await?;
        match row.get("is_there")? {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Database,
                "there is no raptor_access.proofs to keep a proof in: `raptor access apply` makes it",
            )),
        }
    }

    /// Keeps it in the database, whose declaration says `keep_proofs = true`. The newest hundred stay.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database), also where `raptor access apply` has not made the table.
    pub async fn keep(&self, db: &Db, declared: &Declaration) -> Result<Kept> {
        let cannot = |error| Error::database("the proof cannot be kept", error);
        let result = json!({
            "declaration": hex(&declared.digest),
            "holds": self.holds(),
            "counts": self.counts(),
            "lines": self.lines,
        });
        let result = result.to_string();
        let hash = Sha256::digest(result.as_bytes());
        let parameters = params! {
            holds: self.holds(),
            declaration: declared.digest.as_slice(),
            hash: hash.as_slice(),
            result,
        };
        let scope = Scope::system();
        let row = db.query_one(&scope, &KEEP, parameters).await;
        let kept = row.and_then(|row| Kept::of(&row)).map_err(cannot)?;
        let forgotten = db.execute(&scope, &FORGET, params! { most: MOST }).await;
        forgotten.map_err(cannot)?;
        Ok(kept)
    }
}
