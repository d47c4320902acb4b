//! What stands in a schema beside tables and views, and what is common to all of it.

use super::part::Constraint;
use super::relation::Column;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Rare facts by name; what is as it is by default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Properties(pub BTreeMap<String, String>);

impl Properties {
    /// The fact of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl<'de> Deserialize<'de> for Properties {
    /// Values of any kind become text, and NULL is no fact.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
        let text = |(name, value)| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some((name, text)),
            other => Some((name, other.to_string())),
        };
        Ok(Self(values.into_iter().filter_map(text).collect()))
    }
}

/// A privilege that someone has.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// A role, as SQL writes it; `PUBLIC` for all, `OWNER` for the object's owner. What an owner has
    /// by default is not listed.
    pub to: String,
    /// `SELECT`, `USAGE`, …; `NONE` for an owner who gave up everything.
    pub privilege: String,
    /// Whether it may be handed on.
    #[serde(default)]
    pub grantable: bool,
    /// Who gave it, where it was not the owner.
    #[serde(default)]
    pub by: Option<String>,
}

/// The schema itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Schema {
    /// Who owns it.
    pub owner: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may do what.
    pub grants: Vec<Grant>,
}

/// A sequence that is no identity column's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// How it counts, as `CREATE SEQUENCE` has it; where it stands is data.
    pub options: String,
    /// `TABLE.COLUMN`, with which it goes.
    pub owned_by: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may do what.
    pub grants: Vec<Grant>,
    /// What else there is to it: `persistence`.
    pub properties: Properties,
}

/// A function, procedure or aggregate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Routine {
    /// Its name and the types of what it takes: `add(integer, integer)`.
    pub name: String,
    /// `function`, `procedure`, `window function` or `aggregate`.
    pub kind: String,
    /// Its language.
    pub language: String,
    /// Its parameters with names, modes and defaults.
    pub arguments: String,
    /// What it answers.
    pub result: Option<String>,
    /// Its text.
    pub body: String,
    /// The statement that makes it, without the schema; an aggregate has none. It says what the
    /// other fields say, and is not compared.
    pub definition: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may run it.
    pub grants: Vec<Grant>,
    /// What else there is to it: `volatility`, `security definer`, `settings`, …
    pub properties: Properties,
}

/// A type that was made for its own sake.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Type {
    /// Its name.
    pub name: String,
    /// `enum`, `domain`, `composite`, `range`, `base` or `shell`.
    pub kind: String,
    /// The values of an enum, in their order.
    pub labels: Vec<String>,
    /// The type that a domain or a range is over.
    pub base: Option<String>,
    /// A domain: whether it refuses NULL.
    pub not_null: bool,
    /// A domain: its default.
    pub default: Option<String>,
    /// A domain: its collation, where it is not its type's.
    pub collation: Option<String>,
    /// A domain: its constraints.
    pub constraints: Vec<Constraint>,
    /// A composite: what it is made of, in order.
    pub attributes: Vec<Column>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may use it.
    pub grants: Vec<Grant>,
    /// What else there is to it.
    pub properties: Properties,
}

/// An extension of the database that the schema is in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The schema that it is in, where it is another one.
    pub schema: Option<String>,
}

/// What `ALTER DEFAULT PRIVILEGES` said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DefaultPrivileges {
    /// For what: `tables that OWNER makes in the schema`.
    pub name: String,
    /// Who may do what.
    pub grants: Vec<Grant>,
}

/// An object of a rarer kind: an operator, a collation, extended statistics, a publication, …; on SQLite
/// a setting that the file keeps, such as `user_version`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Other {
    /// What it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The statement that makes it, where the engine has one.
    pub definition: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Who may do what.
    pub grants: Vec<Grant>,
    /// All that is known of it.
    pub properties: Properties,
}
