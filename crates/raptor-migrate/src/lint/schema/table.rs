//! What is known of one table.

use crate::lint::sql::{Kind, Name, OnDelete, Word, split};
use std::collections::BTreeMap;

/// A table, or something that is read like one.
#[derive(Debug, Clone)]
pub(in crate::lint) struct KnownTable {
    pub(in crate::lint) name: Name,
    /// Whether the chain made it.
    pub(in crate::lint) is_made: bool,
    /// Whether all of its columns are known.
    pub(in crate::lint) is_complete: bool,
    pub(in crate::lint) is_view: bool,
    pub(in crate::lint) is_temporary: bool,
    pub(in crate::lint) is_partitioned: bool,
    pub(in crate::lint) without_rowid: bool,
    pub(in crate::lint) is_strict: bool,
    pub(in crate::lint) default_partition: Option<Name>,
    pub(in crate::lint) part_of: Option<Name>,
    pub(in crate::lint) columns: BTreeMap<String, KnownColumn>,
    /// Under the name that was given, or that Postgres gives.
    pub(in crate::lint) constraints: BTreeMap<String, Known>,
    pub(in crate::lint) indexes: BTreeMap<String, KnownIndex>,
    pub(in crate::lint) row_security: bool,
    /// The command of each policy.
    pub(in crate::lint) policies: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(in crate::lint) struct KnownColumn {
    pub(in crate::lint) kind: Option<Kind>,
    pub(in crate::lint) not_null: bool,
    pub(in crate::lint) is_generated: bool,
}

/// A constraint.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Known {
    pub(in crate::lint) kind: KnownKind,
    /// Whether every row is known to hold to it.
    pub(in crate::lint) is_valid: bool,
}

#[derive(Debug, Clone)]
pub(in crate::lint) enum KnownKind {
    Check(Check),
    Unique(Vec<String>),
    Primary(Vec<String>),
    Foreign(Foreign),
    Exclude,
}

/// A condition.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Check {
    /// Its words, in lower case where they are not quoted.
    pub(in crate::lint) words: Vec<String>,
    /// The columns that it says are not NULL.
    pub(in crate::lint) not_null: Vec<String>,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Foreign {
    pub(in crate::lint) columns: Vec<String>,
    pub(in crate::lint) parent: Name,
    pub(in crate::lint) on_delete: OnDelete,
}

#[derive(Debug, Clone)]
pub(in crate::lint) struct KnownIndex {
    pub(in crate::lint) columns: Vec<String>,
    pub(in crate::lint) is_unique: bool,
    pub(in crate::lint) is_partial: bool,
}

impl KnownTable {
    /// A table of which nothing is known yet.
    pub(super) fn unknown(name: &Name) -> Self {
        Self {
            name: name.clone(),
            is_made: false,
            is_complete: false,
            is_view: false,
            is_temporary: false,
            is_partitioned: false,
            without_rowid: false,
            is_strict: false,
            default_partition: None,
            part_of: None,
            columns: BTreeMap::new(),
            constraints: BTreeMap::new(),
            indexes: BTreeMap::new(),
            row_security: false,
            policies: BTreeMap::new(),
        }
    }

    pub(in crate::lint) fn foreign_keys(&self) -> impl Iterator<Item = &Foreign> {
        self.constraints
            .values()
            .filter_map(|known| match &known.kind {
                KnownKind::Foreign(foreign) => Some(foreign),
                _ => None,
            })
    }

    pub(in crate::lint) fn primary_key(&self) -> Option<&Vec<String>> {
        self.constraints
            .values()
            .find_map(|known| match &known.kind {
                KnownKind::Primary(columns) => Some(columns),
                _ => None,
            })
    }

    pub(in crate::lint) fn checks(&self) -> impl Iterator<Item = (&Check, bool)> {
        self.constraints
            .values()
            .filter_map(|known| match &known.kind {
                KnownKind::Check(check) => Some((check, known.is_valid)),
                _ => None,
            })
    }

    /// Whether the server knows that the column holds no NULL.
    pub(in crate::lint) fn holds_no_null(&self, column: &str) -> bool {
        self.columns.get(column).is_some_and(|it| it.not_null)
            || self
                .checks()
                .any(|(check, is_valid)| is_valid && check.not_null.iter().any(|it| it == column))
    }

    /// The column lists that have an index, and whether each is unique.
    pub(in crate::lint) fn keys(&self) -> impl Iterator<Item = (&Vec<String>, bool)> {
        let listed = self.indexes.values().filter(|index| !index.is_partial);
        let constraints = self
            .constraints
            .values()
            .filter_map(|known| match &known.kind {
                KnownKind::Primary(columns) | KnownKind::Unique(columns) => Some((columns, true)),
                _ => None,
            });
        listed
            .map(|index| (&index.columns, index.is_unique))
            .chain(constraints)
    }

    /// Whether these columns, in any order, are all of a key.
    pub(in crate::lint) fn is_unique(&self, columns: &[String]) -> bool {
        self.keys()
            .any(|(key, is_unique)| is_unique && same(key, columns))
    }

    /// Whether an index begins with these columns, in any order.
    pub(in crate::lint) fn is_indexed(&self, columns: &[String]) -> bool {
        self.keys().any(|(key, _)| {
            key.get(..columns.len())
                .is_some_and(|first| same(first, columns))
        })
    }

    pub(in crate::lint) fn uses(&self, column: &str) -> bool {
        self.keys()
            .any(|(key, _)| key.iter().any(|it| it == column))
    }
}

fn same(one: &[String], two: &[String]) -> bool {
    one.len() == two.len() && one.iter().all(|column| two.contains(column))
}

impl Check {
    pub(in crate::lint) fn read(
        words: &[Word<'_>],
        fold: impl Fn(&Word<'_>) -> Option<String>,
    ) -> Self {
        let says = |part: &&[Word<'_>]| match part {
            [column, is, not, null] if is.is("is") && not.is("not") && null.is("null") => {
                fold(column)
            }
            _ => None,
        };
        let bare: Vec<Vec<Word<'_>>> = split(words, "and")
            .iter()
            .map(|part| without_brackets(part))
            .collect();
        Self {
            words: words
                .iter()
                .map(|word| fold(word).unwrap_or_else(|| word.text.to_owned()))
                .collect(),
            not_null: bare.iter().filter_map(|part| says(&&part[..])).collect(),
        }
    }
}

fn without_brackets<'s>(part: &[Word<'s>]) -> Vec<Word<'s>> {
    let symbol = |word: &&Word<'_>| !word.is_symbol("(") && !word.is_symbol(")");
    part.iter().filter(symbol).copied().collect()
}
