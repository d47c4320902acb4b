//! What a database's schema is, as a value that can be compared, printed and kept.
//!
//! Two catalogs of one engine are equal when their schemas are: tables with all that hangs on them,
//! and on Postgres all else that a schema holds. The names of the schemas themselves do not count, so
//! that a live one can be held against one that was made to compare it with. Rows do not count, nor
//! do the tables that this crate keeps itself. It only reads.

mod difference;
mod display;
mod facts;
mod node;
mod object;
mod part;
mod postgres;
mod relation;
mod sqlite;

pub use difference::{Difference, DifferenceKind};
pub use object::{
    DefaultPrivileges, Extension, Grant, Other, Properties, Routine, Schema, Sequence, Type,
};
pub use part::{Constraint, Index, Policy, Rule, Trigger};
pub use relation::{Column, Generated, Identity, Relation, RelationKind};

use crate::error::{Error, Result};
use crate::runner::Options;
use raptor_db::{Db, Engine, Session};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The tables that the runner keeps; what hangs on them is not part of a catalog either.
const OURS: [&str; 2] = ["alembic_version", "raptor_migration_log"];

/// What a database's schema is.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use raptor_db::{Config, Db};
/// use raptor_migrate::{Options, catalog};
/// let folder = tempfile::tempdir()?;
/// let db = Db::open(Config::new(&format!("sqlite:{}/dev.db", folder.path().display()))?).await?;
/// let session = db.session().await?;
/// session.execute_raw("CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT DEFAULT 'x') STRICT").await?;
/// let before = catalog(&db, &Options::default()).await?;
/// assert_eq!(before.relation("t").unwrap().column("note").unwrap().default.as_deref(), Some("'x'"));
///
/// session.execute_raw("ALTER TABLE t ADD COLUMN done INTEGER").await?;
/// let after = catalog(&db, &Options::default()).await?;
/// assert_ne!(before, after);
/// let found = before.differences(&after);
/// assert_eq!(found[0].to_string(), "table t, column done is there and not here");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Catalog {
    /// The engine that it was read from.
    #[serde(serialize_with = "engine_out", deserialize_with = "engine_in")]
    pub engine: Engine,
    /// Postgres: the name of the schema, which is not compared.
    pub schema_name: Option<String>,
    /// Postgres: the schema itself; none where it does not exist.
    pub schema: Option<Schema>,
    /// Tables and views.
    pub relations: Vec<Relation>,
    /// Postgres: sequences that are no identity column's.
    pub sequences: Vec<Sequence>,
    /// Postgres: functions, procedures and aggregates.
    pub routines: Vec<Routine>,
    /// Postgres: enums, domains, composites and other types.
    pub types: Vec<Type>,
    /// Postgres: the extensions of the database.
    pub extensions: Vec<Extension>,
    /// Postgres: what `ALTER DEFAULT PRIVILEGES` said.
    pub default_privileges: Vec<DefaultPrivileges>,
    /// Operators, collations, statistics, publications and the like; settings of a SQLite file.
    pub others: Vec<Other>,
}

/// Reads what the schema of `db` is: on Postgres the schema of [`Options::schema`], or the first one
/// on the login's search path. Any login may do so that has USAGE on it. What others change meanwhile
/// may be read half-way.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub async fn catalog(db: &Db, options: &Options) -> Result<Catalog> {
    let session = db.session().await.map_err(cannot_read)?;
    catalog_of(&session, options).await
}

/// The same over a connection of one's own. Inside an open transaction it sees what that has done;
/// the transaction and the connection's settings stay as they are, unless the future is dropped
/// half-way.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub async fn catalog_of(session: &Session, options: &Options) -> Result<Catalog> {
    match session.engine() {
        Engine::Postgres => postgres::read(session, options.schema.as_deref()).await,
        Engine::Sqlite => sqlite::read(session).await,
    }
}

impl Catalog {
    pub(crate) fn empty(engine: Engine) -> Self {
        Self {
            engine,
            schema_name: None,
            schema: None,
            relations: Vec::new(),
            sequences: Vec::new(),
            routines: Vec::new(),
            types: Vec::new(),
            extensions: Vec::new(),
            default_privileges: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The table or view of that name.
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|it| it.name == name)
    }

    /// All that differs, object by object. None is what equality means.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        self.differences_ignoring(other, &[])
    }

    /// All that differs, but for differences of these kinds:
    /// `&[DifferenceKind::Owner, DifferenceKind::Grants]` compares databases of different roles.
    pub fn differences_ignoring(
        &self,
        other: &Self,
        ignored: &[DifferenceKind],
    ) -> Vec<Difference> {
        let mut found = difference::compare(
            (&self.tree(), self.schema_name.as_deref()),
            (&other.tree(), other.schema_name.as_deref()),
        );
        found.retain(|difference| !ignored.contains(&difference.kind));
        if self.engine != other.engine {
            found.insert(0, Difference::engines(self.engine, other.engine));
        }
        found
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        self.differences(other).is_empty()
    }
}

fn engine_out<S: Serializer>(engine: &Engine, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(engine.as_str())
}

fn engine_in<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Engine, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "sqlite" => Ok(Engine::Sqlite),
        "postgres" => Ok(Engine::Postgres),
        other => Err(serde::de::Error::custom(format!("{other:?} is no engine"))),
    }
}

fn cannot_read(error: raptor_db::Error) -> Error {
    Error::database("the schema cannot be read", error)
}
