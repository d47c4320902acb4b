//! Prepared statements: kept within bounds, made anew when stale, and done without behind a pooler.

use crate::backend::{ADD, Backend, Kind, SYSTEM, run};
use crate::child::Child;
use raptor_db::{Config, Db, Error, ErrorKind, Scope, Sql, params, sql};
use raptor_testkit::Bouncer;

/// Statements of which each connection may keep the prepared form; tests may leak.
fn statements(count: usize) -> Vec<&'static Sql> {
    (0..count)
        .map(|n| {
            let text = format!("SELECT :a::bigint + {n} AS n, :t::text AS t");
            let sql = Sql::new(Box::leak(text.into_boxed_str()));
            &*Box::leak(Box::new(sql))
        })
        .collect()
}

#[test]
fn no_more_are_kept_than_configured() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = backend
            .open(|config| {
                config.pool_size = 1;
                config.statement_cache = 8;
            })
            .await;
        let kept = sql!("SELECT count(*) FROM pg_prepared_statements");
        for sql in statements(60) {
            db.query(&SYSTEM, sql, params! { a: 1, t: "x" })
                .await
                .unwrap();
        }
        let count = db.query_one(&SYSTEM, kept, params! {}).await.unwrap();
        let count: i64 = count.get(0).unwrap();
        assert!((7..=9).contains(&count), "{count} are kept");
        // What is made at run time is not kept at all.
        for n in 0..20 {
            let once = Sql::dynamic(format!("SELECT {n}"));
            db.query(&SYSTEM, &once, params! {}).await.unwrap();
        }
        let count = db.query_one(&SYSTEM, kept, params! {}).await.unwrap();
        let count: i64 = count.get(0).unwrap();
        assert!((7..=9).contains(&count), "{count} are kept");
    });
}

/// As a failover proxy or `DISCARD` does.
async fn forget_all(db: &Db) {
    let forget = Sql::dynamic("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$");
    db.execute(&SYSTEM, &forget, params! {}).await.unwrap();
}

#[test]
fn a_forgotten_statement_is_prepared_again() {
    run(Kind::Postgres, async |backend: Backend| {
        let find = sql!("SELECT count(*) FROM accounts WHERE id = :id");
        for round in 0..2 {
            let db = backend.open(|config| config.pool_size = 1).await;
            for scope in [Scope::system(), Scope::tenant("t")] {
                db.query(&scope, find, params! { id: 1 }).await.unwrap();
                forget_all(&db).await;
                db.query(&scope, find, params! { id: 1 }).await.unwrap();
            }
            let db = backend.open(|config| config.pool_size = 1).await;
            let id = round;
            let scope = &[Scope::system(), Scope::tenant("t")][usize::from(round == 1)];
            let twice = |forgets: bool| {
                let db = &db;
                async move {
                    db.query(scope, find, params! { id: 1 }).await.unwrap();
                    if forgets {
                        forget_all(db).await;
                    }
                    db.tx(scope, |tx| async move {
                        tx.query(find, params! { id }).await?;
                        tx.execute(&ADD, params! { id }).await
                    })
                    .await
                }
            };
            assert_eq!(twice(true).await.unwrap(), 1);
        }
        assert_eq!(backend.accounts().await, 2);
    });
}

#[test]
fn a_changed_table_is_described_again() {
    run(Kind::Postgres, async |backend: Backend| {
        backend.define("", "CREATE TABLE shifting (a bigint)").await;
        let db = backend.open(|config| config.pool_size = 1).await;
        let add = sql!("INSERT INTO shifting (a) VALUES (1)");
        db.execute(&SYSTEM, add, params! {}).await.unwrap();
        let all = sql!("SELECT * FROM shifting");
        let row = db.query_one(&SYSTEM, all, params! {}).await.unwrap();
        assert_eq!(row.get::<i64>("a").unwrap(), 1);
        backend
            .define("", "ALTER TABLE shifting ALTER a TYPE text")
            .await;
        // "cached plan must not change result type"
        let row = db.query_one(&SYSTEM, all, params! {}).await.unwrap();
        assert_eq!(row.get::<&str>("a").unwrap(), "1");
        backend
            .define("", "ALTER TABLE shifting ADD b int DEFAULT 7")
            .await;
        let row = db
            .query_one(&Scope::tenant("t"), all, params! {})
            .await
            .unwrap();
        assert_eq!(row.get::<i64>("b").unwrap(), 7);
        backend
            .define("", "ALTER TABLE shifting ADD c int DEFAULT 8")
            .await;
        let seen = db
            .tx(&SYSTEM, |tx| async move {
                tx.query_one(all, params! {}).await?.get::<i64>("c")
            })
            .await;
        assert_eq!(seen.unwrap(), 8);
    });
}

