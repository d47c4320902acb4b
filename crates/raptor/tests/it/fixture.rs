//! A service on a database of its own.

use crate::client::Client;
use raptor::{App, Limits, Settings};
use raptor_access::ContextKey;
use raptor_db::{Config, Db, Scope, Sql};
use raptor_testkit::{Database, SqliteFile, SqliteTemplate, Template};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Brings a database to head, on a thread that has no runtime yet.
fn migrate(url: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let db = Db::open(Config::new(url)?).await?;
        raptor::migrate_all(&db).await?;
        db.close().await;
        Ok(())
    })
}

/// What the services of all tests sign with.
pub(crate) fn key() -> ContextKey {
    ContextKey::new([7; 32])
}

/// The same on Postgres, and what the product declares of who may do what.
fn declare(url: &str) -> Result<(), Failure> {
    migrate(url)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let db = Db::open(Config::new(url)?).await?;
        let applied = raptor::declared(&db).await?.apply(&db).await?;
        if !applied.not_closable.is_empty() {
            return Err(format!("{:#?}", applied.not_closable).into());
        }
        key().keep(&db, "tests").await?;
        db.close().await;
        Ok(())
    })
}

static POSTGRES: LazyLock<Template> =
    LazyLock::new(|| Template::new(|urls| declare(urls.owner_url())));
static SQLITE: LazyLock<SqliteTemplate> = LazyLock::new(|| SqliteTemplate::new(migrate));

#[expect(dead_code, reason = "held until the test ends")]
enum Kept {
    Postgres(Box<Database>),
    Sqlite(SqliteFile),
}

/// A database at head, and what is served from it. On Postgres as `raptor_app`, never as the owner, and with policies
/// that guard the rows; on SQLite with a guard.
pub(crate) struct Fixture {
    pub(crate) db: Db,
    /// Behind the service's back: the owner.
    owner: Db,
    services: std::sync::Mutex<Vec<tokio::task::JoinHandle<usize>>>,
    _kept: Kept,
}

impl Fixture {
    pub(crate) async fn postgres() -> Self {
        let database = tokio::task::spawn_blocking(|| POSTGRES.database())
            .await
            .unwrap();
        let (url, owner) = (database.url().to_owned(), database.owner_url().to_owned());
        Self::over(&url, &owner, Kept::Postgres(Box::new(database))).await
    }

    pub(crate) async fn sqlite() -> Self {
        let file = tokio::task::spawn_blocking(|| SQLITE.database())
            .await
            .unwrap();
        let url = file.url().to_owned();
        Self::over(&url, &url, Kept::Sqlite(file)).await
    }

    async fn over(url: &str, owner: &str, kept: Kept) -> Self {
        let mut config = Config::new(url).unwrap();
        config.sqlite_guard = Some(raptor::sqlite_guard().unwrap().into());
        let db = Db::open(config).await.unwrap();
        let owner = match url == owner {
            true => Db::open(Config::new(url).unwrap()).await.unwrap(),
            false => {
                let url = format!("{owner}&options=-csearch_path%3Draptor,pg_catalog");
                Db::open(Config::new(&url).unwrap()).await.unwrap()
            }
        };
        Self {
            db,
            owner,
            services: std::sync::Mutex::default(),
            _kept: kept,
        }
    }

    /// Settings under which a password costs nothing and nobody is turned away.
    pub(crate) fn settings() -> Settings {
        Settings {
            password_memory: 64,
            password_passes: 1,
            address_limit: 1_000_000,
            context_key: Some(key()),
            ..Settings::default()
        }
    }

    /// A service with these settings.
    pub(crate) async fn serve(&self, settings: Settings) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::new(self.db.clone(), settings).unwrap();
        let limits = Limits {
            connections: 256,
            shutdown: Duration::from_secs(1),
            write: Duration::from_millis(700),
        };
        let service = raptor::serve(
            listener,
            raptor::router(app),
            limits,
            std::future::pending(),
        );
        self.services.lock().unwrap().push(tokio::spawn(service));
        Client { address }
    }

    /// A service as most cases need it.
    pub(crate) async fn client(&self) -> Client {
        self.serve(Self::settings()).await
    }

    /// Changes rows behind the service's back; how many.
    pub(crate) async fn write(&self, sql: &str) -> u64 {
        let sql = Sql::dynamic(sql);
        self.owner
            .execute(&Scope::system(), &sql, &[])
            .await
            .unwrap()
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = Sql::dynamic(format!("SELECT count(*) AS n FROM {table}"));
        let row = self
            .owner
            .query_one(&Scope::system(), &sql, &[])
            .await
            .unwrap();
        row.get("n").unwrap()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        for service in self.services.lock().unwrap().drain(..) {
            service.abort();
        }
    }
}
