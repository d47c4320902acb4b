//! The rows and columns in which two tables differ: rows are put into buckets by the hash of their key, and only
//! the rows of the first buckets that differ are looked at one by one.

use super::{Pair, cast};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::load::Scribe;
use crate::plan::Note;
use crate::tally::{Asked, Digest, Tally};
use crate::words::counted;
use raptor_db::{Db, Row, Scope, Sql, params};
use std::collections::BTreeMap;

/// Buckets, a power of two.
pub(super) const BUCKETS: u64 = 1_024;
/// How many buckets are looked at.
const LOOKED_AT: usize = 16;

/// Rows of the file in buckets that are not as on Postgres.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) buckets: Vec<u64>,
    /// Whether no other bucket differs.
    are_all: bool,
    pub(super) rows: Vec<Digest>,
}

/// What is not the same in a table.
pub(super) async fn found(
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
                "{} in the file, {} on Postgres",
                counted(ours.rows, "row"),
                theirs.rows
            ),
        });
    }
    let on_postgres = asked_buckets(pair, db).await?;
    let looked = match pair.task.line.has(Kind::Cast) {
        true => cast::looked(pair, scribe, db, &on_postgres).await?,
        false => of_file(pair, scribe, &on_postgres).await?,
    };
    if looked.buckets.is_empty() {
        found.push(Note {
            of,
            text: "the numbers differ, and no row does: it was written to meanwhile".to_owned(),
        });
        return Ok(found);
    }
    let theirs = asked_rows(pair, db, &looked.buckets).await?;
    found.extend(Apart::of(looked, theirs).told(pair));
    Ok(found)
}

async fn of_file(
    pair: &Pair<'_>,
    scribe: &Scribe,
    on_postgres: &BTreeMap<u64, Tally>,
) -> Result<Looked> {
    let buckets = scribe.buckets(&pair.task, BUCKETS).await?;
    let mut looked = differing(&buckets, on_postgres);
    if !looked.buckets.is_empty() {
        let wanted = looked.buckets.clone();
        looked.rows = scribe.digests(&pair.task, BUCKETS, wanted).await?;
    }
    Ok(looked)
}

/// The first buckets that are not the same in both.
pub(super) fn differing(ours: &BTreeMap<u64, Tally>, theirs: &BTreeMap<u64, Tally>) -> Looked {
    let differing = (0..BUCKETS).filter(|it| ours.get(it) != theirs.get(it));
    let mut buckets: Vec<u64> = differing.collect();
    let are_all = buckets.len() <= LOOKED_AT;
    buckets.truncate(LOOKED_AT);
    Looked {
        buckets,
        are_all,
        rows: Vec::new(),
    }
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

/// Rows, and where the first of them stands.
#[derive(Default)]
struct Several {
    count: u64,
    first: String,
}

impl Several {
    fn add(&mut self, place: &str) {
        if self.count == 0 {
            place.clone_into(&mut self.first);
        }
        self.count += 1;
    }
}

/// What the two sides do not share.
#[derive(Default)]
struct Apart {
    /// Rows whose cell is another one, by the place of the column.
    columns: BTreeMap<usize, Several>,
    /// Rows that are in the file alone.
    missing: Several,
    /// Rows that are on Postgres alone.
    extra: Several,
    /// Whether that is all.
    are_all: bool,
}

impl Apart {
    fn of(looked: Looked, theirs: Vec<Digest>) -> Self {
        let mut apart = Self {
            are_all: looked.are_all,
            ..Self::default()
        };
        let (missing, mut extra) = parted(looked.rows, theirs);
        for row in missing {
            // Without a key, the row that shares the most with it is meant.
            let alike = |other: &&mut Digest| {
                let pairs = other.cells.iter().zip(&row.cells);
                pairs.filter(|(one, other)| one == other).count()
            };
            let rest = extra.get_mut(&row.bucket).into_iter().flatten();
            let best = rest.filter(|it| !it.cells.is_empty()).max_by_key(alike);
            let Some(best) = best else {
                apart.missing.add(&row.place);
                continue;
            };
            let cells = std::mem::take(&mut best.cells);
            for (at, pair) in cells.iter().zip(&row.cells).enumerate() {
                if pair.0 != pair.1 {
                    apart.columns.entry(at).or_default().add(&row.place);
                }
            }
        }
        let left = extra.values().flatten().filter(|it| !it.cells.is_empty());
        left.for_each(|it| apart.extra.add(&it.place));
        apart
    }

    fn told(&self, pair: &Pair<'_>) -> Vec<Note> {
        let more = if self.are_all { "" } else { " or more" };
        let columns = self.columns.iter().map(|(at, rows)| {
            let place = &rows.first;
            Note {
                of: format!(
                    "column {}.{}",
                    pair.name(),
                    pair.task.line.columns[*at].name
                ),
                text: match rows.count {
                    1 if self.are_all => {
                        format!("is not the same on Postgres in the row with {place}")
                    }
                    count => format!(
                        "is not the same on Postgres in {count} rows{more}, the first with {place}"
                    ),
                },
            }
        });
        let mut notes: Vec<Note> = columns.collect();
        let missing = match self.missing.count {
            0 => None,
            1 if self.are_all => Some(format!(
                "the row with {} is not on Postgres",
                self.missing.first
            )),
            count => Some(format!(
                "{count} rows{more} are not on Postgres, the first with {}",
                self.missing.first
            )),
        };
        let extra = match self.extra.count {
            0 => None,
            1 if self.are_all => Some(format!(
                "a row on Postgres is not in the file: {}",
                self.extra.first
            )),
            count => Some(format!(
                "{count} rows{more} on Postgres are not in the file, the first: {}",
                self.extra.first
            )),
        };
        let rows: Vec<String> = missing.into_iter().chain(extra).collect();
        if !rows.is_empty() {
            notes.push(Note {
                of: format!("table {}", pair.name()),
                text: rows.join("; "),
            });
        }
        notes
    }
}

/// The rows that only the file has, and those that only Postgres has, by their buckets.
fn parted(ours: Vec<Digest>, theirs: Vec<Digest>) -> (Vec<Digest>, BTreeMap<u64, Vec<Digest>>) {
    let mut left: BTreeMap<(u64, Vec<Option<u64>>), Vec<String>> = BTreeMap::new();
    for it in theirs {
        left.entry((it.bucket, it.cells))
            .or_default()
            .push(it.place);
    }
    let mut is_missing = |it: &Digest| {
        let same = left.get_mut(&(it.bucket, it.cells.clone()));
        same.and_then(Vec::pop).is_none()
    };
    let missing = ours.into_iter().filter(|it| is_missing(it)).collect();
    let mut extra: BTreeMap<u64, Vec<Digest>> = BTreeMap::new();
    for ((bucket, cells), places) in left {
        let rows = places.into_iter().map(|place| Digest {
            bucket,
            cells: cells.clone(),
            place,
        });
        extra.entry(bucket).or_default().extend(rows);
    }
    (missing, extra)
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

async fn asked_rows(pair: &Pair<'_>, db: &Db, buckets: &[u64]) -> Result<Vec<Digest>> {
    let asked = pair.asked();
    let cannot = |error| Error::database(&format!("{} cannot be read", pair.to), error);
    let text = Sql::dynamic(asked.rows(BUCKETS, buckets));
    let rows = db.query(&Scope::system(), &text, params! {}).await;
    let rows = rows.map_err(cannot)?;
    let digests = rows.iter().map(|row| asked.digest(row));
    digests.collect::<raptor_db::Result<_>>().map_err(cannot)
}
