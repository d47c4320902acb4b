//! Keys for signed contexts, as the database keeps them.

use crate::context::ContextKey;
use crate::error::{Error, Result};
use raptor_db::{Db, Scope, Sql, params};
use time::OffsetDateTime;

static KEEP: Sql = Sql::new(
    "INSERT INTO raptor_access.keys (name, inner_pad, outer_pad) VALUES (:name, :inner, :outer) \
     ON CONFLICT (name) DO UPDATE SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad, created_at = now()",
);

static KEPT: Sql = Sql::new("SELECT name, created_at FROM raptor_access.keys ORDER BY created_at");

static KNOWN: Sql = Sql::new(
    "SELECT EXISTS (SELECT FROM raptor_access.keys WHERE inner_pad = :inner AND outer_pad = :outer) AS known",
);

static FORGET: Sql = Sql::new("DELETE FROM raptor_access.keys WHERE name <> :name");

impl ContextKey {
    /// Keeps it under a name, so that the database takes what it signs. Others stay good until they are forgotten.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn keep(&self, db: &Db, name: &str) -> Result<()> {
        let (inner, outer) = self.pads();
        let cannot = |error| Error::database("the key cannot be kept", error);
        db.execute(
            &Scope::system(),
            &KEEP,
            params! { name, inner: inner.as_slice(), outer: outer.as_slice() },
        )
        .await
        .map(drop)
        .map_err(cannot)
    }

    /// Whether the database takes what it signs.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn is_known(&self, db: &Db) -> Result<bool> {
        let (inner, outer) = self.pads();
        let parameters = params! { inner: inner.as_slice(), outer: outer.as_slice() };
        let row = db.query_one(&Scope::system(), &KNOWN, parameters).await;
        row.and_then(|row| row.get("known"))
            .map_err(|error| Error::database("the keys cannot be looked at", error))
    }

    /// The names of the keys that the database knows, each with when it was kept, oldest first.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn kept(db: &Db) -> Result<Vec<(String, OffsetDateTime)>> {
        let cannot = |error| Error::database("the keys cannot be listed", error);
        let rows = db.query(&Scope::system(), &KEPT, params! {}).await;
        let rows = rows.map_err(cannot)?;
        let read = rows
            .iter()
            .map(|row| Ok((row.get("name")?, row.get("created_at")?)));
        read.collect::<raptor_db::Result<_>>().map_err(cannot)
    }

    /// Forgets all keys but the one of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn forget_others(db: &Db, name: &str) -> Result<()> {
        let cannot = |error| Error::database("keys cannot be forgotten", error);
        db.execute(&Scope::system(), &FORGET, params! { name })
            .await
            .map(drop)
            .map_err(cannot)
    }
}
