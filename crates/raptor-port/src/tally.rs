//! What a table holds, in a few numbers that do not depend on the order of its rows: computed from the
//! rows on this side, and by SQL on the other. Two tables with the same tally hold the same.

mod asked;

pub(crate) use asked::Asked;

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

/// A row as hashes, to find the one that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// The hash of its key; without a key, of its first cell.
    pub(crate) bucket: u64,
    /// The hash of each cell, seeded with that of the key, or with its column's place; `None` for NULL.
    pub(crate) cells: Vec<Option<u64>>,
    /// Where it stands, for a reader.
    pub(crate) place: String,
}

/// What seeds the hashes of a row's cells, so that two that changed places show.
pub(crate) enum Seed {
    /// The hashes of the key's columns, one seeding the next.
    Key(Vec<usize>),
    /// Without a key, the row itself: the hashes of all its cells, each seeded with its column's place.
    Row,
}

/// A row on this side.
pub(crate) struct Cells<'c> {
    line: &'c Line,
    seed: &'c Seed,
    values: &'c [Value<'c>],
    hasher: &'c mut Hasher,
}

/// The seed of a cell that is known by its column's place alone.
pub(crate) fn seed_of_place(at: usize) -> u64 {
    u64::try_from(at).unwrap_or_default() + 1
}

impl Seed {
    /// By the primary key, where all of it is carried.
    pub(crate) fn of(line: &Line) -> Self {
        let place = |name: &String| line.columns.iter().position(|it| it.name == *name);
        match line.key.iter().map(place).collect::<Option<Vec<_>>>() {
            Some(key) if !key.is_empty() => Self::Key(key),
            _ => Self::Row,
        }
    }

    pub(crate) fn cells<'c>(
        &'c self,
        line: &'c Line,
        values: &'c [Value<'c>],
        hasher: &'c mut Hasher,
    ) -> Cells<'c> {
        Cells {
            line,
            seed: self,
            values,
            hasher,
        }
    }
}

impl Cells<'_> {
    fn hash(&mut self, at: usize, seed: u64) -> Option<u64> {
        let kind = self.line.columns[at].conversion.kind;
        self.hasher.of(&self.values[at], kind, seed)
    }

    fn seed(&mut self) -> u64 {
        match self.seed {
            Seed::Key(key) => key
                .iter()
                .fold(0, |seed, at| self.hash(*at, seed).unwrap_or(seed)),
            Seed::Row => (0..self.values.len()).fold(0, |seed, at| {
                seed ^ self.hash(at, seed_of_place(at)).unwrap_or(0)
            }),
        }
    }

    /// What the row is put into a bucket by.
    pub(crate) fn bucket(&mut self) -> u64 {
        match self.seed {
            Seed::Key(_) => self.seed(),
            Seed::Row if self.values.is_empty() => 0,
            Seed::Row => self.hash(0, 0).unwrap_or(0),
        }
    }

    /// The row as hashes.
    pub(crate) fn digest(&mut self, bucket: u64, place: String) -> Digest {
        let cells = (0..self.values.len()).map(|at| match self.seed {
            Seed::Key(_) => self.hash(at, bucket),
            Seed::Row => self.hash(at, seed_of_place(at)),
        });
        Digest {
            bucket,
            cells: cells.collect(),
            place,
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

    /// Adds a row.
    pub(crate) fn add(&mut self, mut cells: Cells<'_>) {
        let seed = cells.seed();
        self.add_each(|at| cells.hash(at, seed));
    }

    /// Adds a row as the hashes of its cells.
    pub(crate) fn add_hashes(&mut self, hashes: &[Option<u64>]) {
        self.add_each(|at| hashes[at]);
    }

    fn add_each(&mut self, mut hash: impl FnMut(usize) -> Option<u64>) {
        self.rows += 1;
        for (at, column) in self.columns.iter_mut().enumerate() {
            if let Some(hash) = hash(at) {
                column.values += 1;
                column.sum.add(hash);
            }
        }
    }

    /// Adds a part of a table to what there is of it.
    pub(crate) fn gather(tallies: &mut BTreeMap<String, Self>, table: String, part: Self) {
        match tallies.get_mut(&table) {
            Some(tally) => tally.join(&part),
            None => drop(tallies.insert(table, part)),
        }
    }

    /// Adds a part of it.
    pub(crate) fn join(&mut self, other: &Self) {
        self.rows += other.rows;
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.values += other.values;
            column.sum.join(other.sum);
        }
    }
}
