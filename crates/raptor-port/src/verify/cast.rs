//! Columns that Postgres casts from text itself: the file's texts are put into a table beside, cast there
//! once more, and hashed as the table's own values are.

use super::Pair;
use super::difference::{BUCKETS, Looked, differing, joined};
use crate::error::{Error, ErrorKind, Result};
use crate::load::{ALL, Landing, Piece, Range, Scribe, Stage};
use crate::tally::{Asked, Tally};
use raptor_db::{CopyIn, Db, Row, Scope, Sql, Transaction, TxOptions, params};
use std::collections::BTreeMap;
use std::time::Duration;

/// The tally of a range of the file.
pub(super) async fn count(
    pair: &Pair<'_>,
    scribe: &Scribe,
    db: &Db,
    range: Range,
) -> Result<Tally> {
    let scope = Scope::system();
    let counted = db.tx_with(&scope, patient(), |tx| async move {
        let stage = stage(&tx, pair, scribe, range).await?;
        let asked = asked(pair).staged(&stage.casts);
        let mut parts = Vec::new();
        for text in asked.tallies() {
            let part = tx.query_one(&Sql::dynamic(text), params! {}).await;
            parts.push(part.map_err(|error| cannot(pair, error))?);
        }
        let parts: Vec<&Row> = parts.iter().collect();
        asked.tally(&parts).map_err(|error| cannot(pair, error))
    });
    counted.await
}

/// The rows of the file in buckets that are not as on Postgres.
pub(super) async fn looked(
    pair: &Pair<'_>,
    scribe: &Scribe,
    db: &Db,
    on_postgres: &BTreeMap<u64, Tally>,
) -> Result<Looked> {
    let scope = Scope::system();
    let found = db.tx_with(&scope, patient(), |tx| async move {
        let cannot = |error| cannot(pair, error);
        let stage = stage(&tx, pair, scribe, ALL).await?;
        let asked = asked(pair).staged(&stage.casts);
        let mut parts = Vec::new();
        for text in asked.buckets(BUCKETS) {
            let part = tx.query(&Sql::dynamic(text), params! {}).await;
            parts.push(part.map_err(cannot)?);
        }
        let buckets = joined(&asked, &parts).map_err(cannot)?;
        let mut looked = differing(&buckets, on_postgres);
        let rows = Sql::dynamic(asked.rows(BUCKETS, &looked.buckets));
        let rows = tx.query(&rows, params! {}).await.map_err(cannot)?;
        let rows = rows.iter().map(|row| asked.digest(row));
        looked.rows = rows.collect::<raptor_db::Result<_>>().map_err(cannot)?;
        Ok(looked)
    });
    found.await
}

fn asked<'p>(pair: &'p Pair<'_>) -> Asked<'p> {
    Asked::of(Stage::NAME, &pair.task.line, &pair.task.seed)
}

async fn stage(tx: &Transaction, pair: &Pair<'_>, scribe: &Scribe, range: Range) -> Result<Stage> {
    let cannot = |error| cannot(pair, error);
    let stage = Stage::make(tx, &pair.task, &pair.to)
        .await
        .map_err(cannot)?;
    let landing = Landing::into(tx, &pair.task, Stage::NAME);
    let mut copy: Option<CopyIn> = None;
    let mut pieces = scribe.write(&pair.task, range);
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Rows { bytes, .. } => {
                if copy.is_none() {
                    copy = Some(landing.begin().await.map_err(cannot)?);
                }
                if let Some(copy) = &mut copy {
                    copy.send(bytes).await.map_err(cannot)?;
                }
            }
            Piece::End(_) => {
                if let Some(copy) = copy {
                    landing.end(copy).await.map_err(cannot)?;
                }
                return Ok(stage);
            }
            Piece::Failed(error) => return Err(error),
            // They did not come along.
            _ => {}
        }
    }
    Err(Error::new(
        ErrorKind::Source,
        "the file is not read any more",
    ))
}

fn patient() -> TxOptions {
    let mut options = TxOptions::default();
    options.deadline = Duration::from_hours(24);
    options
}

fn cannot(pair: &Pair<'_>, error: raptor_db::Error) -> Error {
    Error::database(&format!("{} cannot be compared", pair.to), error)
}
