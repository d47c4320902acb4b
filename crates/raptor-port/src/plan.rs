//! What becomes of a file on Postgres: a plan that a person reads, changes and keeps.

mod answers;
mod made;
mod questions;
mod read;
mod tied;
mod written;

pub use answers::{
    Answers, Choice, Dirty, Mode, Nocase, Nul, OpenAnswer, Orphans, TimesWithoutZone,
};
pub(crate) use made::conversions;
pub use made::{Asked, Ints};
pub use questions::Question;

use crate::error::{Error, ErrorKind, Result};
use crate::kind::{Conversion, Kind};
use crate::source::{Source, Table, quoted};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a file on Postgres.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The SQLite file, as it was named.
    pub source: String,
    /// Whether the schema is made or there.
    pub mode: Mode,
    /// The schema on Postgres.
    pub schema: String,
    /// What is answered once for all columns.
    pub answers: Answers,
    /// What becomes of each table, by name.
    pub tables: Vec<TablePlan>,
    /// Why views may answer otherwise there, by name.
    pub views: BTreeMap<String, String>,
    /// What is left for a person: each with its name and why.
    pub notes: Vec<Note>,
}

/// What becomes of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TablePlan {
    /// Its name in the file.
    pub name: String,
    /// Its name on Postgres.
    pub to: String,
    /// Why it is left out, where it is.
    pub skip: Option<String>,
    /// What its primary key becomes.
    pub key: KeyPlan,
    /// How many rows it had.
    pub rows: u64,
    /// How many of them are expected to be rejected.
    pub rejects: u64,
    /// How many rows are there on Postgres, and are replaced.
    pub replaces: u64,
    /// What becomes of its columns, in their order.
    pub columns: Vec<ColumnPlan>,
}

/// What a primary key becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyPlan {
    /// A primary key.
    #[default]
    Primary,
    /// A unique key, as it has NULLs, which SQLite allows.
    Unique,
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ColumnPlan {
    /// Its name in the file.
    pub name: String,
    /// Its name on Postgres.
    pub to: String,
    /// Its type there.
    pub chosen: Choice,
    /// Why.
    pub evidence: String,
    /// What else it could be.
    pub alternatives: Vec<Conversion>,
    /// What a person has to answer.
    pub question: Option<String>,
    /// Cells that are no values of the type.
    pub dirty: Option<DirtyCells>,
}

/// Cells of a column that are no values of its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DirtyCells {
    /// How many.
    pub count: u64,
    /// Why the first is none, and where it is.
    pub first: String,
}

/// Something that a person has to know of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Note {
    /// What it is about, such as `trigger touch`.
    pub of: String,
    /// What is to be known, and the way out.
    pub text: String,
}

impl Plan {
    /// The same plan in the order of the file that it is of.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`] when a table or column of the file is not in the plan, or the other way.
    pub fn fit(mut self, source: &Source) -> Result<Self> {
        let mut tables = Vec::with_capacity(self.tables.len());
        for table in &source.tables {
            let at = self.tables.iter().position(|it| it.name == table.name);
            let at = at.ok_or_else(|| unplanned(format!("table {}", table.name)))?;
            let mut planned = self.tables.remove(at);
            if planned.skip.is_none() {
                planned.columns = fit_columns(table, planned.columns)?;
            }
            tables.push(planned);
        }
        if let Some(left) = self.tables.first() {
            return Err(unknown(format!("table {}", left.name)));
        }
        self.tables = tables;
        let is_there = |name: &String| source.views.iter().any(|it| it.name == *name);
        if let Some(name) = self.views.keys().find(|it| !is_there(it)) {
            return Err(unknown(format!("view {name}")));
        }
        self.has_room()?;
        self.has_types()?;
        Ok(self)
    }

