//! What stands between us and the server, found out at the start of each connection.

use crate::error::{Result, from_postgres};
use std::fmt::Write;
use tokio_postgres::{Client, SimpleQueryMessage};

/// What stands between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooler {
    None,
    /// Prepared statements follow the client (PgBouncer 1.21 and newer).
    Tracked,
    /// They do not.
    Untracked,
}

impl Pooler {
    /// A pooler that tracks statements gives them names of its own; so one is prepared and looked
    /// for under the name it was given, within one transaction and therefore on one server.
    pub(crate) async fn probe(client: &Client, announced: i32) -> Result<Self> {
        if backend(client).await? == Some(announced) {
            return Ok(Self::None);
        }
        let own_names = "SELECT 1 FROM pg_prepared_statements WHERE NOT from_sql AND statement LIKE '%raptor probe%' \
                         AND name LIKE 's%' AND name NOT LIKE '%PGBOUNCER%'";
        client.batch_execute("BEGIN").await.map_err(from_postgres)?;
        let found = async {
            let _probe = client.prepare("SELECT 1 /* raptor probe */").await?;
            client.simple_query(own_names).await
        }
        .await;
        let rollback = client.batch_execute("ROLLBACK").await;
        rollback.map_err(from_postgres)?;
        let own = match found {
            Ok(rows) => rows.iter().any(|m| matches!(m, SimpleQueryMessage::Row(_))),
            // A name that another client left on the server: nothing tracks it.
            Err(_) => true,
        };
        if own {
            learn_types(client).await.map_err(from_postgres)?;
        }
        Ok(if own { Self::Untracked } else { Self::Tracked })
    }
}

/// Makes the driver ask for every type that the database itself defines, within one transaction and
/// therefore on one server.
///
/// The driver asks for a type when it first meets it, by a prepared statement that it then believes
/// to be there for ever. Behind a pooler that tracks nothing it is not, so nothing may be left to
/// ask. A connection that meets a type made later is given up for a new one.
async fn learn_types(client: &Client) -> Result<(), tokio_postgres::Error> {
    const FIRST_OF_USERS: &str = "16384";
    let types = format!(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(t.typname) FROM pg_type t \
         JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type e ON e.oid = t.typelem \
         WHERE t.oid >= {FIRST_OF_USERS} AND t.typtype IN ('b', 'd', 'e', 'r', 'm') AND coalesce(e.typtype, 'b') <> 'c' \
         AND has_schema_privilege(n.oid, 'USAGE') AND has_type_privilege(t.oid, 'USAGE') ORDER BY t.oid LIMIT 1000"
    );
    let rows = client.simple_query(&types).await?;
    let mut casts = String::new();
    let names = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    for (at, name) in names.enumerate() {
        let separator = if at == 0 { "SELECT" } else { "," };
        let _ = write!(casts, "{separator} ${}::{name}", at + 1);
    }
    if casts.is_empty() {
        return Ok(());
    }
    client.batch_execute("BEGIN; DEALLOCATE ALL").await?;
    let learnt = client.prepare(&casts).await.map(drop);
    client
        .batch_execute("DEALLOCATE ALL; ROLLBACK")
        .await
        .and(learnt)
}

/// The process id of the server's own. Sets the time zone on the way, and that a backslash in a string is
/// one, whatever the login has: to the server they are the connection's, and poolers, PgBouncer among
/// them, carry these settings along with the client.
pub(crate) async fn backend(client: &Client) -> Result<Option<i32>> {
    let text = "SET TIME ZONE 'UTC'; SET standard_conforming_strings = on; SELECT pg_backend_pid()";
    let rows = client.simple_query(text).await.map_err(from_postgres)?;
    Ok(rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    }))
}
