//! The same numbers from Postgres.

use super::{ColumnTally, Seed, Tally};
use crate::cell::hash_sql;
use crate::digest::Sum;
use crate::line::Line;
use crate::source::quoted;
use raptor_db::{Error, ErrorKind, Result, Row};

/// Expressions over a table's columns.
struct Asked<'a> {
    line: &'a Line,
    seed: &'a Seed,
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
        match self.seed {
            Seed::Key(_) => self.hash(at, "raptor_seed"),
            Seed::Neighbour => {
                let count = self.line.columns.len();
                let left = self.hash((at + count - 1) % count, "0");
                self.hash(at, &format!("coalesce({left}, 0)"))
            }
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

    fn sums(&self) -> String {
        let mut parts = vec!["count(*) AS raptor_count".to_owned()];
        for at in 0..self.line.columns.len() {
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
    let asked = Asked { line, seed };
    format!("SELECT {} FROM {}", asked.sums(), asked.from(table))
}

/// The tallies of `count` buckets, named `raptor_bucket`.
pub(crate) fn buckets_query(table: &str, line: &Line, seed: &Seed, count: u64) -> String {
    let asked = Asked { line, seed };
    let bucket = format!("(raptor_seed & {})", count - 1);
    format!(
        "SELECT {bucket} AS raptor_bucket, {} FROM {} GROUP BY 1",
        asked.sums(),
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
    let asked = Asked { line, seed };
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
    let count = |name: &str| -> Result<u64> {
        let count: i64 = row.get(name)?;
        Ok(u64::try_from(count).unwrap_or_default())
    };
    let column = |at: usize| {
        let sum: String = row.get(format!("s{at}").as_str())?;
        let sum =
            Sum::try_from(sum).map_err(|error| Error::new(ErrorKind::Type, error.to_string()))?;
        Ok(ColumnTally {
            values: count(&format!("n{at}"))?,
            sum,
        })
    };
    Ok(Tally {
        rows: count("raptor_count")?,
        columns: (0..columns).map(column).collect::<Result<_>>()?,
    })
}
