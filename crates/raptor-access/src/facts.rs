//! What a database lets roles do, or is to let them do, as facts that can be compared one by one.

use crate::declaration::{Group, Name, Verb};
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
}

/// A membership as somebody gave it; since Postgres 16 several may.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Membership {
    /// Who gave it.
    pub by: String,
    /// Whether the member may make others members.
    pub admin: bool,
    /// Whether it has the rights of the role.
    pub inherit: bool,
    /// Whether it is what the server gives whoever made the role, since Postgres 16: it may give the role to others and
    /// change it, and has none of its rights.
    pub of_maker: bool,
}

/// What guards the rows of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guard {
    /// Whether policies hold those who do not own it.
    pub enabled: bool,
    /// Whether they hold its owner, too.
    pub forced: bool,
}

/// Which rows somebody sees and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: &'static str,
    /// Whether it shows rows, and does not hide some of those that others show.
    pub permissive: bool,
    /// To whom; `public` is everybody.
    pub roles: BTreeSet<String>,
    /// What is true of a row that is seen, as Postgres writes it.
    pub shown: Option<String>,
    /// What is true of a row that is written; the same as of one that is seen where it is none.
    pub written: Option<String>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its type, as Postgres writes it, without a length.
    pub type_name: String,
    /// Whether it counts up by itself, whatever is written.
    pub identity: bool,
    /// Whether it is computed from others.
    pub computed: bool,
    /// Whether texts that are not the same may be equal: its collation is not deterministic.
    pub loose: bool,
}

/// A table, a view, or what else has rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relation {
    /// As `pg_class.relkind` has it: `r`, `p`, `v`, `m`, `f`.
    pub kind: char,
    /// Its columns.
    pub columns: BTreeMap<String, Column>,
    /// What guards its rows.
    pub guard: Guard,
    /// Its policies, by name.
    pub policies: BTreeMap<String, Policy>,
    /// Whether a view asks with the rights of who asks it.
    pub invoker: bool,
    /// The table that it is a partition of, or, of a sequence, whose column counts with it (`serial`).
    pub part_of: Option<Name>,
    /// The tables that show its rows as theirs: those that it inherits from or is a partition of.
    pub parents: BTreeSet<Name>,
}

/// A function or procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Routine {
    /// Its schema.
    pub schema: String,
    /// Whether it runs with the rights of its owner.
    pub definer: bool,
    /// `i`, `s` or `v`.
    pub volatility: String,
    /// `s`, `r` or `u`.
    pub parallel: String,
    /// The type that it answers.
    pub returns: String,
    /// The language that it is written in.
    pub language: String,
    /// Its text.
    pub source: String,
    /// What it has set, as `name=value`.
    pub settings: BTreeSet<String>,
}

/// Which database, and who looks at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Here {
    /// The database.
    pub database: String,
    /// The role whose rights are in force.
    pub login: String,
    /// Whether nothing holds it.
    pub superuser: bool,
    /// The server's version: 150018 is 15.18.
    pub version: i64,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// Which database, and who looks at it.
    pub here: Here,
    /// Roles with what they are.
    pub roles: BTreeMap<String, Attributes>,
    /// Who is a member of what, and by whom.
    pub members: BTreeMap<Member, Vec<Membership>>,
    /// What logins have set, by role and name; what the database has for all is of no role.
    pub settings: BTreeMap<(String, String), String>,
    /// The names of all settings that this server has, in small letters.
    pub known_settings: BTreeSet<String>,
    /// What roles have set for this database alone, which goes before.
    pub here_alone: BTreeSet<(String, String)>,
    /// Who owns what.
    pub owners: BTreeMap<Object, String>,
    /// Who may do what.
    pub acls: BTreeSet<Acl>,
    /// What has rows, and what guards them.
    pub relations: BTreeMap<Name, Relation>,
    /// Functions and procedures, by signature.
    pub routines: BTreeMap<String, Routine>,
    /// What Postgres itself gives everybody, in groups.
    pub catalog: BTreeMap<Group, Given>,
}

/// Functions and languages of Postgres's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Given {
    /// They.
    pub objects: Vec<Object>,
    /// Who may use them: everybody, as a rule.
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
