//! What a clean clone looks like: its tables with their seed rows, and its sequences.
//!
//! Read once per server, from the first clone; object ids are the same in every clone.

use crate::client::quoted;
use crate::error::{Error, Result};
use futures_util::TryStreamExt;
use std::fmt::Write;
use tokio_postgres::{Client, Row};

/// Seed rows up to this size, in bytes per table, are restored; a table with more spoils its clone.
const MOST_SEED: i64 = 1 << 20;

/// See the module.
pub(crate) struct Layout {
    pub(crate) tables: Vec<Table>,
    pub(crate) sequences: Vec<Sequence>,
    /// The query that counts what was ever written: one number for the system's catalogs of this
    /// database, one array for the tables, one for the sequences, and when counting began anew.
    pub(crate) counts: String,
}

/// A table that holds rows of its own.
pub(crate) struct Table {
    oid: u32,
    /// Quoted, with its schema.
    pub(crate) name: String,
    pub(crate) reset: Reset,
}

/// How a table that was written becomes clean.
pub(crate) enum Reset {
    /// It was empty.
    Empty,
    /// It held these rows, in COPY's binary form.
    Rows(Vec<u8>),
    /// It cannot, and the clone is thrown away.
    Impossible,
}

/// A sequence and where it stood.
pub(crate) struct Sequence {
    oid: u32,
    /// Sets it as it was.
    pub(crate) set: String,
}

/// A trigger or rule that fires even for a replica would run during a reset.
const TABLES: &str = "
SELECT c.oid, n.nspname::text, c.relname::text, pg_table_size(c.oid) AS bytes,
       c.relkind = 'r'
       AND NOT EXISTS (SELECT 1 FROM pg_trigger t
                       WHERE t.tgrelid = c.oid AND t.tgenabled IN ('R', 'A'))
       AND NOT EXISTS (SELECT 1 FROM pg_rewrite r
                       WHERE r.ev_class = c.oid AND r.ev_enabled IN ('R', 'A')) AS plain
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
ORDER BY c.oid";

/// The catalogs of one database, the few tables of `information_schema` among them.
const CATALOGS: &str = "
SELECT oid FROM pg_class WHERE oid < 16384 AND relkind = 'r' AND NOT relisshared ORDER BY oid";

const SEQUENCES: &str = "
SELECT c.oid, n.nspname::text, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.oid >= 16384
ORDER BY c.oid";

impl Layout {
    pub(crate) async fn read(client: &Client) -> Result<Self> {
        let failed = |cause| Error::sql("read the template's tables", &cause);
        let mut tables = Vec::new();
        for row in client.query(TABLES, &[]).await.map_err(failed)? {
            tables.push(Table::read(client, &row).await.map_err(failed)?);
        }
        let mut sequences = Vec::new();
        for row in client.query(SEQUENCES, &[]).await.map_err(failed)? {
            sequences.push(Sequence::read(client, &row).await.map_err(failed)?);
        }
        let catalogs = client.query(CATALOGS, &[]).await.map_err(failed)?;
        let counts = counts(
            catalogs.iter().map(|row| row.get(0)),
            tables.iter().map(|table| table.oid),
            sequences.iter().map(|sequence| sequence.oid),
        );
        Ok(Self {
            tables,
            sequences,
            counts,
        })
    }
}

impl Table {
    async fn read(client: &Client, row: &Row) -> Result<Self, tokio_postgres::Error> {
        let name = qualified(row);
        let plain: bool = row.get("plain");
        let exists = format!("SELECT EXISTS (SELECT 1 FROM ONLY {name})");
        let reset = if !plain {
            Reset::Impossible
        } else if !client.query_one(&exists, &[]).await?.get::<_, bool>(0) {
            Reset::Empty
        } else if row.get::<_, i64>("bytes") > MOST_SEED {
            Reset::Impossible
        } else {
            // A type that has no binary form makes the table one that cannot be restored.
            copy_out(client, &name)
                .await
                .map_or(Reset::Impossible, Reset::Rows)
        };
        let oid = row.get(0);
        Ok(Self { oid, name, reset })
    }
}

impl Sequence {
    async fn read(client: &Client, row: &Row) -> Result<Self, tokio_postgres::Error> {
        let oid: u32 = row.get(0);
        let query = format!("SELECT last_value, is_called FROM {}", qualified(row));
        let state = client.query_one(&query, &[]).await?;
        let (last, called): (i64, bool) = (state.get(0), state.get(1));
        Ok(Self {
            oid,
            set: format!("SELECT setval({oid}::regclass, {last}, {called})"),
        })
    }
}

fn qualified(row: &Row) -> String {
    format!("{}.{}", quoted(row.get(1)), quoted(row.get(2)))
}

async fn copy_out(client: &Client, name: &str) -> Result<Vec<u8>, tokio_postgres::Error> {
    let copy = format!("COPY {name} TO STDOUT (FORMAT binary)");
    let pieces = client.copy_out(&copy).await?;
    futures_util::pin_mut!(pieces);
    let mut rows = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        rows.extend_from_slice(&piece);
    }
    Ok(rows)
}

/// Since Postgres 15 a backend writes its statistics into shared memory before it disappears from
/// the list of backends: once a test's connections are gone, these counters are exact. They count
/// rows written by transactions that rolled back, too, which errs on the safe side. Catalogs count
/// like tables, so that any DDL shows; a sequence shows by the blocks that were read of it.
fn counts(
    catalogs: impl Iterator<Item = u32>,
    tables: impl Iterator<Item = u32>,
    sequences: impl Iterator<Item = u32>,
) -> String {
    let list = |oids: &mut dyn Iterator<Item = u32>| {
        oids.fold(String::new(), |mut list, oid| {
            write!(list, "{}{oid}", if list.is_empty() { "" } else { "," })
                .expect("a String takes all text");
            list
        })
    };
    let (catalogs, tables) = (list(&mut { catalogs }), list(&mut { tables }));
    let sequences = list(&mut { sequences });
    let written = "pg_stat_get_tuples_inserted(o) + pg_stat_get_tuples_updated(o) \
                   + pg_stat_get_tuples_deleted(o)";
    format!(
        "SELECT (SELECT sum({written})::int8 FROM unnest('{{{catalogs}}}'::oid[]) AS o),
                array(SELECT {written} FROM unnest('{{{tables}}}'::oid[]) AS o),
                array(SELECT pg_stat_get_blocks_fetched(o)
                      FROM unnest('{{{sequences}}}'::oid[]) AS o),
                pg_stat_get_db_stat_reset_time((SELECT oid FROM pg_database
                                                WHERE datname = current_database()))::text"
    )
}