    /// Refuses types that only a schema that is there can have.
    fn has_types(&self) -> Result<()> {
        let is_there = |(_, it): &(&TablePlan, &ColumnPlan)| {
            matches!(self.conversion(it).kind, Kind::Cast | Kind::Enum) && it.chosen != Choice::Skip
        };
        match self.columns().find(is_there) {
            Some((table, column)) if self.mode == Mode::Create => {
                let message = format!(
                    "column {}.{}: {:?} is for columns of a schema that is there (--mode existing), whose type it is cast to; \
                     docs/PORT.md lists the types that columns can be made with",
                    table.name,
                    column.name,
                    self.conversion(column).type_name()
                );
                Err(Error::new(ErrorKind::Plan, message))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a name that is given twice, and a table of which nothing is left.
    fn has_room(&self) -> Result<()> {
        let twice = |of: String| {
            let message = format!("{of} twice; `to` gives each a name of its own");
            Err(Error::new(ErrorKind::Plan, message))
        };
        let mut tables = BTreeSet::new();
        for table in self.carried() {
            if !tables.insert(&table.to) {
                return twice(format!("the plan has a table called {} there", table.to));
            }
            let mut columns = BTreeSet::new();
            for column in table.columns.iter().filter(|it| it.chosen != Choice::Skip) {
                if !columns.insert(&column.to) {
                    let (column, table) = (&column.to, &table.name);
                    return twice(format!("table {table} has a column called {column} there"));
                }
            }
            if columns.is_empty() && !table.columns.is_empty() {
                let message = format!(
                    "table {} has no column left: `skip = \"why\"` below [tables.{0}] leaves it out",
                    table.name
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
            if columns.len() > MOST_COLUMNS && self.mode == Mode::Create {
                let message = format!(
                    "table {} has {} columns, and Postgres takes {MOST_COLUMNS}: leave some out with `type = \"skip\"`",
                    table.name,
                    columns.len()
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
        }
        Ok(())
    }

    /// The table of that name in the file.
    pub fn table(&self, name: &str) -> Option<&TablePlan> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// What a table is called on Postgres, with the schema, as SQL writes it.
    pub(crate) fn name_of(&self, table: &TablePlan) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&table.to))
    }

    /// The tables that are carried over.
    pub fn carried(&self) -> impl Iterator<Item = &TablePlan> {
        self.tables.iter().filter(|table| table.skip.is_none())
    }

    /// The columns of these, each with its table.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&TablePlan, &ColumnPlan)> {
        self.carried()
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
    }

    /// How a column's cells are read, with the answers that are given for all.
    pub fn conversion(&self, column: &ColumnPlan) -> Conversion {
        self.answers.conversion(&column.chosen)
    }

    /// How many questions there are, those of columns each, as long as none is answered.
    pub fn questions(&self) -> usize {
        let columns = self.tables.iter().flat_map(|table| &table.columns);
        let of_columns = columns.filter(|column| column.question.is_some());
        let ask = self.answers.ask.iter();
        of_columns.count() + ask.filter(|it| self.is_open(**it)).count()
    }
}

/// The most that a table of Postgres has.
const MOST_COLUMNS: usize = 1_600;

fn fit_columns(table: &Table, mut planned: Vec<ColumnPlan>) -> Result<Vec<ColumnPlan>> {
    let mut columns = Vec::with_capacity(planned.len());
    for column in &table.columns {
        let at = planned.iter().position(|it| it.name == column.name);
        let at = at.ok_or_else(|| unplanned(format!("column {}.{}", table.name, column.name)))?;
        columns.push(planned.remove(at));
    }
    match planned.first() {
        Some(left) => Err(unknown(format!("column {}.{}", table.name, left.name))),
        None => Ok(columns),
    }
}

fn unplanned(what: String) -> Error {
    let message = format!(
        "the file has a {what}, of which the plan says nothing; plan again, and what you wrote stays"
    );
    Error::new(ErrorKind::Plan, message)
}

fn unknown(what: String) -> Error {
    let message =
        format!("the plan has a {what}, which is not in the file; take it out, or plan again");
    Error::new(ErrorKind::Plan, message)
}

impl TablePlan {
    /// The column of that name in the file.
    pub fn column(&self, name: &str) -> Option<&ColumnPlan> {
        self.columns.iter().find(|column| column.name == name)
    }
}
