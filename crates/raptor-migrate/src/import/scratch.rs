//! Throw-away databases that Alembic runs on. Whatever env.py does with the URL it gets, nothing is
//! run on a database that is not the one that was meant, or that is not empty.

pub(super) mod counted;
pub(super) mod state;

use super::recorder::{Hello, Mode};
use super::source::Source;
use super::throwaway::Folder;
use crate::error::{Error, ErrorKind, Result};
use crate::version::{Versions, quoted};
use raptor_db::{Config, Db, Engine, Scope, Sql, params};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where Alembic is to connect to.
pub(super) struct At {
    /// `SQLAlchemy`'s URL.
    pub(super) url: String,
    engine: Engine,
    /// Which database that is, as Alembic's process finds out too.
    target: Option<String>,
}

impl At {
    /// No database, for offline mode. env.py may still look at the URL.
    pub(super) fn nowhere(source: &Source) -> Self {
        let url = match (source.engine, &source.scratch) {
            (Engine::Postgres, Some(url)) => url.as_str(),
            (Engine::Postgres, None) => "postgres://raptor@localhost/raptor",
            (Engine::Sqlite, _) => ":memory:",
        };
        Self {
            url: source.url(url),
            engine: source.engine,
            target: None,
        }
    }

    /// Whether Alembic's process is where it was meant to be.
    pub(super) fn is_meant(&self, hello: &Hello, mode: Mode) -> Result<()> {
        let dialect = match self.engine {
            Engine::Postgres => "postgresql",
            Engine::Sqlite => "sqlite",
        };
        let elsewhere = if hello.dialect != dialect {
            format!("it is about to migrate {}", hello.dialect)
        } else if mode == Mode::Online && hello.target != self.target {
            "it is about to migrate another database".to_owned()
        } else {
            return Ok(());
        };
        let message = format!(
            "the URL of the throw-away {} database did not reach env.py: {elsewhere}; nothing was run. \
             Say how the project gets its URL",
            self.engine
        );
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}

/// A database that is empty at first, and whose tables Alembic makes.
pub(super) struct Scratch {
    source: Source,
    pub(super) db: Db,
    pub(super) at: At,
    /// Postgres: the schemas that were there.
    schemas: Vec<String>,
    /// The folder of SQLite's file.
    folder: Option<Folder>,
}

static TARGET: Sql = Sql::new(
    "SELECT oid::text || '/' || extract(epoch FROM pg_postmaster_start_time())::text \
     FROM pg_database WHERE datname = current_database()",
);

static THINGS: Sql = Sql::new(
    "SELECT n.nspname::text || '.' || c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg~_toast%' ESCAPE '~' \
     AND n.nspname NOT LIKE 'pg~_temp%' ESCAPE '~' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
     AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1 LIMIT 1",
);

impl Scratch {
    /// A new file on SQLite, and the database at `url` on Postgres, which must be empty.
    pub(super) async fn open(source: &Source, url: Option<&str>) -> Result<Self> {
        let scratch = Self::at(source, url, None).await?;
        scratch.before().await?;
        Ok(scratch)
    }

