//! Rows that point at none: SQLite looks at foreign keys only where an application asks for it.

use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::plan::{Answers, Note, Orphans, Plan, TablePlan};
use crate::source::{ForeignKey, Source, Table, quoted};
use crate::words::counted;
use raptor_db::{Go, SnapshotReader};

/// A foreign key as a question about a row of its table.
pub(crate) struct Pointing {
    /// The columns that point.
    pub(crate) columns: Vec<String>,
    pub(crate) parent: String,
    /// True for a row that points at none.
    pub(crate) test: String,
}

impl Pointing {
    /// The foreign keys of a table whose parents are there.
    pub(crate) fn all(
        source: &Source,
        table: &Table,
        planned: &TablePlan,
        answers: &Answers,
    ) -> Vec<Self> {
        // Whether its case counts on Postgres.
        let counts = |name: &str| {
            let columns = planned.columns.iter();
            let mut columns = columns.filter(|it| it.name.eq_ignore_ascii_case(name));
            columns.all(|it| answers.conversion(&it.chosen).kind != Kind::Citext)
        };
        let of = |key: &ForeignKey| Self::of(source, table, key, counts);
        table.foreign_keys.iter().filter_map(of).collect()
    }

    fn of(
        source: &Source,
        table: &Table,
        key: &ForeignKey,
        counts: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let parent = source.table(&key.parent)?;
        let columns = key.parent_of(parent);
        let is_there = |it: &String| parent.column(it).is_some();
        if columns.len() != key.columns.len() || columns.is_empty() || !columns.iter().all(is_there)
        {
            return None;
        }
        let child = |name: &String| format!("{}.{}", quoted(&table.name), quoted(name));
        // A key with a NULL in it points at nothing, and needs nothing.
        let set: Vec<String> = key
            .columns
            .iter()
            .map(|it| format!("{} IS NOT NULL", child(it)))
            .collect();
        let same = columns.iter().zip(&key.columns).map(|(of, it)| {
            let same = format!("raptor_parent.{} = {}", quoted(of), child(it));
            let folds = parent.column(of).is_some_and(|it| it.collation.is_some());
            match folds && counts(it) {
                // The first of both can take an index.
                true => format!("{same} AND {same} COLLATE BINARY"),
                false => same,
            }
        });
        let same: Vec<String> = same.collect();
        Some(Self {
            columns: key.columns.clone(),
            parent: parent.name.clone(),
            test: format!(
                "({} AND NOT EXISTS (SELECT 1 FROM {} AS raptor_parent WHERE {}))",
                set.join(" AND "),
                quoted(&parent.name),
                same.join(" AND ")
            ),
        })
    }
}

/// Whether orphans are looked for while rows are carried over.
pub(crate) fn are_changed(answers: &Answers) -> bool {
    matches!(answers.orphans, Orphans::Reject | Orphans::Null)
}

/// Whether the plan knows of rows of a table that point at none, and takes them along.
pub(crate) fn are_let(plan: &Plan, table: &str) -> bool {
    let of = format!(") of {table}");
    let is_of = |it: &Note| it.of.starts_with("foreign key (") && it.of.ends_with(&of);
    plan.answers.orphans == Orphans::NotValid && plan.notes.iter().any(is_of)
}

/// What is to be known of a constraint that was not validated.
pub(crate) fn new_alone(error: &raptor_db::Error) -> String {
    let why = match error.code() {
        // A row is no such as it wants.
        Some(code) if code.starts_with("23") => "as not all that are there do",
        _ => "as those that are there could not be looked at; `raptor port run` tries it once more",
    };
    // Which row, where it is one that points at none.
    let detail = error.detail().filter(|_| error.code() == Some("23503"));
    let detail = detail.map_or_else(String::new, |it| {
        format!(": {it} Where that row was rejected (raptor_port.rejected), mend its cell in the file, or let the plan make it NULL")
    });
    format!("holds new rows alone, {why}: {}{detail}", error.message())
}

/// Rows that point at none.
pub(crate) struct Orphaned {
    /// Their table, as the file names it.
    pub(crate) table: String,
    columns: Vec<String>,
    parent: String,
    count: i64,
}

/// Looks for them in all tables that are carried.
pub(crate) fn found(
    reader: &SnapshotReader,
    source: &Source,
    plan: &Plan,
) -> Result<Vec<Orphaned>> {
    let mut found = Vec::new();
    for table in &source.tables {
        let planned = plan.table(&table.name).filter(|it| it.skip.is_none());
        let Some(planned) = planned else {
            continue;
        };
        for key in Pointing::all(source, table, planned, &plan.answers) {
            let ask = format!(
                "SELECT count(*) FROM {} WHERE {}",
                quoted(&table.name),
                key.test
            );
            let mut count = 0;
            let read = reader.each(&ask, &[], |row| {
                count = row.get(0).as_integer().unwrap_or_default();
                Ok(Go::On)
            });
            read.map_err(Error::source_file)?;
            if count > 0 {
                found.push(Orphaned {
                    table: table.name.clone(),
                    columns: key.columns,
                    parent: key.parent,
                    count,
                });
            }
        }
    }
    Ok(found)
}

impl Orphaned {
    /// As a plan tells it.
    pub(crate) fn note(&self) -> Note {
        Note {
            of: format!(
                "foreign key ({}) of {}",
                self.columns.join(", "),
                self.table
            ),
            text: format!(
                "{} at no row of {}; `orphans` says what becomes of {}",
                points(self.count),
                self.parent,
                if self.count == 1 { "it" } else { "them" }
            ),
        }
    }
}

/// `1 row points`, `2 rows point`.
fn points(rows: i64) -> String {
    let verb = if rows == 1 { "points" } else { "point" };
    format!("{} {verb}", counted(rows.unsigned_abs(), "row"))
}
