//! The databases that every conformance test runs on: a SQLite file, Postgres, Postgres behind PgBouncer.
//!
//! All have the same tables, from `schema/`. A missing engine fails the test, it never skips it.

use raptor_db::{Config, Db, Params, Row, Scope, Session, Sql, params, sql};
use raptor_testkit::{Bouncer, Database, SqliteFile, SqliteTemplate, Template};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

const POSTGRES: &str = include_str!("schema/postgres.sql");
const SQLITE: &str = include_str!("schema/sqlite.sql");

static SERVER: LazyLock<Template> =
    LazyLock::new(|| Template::new(|urls| prepare(urls.owner_url(), POSTGRES)));
static FILES: LazyLock<SqliteTemplate> =
    LazyLock::new(|| SqliteTemplate::new(|url| prepare(url, SQLITE)));

/// One PgBouncer for each server of this process, with as many connections as tests have at a time. Debian's
/// 1.18 does not track prepared statements, which is what the fall-back is for.
fn pooler(database: &Database) -> Arc<Bouncer> {
    static SHARED: Mutex<BTreeMap<String, Arc<Bouncer>>> = Mutex::new(BTreeMap::new());
    let (_, server) = database.url().split_once('?').unwrap();
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let start = || Arc::new(Bouncer::start(database.url(), 8, "max_client_conn = 500").unwrap());
    Arc::clone(shared.entry(server.to_owned()).or_insert_with(start))
}

fn prepare(url: &str, schema: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let db = Db::open(Config::new(url)?).await?;
        db.session().await?.execute_raw(schema).await?;
        db.close().await;
        Ok(())
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    PgBouncer,
}

/// One test's database.
pub(crate) struct Backend {
    pub(crate) kind: Kind,
    pub(crate) db: Db,
    place: Place,
}

enum Place {
    File(SqliteFile),
    /// The URL that the test uses, and the database behind it.
    Server(String, Database),
}

/// Runs a test on a database of its own.
pub(crate) fn run<F, Fut>(kind: Kind, test: F)
where
    F: FnOnce(Backend) -> Fut,
    Fut: Future<Output = ()>,
{
    block_on(async {
        test(Backend::new(kind).await).await;
        nothing_stays_behind().await;
    });
}

/// A dropped database leaves no task, hence no connection, cancel request or listener behind.
async fn nothing_stays_behind() {
    let metrics = tokio::runtime::Handle::current().metrics();
    eventually("no task is left", || async {
        metrics.num_alive_tasks() == 0
    })
    .await;
}

/// A runtime with two threads, as the product has several.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

impl Backend {
    pub(crate) async fn new(kind: Kind) -> Self {
        let place = match kind {
            Kind::Sqlite => Place::File(FILES.database()),
            Kind::Postgres => {
                let database = SERVER.database();
                Place::Server(database.url().to_owned(), database)
            }
            Kind::PgBouncer => {
                let database = SERVER.database();
                Place::Server(pooler(&database).url(database.url()), database)
            }
        };
        let config = Config::new(place.url()).unwrap();
        let db = Db::open(config).await.unwrap();
        Self { kind, db, place }
    }

    /// Whether this is SQLite.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.kind == Kind::Sqlite
    }

    pub(crate) fn url(&self) -> &str {
        self.place.url()
    }

    /// The database behind the pooler.
    pub(crate) fn database(&self) -> &Database {
        match &self.place {
            Place::Server(_, database) => database,
            Place::File(_) => panic!("this is a file"),
        }
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(self.url()).unwrap()
    }

    /// The same database through a pool of its own.
    pub(crate) async fn open(&self, change: impl FnOnce(&mut Config)) -> Db {
        let mut config = self.config();
        change(&mut config);
        Db::open(config).await.unwrap()
    }

    /// A connection that may do everything and meets no pooler.
    pub(crate) async fn admin(&self) -> Session {
        let url = match &self.place {
            Place::File(file) => file.url(),
            Place::Server(_, database) => database.admin_url(),
        };
        let db = Db::open(Config::new(url).unwrap()).await.unwrap();
        let session = db.session().await.unwrap();
        if !self.is_sqlite() {
            let path = "SET search_path = raptor, pg_catalog";
            session.execute_raw(path).await.unwrap();
        }
        session
    }

    /// Runs a schema's own text, as the owner.
    pub(crate) async fn define(&self, sqlite: &str, postgres: &str) {
        let (url, text) = match &self.place {
            Place::File(file) => (file.url(), sqlite.to_owned()),
            Place::Server(_, database) => (
                database.owner_url(),
                format!("{postgres}; GRANT ALL ON ALL TABLES IN SCHEMA raptor TO raptor_app"),
            ),
        };
        let db = Db::open(Config::new(url).unwrap()).await.unwrap();
        let session = db.session().await.unwrap();
        session.execute_raw(&text).await.unwrap();
    }

    pub(crate) async fn rows(&self, sql: &Sql, params: Params<'_>) -> Vec<Row> {
        self.db.query(&SYSTEM, sql, params).await.unwrap()
    }

    pub(crate) async fn int(&self, sql: &Sql, params: Params<'_>) -> i64 {
        self.rows(sql, params).await[0].get(0).unwrap()
    }

    /// How many accounts there are.
    pub(crate) async fn accounts(&self) -> i64 {
        self.int(sql!("SELECT count(*) FROM accounts"), params! {})
            .await
    }

    /// A statement that runs for minutes unless it is stopped.
    pub(crate) fn endless(&self) -> &'static Sql {
        if self.is_sqlite() {
            sql!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT count(*) FROM n"
            )
        } else {
            sql!("SELECT pg_sleep(300)::text")
        }
    }
}

impl Place {
    fn url(&self) -> &str {
        match self {
            Self::File(file) => file.url(),
            Self::Server(url, _) => url,
        }
    }
}

/// Nobody.
pub(crate) static SYSTEM: Scope = Scope::system();

/// Adds an account whose name is its number.
pub(crate) static ADD: Sql = Sql::new(
    "INSERT INTO accounts (id, name, cents) VALUES (:id, 'account ' || (:id::bigint)::text, 0)",
);

/// Waits until `holds`, and fails after ten seconds: what is waited for takes milliseconds.
pub(crate) async fn eventually<F, Fut>(what: &str, mut holds: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it never came true that {what}");
}
