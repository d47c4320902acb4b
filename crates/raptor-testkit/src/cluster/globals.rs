//! What belongs to the whole server: roles, memberships, their settings, databases, tablespaces.
//!
//! Read as one text and compared as such: exact, and cheap because there is little of it.

use crate::client::quoted;
use crate::error::{Error, Result};
use tokio_postgres::Client;

/// The state in which a template's closure has left the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Globals {
    roles: Vec<String>,
    digest: String,
}

/// Clones come and go; every other database counts. What `ALTER SYSTEM` writes counts too.
pub(crate) const DIGEST: &str = r"md5(concat_ws('|',
    (SELECT array_agg(r ORDER BY r.oid)::text FROM pg_authid r),
    (SELECT array_agg(m ORDER BY m.roleid, m.member, m.grantor)::text FROM pg_auth_members m),
    (SELECT array_agg(s ORDER BY s.setrole)::text FROM pg_db_role_setting s WHERE setdatabase = 0),
    (SELECT array_agg((oid, datname, datdba, datacl, datconnlimit, datallowconn, datistemplate)
        ORDER BY oid)::text FROM pg_database WHERE datname NOT LIKE 'raptor\_test\_%'),
    (SELECT array_agg(t ORDER BY t.oid)::text FROM pg_tablespace t),
    (SELECT array_agg(l)::text FROM pg_shseclabel l),
    (SELECT count(*) FROM pg_subscription),
    (SELECT count(*) FROM pg_replication_slots),
    pg_read_file('postgresql.auto.conf')))";

impl Globals {
    pub(crate) async fn read(client: &Client) -> Result<Self> {
        let query =
            format!("SELECT array(SELECT rolname::text FROM pg_roles ORDER BY 1), {DIGEST}");
        let row = client
            .query_one(&query, &[])
            .await
            .map_err(|cause| Error::sql("read the server's roles", &cause))?;
        Ok(Self {
            roles: row.get(0),
            digest: row.get(1),
        })
    }

    /// Whether a digest read elsewhere is this one.
    pub(crate) fn has_digest(&self, digest: &str) -> bool {
        self.digest == digest
    }

    /// Drops roles that were not there; says whether all is as it was.
    pub(crate) async fn restore(&self, client: &Client) -> bool {
        let Ok(now) = Self::read(client).await else {
            return false;
        };
        let new = now.roles.iter().filter(|role| !self.roles.contains(role));
        for role in new {
            let drop = format!("DROP ROLE {}", quoted(role));
            // One that owns something elsewhere stays, which the last comparison shows.
            client.batch_execute(&drop).await.ok();
        }
        Self::read(client).await.is_ok_and(|then| then == *self)
    }
}
