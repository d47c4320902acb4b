//! The same numbers from Postgres.

use super::{ColumnTally, Seed, Tally};
use crate::cell::hash_sql;
use crate::digest::Sum;
use crate::kind::Kind;
use crate::line::Line;
use crate::source::quoted;
use raptor_db::{Error, ErrorKind, Result, Row};
use std::collections::BTreeMap;

/// Expressions over a table's columns.
struct Asked<'a> {
    line: &'a Line,
    seed: &'a Seed,
    casts: Casts<'a>,
}

/// What the cells count that Postgres casts from text itself.
#[derive(Clone, Copy)]
enum Casts<'a> {
    /// Whether they are NULL: this side knows no more of them.
    Whether,
    /// As Postgres writes them.
    Written,
    /// The same of texts, which are cast to these types, by the place of their column.
    Cast(&'a BTreeMap<usize, String>),
}

impl Asked<'_> {
    fn name(&self, at: usize) -> String {
        quoted(&self.line.columns[at].to)
    }

    fn hash(&self, at: usize, seed: &str) -> String {
        hash_sql(&self.name(at), self.line.columns[at].conversion.kind, seed)
    }

    /// A cell's hash; `raptor_seed` is there.
    fn cell(&self, at: usize) -> String {
        let seed = match self.seed {
            Seed::Key(_) => "raptor_seed".to_owned(),
            Seed::Neighbour => {
                let count = self.line.columns.len();
                let left = self.hash((at + count - 1) % count, "0");
                format!("coalesce({left}, 0)")
            }
        };
        let written = |it: String| hash_sql(&it, Kind::Text, &seed);
        match (self.line.columns[at].conversion.kind, self.casts) {
            (Kind::Cast, Casts::Written) => written(format!("{}::text", self.name(at))),
            (Kind::Cast, Casts::Cast(types)) => match types.get(&at) {
                Some(cast) => written(format!("{}::{cast}::text", self.name(at))),
                None => written(self.name(at)),
            },
            _ => self.hash(at, &seed),
        }
    }

    /// The rows with what they are put into a bucket by, computed once a row and not once a cell.
    fn from(&self, table: &str) -> String {
        let seed = match self.seed {
            Seed::Key(key) => key
                .iter()
                .fold("0".to_owned(), |seed, at| self.hash(*at, &seed)),
            Seed::Neighbour if self.line.columns.is_empty() => "0".to_owned(),
            Seed::Neighbour => format!("coalesce({}, 0)", self.hash(0, "0")),
        };
        format!(
            "(SELECT *, ctid AS raptor_ctid, {seed} AS raptor_seed FROM {table} OFFSET 0) AS raptor_rows"
        )
    }

    fn all_sums(&self) -> String {
        self.sums(0..self.line.columns.len())
    }

    fn sums(&self, columns: impl Iterator<Item = usize>) -> String {
        let mut parts = vec!["count(*) AS raptor_count".to_owned()];
        for at in columns {
            parts.push(format!("count({}) AS n{at}", self.name(at)));
            parts.push(format!(
                "coalesce(sum({}), 0)::text AS s{at}",
                self.cell(at)
            ));
        }
        parts.join(", ")
    }
}

/// The query of a table's tally, which [`of_row`] reads.
pub(crate) fn query(table: &str, line: &Line, seed: &Seed) -> String {
    let asked = Asked {
        line,
        seed,
        casts: Casts::Written,
    };
    format!("SELECT {} FROM {}", asked.all_sums(), asked.from(table))
}

/// The query of a staged table's tally: of the columns alone that are cast to these types.
pub(crate) fn casts_query(
    stage: &str,
    line: &Line,
    seed: &Seed,
    types: &BTreeMap<usize, String>,
) -> String {
    let asked = Asked {
        line,
        seed,
        casts: Casts::Cast(types),
    };
    let sums = asked.sums(types.keys().copied());
    format!("SELECT {sums} FROM {}", asked.from(stage))
}

/// The tallies of `count` buckets, named `raptor_bucket`.
pub(crate) fn buckets_query(table: &str, line: &Line, seed: &Seed, count: u64) -> String {
    let asked = Asked {
        line,
        seed,
        casts: Casts::Whether,
    };
    let bucket = format!("(raptor_seed & {})", count - 1);
    format!(
        "SELECT {bucket} AS raptor_bucket, {} FROM {} GROUP BY 1",
        asked.all_sums(),
        asked.from(table)
    )
}

/// The rows of one bucket: `raptor_seed`, the hash of each cell as `h0`, `h1`, …, and where they stand.
pub(crate) fn rows_query(
    table: &str,
    line: &Line,
    seed: &Seed,
    count: u64,
    bucket: u64,
    place: &str,
) -> String {
    let asked = Asked {
        line,
        seed,
        casts: Casts::Whether,
    };
    let cells: Vec<String> = (0..line.columns.len())
        .map(|at| format!("{} AS h{at}", asked.cell(at)))
        .collect();
    format!(
        "SELECT raptor_seed, {place} AS raptor_place, {} FROM {} WHERE raptor_seed & {} = {bucket}",
        cells.join(", "),
        asked.from(table),
        count - 1
    )
}

/// A row of [`query`] or [`buckets_query`].
pub(crate) fn of_row(row: &Row, columns: usize) -> Result<Tally> {
    Ok(Tally {
        rows: count(row, "raptor_count")?,
        columns: (0..columns)
            .map(|at| of_column(row, at))
            .collect::<Result<_>>()?,
    })
}

/// A column of a row of [`casts_query`].
pub(crate) fn of_column(row: &Row, at: usize) -> Result<ColumnTally> {
    let sum: String = row.get(format!("s{at}").as_str())?;
    let sum = Sum::try_from(sum).map_err(|error| Error::new(ErrorKind::Type, error.to_string()))?;
    Ok(ColumnTally {
        values: count(row, &format!("n{at}"))?,
        sum,
    })
}

fn count(row: &Row, name: &str) -> Result<u64> {
    let count: i64 = row.get(name)?;
    Ok(u64::try_from(count).unwrap_or_default())
}
