//! What belongs to the whole server: roles, memberships, their settings, databases, tablespaces,
//! and the settings that `ALTER SYSTEM` writes.
//!
//! Compared by the rows' `xmin`. A row that is written anew has a higher one than all before it, so
//! that count and sum together are equal only if no row was written or removed; which holds for the
//! union of all these catalogs as for one. That reads sixty short rows, and no text.

use crate::client::quoted;
use crate::error::{Error, Result};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tokio_postgres::{Client, Statement};

/// Clones come and go, and so do settings of one database; the clone's own watch sees to those.
pub(crate) const SUM: &str = r"(SELECT concat(count(*), ' ', sum(xmin::text::int8)) FROM (
    SELECT xmin FROM pg_authid UNION ALL
    SELECT xmin FROM pg_auth_members UNION ALL
    SELECT xmin FROM pg_tablespace UNION ALL
    SELECT xmin FROM pg_subscription UNION ALL
    SELECT xmin FROM pg_db_role_setting WHERE setdatabase = 0 UNION ALL
    SELECT xmin FROM pg_database WHERE datname NOT LIKE 'raptor\_test\_%') AS all_of_them)";

/// The state in which a template's closure has left the server.
pub(crate) struct Globals {
    roles: Vec<String>,
    sum: String,
    /// The file that `ALTER SYSTEM` writes, and a number that changes when it does.
    settings: (PathBuf, u64),
    query: Statement,
}

impl Globals {
    pub(crate) async fn read(client: &Client, socket_dir: &Path) -> Result<Self> {
        let failed = |cause| Error::sql("read the server's roles", &cause);
        let query = format!("SELECT {SUM}");
        let query = client.prepare(&query).await.map_err(failed)?;
        let path = socket_dir.join("data/postgresql.auto.conf");
        Ok(Self {
            roles: roles(client).await.map_err(failed)?,
            sum: client.query_one(&query, &[]).await.map_err(failed)?.get(0),
            settings: (path.clone(), file(&path)),
            query,
        })
    }

    /// Whether all is still so, asked on the connection that read it.
    pub(crate) async fn hold(&self, client: &Client) -> bool {
        let row = client.query_one(&self.query, &[]).await;
        row.is_ok_and(|row| self.are(row.get(0)))
    }

    /// Whether a sum that was read elsewhere is this one.
    pub(crate) fn are(&self, sum: &str) -> bool {
        self.sum == sum && file(&self.settings.0) == self.settings.1
    }

    /// Drops roles that were not there; says whether all is as it was.
    pub(crate) async fn restore(&self, client: &Client) -> bool {
        let now = roles(client).await.unwrap_or_default();
        for role in now.iter().filter(|role| !self.roles.contains(role)) {
            let drop = format!("DROP ROLE {}", quoted(role));
            // One that owns something elsewhere stays, which the last comparison shows.
            client.batch_execute(&drop).await.ok();
        }
        self.hold(client).await
    }
}

async fn roles(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let query = "SELECT array(SELECT rolname::text FROM pg_roles ORDER BY 1)";
    Ok(client.query_one(query, &[]).await?.get(0))
}

/// `ALTER SYSTEM` writes another file and renames it, so that the number is another one.
fn file(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.ino())
}
