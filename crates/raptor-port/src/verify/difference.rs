//! The first row and column in which two tables differ: rows are put into buckets by the hash of their
//! key, and only the rows of the first bucket that differs are looked at one by one.

use super::{Pair, cast};
use crate::error::{Error, Result};
use crate::load::Scribe;
use crate::plan::Note;
use crate::source::quoted;
use crate::tally::{self, Digest, Tally};
use raptor_db::{Db, Scope, Sql, params};
use std::collections::BTreeMap;

/// Buckets, a power of two.
const BUCKETS: u64 = 1_024;

pub(super) async fn first(
    pair: &Pair<'_>,
    scribe: &Scribe,
    db: &Db,
    ours: &Tally,
    theirs: &Tally,
) -> Result<Vec<Note>> {
    if let Some(at) = cast::alone(pair, ours, theirs) {
        return Ok(vec![cast::first(pair, scribe, db, at).await?]);
    }
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
    let buckets = scribe.buckets(&pair.task, BUCKETS).await?;
    let on_postgres = asked_buckets(pair, db).await?;
    let bucket = (0..BUCKETS).find(|it| buckets.get(it) != on_postgres.get(it));
    let Some(bucket) = bucket else {
        found.push(Note {
            of,
            text: "the numbers differ, and no row does: it was written to meanwhile".to_owned(),
        });
        return Ok(found);
    };
    let ours = scribe.digests(&pair.task, BUCKETS, bucket).await?;
    let theirs = asked_rows(pair, db, bucket).await?;
    found.push(compared(pair, ours, theirs));
    Ok(found)
}

/// A row as it is compared: what it is known by, and its cells.
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
        .filter(|(seed, _)| *seed == first.seed);
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
        left.entry((it.seed, it.cells)).or_insert((0, place)).0 += 1;
    }
    let mut is_missing = |it: &Digest| match left.get_mut(&(it.seed, it.cells.clone())) {
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
    let text = tally::buckets_query(&pair.to, &pair.task.line, &pair.task.seed, BUCKETS);
    let cannot = |error| Error::database(&format!("{} cannot be counted", pair.to), error);
    let rows = db
        .query(&Scope::system(), &Sql::dynamic(text), params! {})
        .await
        .map_err(cannot)?;
    let one = |row: &raptor_db::Row| {
        let bucket: i64 = row.get("raptor_bucket")?;
        Ok((
            bucket.cast_unsigned(),
            tally::of_row(row, pair.task.line.columns.len())?,
        ))
    };
    rows.iter()
        .map(one)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}

async fn asked_rows(pair: &Pair<'_>, db: &Db, bucket: u64) -> Result<Vec<Digest>> {
    let line = &pair.task.line;
    let keys: Vec<String> = line
        .columns
        .iter()
        .filter(|it| line.key.contains(&it.name))
        .map(|it| quoted(&it.to))
        .collect();
    let place = match keys.is_empty() {
        true => "raptor_ctid::text".to_owned(),
        false => format!("concat_ws(', ', {})", keys.join(", ")),
    };
    let text = tally::rows_query(&pair.to, line, &pair.task.seed, BUCKETS, bucket, &place);
    let cannot = |error| Error::database(&format!("{} cannot be read", pair.to), error);
    let rows = db
        .query(&Scope::system(), &Sql::dynamic(text), params! {})
        .await
        .map_err(cannot)?;
    let one = |row: &raptor_db::Row| {
        let seed: i64 = row.get("raptor_seed")?;
        let cells = (0..line.columns.len()).map(|at| {
            let hash: Option<i64> = row.get(format!("h{at}").as_str())?;
            Ok(hash.map(i64::cast_unsigned))
        });
        Ok(Digest {
            seed: seed.cast_unsigned(),
            cells: cells.collect::<raptor_db::Result<_>>()?,
            place: row.get("raptor_place")?,
        })
    };
    rows.iter()
        .map(one)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}
