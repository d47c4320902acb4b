//! What a table or view is made of. It only holds; reading and comparing are done elsewhere.

use super::object::{Grant, Properties};
use super::part::{Constraint, Index, Policy, Rule, Trigger};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A table or a view, with all that hangs on it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Relation {
    /// Its name, without the schema.
    pub name: String,
    /// What it is.
    pub kind: RelationKind,
    /// Postgres: who owns it.
    pub owner: Option<String>,
    /// Postgres: its comment.
    pub comment: Option<String>,
    /// The query of a view, the module of a virtual table; and the whole text of a table of SQLite
    /// that could not be read in parts.
    pub definition: Option<String>,
    /// SQLite: the statement as it was written, which says what the other fields say and is not
    /// compared.
    pub text: Option<String>,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Primary key, unique, foreign key, check and exclusion constraints.
    pub constraints: Vec<Constraint>,
    /// Its indexes; on SQLite without those that a constraint makes, which have no name of their own.
    pub indexes: Vec<Index>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// Postgres: its rewrite rules, without the one that makes a view.
    pub rules: Vec<Rule>,
    /// Postgres: its row-level security policies.
    pub policies: Vec<Policy>,
    /// Postgres: whether policies hold.
    pub row_security: bool,
    /// Postgres: whether they hold for the owner too.
    pub force_row_security: bool,
    /// Postgres: who may do what.
    pub grants: Vec<Grant>,
    /// What else there is to it: `partition key`, `inherits`, `options`, `strict`, `without rowid`, `shadow` (what a
    /// virtual table keeps its rows in), …
    pub properties: Properties,
}

impl Relation {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What a [`Relation`] is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RelationKind {
    /// A table.
    #[default]
    Table,
    /// Postgres: a table whose rows are in its partitions.
    PartitionedTable,
    /// Postgres: a table of another server.
    ForeignTable,
    /// SQLite: a table that a module makes up.
    VirtualTable,
    /// A view.
    View,
    /// Postgres: a view whose rows are kept.
    MaterializedView,
}

impl RelationKind {
    /// In words: `table`, `materialized view`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::PartitionedTable => "partitioned table",
            Self::ForeignTable => "foreign table",
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
        }
    }
}

impl fmt::Display for RelationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the engine writes it; on SQLite as it was declared, in lower case.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its default.
    pub default: Option<String>,
    /// Postgres: `GENERATED … AS IDENTITY`.
    pub identity: Option<Identity>,
    /// `GENERATED ALWAYS AS (…)`.
    pub generated: Option<Generated>,
    /// Its collation, where it is not its type's.
    pub collation: Option<String>,
    /// Postgres: its comment.
    pub comment: Option<String>,
    /// Postgres: who may do what with this column alone.
    pub grants: Vec<Grant>,
    /// What else there is to it: `storage`, `statistics`, `inherited`, …
    pub properties: Properties,
}

/// A column that numbers rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Identity {
    /// `ALWAYS`, and not `BY DEFAULT`.
    pub always: bool,
    /// The name of the sequence.
    pub sequence: String,
    /// How the sequence counts, as `CREATE SEQUENCE` has it.
    pub options: String,
    /// The sequence's comment.
    pub comment: Option<String>,
    /// Who may use the sequence.
    pub grants: Vec<Grant>,
}

/// A column that is computed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Generated {
    /// From what.
    pub expression: String,
    /// Whether it is kept, and not computed at each read.
    pub stored: bool,
}
