//! One Postgres and one SQLite database, asked the same.

use raptor_db::{Config, Db, Decimal, ErrorKind, Params, Row, Scope, Sql};
use raptor_testkit::{Database, SqliteFile, Template};
use std::sync::LazyLock;
use time::{Date, OffsetDateTime};
use tokio::runtime::Runtime;

/// Both engines, for the whole process.
pub(crate) static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);

pub(crate) struct Pair {
    runtime: Runtime,
    postgres: Db,
    sqlite: Db,
    _database: Database,
    _file: SqliteFile,
}

/// How a cell is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Bool,
    Int,
    Double,
    Decimal,
    Text,
    Bytes,
    Instant,
    Date,
    Json,
    Texts,
    Ints,
    Uuids,
}

/// The value as it reads, NULL as `None`; or what kind of error there was.
pub(crate) type Answer = Result<Vec<Option<String>>, ErrorKind>;

impl Pair {
    /// Databases of its own, for tests that write.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let database = Template::empty().database();
        let file = SqliteFile::new();
        let open = |url: &str| {
            let config = Config::new(url).unwrap();
            runtime.block_on(Db::open(config)).unwrap()
        };
        // As the owner, so that a test may make tables.
        let (postgres, sqlite) = (open(database.owner_url()), open(file.url()));
        Self {
            runtime,
            postgres,
            sqlite,
            _database: database,
            _file: file,
        }
    }

    /// Runs the texts on their engine: definitions, which the dialect leaves alone.
    pub(crate) fn define(&self, postgres: &str, sqlite: &str) {
        for (db, text) in [(&self.postgres, postgres), (&self.sqlite, sqlite)] {
            let ran = self
                .runtime
                .block_on(async { db.session().await?.execute_raw(text).await });
            ran.unwrap();
        }
    }

    /// Column `v` of every row, on Postgres and on SQLite.
    pub(crate) fn ask(&self, sql: &Sql, params: Params<'_>, shape: Shape) -> [Answer; 2] {
        let scope = Scope::system();
        [&self.postgres, &self.sqlite].map(|db| {
            let rows = self
                .runtime
                .block_on(db.query(&scope, sql, params))
                .map_err(|error| error.kind())?;
            rows.iter()
                .map(|row| shape.read(row).map_err(|error| error.kind()))
                .collect()
        })
    }

    /// Asks both and holds them to one answer.
    #[track_caller]
    pub(crate) fn same(&self, sql: &Sql, params: Params<'_>, shape: Shape) -> Answer {
        let [postgres, sqlite] = self.ask(sql, params, shape);
        if postgres != sqlite {
            let error = self
                .runtime
                .block_on(self.sqlite.query(&Scope::system(), sql, params))
                .err();
            panic!(
                "{}\n  Postgres: {postgres:?}\n  SQLite:   {sqlite:?} {error:?}\n  as {:?}",
                sql.text(),
                sql.sqlite_text()
            );
        }
        postgres
    }

    /// One text without parameters.
    #[track_caller]
    pub(crate) fn same_text(&self, text: &str, shape: Shape) -> Answer {
        self.same(&Sql::dynamic(text), &[], shape)
    }
}

impl Shape {
    fn read(self, row: &Row) -> raptor_db::Result<Option<String>> {
        fn shown<T: std::fmt::Debug>(value: Option<T>) -> Option<String> {
            value.map(|value| format!("{value:?}"))
        }
        Ok(match self {
            Self::Bool => shown(row.get::<Option<bool>>("v")?),
            Self::Int => shown(row.get::<Option<i64>>("v")?),
            // Bits, so that -0 and 0 differ.
            Self::Double => shown(row.get::<Option<f64>>("v")?),
            Self::Decimal => shown(row.get::<Option<Decimal>>("v")?),
            Self::Text => row.get("v")?,
            Self::Bytes => shown(row.get::<Option<Vec<u8>>>("v")?),
            Self::Instant => shown(row.get::<Option<OffsetDateTime>>("v")?),
            Self::Date => shown(row.get::<Option<Date>>("v")?),
            // As text: byte for byte.
            Self::Json => row.get("v")?,
            Self::Texts => shown(row.get::<Option<Vec<Option<String>>>>("v")?),
            Self::Ints => shown(row.get::<Option<Vec<Option<i64>>>>("v")?),
            Self::Uuids => shown(row.get::<Option<Vec<Option<uuid::Uuid>>>>("v")?),
        })
    }
}

/// `name: "SELECT f(:a) AS v" => Shape, a: strategy, …;` asks both engines for generated input.
macro_rules! differential {
    ($($(#[$note:meta])* $test:ident: $text:literal => $shape:ident $(, $name:ident: $strategy:expr)*;)+) => {$(
        $(#[$note])*
        #[test]
        fn $test() {
            static SQL: raptor_db::Sql = raptor_db::Sql::new($text);
            let mut config = proptest::test_runner::Config::with_cases(128);
            config.failure_persistence = None;
            let mut runner = proptest::test_runner::TestRunner::new(config);
            runner
                .run(&($($strategy,)*), |($($name,)*)| {
                    let asked = raptor_db::params! { $($name),* };
                    let [postgres, sqlite] =
                        crate::functions::pair::PAIR.ask(&SQL, asked, crate::functions::Shape::$shape);
                    proptest::prop_assert_eq!(postgres, sqlite, "{} (left is Postgres)", SQL.text());
                    Ok(())
                })
                .unwrap();
        }
    )+};
}
