//! What hangs on a table: constraints, indexes, triggers, rules, policies. It only holds.

use super::object::Properties;
use serde::{Deserialize, Serialize};

/// A constraint of a table or domain.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Constraint {
    /// Its name; on SQLite there may be none.
    pub name: Option<String>,
    /// `primary key`, `unique`, `foreign key`, `check`, `exclusion` or `not null`.
    pub kind: String,
    /// The columns that it is over, where it is no check.
    pub columns: Vec<String>,
    /// What it says, without its name.
    pub definition: String,
    /// Whether its check can wait for the end of the transaction.
    pub deferrable: bool,
    /// Whether it does so unless told otherwise.
    pub deferred: bool,
    /// Whether the rows that there were have been checked.
    pub validated: bool,
    /// Postgres: its comment.
    pub comment: Option<String>,
    /// What else there is to it: `inherited`, `triggers`.
    pub properties: Properties,
}

/// An index.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The statement that makes it, without the schema.
    pub definition: String,
    /// SQLite: the statement as it was written, which says what the other fields say and is not
    /// compared.
    pub text: Option<String>,
    /// Whether it keeps keys apart.
    pub unique: bool,
    /// Whether it has a `WHERE`.
    pub partial: bool,
    /// Whether queries may use it; not after a `CONCURRENTLY` that failed.
    pub valid: bool,
    /// Postgres: whether it belongs to a constraint.
    pub of_constraint: bool,
    /// Postgres: its comment.
    pub comment: Option<String>,
    /// What else there is to it: `tablespace`, `clustered`, `statistics`, …
    pub properties: Properties,
}

/// A trigger.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The statement that makes it, without the schema.
    pub definition: String,
    /// SQLite: the statement as it was written, which says what the other fields say and is not
    /// compared.
    pub text: Option<String>,
    /// When it fires: `yes`, `no`, `replica` or `always`.
    pub enabled: String,
    /// Postgres: its comment.
    pub comment: Option<String>,
    /// What else there is to it: `cloned` from the parent of a partition.
    pub properties: Properties,
}

/// A rewrite rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The statement that makes it, without the schema.
    pub definition: String,
    /// When it holds: `yes`, `no`, `replica` or `always`.
    pub enabled: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// A row-level security policy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE` or `ALL`.
    pub command: String,
    /// Whether it lets rows through, and does not only hold others back.
    pub permissive: bool,
    /// The roles that it is for, by name.
    pub roles: Vec<String>,
    /// Which rows are seen.
    pub using: Option<String>,
    /// Which rows may be written.
    pub check: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}
