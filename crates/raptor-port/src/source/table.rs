//! What is declared of a table. It only holds; reading is done elsewhere. Expressions are SQLite's,
//! without the brackets around them.

use super::Affinity;
use serde::Serialize;

/// A table.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Table {
    /// Its name, as it is written.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Its columns, in order; those that a module hides are left out.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Option<Key>,
    /// The column that is another name of the row's number: `INTEGER PRIMARY KEY`.
    pub rowid_alias: Option<String>,
    /// Whether numbers are not given again.
    pub autoincrement: bool,
    /// The largest number that was ever given, where numbers are not given again.
    pub last_number: Option<i64>,
    /// Keys beside the primary one that the table itself declares.
    pub unique: Vec<Key>,
    /// Its foreign keys, in the order of their declaration.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its checks, those of columns too.
    pub checks: Vec<Check>,
    /// Its indexes that have a statement of their own.
    pub indexes: Vec<Index>,
    /// Whether SQLite refuses values of another type.
    pub strict: bool,
    /// Whether its rows have no number.
    pub without_rowid: bool,
    /// The statement that made it.
    pub text: String,
    /// Why the statement could not be read in parts; then checks, collations and names of constraints
    /// are not known.
    pub unread: Option<String>,
}

/// What a [`Table`] is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TableKind {
    /// A table with rows of its own.
    #[default]
    Ordinary,
    /// A module makes it up.
    Virtual {
        /// The module: `fts5`, `rtree`, …
        module: String,
    },
    /// A module keeps in it what it needs.
    Shadow,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Column {
    /// Its name, as it is written.
    pub name: String,
    /// Its type, as it is declared; empty without one.
    pub declared: String,
    /// What SQLite makes of the type.
    pub affinity: Affinity,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// The expression of its default.
    pub default: Option<String>,
    /// What it is computed from.
    pub generated: Option<Generated>,
    /// The collation that is declared.
    pub collation: Option<String>,
}

/// `GENERATED ALWAYS AS (…)`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Generated {
    /// The expression.
    pub expression: String,
    /// Whether it is kept, and not computed at each read.
    pub stored: bool,
}

/// A key of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Key {
    /// The name of the constraint, if it has one.
    pub name: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ForeignKey {
    /// The name of the constraint, if it has one.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it points at.
    pub parent: String,
    /// The columns there; empty for the primary key.
    pub parent_columns: Vec<String>,
    /// `NO ACTION`, `CASCADE`, …
    pub on_delete: String,
    /// The same when the parent's key changes.
    pub on_update: String,
    /// Whether it is looked at only at the end of the transaction.
    pub deferred: bool,
    /// Whether a transaction can ask for that.
    pub deferrable: bool,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The name of the constraint, if it has one.
    pub name: Option<String>,
    /// The column that it stands at, if it stands at one.
    pub column: Option<String>,
    /// What must not be false.
    pub expression: String,
}

/// An index with a statement of its own.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Whether it keeps keys apart.
    pub unique: bool,
    /// What it is over, in order.
    pub columns: Vec<IndexColumn>,
    /// Which rows it is for.
    pub condition: Option<String>,
    /// The statement that made it.
    pub text: String,
    /// Why the statement could not be read in parts.
    pub unread: Option<String>,
}

/// One part of an [`Index`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndexColumn {
    /// The column, where it is one.
    pub column: Option<String>,
    /// The expression otherwise.
    pub expression: Option<String>,
    /// Whether the largest comes first.
    pub descending: bool,
    /// The collation that is written.
    pub collation: Option<String>,
}

/// A view.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct View {
    /// Its name.
    pub name: String,
    /// The names of its columns; empty when it cannot be read.
    pub columns: Vec<String>,
    /// The statement that made it.
    pub text: String,
}

/// A trigger.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The table or view that it is of.
    pub table: String,
    /// The statement that made it.
    pub text: String,
}

impl ForeignKey {
    /// The columns of the parent that it points at, those of its primary key where none are written.
    pub fn parent_of(&self, parent: &Table) -> Vec<String> {
        if !self.parent_columns.is_empty() {
            return self.parent_columns.clone();
        }
        let key = parent.primary_key.as_ref();
        key.map(|key| key.columns.clone()).unwrap_or_default()
    }
}

impl Table {
    /// The column of that name, in any case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.name.eq_ignore_ascii_case(name))
    }
}
