//! Puts the written tables and sequences back as the template has them, in one transaction.
//!
//! `DELETE`, not `TRUNCATE`: the latter gives every table and index a new file, which costs
//! milliseconds where deleting a test's few rows costs microseconds.

use crate::cluster::layout::{Layout, Reset};
use crate::cluster::verdict::Dirty;
use futures_util::SinkExt;
use std::fmt::Write;
use std::io::Cursor;
use std::pin::pin;
use tokio_postgres::Client;

const BEGIN: &str = "BEGIN;";

/// The reset counts, too; it must have done so before the next look.
const END: &str = "COMMIT; SELECT pg_stat_force_next_flush();";

/// Returns the last statements, which end the transaction and are the caller's to send.
pub(super) async fn put_back(
    client: &Client,
    layout: &Layout,
    dirty: &Dirty,
) -> Result<String, tokio_postgres::Error> {
    let mut batch = BEGIN.to_owned();
    let mut seeds = Vec::new();
    for &at in &dirty.tables {
        let table = &layout.tables[at];
        write!(batch, "DELETE FROM ONLY {};", table.name).expect("a String takes all text");
        if let Reset::Rows(rows) = &table.reset {
            seeds.push((&table.name, rows));
        }
    }
    for &at in &dirty.sequences {
        write!(batch, "{};", layout.sequences[at].set).expect("a String takes all text");
    }
    if seeds.is_empty() {
        batch.push_str(END);
        return Ok(batch);
    }
    client.batch_execute(&batch).await?;
    for (name, rows) in seeds {
        let copy = format!("COPY {name} FROM STDIN (FORMAT binary)");
        let mut sink = pin!(client.copy_in(&copy).await?);
        sink.send(Cursor::new(rows.clone())).await?;
        sink.finish().await?;
    }
    Ok(END.to_owned())
}
