//! What a table holds, in a few numbers that do not depend on the order of its rows: computed from the
//! rows on this side, and by SQL on the other. Two tables with the same tally hold the same.

use crate::cell::{Value, hash, hash_sql};
use crate::digest::Sum;
use crate::line::Line;
use crate::source::quoted;
use serde::{Deserialize, Serialize};

/// The tally of a table, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    /// One for each column that is carried.
    pub(crate) columns: Vec<ColumnTally>,
}

/// The tally of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ColumnTally {
    /// How many cells are no NULL.
    pub(crate) values: u64,
    /// The sum of their hashes, each seeded with the hash of what the row is known by.
    pub(crate) sum: Sum,
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
}

impl Tally {
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            rows: 0,
            columns: vec![ColumnTally::default(); columns],
        }
    }

    /// Adds a row, given as all of its values.
    pub(crate) fn add(&mut self, line: &Line, seed: &Seed, values: &[Value<'_>]) {
        self.rows += 1;
        let kind = |at: usize| line.columns[at].conversion.kind;
        let of_key = match seed {
            Seed::Key(key) => key.iter().fold(0, |seed, at| {
                hash(&values[*at], kind(*at), seed).unwrap_or(seed)
            }),
            Seed::Neighbour => 0,
        };
        let mut left = match seed {
            Seed::Neighbour => values
                .last()
                .and_then(|it| hash(it, kind(values.len() - 1), 0))
                .unwrap_or(0),
            Seed::Key(_) => 0,
        };
        for (at, (value, column)) in values.iter().zip(&mut self.columns).enumerate() {
            let seed_here = match seed {
                Seed::Key(_) => of_key,
                Seed::Neighbour => left,
            };
            if let Some(hash) = hash(value, kind(at), seed_here) {
                column.values += 1;
                column.sum.add(hash);
            }
            if matches!(seed, Seed::Neighbour) {
                left = hash(value, kind(at), 0).unwrap_or(0);
            }
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.rows += other.rows;
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.values += other.values;
            column.sum.join(other.sum);
        }
    }
}

/// The query that answers a table's tally: how many rows, then for each column how many values and the
/// sum of their hashes as text.
pub(crate) fn query(table: &str, line: &Line, seed: &Seed, condition: &str) -> String {
    let name = |at: usize| quoted(&line.columns[at].to);
    let kind = |at: usize| line.columns[at].conversion.kind;
    let of_key = match seed {
        Seed::Key(key) => key.iter().fold("0".to_owned(), |seed, at| {
            hash_sql(&name(*at), kind(*at), &seed)
        }),
        Seed::Neighbour => String::new(),
    };
    let count = line.columns.len();
    let mut parts = vec!["count(*)".to_owned()];
    for at in 0..count {
        let seed_here = match seed {
            // Once a row, not once a cell.
            Seed::Key(_) => "raptor_seed".to_owned(),
            Seed::Neighbour => {
                let left = (at + count - 1) % count;
                format!("coalesce({}, 0)", hash_sql(&name(left), kind(left), "0"))
            }
        };
        parts.push(format!("count({})", name(at)));
        parts.push(format!(
            "coalesce(sum({}), 0)::text",
            hash_sql(&name(at), kind(at), &seed_here)
        ));
    }
    let from = match seed {
        Seed::Key(_) => format!(
            "(SELECT *, {of_key} AS raptor_seed FROM {table}{condition} OFFSET 0) AS seeded"
        ),
        Seed::Neighbour => format!("{table}{condition}"),
    };
    format!("SELECT {} FROM {from}", parts.join(", "))
}
