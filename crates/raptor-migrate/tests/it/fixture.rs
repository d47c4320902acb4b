//! A throw-away database of either engine, and short ways to ask it.

use raptor_db::{Config, Db, Engine, Scope, Sql, params};
use raptor_migrate::{Chain, Direction, Error, Event, Options, Ran};
use raptor_testkit::{Database, SqliteFile, Template};

/// What must live as long as the test.
enum Keep {
    Sqlite(SqliteFile),
    Postgres(Box<Database>),
}

/// One database.
pub(crate) struct Fixture {
    pub(crate) db: Db,
    pub(crate) options: Options,
    keep: Keep,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        Self::on(Keep::Sqlite(SqliteFile::new())).await
    }

    pub(crate) async fn postgres() -> Self {
        let database = tokio::task::spawn_blocking(|| Template::empty().database());
        Self::on(Keep::Postgres(Box::new(database.await.unwrap()))).await
    }

    pub(crate) async fn of(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite().await,
            Engine::Postgres => Self::postgres().await,
        }
    }

    /// The owner's URL.
    pub(crate) fn url(&self) -> &str {
        owner_url(&self.keep)
    }

    async fn on(keep: Keep) -> Self {
        let mut fixture = Self {
            db: open(owner_url(&keep)).await,
            options: Options::default(),
            keep,
        };
        if fixture.engine() == Engine::Postgres {
            fixture.options.schema = Some("raptor".to_owned());
        }
        fixture
    }

    /// Another connection pool to the same database, as another process would have.
    pub(crate) async fn other(&self) -> Db {
        open(owner_url(&self.keep)).await
    }

    /// The run-time login on Postgres.
    pub(crate) async fn app(&self) -> Db {
        match &self.keep {
            Keep::Postgres(database) => open(database.url()).await,
            Keep::Sqlite(_) => panic!("SQLite has no logins"),
        }
    }

    /// The same database as Alembic names it.
    pub(crate) fn alembic_url(&self) -> String {
        let url = owner_url(&self.keep);
        match url.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:///{path}"),
            None => url.replacen("postgres://", "postgresql+psycopg2://", 1),
        }
    }

    /// The superuser on Postgres.
    pub(crate) async fn admin_db(&self) -> Db {
        match &self.keep {
            Keep::Postgres(database) => open(database.admin_url()).await,
            Keep::Sqlite(_) => panic!("SQLite has no superuser"),
        }
    }

    /// Runs a text as the superuser.
    pub(crate) async fn admin(&self, text: &str) {
        self.admin_db()
            .await
            .session()
            .await
            .unwrap()
            .execute_raw(text)
            .await
            .unwrap();
    }

    pub(crate) fn engine(&self) -> Engine {
        self.db.engine()
    }

    pub(crate) async fn upgrade(&self, chain: &Chain, target: &str) -> Result<Ran, Error> {
        raptor_migrate::upgrade(&self.db, chain, target, &self.options, |_| {}).await
    }

    pub(crate) async fn downgrade(&self, chain: &Chain, target: &str) -> Result<Ran, Error> {
        raptor_migrate::downgrade(&self.db, chain, target, &self.options, |_| {}).await
    }

    /// Upgrades and says what was told on the way.
    pub(crate) async fn told(&self, chain: &Chain) -> Vec<String> {
        let mut told = Vec::new();
        raptor_migrate::upgrade(&self.db, chain, "head", &self.options, |event| {
            if matches!(event, Event::Working { .. }) {
                return;
            }
            told.push(match event {
                Event::Started {
                    id,
                    direction: Direction::Up,
                    number,
                    of,
                    ..
                } => {
                    format!("{id} {number}/{of}")
                }
                Event::Finished(step) => format!("{} done", step.id),
                other => format!("{other:?}"),
            });
        })
        .await
        .unwrap();
        told
    }

    /// The first column of the answer, as text.
    pub(crate) async fn column(&self, query: &str) -> Vec<String> {
        let rows = self
            .db
            .query(&Scope::system(), &Sql::dynamic(query), params! {})
            .await;
        rows.unwrap()
            .iter()
            .map(|row| row.get(0).unwrap())
            .collect()
    }

    /// The log's entries, and how many of them hold the hash of the one before.
    pub(crate) async fn log(&self) -> (Vec<String>, Vec<String>) {
        let entries =
            "SELECT action || ' ' || revision FROM raptor_migration_log ORDER BY position";
        let chained = "SELECT count(*)::text FROM raptor_migration_log AS a JOIN raptor_migration_log AS b \
                       ON b.position = a.position + 1 AND b.previous_sha256 = a.sha256";
        (self.column(entries).await, self.column(chained).await)
    }

    pub(crate) async fn versions(&self) -> Vec<String> {
        self.column("SELECT version_num FROM alembic_version ORDER BY version_num")
            .await
    }

    /// The tables there are, `alembic_version` left out.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let query = match self.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Engine::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'raptor' ORDER BY tablename"
            }
        };
        let mut tables = self.column(query).await;
        tables.retain(|table| {
            table != "alembic_version"
                && table != "raptor_migration_log"
                && !table.starts_with("sqlite_")
        });
        tables
    }

    pub(crate) async fn has_version_table(&self) -> bool {
        let query = match self.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE name = 'alembic_version'",
            Engine::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE tablename = 'alembic_version'"
            }
        };
        !self.column(query).await.is_empty()
    }

    pub(crate) async fn run(&self, text: &str) {
        self.db
            .session()
            .await
            .unwrap()
            .execute_raw(text)
            .await
            .unwrap();
    }
}

fn owner_url(keep: &Keep) -> &str {
    match keep {
        Keep::Sqlite(file) => file.url(),
        Keep::Postgres(database) => database.owner_url(),
    }
}

async fn open(url: &str) -> Db {
    let mut config = Config::new(url).unwrap();
    config.pool_size = 2;
    config.busy_timeout = std::time::Duration::from_millis(20);
    Db::open(config).await.unwrap()
}

/// A chain of files named `1.sql`, `2.sql`, …
pub(crate) fn chain(texts: &[&str]) -> Chain {
    let names: Vec<String> = (1..=texts.len())
        .map(|number| format!("{number}.sql"))
        .collect();
    let files: Vec<_> = names
        .iter()
        .map(String::as_str)
        .zip(texts.iter().copied())
        .collect();
    Chain::embedded(&files).unwrap()
}

/// A line of three tables: a1, b2 and c3.
pub(crate) fn line() -> Chain {
    chain(&[
        "-- raptor: id=a1\n-- The first.\n-- raptor:up\nCREATE TABLE one (id text PRIMARY KEY);\n\
         -- raptor:down\nDROP TABLE one;\n",
        "-- raptor: id=b2 revises=a1\n-- raptor:up\nCREATE TABLE two (id text PRIMARY KEY);\n\
         INSERT INTO two VALUES ('x');\n-- raptor:down\nDROP TABLE two;\n",
        "-- raptor: id=c3 revises=b2\n-- raptor:up\nCREATE TABLE three (id text PRIMARY KEY);\n\
         -- raptor:down\nDROP TABLE three;\n",
    ])
}

pub(crate) fn ids(ran: &Ran) -> Vec<&str> {
    ran.steps.iter().map(|step| step.id.as_str()).collect()
}
