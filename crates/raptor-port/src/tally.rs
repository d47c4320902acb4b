//! What a table holds, in a few numbers that do not depend on the order of its rows: computed from the
//! rows on this side, and by SQL on the other. Two tables with the same tally hold the same.

mod asked;

pub(crate) use asked::{buckets_query, casts_query, of_column, of_row, query, rows_query};

use crate::cell::{Hasher, Value};
use crate::digest::Sum;
use crate::line::Line;
use std::collections::BTreeMap;

/// The tally of a table, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    /// One for each column that is carried.
    pub(crate) columns: Vec<ColumnTally>,
}

/// The tally of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ColumnTally {
    /// How many cells are no NULL.
    pub(crate) values: u64,
    /// The sum of their hashes, each seeded with the hash of what the row is known by.
    pub(crate) sum: Sum,
}

/// A row as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// The hash of its key; without a key, of its first cell.
    pub(crate) seed: u64,
    /// The hash of each cell; `None` for NULL.
    pub(crate) cells: Vec<Option<u64>>,
    /// Where it stands, for a reader.
    pub(crate) place: String,
}

/// What seeds the hashes of a row's cells, so that two that changed places show.
pub(crate) enum Seed {
    /// The hashes of the key's columns, one seeding the next.
    Key(Vec<usize>),
    /// Without a key: each cell's hash is seeded with its left neighbour's, the first one's with the last.
    Neighbour,
}

impl Seed {
    /// By the primary key, where all of it is carried.
    pub(crate) fn of(line: &Line) -> Self {
        let place = |name: &String| line.columns.iter().position(|it| it.name == *name);
        match line.key.iter().map(place).collect::<Option<Vec<_>>>() {
            Some(key) if !key.is_empty() => Self::Key(key),
            _ => Self::Neighbour,
        }
    }

    /// Hands the hash of each cell to `each`, and answers what the row is put into a bucket by.
    pub(crate) fn hashes(
        &self,
        line: &Line,
        values: &[Value<'_>],
        hasher: &mut Hasher,
        mut each: impl FnMut(usize, Option<u64>),
    ) -> u64 {
        let mut of =
            |at: usize, seed| hasher.of(&values[at], line.columns[at].conversion.kind, seed);
        match self {
            Self::Key(key) => {
                let seed = key.iter().fold(0, |seed, at| of(*at, seed).unwrap_or(seed));
                (0..values.len()).for_each(|at| each(at, of(at, seed)));
                seed
            }
            Self::Neighbour => {
                let Some(last) = values.len().checked_sub(1) else {
                    return 0;
                };
                let mut left = of(last, 0).unwrap_or(0);
                for at in 0..=last {
                    each(at, of(at, left));
                    left = of(at, 0).unwrap_or(0);
                }
                of(0, 0).unwrap_or(0)
            }
        }
    }
}

impl Tally {
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            rows: 0,
            columns: vec![ColumnTally::default(); columns],
        }
    }

    /// Adds a row, given as all of its values.
    pub(crate) fn add(
        &mut self,
        line: &Line,
        seed: &Seed,
        values: &[Value<'_>],
        hasher: &mut Hasher,
    ) {
        self.rows += 1;
        seed.hashes(line, values, hasher, |at, hash| {
            if let Some(hash) = hash {
                self.columns[at].values += 1;
                self.columns[at].sum.add(hash);
            }
        });
    }

    /// Adds a part of a table to what there is of it.
    pub(crate) fn gather(tallies: &mut BTreeMap<String, Self>, table: String, part: Self) {
        match tallies.get_mut(&table) {
            Some(tally) => tally.join(&part),
            None => drop(tallies.insert(table, part)),
        }
    }

    fn join(&mut self, other: &Self) {
        self.rows += other.rows;
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.values += other.values;
            column.sum.join(other.sum);
        }
    }
}
