//! What is imported for one engine, and with which database at hand.

use super::project::sqlalchemy;
use raptor_db::Engine;

/// An engine whose sections are wanted.
///
/// ```
/// use raptor_migrate::import::Source;
/// let mut source = Source::postgres(Some("postgres://owner@localhost/scratch"));
/// source.driver = "postgresql+psycopg2".into();
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Source {
    /// The engine.
    pub engine: Engine,
    /// How `SQLAlchemy`'s URL begins: `postgresql+psycopg`, `sqlite+aiosqlite`, ….
    pub driver: String,
    /// Postgres: an empty database, whose revisions are run to record what they do. Without one,
    /// only what Alembic's offline mode writes is taken. SQLite gets a file of its own.
    pub scratch: Option<String>,
    /// SQL that makes what the first revision expects to be there, for a project whose chain does not
    /// begin with nothing. It is run on throw-away databases and is not part of what is imported.
    pub before: Option<String>,
}

impl Source {
    /// SQLite, by `sqlite://`.
    pub fn sqlite() -> Self {
        Self {
            engine: Engine::Sqlite,
            driver: "sqlite".to_owned(),
            scratch: None,
            before: None,
        }
    }

    /// Postgres, by `postgresql://`, with an empty database to record in.
    pub fn postgres(scratch: Option<&str>) -> Self {
        Self {
            engine: Engine::Postgres,
            driver: "postgresql".to_owned(),
            scratch: scratch.map(str::to_owned),
            before: None,
        }
    }

    /// `SQLAlchemy`'s URL of the database at `url`, which is ours.
    pub(super) fn url(&self, url: &str) -> String {
        sqlalchemy(self.engine, &self.driver, url)
    }
}