    /// A new file begins as a copy of `kept`.
    async fn at(source: &Source, url: Option<&str>, kept: Option<&Path>) -> Result<Self> {
        let (url, folder) = match (source.engine, url) {
            (Engine::Postgres, Some(url)) => (url.to_owned(), None),
            (Engine::Postgres, None) => {
                let message = "a throw-away Postgres database is needed, and none is given";
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
            (Engine::Sqlite, _) => {
                let folder = Folder::create()?;
                let path = folder.path().join("scratch.db");
                if let Some(kept) = kept {
                    copy(kept, &path)?;
                }
                (format!("sqlite:{}", path.display()), Some(folder))
            }
        };
        let db = open(&url).await?;
        let target = match &folder {
            Some(folder) => {
                let path = folder.path().join("scratch.db");
                let real = std::fs::canonicalize(&path).unwrap_or(path);
                Some(real.display().to_string())
            }
            None => {
                nothing_in(&db).await?;
                column(&db, &TARGET).await?.pop()
            }
        };
        let schemas = match source.engine {
            Engine::Postgres => column(&db, &SCHEMAS).await?,
            Engine::Sqlite => Vec::new(),
        };
        Ok(Self {
            schemas,
            at: At {
                url: source.url(&url),
                engine: source.engine,
                target,
            },
            source: source.clone(),
            db,
            folder,
        })
    }

    /// Keeps what it holds, so that [`Scratch::back`] leads back to it; answers whether it can.
    pub(super) async fn keep(&self) -> Result<bool> {
        let Some(folder) = &self.folder else {
            return Ok(false);
        };
        let cannot = |error| Error::database("the throw-away database cannot be kept", error);
        let (kept, _) = files(folder);
        remove(&kept)?;
        let session = self.db.session().await.map_err(cannot)?;
        // SQLite itself reads the file: whoever else in this process opened and closed it would take
        // away the locks of all connections that are open here, and Alembic's process would take
        // itself for the last one.
        let text = format!(
            "VACUUM INTO '{}'",
            kept.display().to_string().replace('\'', "''")
        );
        if let Err(why) = session.execute_raw(&text).await {
            // As for an index by a collation that Alembic's process alone has.
            tracing::debug!(%why, "the throw-away database cannot be kept, and is made again from nothing");
            remove(&kept)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// What was kept, and the file itself.
    pub(super) fn kept(&self) -> Option<(PathBuf, PathBuf)> {
        self.folder.as_ref().map(files)
    }

    /// Brings it back to what was kept; Alembic has to connect anew.
    pub(super) async fn back(&mut self) -> Result<()> {
        if let Some((kept, _)) = self.kept() {
            *self = Self::at(&self.source.clone(), None, Some(&kept)).await?;
        }
        Ok(())
    }

    /// The rows of ours.
    pub(super) async fn own_versions(&self) -> Result<BTreeSet<String>> {
        let versions = Versions::new(self.source.engine, None);
        Ok(versions.peek(&self.db).await?.unwrap_or_default())
    }

    /// The rows of the project's table of versions.
    pub(super) async fn versions(&self, hello: &Hello) -> Result<BTreeSet<String>> {
        let schema = hello.version_schema.as_deref();
        let schema = schema.filter(|_| self.source.engine == Engine::Postgres);
        let prefix = schema
            .map(|it| format!("{}.", quoted(it)))
            .unwrap_or_default();
        let table = format!("{prefix}{}", quoted(&hello.version_table));
        let query = Sql::dynamic(format!("SELECT version_num FROM {table}"));
        Ok(column(&self.db, &query).await?.into_iter().collect())
    }

    /// What it holds besides the table of versions; the same text means the same.
    pub(super) async fn state(&self, versions: &str) -> Result<String> {
        state::of(&self.db, versions).await
    }

    /// Whether a step that fails leaves nothing behind.
    pub(super) fn is_transactional(&self) -> bool {
        self.source.engine == Engine::Postgres
    }

    /// Brings it back to where the chain begins.
    pub(super) async fn reset(&mut self) -> Result<()> {
        if self.source.engine == Engine::Sqlite {
            *self = Self::open(&self.source.clone(), None).await?;
            return Ok(());
        }
        self.empty().await?;
        self.before().await
    }

    async fn before(&self) -> Result<()> {
        let cannot =
            |error| Error::database("what is to be there before the first revision", error);
        let Some(text) = &self.source.before else {
            return Ok(());
        };
        let session = self.db.session().await.map_err(cannot)?;
        session.execute_raw(text).await.map_err(cannot)
    }

    /// Leaves no tables, types and functions in it.
    pub(super) async fn empty(&self) -> Result<()> {
        if self.source.engine == Engine::Sqlite {
            return Ok(());
        }
        let cannot = |error| Error::database("the throw-away database cannot be emptied", error);
        let session = self.db.session().await.map_err(cannot)?;
        let mut text = String::from("BEGIN");
        for name in column(&self.db, &EXTENSIONS).await? {
            text += &format!("; DROP EXTENSION IF EXISTS {} CASCADE", quoted(&name));
        }
        for name in column(&self.db, &SCHEMAS).await? {
            text += &format!("; DROP SCHEMA {} CASCADE", quoted(&name));
        }
        for name in &self.schemas {
            text += &format!("; CREATE SCHEMA {}", quoted(name));
        }
        session
            .execute_raw(&(text + "; COMMIT"))
            .await
            .map_err(cannot)
    }
}

fn files(folder: &Folder) -> (PathBuf, PathBuf) {
    let file = |name| folder.path().join(name);
    (file("kept.db"), file("scratch.db"))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let message = format!("{} cannot be removed: {error}", path.display());
            Err(Error::new(ErrorKind::Io, message).with_source(error))
        }
        _ => Ok(()),
    }
}

/// Of files that no connection in this process has open.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = std::fs::copy(from, to);
    copied.map(drop).map_err(|error| {
        let message = format!("{} cannot be copied: {error}", from.display());
        Error::new(ErrorKind::Io, message).with_source(error)
    })
}

static EXTENSIONS: Sql =
    Sql::new("SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1");

static SCHEMAS: Sql = Sql::new(
    "SELECT nspname::text FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg~_%' ESCAPE '~' ORDER BY 1",
);

pub(super) async fn open(url: &str) -> Result<Db> {
    let cannot = |error| Error::database("the throw-away database cannot be opened", error);
    let mut config = Config::new(url).map_err(cannot)?;
    config.pool_size = 2;
    Db::open(config).await.map_err(cannot)
}

async fn nothing_in(db: &Db) -> Result<()> {
    match column(db, &THINGS).await?.first() {
        None => Ok(()),
        Some(thing) => {
            let message = format!(
                "the throw-away database is not empty: it has {thing}; give one that holds nothing, as revisions are \
                 applied and taken back in it"
            );
            Err(Error::new(ErrorKind::Database, message))
        }
    }
}

pub(super) async fn column(db: &Db, query: &Sql) -> Result<Vec<String>> {
    let rows = db.query(&Scope::system(), query, params! {}).await;
    rows.and_then(|rows| rows.iter().map(|row| row.get(0)).collect())
        .map_err(|error| Error::database("the throw-away database cannot be asked", error))
}

#[cfg(test)]
mod tests;
