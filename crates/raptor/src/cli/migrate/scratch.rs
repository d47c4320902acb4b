//! Throw-away databases, of the engine that the chain is looked at on.

use anyhow::{Context, Result};
use raptor_db::{Config, Db, Engine, Scope, Sql, params};
use raptor_testkit::{Options, Server};

/// Throw-away databases; gone when dropped.
pub(super) struct Scratch(Kind);

enum Kind {
    Sqlite(tempfile::TempDir),
    Postgres(Box<Server>),
}

impl Scratch {
    /// On Postgres a server is started (`RAPTOR_PG_BIN` names its programs).
    pub(super) fn new(engine: Engine) -> Result<Self> {
        Ok(Self(match engine {
            Engine::Sqlite => {
                Kind::Sqlite(tempfile::tempdir().context("no folder for a throw-away database")?)
            }
            Engine::Postgres => {
                let server = Server::start(Options::default());
                Kind::Postgres(Box::new(
                    server.context("no throw-away Postgres for what is to be proved")?,
                ))
            }
        }))
    }

    /// An empty database.
    pub(super) async fn database(&self, name: &str, like: Option<&Db>) -> Result<Db> {
        open(&self.url(name, like).await?).await
    }

    /// The URL of an empty database, as its owner. With `like`, every role that there is there is
    /// here too, so that a revision may name it.
    pub(super) async fn url(&self, name: &str, like: Option<&Db>) -> Result<String> {
        Ok(match &self.0 {
            Kind::Sqlite(folder) => format!(
                "sqlite:{}",
                folder.path().join(format!("{name}.db")).display()
            ),
            Kind::Postgres(server) => {
                let urls = server.create_database(name)?;
                let admin = open(urls.admin_url()).await?;
                if let Some(like) = like.filter(|like| like.engine() == Engine::Postgres) {
                    make_roles(&admin, like).await?;
                }
                urls.owner_url().to_owned()
            }
        })
    }
}

async fn open(url: &str) -> Result<Db> {
    let mut config = Config::new(url)?;
    config.pool_size = 2;
    Ok(Db::open(config).await?)
}

static ROLES: Sql = Sql::new(
    "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname NOT LIKE 'pg\\_%'",
);

async fn make_roles(admin: &Db, like: &Db) -> Result<()> {
    let names = async |db: &Db| -> Result<Vec<String>> {
        let rows = db.query(&Scope::system(), &ROLES, params! {}).await?;
        Ok(rows
            .iter()
            .map(|row| row.get("name"))
            .collect::<raptor_db::Result<_>>()?)
    };
    let (there, here) = (names(like).await?, names(admin).await?);
    let session = admin.session().await?;
    for name in there.iter().filter(|name| !here.contains(name)) {
        let quoted = name.replace('"', "\"\"");
        // The chain's owner must be able to become it and to grant it.
        let text = format!("CREATE ROLE \"{quoted}\"; GRANT \"{quoted}\" TO raptor_owner");
        session.execute_raw(&text).await?;
    }
    Ok(())
}
