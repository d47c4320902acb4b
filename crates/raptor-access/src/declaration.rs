//! `access.toml`: who may do what, checked against itself. What does not stand in it must not be possible.
//!
//! It knows no database: whether tables and columns are there is for a plan to say.

mod catalog;
mod check;
mod file;
mod grant;
mod place;
mod sql;

pub use catalog::Group;
pub(crate) use check::OWN;
pub use grant::{Grant, Verb};
pub use place::Place;

use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Declaration {
    /// The schema of names that are written without one.
    pub schema: String,
    /// Roles by name; logins that inherit one stand in it.
    pub roles: BTreeMap<String, Role>,
    /// What decides which rows somebody sees.
    pub scopes: BTreeMap<String, Scope>,
    /// What roles may do with the database itself.
    pub database: Grants,
    /// What the database has set for all that log in to it.
    pub settings: BTreeMap<String, String>,
    /// The same of schemas.
    pub schemas: BTreeMap<String, Grants>,
    /// Tables, with partitioned ones and foreign ones, by their names with schemas.
    pub tables: BTreeMap<Name, Table>,
    /// Views, which ask with the rights of who asks them.
    pub views: BTreeMap<Name, Grants>,
    /// Sequences that belong to no column.
    pub sequences: BTreeMap<Name, Grants>,
    /// Functions, by name and argument types: `raptor.touch(uuid)`.
    pub functions: BTreeMap<String, Function>,
    /// What is taken back of what Postgres gives everybody, but for these roles.
    pub catalog: BTreeMap<Group, Grants>,
    /// Whether the database has a table of proofs.
    pub keeps_proofs: bool,
    /// The SHA-256 of the file's text.
    pub digest: [u8; 32],
}

/// What is declared of a function or procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Whether it runs with the rights of its owner, and not of who calls it.
    pub definer: bool,
    /// What each role may do.
    pub grants: Grants,
}

/// Grants by role.
pub type Grants = BTreeMap<String, At<Grant>>;

/// Something, and where it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// It.
    pub it: T,
    /// Where it stands.
    pub place: Place,
}

/// The name of a table or the like, with its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

/// What a role is there for, which decides what it may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Owns all that is declared; nobody logs in as it.
    Owner,
    /// Becomes the owner to change the schema.
    Migrator,
    /// Serves customers.
    App,
    /// Runs jobs.
    Worker,
    /// Helps customers, with their leave.
    Support,
    /// Reads.
    Readonly,
    /// Owns the functions that find out whom a session acts for, and can read what they need.
    Resolver,
    /// Reads all rows of all tables, to keep them.
    Backup,
}

/// A role, and the logins that inherit it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// What it is there for.
    pub kind: Kind,
    /// Who logs in with its rights; the role itself, where that is among them.
    pub logins: Vec<String>,
    /// What each login has set, such as `search_path`.
    pub settings: BTreeMap<String, String>,
    /// How many connections each login may have; any number where it is not said.
    pub connections: Option<u32>,
    /// Roles of others that it is a member of.
    pub member_of: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

/// What decides which rows somebody sees: a value, or several, that the database finds out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// The type of the value: `uuid`, `bigint`, `text`.
    pub type_name: String,
    /// How it is found.
    pub way: Way,
    /// Where it stands.
    pub place: Place,
}

/// How a scope's value is found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// By the token of a session, of which a table keeps a hash; and by a context that the service has signed.
    Token {
        /// The table of sessions.
        table: Name,
        /// Its column with the hash.
        hash: String,
        /// Its column with the value.
        gives: String,
        /// What is true of a session that is good now.
        when: String,
    },
    /// By a context that the service has signed alone.
    Signed,
    /// By a query, of which each row is a value.
    Query {
        /// The query's text.
        text: String,
        /// The columns that it reads, by table.
        reads: BTreeMap<Name, Vec<String>>,
    },
}

/// What is declared of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// The column that says whose a row is.
    pub tenant: Option<String>,
    /// Which rows each role sees.
    pub rows: BTreeMap<String, At<Rows>>,
    /// What each role may do.
    pub grants: Grants,
    /// Whether rows are never changed nor taken away.
    pub append_only: bool,
    /// Where it stands.
    pub place: Place,
}

