//! Short reads share connections: nobody gets another's answer or scope, waits behind a slow one, or
//! suffers from what a neighbour gives up.

use crate::backend::{Backend, Kind, SYSTEM, eventually, run};
use raptor_db::{Config, Db, Error, ErrorKind, Scope, Sql, params, sql};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

static ECHO: Sql = Sql::new(
    "SELECT :n::bigint AS n, coalesce(current_setting('raptor.tenant', true), '') AS tenant",
);
/// Statements of a test's own, so that no other test makes them known to be slow. `FIRST` is for a
/// short read that has a connection of its own: beside it, in a pool of three, the next ones share.
macro_rules! sleepers {
    () => {
        static FIRST: Sql = Sql::new("SELECT :n::bigint AS n, pg_sleep(:seconds), 'first'");
        static SLEEP: Sql = Sql::new("SELECT :n::bigint AS n, pg_sleep(:seconds)");
        static NAP: Sql = Sql::new("SELECT :n::bigint AS n, pg_sleep(:seconds), 'nap'");
        static SLEEPERS: [&Sql; 3] = [&FIRST, &SLEEP, &NAP];
    };
}

async fn echo(db: &Db, scope: &Scope, n: i64) -> (i64, String) {
    let row = db.query_one(scope, &ECHO, params! { n }).await.unwrap();
    (row.get("n").unwrap(), row.get("tenant").unwrap())
}

async fn sleep(db: &Db, sql: &Sql, n: i64, seconds: f64) -> Result<i64, Error> {
    let row = db.query_one(&SYSTEM, sql, params! { n, seconds }).await?;
    row.get("n")
}

/// Runs the statements often enough that they are known to be short, on every connection.
async fn warmed(
    backend: &Backend,
    sleepers: &'static [&'static Sql],
    change: impl FnOnce(&mut Config),
) -> Db {
    let mut size = 0;
    let db = backend
        .open(|config| {
            change(config);
            size = config.pool_size;
        })
        .await;
    for _ in 0..10 {
        let all = (0..size).map(|_| async {
            for sql in sleepers {
                sleep(&db, sql, 0, 0.0).await.unwrap();
            }
            echo(&db, &SYSTEM, 0).await;
            db.read(&SYSTEM, |tx| async move {
                for sql in sleepers {
                    tx.query(sql, params! { n: 0, seconds: 0.0 }).await?;
                }
                tx.query(&ECHO, params! { n: 0 }).await
            })
            .await
            .unwrap();
        });
        futures_util::future::join_all(all).await;
    }
    db
}

async fn is_idle(backend: &Backend) {
    let admin = backend.admin().await;
    eventually("nothing runs on the server", || async {
        let running = sql!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND state <> 'idle'"
        );
        let rows = admin.query(running, params! {}).await.unwrap();
        rows[0].get::<i64>(0).unwrap() == 0
    })
    .await;
}

