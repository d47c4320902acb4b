//! Throw-away databases, of the engine that the chain is looked at on.

use anyhow::{Context, Result};
use raptor_db::{Config, Db, Engine, Scope, Sql, params};
use raptor_testkit::{Options, Server};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Throw-away databases; gone when dropped.
pub(super) struct Scratch {
    kind: Kind,
    /// How many there are.
    made: AtomicUsize,
    /// Roles that texts name, beside those of the database that is looked at.
    roles: Mutex<BTreeSet<String>>,
}

enum Kind {
    Sqlite(tempfile::TempDir),
    Postgres(Box<Server>),
}

impl Scratch {
    /// On Postgres a server is started (`RAPTOR_PG_BIN` names its programs).
    pub(super) fn new(engine: Engine) -> Result<Self> {
        let kind = match engine {
            Engine::Sqlite => {
                Kind::Sqlite(tempfile::tempdir().context("no folder for a throw-away database")?)
            }
            Engine::Postgres => {
                let server = Server::start(Options::default());
                Kind::Postgres(Box::new(
                    server.context("no throw-away Postgres for what is to be proved")?,
                ))
            }
        };
        Ok(Self {
            kind,
            made: AtomicUsize::new(0),
            roles: Mutex::default(),
        })
    }

    /// Does `work`, on new databases each time: once more with each role that it names and that is
    /// not there. They are roles of the throw-away server alone, and may do nothing.
    pub(super) async fn with_roles<T>(&self, work: impl AsyncFn() -> Result<T>) -> Result<T> {
        loop {
            let error = match work().await {
                Err(error) => error,
                done => return done,
            };
            let Some(role) = missing_role(&error) else {
                return Err(error);
            };
            let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
            if !roles.insert(role) {
                return Err(error);
            }
        }
    }

    /// An empty database.
    pub(super) async fn database(&self, name: &str, like: Option<&Db>) -> Result<Db> {
        open(&self.url(name, like).await?).await
    }

    /// The URL of an empty database, as its owner. With `like`, every role that it has is here too,
    /// so that a revision may name it, and unqualified names are looked for in the same schemas.
    pub(super) async fn url(&self, name: &str, like: Option<&Db>) -> Result<String> {
        let name = format!("{name}_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let like = like.filter(|like| like.engine() == Engine::Postgres);
        Ok(match &self.kind {
            Kind::Sqlite(folder) => format!(
                "sqlite:{}",
                folder.path().join(format!("{name}.db")).display()
            ),
            Kind::Postgres(server) => {
                let urls = server.create_database(&name)?;
                let admin = open(urls.admin_url()).await?;
                let mut roles = self
                    .roles
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                if let Some(like) = like {
                    roles.extend(role_names(like).await?);
                }
                make_roles(&admin, &roles).await?;
                look_where(&admin, &name, like).await?;
                urls.owner_url().to_owned()
            }
        })
    }
}

/// The role that a text names and that is not there.
fn missing_role(error: &anyhow::Error) -> Option<String> {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<raptor_db::Error>());
    let cause = causes.find(|cause| cause.code() == Some("42704"))?;
    let name = cause.message().strip_prefix("role \"")?;
    Some(name.strip_suffix("\" does not exist")?.to_owned())
}

async fn open(url: &str) -> Result<Db> {
    let mut config = Config::new(url)?;
    config.pool_size = 2;
    Ok(Db::open(config).await?)
}

static ROLES: Sql = Sql::new(
    "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname NOT LIKE 'pg\\_%'",
);

async fn role_names(db: &Db) -> Result<BTreeSet<String>> {
    let rows = db.query(&Scope::system(), &ROLES, params! {}).await?;
    Ok(rows
        .iter()
        .map(|row| row.get("name"))
        .collect::<raptor_db::Result<_>>()?)
}

async fn make_roles(admin: &Db, wanted: &BTreeSet<String>) -> Result<()> {
    let here = role_names(admin).await?;
    let session = admin.session().await?;
    for name in wanted.difference(&here) {
        let quoted = quoted(name);
        // The chain's owner must be able to become it and to grant it.
        let text = format!("CREATE ROLE {quoted}; GRANT {quoted} TO raptor_owner");
        session.execute_raw(&text).await?;
    }
    Ok(())
}

static PATH: Sql = Sql::new(
    "SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.current_schema()::text AS schema",
);

/// What the owner's search path is there: the one of `like`, or else the server's own default.
async fn look_where(admin: &Db, name: &str, like: Option<&Db>) -> Result<()> {
    let (mut path, mut schema) = ("\"$user\", public".to_owned(), None);
    if let Some(like) = like {
        let rows = like.query(&Scope::system(), &PATH, params! {}).await?;
        (path, schema) = (rows[0].get("path")?, rows[0].get("schema")?);
    }
    let session = admin.session().await?;
    if let Some(schema) = schema.filter(|it: &String| it != "pg_catalog") {
        let schema = quoted(&schema);
        let text = format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION raptor_owner");
        session.execute_raw(&text).await?;
    }
    let name = quoted(name);
    // An empty path is written so.
    let path = if path.is_empty() { "''" } else { &path };
    let text = format!("ALTER ROLE raptor_owner IN DATABASE {name} SET search_path = {path}");
    session.execute_raw(&text).await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