/// Which rows a role sees of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rows {
    /// All.
    All,
    /// Those of which one of these columns is the value of its scope, or one of its values.
    Of(Vec<Seen>),
}

/// A column of the rows that somebody sees, and the scope that says which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The column.
    pub column: String,
    /// The scope.
    pub scope: String,
}

impl Declaration {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ErrorKind::Declaration`], with file, line and column.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("{} cannot be read: {error}", path.display());
            Error::new(ErrorKind::Declaration, message)
        })?;
        Self::read(&text).map_err(|error| {
            Error::new(
                ErrorKind::Declaration,
                format!("{}: {error}", path.display()),
            )
        })
    }

    /// Reads the text of a file.
    ///
    /// ```
    /// use raptor_access::{Declaration, Kind};
    /// let text = r#"
    ///     version = 1
    ///     schema = "app"
    ///     [roles.app_owner]
    ///     is = "owner"
    ///     [roles.app_web]
    ///     is = "app"
    ///     logins = ["app_web_a", "app_web_b"]
    ///     [tables.notes]
    ///     grant.app_web = "select, insert (id, body)"
    /// "#;
    /// let declared = Declaration::read(text)?;
    /// assert_eq!(declared.roles["app_web"].kind, Kind::App);
    /// let error = Declaration::read(&text.replace("app_web =", "app_wep =")).unwrap_err();
    /// assert!(error.to_string().starts_with("line 10, column"), "{error}");
    /// # Ok::<(), raptor_access::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Declaration`], with line and column.
    pub fn read(text: &str) -> Result<Self> {
        file::read(text)
    }

    /// The same where the owner is another role, and logs in as these.
    ///
    /// ```
    /// use raptor_access::Declaration;
    /// let text = r#"
    ///     version = 1
    ///     [roles.app_owner]
    ///     is = "owner"
    ///     [tables.notes]
    ///     grant.app_owner = "select"
    /// "#;
    /// let declared = Declaration::read(text)?.owned_by("u8s7", vec!["u8s7".to_owned()]);
    /// assert_eq!(declared.owner(), "u8s7");
    /// assert!(declared.tables.values().all(|it| it.grants.contains_key("u8s7")));
    /// # Ok::<(), raptor_access::Error>(())
    /// ```
    #[must_use]
    pub fn owned_by(mut self, owner: &str, logins: Vec<String>) -> Self {
        let before = self.owner().to_owned();
        if let Some(role) = self.roles.remove(&before) {
            self.roles.insert(owner.to_owned(), Role { logins, ..role });
        }
        for role in self.roles.values_mut() {
            let same = role.member_of.iter_mut().filter(|it| **it == before);
            same.for_each(|it| owner.clone_into(it));
        }
        for table in self.tables.values_mut() {
            renamed(&mut table.rows, &before, owner);
        }
        let tables = self.tables.values_mut().map(|it| &mut it.grants);
        let functions = self.functions.values_mut().map(|it| &mut it.grants);
        let others = self.schemas.values_mut().chain(self.views.values_mut());
        let others = others.chain(self.sequences.values_mut());
        let others = others.chain(self.catalog.values_mut());
        for grants in others.chain(tables).chain(functions) {
            renamed(grants, &before, owner);
        }
        renamed(&mut self.database, &before, owner);
        self
    }

    /// The role that owns what is declared.
    pub fn owner(&self) -> &str {
        self.of_kind(Kind::Owner).unwrap_or_default()
    }

    /// The first role of a kind.
    pub fn of_kind(&self, kind: Kind) -> Option<&str> {
        let mut roles = self.roles.iter();
        let role = roles.find(|(_, role)| role.kind == kind);
        role.map(|(name, _)| name.as_str())
    }

    /// The role that a login inherits.
    pub fn role_of(&self, login: &str) -> Option<(&str, &Role)> {
        let mut roles = self.roles.iter();
        let has = |role: &Role| role.logins.iter().any(|it| it == login);
        let found = roles.find(|(_, role)| has(role));
        found.map(|(name, role)| (name.as_str(), role))
    }
}

fn renamed<T>(of: &mut BTreeMap<String, T>, before: &str, after: &str) {
    if let Some(it) = of.remove(before) {
        of.insert(after.to_owned(), it);
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}