/// Polls twice and no more.
async fn started<T>(work: &mut (impl Future<Output = T> + Unpin)) {
    for _ in 0..2 {
        std::future::poll_fn(|cx| {
            assert!(std::pin::Pin::new(&mut *work).poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
}

#[test]
fn a_connection_in_use_takes_another_short_read() {
    run(Kind::Postgres, async |backend: Backend| {
        sleepers!();
        let db = warmed(&backend, &SLEEPERS, |config| {
            config.pool_size = 2;
            config.acquire_timeout = Duration::from_millis(1);
        })
        .await;
        // There are two connections, and nobody waits for one.
        let all = (0..8).map(|n| sleep(&db, &SLEEP, n, 0.002));
        for (n, answer) in (0..).zip(futures_util::future::join_all(all).await) {
            assert_eq!(answer.unwrap(), n);
        }
        let others = [
            sql!("SELECT 1"),
            sql!("UPDATE accounts SET cents = 0 WHERE id = -1"),
        ];
        for other in others {
            let mut first = pin!(sleep(&db, &SLEEP, 1, 0.015));
            started(&mut first).await;
            let mut second = pin!(sleep(&db, &SLEEP, 2, 0.015));
            started(&mut second).await;
            let error = db.query(&SYSTEM, other, params! {}).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
            first.await.unwrap();
            second.await.unwrap();
        }
    });
}

#[test]
fn everybody_gets_his_own_answer_whatever_others_drop() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend, &[], |config| config.pool_size = 4).await;
        let tasks: Vec<_> = (0..24_i64)
            .map(|task| {
                let db = db.clone();
                tokio::spawn(async move {
                    let scope = match task % 3 {
                        0 => Scope::system(),
                        _ => Scope::tenant(task.to_string()),
                    };
                    let tenant = if task % 3 == 0 {
                        String::new()
                    } else {
                        task.to_string()
                    };
                    for turn in 0..60 {
                        let n = task * 1_000 + turn;
                        let mut work = pin!(echo(&db, &scope, n));
                        // Every so often the caller goes away, sooner or later.
                        let mut left = if n % 7 == 0 { n % 4 } else { i64::MAX };
                        let answer = std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
                            Poll::Ready(answer) => Poll::Ready(Some(answer)),
                            Poll::Pending if left == 0 => Poll::Ready(None),
                            Poll::Pending => {
                                left -= 1;
                                Poll::Pending
                            }
                        })
                        .await;
                        if let Some(answer) = answer {
                            assert_eq!(answer, (n, tenant.clone()));
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        is_idle(&backend).await;
        for n in 0..8 {
            assert_eq!(echo(&db, &SYSTEM, n).await, (n, String::new()));
        }
    });
}

#[test]
fn nobody_waits_behind_a_slow_one() {
    run(Kind::Postgres, async |backend: Backend| {
        sleepers!();
        let db = warmed(&backend, &SLEEPERS, |config| config.pool_size = 3).await;
        let mut first = pin!(sleep(&db, &FIRST, 0, 0.5));
        started(&mut first).await;
        let mut slow = pin!(sleep(&db, &SLEEP, 1, 3.0));
        started(&mut slow).await;
        let at_once = sleep(&db, &NAP, 2, 0.0);
        let later = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            sleep(&db, &NAP, 3, 0.0).await
        };
        let both = pin!(futures_util::future::join(at_once, later));
        match futures_util::future::select(slow, both).await {
            futures_util::future::Either::Left(_) => panic!("they waited for the slow one"),
            futures_util::future::Either::Right(((at_once, later), slow)) => {
                assert_eq!((at_once.unwrap(), later.unwrap()), (2, 3));
                assert_eq!(slow.await.unwrap(), 1, "it was not harmed");
                first.await.unwrap();
            }
        }
    });
}

#[test]
fn a_deadline_ends_one_statement_and_not_its_neighbours() {
    run(Kind::Postgres, async |backend: Backend| {
        sleepers!();
        let db = warmed(&backend, &SLEEPERS, |config| {
            config.pool_size = 3;
            config.statement_timeout = Duration::from_millis(800);
        })
        .await;
        let begun = Instant::now();
        let mut first = pin!(sleep(&db, &FIRST, 0, 0.5));
        started(&mut first).await;
        let slow = sleep(&db, &SLEEP, 1, 60.0);
        let behind = futures_util::future::join_all((0..3).map(|n| sleep(&db, &NAP, n, 0.0)));
        let (slow, behind) = futures_util::future::join(slow, behind).await;
        assert_eq!(slow.unwrap_err().kind(), ErrorKind::Timeout);
        assert!(behind.into_iter().all(|answer| answer.is_ok()));
        is_idle(&backend).await;
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it was not cancelled"
        );
    });
}

#[test]
fn a_dropped_statement_is_cancelled_and_its_neighbours_start_over() {
    run(Kind::Postgres, async |backend: Backend| {
        sleepers!();
        let db = warmed(&backend, &SLEEPERS, |config| config.pool_size = 3).await;
        let mut alone = Box::pin(sleep(&db, &FIRST, 0, 0.5));
        started(&mut alone).await;
        let mut slow = Box::pin(sleep(&db, &SLEEP, 1, 60.0));
        started(&mut slow).await;
        // Behind it, and slow itself, so that the cancel may hit this one, too.
        let mut behind = Box::pin(sleep(&db, &NAP, 2, 0.3));
        started(&mut behind).await;
        drop(slow);
        assert_eq!(behind.await.unwrap(), 2);
        alone.await.unwrap();
        is_idle(&backend).await;
        // One that waits behind another, dropped: the other one goes on.
        for _ in 0..10 {
            sleep(&db, &NAP, 0, 0.0).await.unwrap();
            sleep(&db, &SLEEP, 0, 0.0).await.unwrap();
            sleep(&db, &FIRST, 0, 0.0).await.unwrap();
        }
        let mut alone = Box::pin(sleep(&db, &FIRST, 0, 0.5));
        started(&mut alone).await;
        let mut first = Box::pin(sleep(&db, &SLEEP, 1, 0.2));
        started(&mut first).await;
        let mut second = Box::pin(sleep(&db, &NAP, 2, 0.0));
        started(&mut second).await;
        drop(second);
        assert_eq!(first.await.unwrap(), 1);
        alone.await.unwrap();
        is_idle(&backend).await;
    });
}

#[test]
fn a_transaction_gets_its_connection_however_many_read() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = warmed(&backend, &[], |config| {
            config.pool_size = 2;
            config.acquire_timeout = Duration::from_secs(5);
        })
        .await;
        let readers: Vec<_> = (0..16)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    loop {
                        assert_eq!(echo(&db, &SYSTEM, n).await.0, n);
                    }
                })
            })
            .collect();
        for _ in 0..50 {
            let held = || async {
                db.tx(&Scope::tenant("a"), |tx| async move {
                    let row = tx.query_one(&ECHO, params! { n: 7 }).await?;
                    row.get::<String>("tenant")
                })
                .await
            };
            let both = tokio::join!(held(), held());
            assert_eq!(
                (both.0.unwrap(), both.1.unwrap()),
                ("a".to_owned(), "a".to_owned())
            );
        }
        for reader in readers {
            assert!(!reader.is_finished(), "a reader failed");
            reader.abort();
        }
    });
}

