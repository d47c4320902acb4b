//! What a database lets roles do, or is to let them do, as facts that can be compared one by one.

use crate::declaration::{Name, Verb};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What somebody may be granted a verb on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Object {
    /// The database.
    Database(String),
    /// A schema.
    Schema(String),
    /// A table, a view, or what else has rows.
    Relation(Name),
    /// A column of one.
    Column(Name, String),
    /// A sequence.
    Sequence(Name),
    /// A function or procedure, by its signature.
    Function(String),
    /// A type or domain.
    Type(Name),
    /// A language.
    Language(String),
    /// A foreign-data wrapper.
    Wrapper(String),
    /// A foreign server.
    Server(String),
    /// A large object.
    LargeObject(i64),
    /// A parameter of the server (Postgres 15).
    Parameter(String),
    /// A tablespace.
    Tablespace(String),
    /// Objects that a role is yet to make, in a schema or in any.
    Future {
        /// Who makes them.
        owner: String,
        /// Where; in any schema where it is none.
        schema: Option<String>,
        /// What they are: `TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES`, `SCHEMAS`.
        what: String,
    },
}

/// Somebody may do something to something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Acl {
    /// To what.
    pub object: Object,
    /// Who; `public` is everybody.
    pub grantee: String,
    /// What.
    pub verb: Verb,
    /// Whether they may let others.
    pub grantable: bool,
}

/// What a role is by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "Postgres has them so")]
pub struct Attributes {
    /// Whether it may log in.
    pub login: bool,
    /// Whether nothing holds it.
    pub superuser: bool,
    /// Whether policies do not hold it.
    pub bypass_rls: bool,
    /// Whether it makes roles.
    pub create_role: bool,
    /// Whether it makes databases.
    pub create_db: bool,
    /// Whether it reads the log of changes.
    pub replication: bool,
    /// Whether it has the rights of the roles that it is a member of.
    pub inherit: bool,
    /// How many connections it may have; any number where it is below zero.
    pub connections: i64,
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Member {
    /// The role.
    pub role: String,
    /// Who is a member of it.
    pub member: String,
    /// Whether it may make others members.
    pub admin: bool,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// Roles with what they are.
    pub roles: BTreeMap<String, Attributes>,
    /// Who is a member of what.
    pub members: BTreeSet<Member>,
    /// What logins have set, by role and name.
    pub settings: BTreeMap<(String, String), String>,
    /// Who owns what.
    pub owners: BTreeMap<Object, String>,
    /// Who may do what.
    pub acls: BTreeSet<Acl>,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(name) => write!(f, "database {name}"),
            Self::Schema(name) => write!(f, "schema {name}"),
            Self::Relation(name) => write!(f, "table {name}"),
            Self::Column(name, column) => write!(f, "column {name}.{column}"),
            Self::Sequence(name) => write!(f, "sequence {name}"),
            Self::Function(name) => write!(f, "function {name}"),
            Self::Type(name) => write!(f, "type {name}"),
            Self::Language(name) => write!(f, "language {name}"),
            Self::Wrapper(name) => write!(f, "foreign-data wrapper {name}"),
            Self::Server(name) => write!(f, "foreign server {name}"),
            Self::LargeObject(oid) => write!(f, "large object {oid}"),
            Self::Parameter(name) => write!(f, "parameter {name}"),
            Self::Tablespace(name) => write!(f, "tablespace {name}"),
            Self::Future {
                owner,
                schema,
                what,
            } => {
                let place = schema
                    .as_ref()
                    .map_or_else(String::new, |it| format!(" in {it}"));
                write!(f, "{} that {owner} makes{place}", what.to_lowercase())
            }
        }
    }
}
