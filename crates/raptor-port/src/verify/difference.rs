//! The first row and column in which two tables differ: rows are put into buckets by the hash of their
//! key, and only the rows of the first bucket that differs are looked at one by one.

use super::{Pair, cast};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::load::Scribe;
use crate::plan::Note;
use crate::tally::{Asked, Digest, Tally};
use raptor_db::{Db, Row, Scope, Sql, params};
use std::collections::BTreeMap;

/// Buckets, a power of two.
pub(super) const BUCKETS: u64 = 1_024;

pub(super) async fn first(
    pair: &Pair<'_>,
    scribe: &Scribe,
    db: &Db,
    ours: &Tally,
    theirs: &Tally,
) -> Result<Vec<Note>> {
    let mut found = Vec::new();
    let of = format!("table {}", pair.name());
    if ours.rows != theirs.rows {
        found.push(Note {
            of: of.clone(),
            text: format!(
                "{} rows in the file, {} on Postgres",
                ours.rows, theirs.rows
            ),
        });
    }
    let on_postgres = asked_buckets(pair, db).await?;
    let ours = match pair.task.line.has(Kind::Cast) {
        true => cast::first(pair, scribe, db, &on_postgres).await?,
        false => of_file(pair, scribe, &on_postgres).await?,
    };
    let Some((bucket, ours)) = ours else {
        found.push(Note {
            of,
            text: "the numbers differ, and no row does: it was written to meanwhile".to_owned(),
        });
        return Ok(found);
    };
    let theirs = asked_rows(pair, db, bucket).await?;
    found.push(compared(pair, ours, theirs));
    Ok(found)
}

/// The first bucket of the file that is not as on Postgres, and its rows.
async fn of_file(
    pair: &Pair<'_>,
    scribe: &Scribe,
    on_postgres: &BTreeMap<u64, Tally>,
) -> Result<Option<(u64, Vec<Digest>)>> {
    let buckets = scribe.buckets(&pair.task, BUCKETS).await?;
    match differing(&buckets, on_postgres) {
        Some(bucket) => {
            let rows = scribe.digests(&pair.task, BUCKETS, bucket).await?;
            Ok(Some((bucket, rows)))
        }
        None => Ok(None),
    }
}

/// The first bucket that is not the same in both.
pub(super) fn differing(ours: &BTreeMap<u64, Tally>, theirs: &BTreeMap<u64, Tally>) -> Option<u64> {
    (0..BUCKETS).find(|it| ours.get(it) != theirs.get(it))
}

/// The tallies of buckets, of the rows that each of several queries had for them.
pub(super) fn joined(
    asked: &Asked<'_>,
    parts: &[Vec<Row>],
) -> raptor_db::Result<BTreeMap<u64, Tally>> {
    let mut rows: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in parts.iter().flatten() {
        rows.entry(Asked::bucket(row)?).or_default().push(row);
    }
    // One that came or went between two queries is seen to differ.
    rows.retain(|_, rows| rows.len() == parts.len());
    let tallies = rows
        .into_iter()
        .map(|(it, rows)| Ok((it, asked.tally(&rows)?)));
    tallies.collect()
}

/// A row as it is compared: what it is put into a bucket by, and its cells.
type Cells = (u64, Vec<Option<u64>>);

/// The first row that is not the same.
fn compared(pair: &Pair<'_>, ours: Vec<Digest>, theirs: Vec<Digest>) -> Note {
    let (missing, extra) = parted(ours, theirs);
    let table = format!("table {}", pair.name());
    let Some(first) = missing.first() else {
        let place = extra
            .first()
            .map(|(_, place)| place.as_str())
            .unwrap_or_default();
        let text = format!("a row on Postgres is not in the file: {place}");
        return Note { of: table, text };
    };
    // Without a key, the row that shares the most with it is meant.
    let alike = |cells: &[Option<u64>]| {
        let pairs = cells.iter().zip(&first.cells);
        pairs.filter(|(one, other)| one == other).count()
    };
    let same = extra
        .iter()
        .map(|(cells, _)| cells)
        .filter(|(bucket, _)| *bucket == first.bucket);
    let Some((_, cells)) = same.max_by_key(|(_, cells)| alike(cells)) else {
        let text = format!("the row with {} is not on Postgres", first.place);
        return Note { of: table, text };
    };
    let at = cells
        .iter()
        .zip(&first.cells)
        .position(|(one, other)| one != other);
    let column = at.map(|at| format!("column {}.{}", pair.name(), pair.task.line.columns[at].name));
    Note {
        of: column.unwrap_or(table),
        text: format!(
            "is not the same on Postgres in the row with {}",
            first.place
        ),
    }
}

/// The rows that only the file has, and those that only Postgres has.
fn parted(ours: Vec<Digest>, theirs: Vec<Digest>) -> (Vec<Digest>, Vec<(Cells, String)>) {
    let mut left: BTreeMap<Cells, (usize, String)> = BTreeMap::new();
    for it in theirs {
        let place = it.place;
        left.entry((it.bucket, it.cells)).or_insert((0, place)).0 += 1;
    }
    let mut is_missing = |it: &Digest| match left.get_mut(&(it.bucket, it.cells.clone())) {
        Some((count, _)) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let missing = ours.into_iter().filter(|it| is_missing(it)).collect();
    let extra = left.into_iter().filter(|(_, (count, _))| *count > 0);
    (
        missing,
        extra.map(|(cells, (_, place))| (cells, place)).collect(),
    )
}

async fn asked_buckets(pair: &Pair<'_>, db: &Db) -> Result<BTreeMap<u64, Tally>> {
    let asked = pair.asked();
    let cannot = |error| Error::database(&format!("{} cannot be counted", pair.to), error);
    let mut parts = Vec::new();
    for text in asked.buckets(BUCKETS) {
        let (scope, text) = (Scope::system(), Sql::dynamic(text));
        let part = db.query(&scope, &text, params! {}).await;
        parts.push(part.map_err(cannot)?);
    }
    joined(&asked, &parts).map_err(cannot)
}

async fn asked_rows(pair: &Pair<'_>, db: &Db, bucket: u64) -> Result<Vec<Digest>> {
    let asked = pair.asked();
    let cannot = |error| Error::database(&format!("{} cannot be read", pair.to), error);
    let text = Sql::dynamic(asked.rows(BUCKETS, bucket));
    let rows = db.query(&Scope::system(), &text, params! {}).await;
    let rows = rows.map_err(cannot)?;
    let digests = rows.iter().map(|row| asked.digest(row));
    digests.collect::<raptor_db::Result<_>>().map_err(cannot)
}