#[test]
fn a_table_changes_while_it_is_read() {
    run(Kind::Postgres, async |backend: Backend| {
        static READ: Sql = Sql::new("SELECT * FROM accounts WHERE id = :id");
        let db = warmed(&backend, &[], |config| config.pool_size = 4).await;
        let readers: Vec<_> = (0..8)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move {
                    for _ in 0..300 {
                        db.query(&SYSTEM, &READ, params! { id }).await.unwrap();
                    }
                })
            })
            .collect();
        let admin = backend.admin().await;
        for _ in 0..5 {
            for change in ["ADD COLUMN other text", "DROP COLUMN other"] {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let change = Sql::dynamic(format!("ALTER TABLE accounts {change}"));
                admin.execute(&change, params! {}).await.unwrap();
            }
        }
        for reader in readers {
            reader.await.unwrap();
        }
    });
}

#[test]
fn a_type_that_does_not_fit_fails_alone() {
    run(Kind::Postgres, async |backend: Backend| {
        static DIVIDE: Sql = Sql::new("SELECT 1 / :by::bigint AS n");
        let db = warmed(&backend, &[], |config| config.pool_size = 1).await;
        let scope = Scope::tenant("a");
        let divide = async |by: i64| {
            let row = db.query_one(&scope, &DIVIDE, params! { by }).await?;
            row.get::<i64>("n")
        };
        for _ in 0..12 {
            divide(1).await.unwrap();
        }
        let all = futures_util::future::join_all((0..8).map(|n| divide(n % 2))).await;
        for (n, answer) in all.into_iter().enumerate() {
            assert_eq!(answer.is_ok(), n % 2 == 1, "{answer:?}");
        }
        assert_eq!(echo(&db, &SYSTEM, 1).await, (1, String::new()));
    });
}
