//! The same numbers from Postgres.

use super::{ColumnTally, Digest, Seed, Tally, seed_of_place};
use crate::cell::hash_sql;
use crate::digest::Sum;
use crate::kind::Kind;
use crate::line::{Carried, Line};
use crate::load::Cast;
use crate::source::{quoted, quoted_text};
use raptor_db::{Error, ErrorKind, Result, Row};
use std::collections::BTreeMap;

/// Columns of one query, which has two entries for each and may have 1,664.
const COLUMNS: usize = 800;

/// What is asked of a table on Postgres.
pub(crate) struct Asked<'a> {
    /// Its name, with the schema.
    table: &'a str,
    line: &'a Line,
    seed: &'a Seed,
    /// What its texts are cast to before they are hashed, by the place of their column.
    casts: Option<&'a BTreeMap<usize, Cast>>,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(table: &'a str, line: &'a Line, seed: &'a Seed) -> Self {
        Self {
            table,
            line,
            seed,
            casts: None,
        }
    }

    /// Of a table beside another one, with texts that Postgres is yet to cast.
    pub(crate) fn staged(self, casts: &'a BTreeMap<usize, Cast>) -> Self {
        Self {
            casts: Some(casts),
            ..self
        }
    }

    /// The queries of its tally, which [`Asked::tally`] reads: each of some of its columns.
    pub(crate) fn tallies(&self) -> Vec<String> {
        let from = self.from();
        let query = |sums: String| format!("SELECT {sums} FROM {from}");
        self.sums().into_iter().map(query).collect()
    }

    /// The same for `count` buckets, which [`Asked::bucket`] tells.
    pub(crate) fn buckets(&self, count: u64) -> Vec<String> {
        let from = self.from();
        let bucket = format!("({} & {})", self.own("raptor_bucket"), count - 1);
        let query = |sums: String| {
            format!("SELECT {bucket} AS raptor_in, {sums} FROM {from} GROUP BY {bucket}")
        };
        self.sums().into_iter().map(query).collect()
    }

    /// The rows of some buckets, which [`Asked::digest`] reads, with where they stand.
    pub(crate) fn rows(&self, count: u64, buckets: &[u64]) -> String {
        let cells = (0..self.line.columns.len()).map(|at| {
            let seed = match self.seed {
                Seed::Key(_) => self.own("raptor_seed"),
                Seed::Row => seed_of_place(at).to_string(),
            };
            format!(", {} AS h{at}", self.hash(at, &seed))
        });
        let own = self.own("raptor_bucket");
        format!(
            "SELECT {own} AS raptor_in, {} AS raptor_place{} FROM {} WHERE {own} & {} = ANY (ARRAY[{}]::bigint[])",
            self.place(),
            cells.collect::<String>(),
            self.from(),
            count - 1,
            buckets
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        )
    }

    /// Where a row stands, for a reader: its key, or where Postgres keeps it, or how it begins.
    fn place(&self) -> String {
        let named = |it: &Carried| {
            let name = quoted_text(&format!("{} ", it.name));
            format!("{name} || left({}::text, 100)", quoted(&it.to))
        };
        let columns = self.line.columns.iter();
        let keys = columns.filter(|it| self.line.key.contains(&it.name));
        let keys: Vec<String> = keys.map(named).collect();
        if !keys.is_empty() {
            return format!("concat_ws(', ', {})", keys.join(", "));
        }
        match self.casts {
            None => format!("'ctid ' || {}::text", self.own("raptor_ctid")),
            Some(_) => {
                let first: Vec<String> = self.line.columns.iter().take(3).map(named).collect();
                format!("concat_ws(', ', {})", first.join(", "))
            }
        }
    }

    /// The rows of [`Asked::tallies`], one of each.
    pub(crate) fn tally(&self, parts: &[&Row]) -> Result<Tally> {
        let mut columns = Vec::with_capacity(self.line.columns.len());
        for at in 0..self.line.columns.len() {
            columns.push(column(parts[at / COLUMNS], at)?);
        }
        Ok(Tally {
            rows: count(parts[0], "raptor_count")?,
            columns,
        })
    }

    /// The bucket that a row of [`Asked::buckets`] is of.
    pub(crate) fn bucket(row: &Row) -> Result<u64> {
        row.get("raptor_in").map(i64::cast_unsigned)
    }

    /// A row of [`Asked::rows`].
    pub(crate) fn digest(&self, row: &Row) -> Result<Digest> {
        let cells = (0..self.line.columns.len()).map(|at| {
            let hash: Option<i64> = row.get(format!("h{at}").as_str())?;
            Ok(hash.map(i64::cast_unsigned))
        });
        Ok(Digest {
            bucket: Self::bucket(row)?,
            cells: cells.collect::<Result<_>>()?,
            place: row.get("raptor_place")?,
        })
    }

    fn name(&self, at: usize) -> String {
        quoted(&self.line.columns[at].to)
    }

    /// A name that no column has.
    fn own(&self, name: &str) -> String {
        let mut own = name.to_owned();
        while self.line.columns.iter().any(|it| it.to == own) {
            own.push('_');
        }
        own
    }

    /// A cell's hash; of what Postgres casts from text itself, as Postgres writes it.
    fn hash(&self, at: usize, seed: &str) -> String {
        let (name, kind) = (self.name(at), self.line.columns[at].conversion.kind);
        match self.casts.and_then(|it| it.get(&at)) {
            Some(cast) => hash_sql(&cast.told(&name), Kind::Cast, seed),
            None => hash_sql(&name, kind, seed),
        }
    }

    /// The rows with what their cells are seeded with, computed once a row and not once a cell.
    fn from(&self) -> String {
        let all = 0..self.line.columns.len();
        let fold = |key: &[usize]| {
            let fold = |seed: String, at: &usize| self.hash(*at, &seed);
            key.iter().fold("0::bigint".to_owned(), fold)
        };
        let or_none = |hash: String| format!("coalesce({hash}, 0)");
        let (seed, bucket) = match self.seed {
            _ if all.is_empty() => ("0::bigint".to_owned(), "0::bigint".to_owned()),
            Seed::Key(key) => (fold(key), fold(key)),
            Seed::Row => {
                let place = |at: usize| seed_of_place(at).to_string();
                let cells = all.clone().map(|at| or_none(self.hash(at, &place(at))));
                let cells: Vec<String> = cells.collect();
                (cells.join(" # "), or_none(self.hash(0, "0")))
            }
        };
        let names: String = all.map(|at| format!("{}, ", self.name(at))).collect();
        format!(
            "(SELECT {names}ctid AS {}, {seed} AS {}, {bucket} AS {} FROM {} OFFSET 0) AS raptor_rows",
            self.own("raptor_ctid"),
            self.own("raptor_seed"),
            self.own("raptor_bucket"),
            self.table
        )
    }

    fn sums(&self) -> Vec<String> {
        let columns: Vec<usize> = (0..self.line.columns.len()).collect();
        let seed = self.own("raptor_seed");
        let part = |columns: &[usize]| {
            let mut sums = "count(*) AS raptor_count".to_owned();
            for at in columns {
                let (name, hash) = (self.name(*at), self.hash(*at, &seed));
                sums.push_str(&format!(
                    ", count({name}) AS n{at}, coalesce(sum({hash}), 0)::text AS s{at}"
                ));
            }
            sums
        };
        match columns.is_empty() {
            true => vec![part(&[])],
            false => columns.chunks(COLUMNS).map(part).collect(),
        }
    }
}

fn column(row: &Row, at: usize) -> Result<ColumnTally> {
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