#[test]
fn a_parameter_of_another_type_is_described_again() {
    for kind in [Kind::Postgres, Kind::PgBouncer] {
        run(kind, async |backend: Backend| {
            backend.define("", "CREATE TABLE shifting (a bigint)").await;
            let db = backend.open(|config| config.pool_size = 1).await;
            let find = sql!("SELECT count(*) FROM shifting WHERE a = :a");
            db.query(&SYSTEM, find, params! { a: 1 }).await.unwrap();
            backend
                .define("", "ALTER TABLE shifting ALTER a TYPE text")
                .await;
            // The server says so once; from then on it is known.
            let _ = db.query(&SYSTEM, find, params! { a: 1 }).await;
            db.query(&SYSTEM, find, params! { a: "1" }).await.unwrap();
            let error = db.query(&SYSTEM, find, params! { a: 1 }).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Type);
        });
    }
}

/// Twenty tasks, fifty statements each, alone, scoped and in transactions.
pub(crate) async fn many_statements(db: &Db, first: i64) {
    let all = &statements(40);
    let tasks = (0..20_usize).map(|task| async move {
        for round in 0..50_usize {
            let sql = all[(task * 7 + round) % all.len()];
            let a = i64::try_from(round).unwrap();
            let rows = match round % 3 {
                0 => db.query(&SYSTEM, sql, params! { a, t: "x" }).await.unwrap(),
                1 => db
                    .query(&Scope::tenant("t"), sql, params! { a, t: "x" })
                    .await
                    .unwrap(),
                _ => {
                    let id = first + i64::try_from(task * 100 + round).unwrap();
                    db.tx(&Scope::tenant("t"), |tx| async move {
                        tx.execute(&ADD, params! { id }).await?;
                        tx.query(sql, params! { a, t: "x" }).await
                    })
                    .await
                    .unwrap()
                }
            };
            let offset = i64::try_from((task * 7 + round) % all.len()).unwrap();
            assert_eq!(rows[0].get::<i64>("n").unwrap(), a + offset);
        }
    });
    futures_util::future::join_all(tasks).await;
}

/// 2,000 statements of two processes over two server connections, and none of them fails. The
/// processes count their names from the same start, so each finds the other's on the servers.
#[test]
fn behind_an_untracking_pooler_nothing_fails() {
    run(Kind::Postgres, async |backend: Backend| {
        let bouncer = Bouncer::start(backend.url(), 2, "").unwrap();
        let url = bouncer.url(backend.url());
        let mut config = Config::new(&url).unwrap();
        config.pool_size = 10;
        let db = Db::open(config).await.unwrap();
        let mut other = Child::start("pooled", &[&url, "100000"]);
        many_statements(&db, 0).await;
        tokio::task::spawn_blocking(move || other.succeeds())
            .await
            .unwrap();
        assert_eq!(backend.accounts().await, 2 * 20 * 16);
        let servers = sql!(
            "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'raptor' AND pid <> pg_backend_pid()"
        );
        let admin = backend.admin().await;
        drop(backend.db.clone());
        let rows = admin.query(servers, params! {}).await.unwrap();
        // The two, and what this test itself has open beside them.
        assert!(rows[0].get::<i64>(0).unwrap() <= 2 + 3);
    });
}

/// The types that the server's own catalogue must be asked for.
#[test]
fn enums_and_domains_work_behind_a_pooler() {
    run(Kind::PgBouncer, async |backend: Backend| {
        let add =
            sql!("INSERT INTO narrow (m, p, moods) VALUES (:m, :p, :moods) RETURNING m, p, moods");
        for _ in 0..2 {
            let db = &backend.open(|config| config.pool_size = 4).await;
            let tasks = (0..20).map(|n| async move {
                let moods = vec!["sad".to_owned(), "happy".to_owned()];
                let params = params! { m: "happy", p: n, moods: &moods };
                let rows = db.query(&SYSTEM, add, params).await?;
                assert_eq!(rows[0].get::<String>("m")?, "happy");
                assert_eq!(rows[0].get::<i64>("p")?, n);
                assert_eq!(rows[0].get::<Vec<String>>("moods")?, moods);
                Ok::<_, Error>(())
            });
            for answer in futures_util::future::join_all(tasks).await {
                answer.unwrap();
            }
        }
    });
}

/// `date_trunc` and `::date` depend on it, and the other engine knows UTC only.
#[test]
fn the_time_zone_is_utc_whatever_the_server_says() {
    for kind in [Kind::Postgres, Kind::PgBouncer] {
        run(kind, async |backend: Backend| {
            let admin = backend.admin().await;
            // The database's setting, which is gone with it; a login's would be everybody's.
            let zone = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Tokyo'); END $$";
            admin.execute_raw(zone).await.unwrap();
            let db = backend.open(|config| config.pool_size = 3).await;
            let zones = (0..6).map(|_| {
                db.query_one(
                    &SYSTEM,
                    sql!("SELECT current_setting('TimeZone') AS zone"),
                    params! {},
                )
            });
            let zones = futures_util::future::join_all(zones).await;
            for row in zones {
                assert_eq!(row.unwrap().get::<&str>("zone").unwrap(), "UTC");
            }
        });
    }
}
