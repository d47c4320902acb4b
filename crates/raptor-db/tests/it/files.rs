//! What holds for a SQLite file: one commit for many, several processes, kill -9.

use crate::backend::{ADD, Backend, Kind, SYSTEM, run};
use crate::child::{Child, write};
use raptor_db::{Db, Error, ErrorKind, Params, Scope, Sql, params, sql};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

async fn pragma(backend: &Backend, name: &str, durable: bool) -> String {
    let db = backend.open(|config| config.durable = durable).await;
    let session = db.session().await.unwrap();
    let text = format!("SELECT {name}::text AS value FROM pragma_{name}");
    let rows = session
        .query(&Sql::dynamic(text), params! {})
        .await
        .unwrap();
    match rows[0].get::<String>("value") {
        Ok(text) => text,
        Err(_) => rows[0].get::<i64>("value").unwrap().to_string(),
    }
}

#[test]
fn a_connection_is_configured_for_keeps() {
    run(Kind::Sqlite, async |backend: Backend| {
        assert_eq!(pragma(&backend, "journal_mode", true).await, "wal");
        assert_eq!(pragma(&backend, "foreign_keys", true).await, "1");
        assert_eq!(pragma(&backend, "synchronous", true).await, "2");
        assert_eq!(pragma(&backend, "synchronous", false).await, "1");
    });
}

/// Each is answered only when others can see it, and a failing one harms no neighbour.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn many_commit_together_and_fail_alone() {
    run(Kind::Sqlite, async |backend: Backend| {
        let other = &backend.open(|config| config.pool_size = 8).await;
        let db = &backend.db;
        let promise = sql!("INSERT INTO promises (id, account) VALUES (:id, :account)");
        for round in 0..5 {
            let tasks = (0..64_i64).map(|task| async move {
                let id = round * 64 + task;
                let answer = match task {
                    7 => {
                        db.execute(
                            &SYSTEM,
                            &ADD,
                            params! { id: id - 1 + 1_000_000 * i64::from(round == 0) },
                        )
                        .await
                    }
                    // Fails at COMMIT, where the whole group fails with it at first.
                    11 => {
                        db.execute(&SYSTEM, promise, params! { id, account: -1 })
                            .await
                    }
                    13 => {
                        db.tx(&SYSTEM, |tx| async move {
                            tx.execute(promise, params! { id, account: -1 }).await
                        })
                        .await
                    }
                    17 => {
                        db.execute(
                            &SYSTEM,
                            sql!("INSERT INTO accounts (id, name) VALUES (:id, NULL)"),
                            params! { id },
                        )
                        .await
                    }
                    // A transaction in the group of others.
                    19 | 23 => {
                        db.tx(&SYSTEM, |tx| async move {
                            tx.execute(&ADD, params! { id }).await?;
                            tx.execute(
                                sql!("UPDATE accounts SET cents = 5 WHERE id = :id"),
                                params! { id },
                            )
                            .await
                        })
                        .await
                    }
                    _ => db.execute(&SYSTEM, &ADD, params! { id }).await,
                };
                let there = sql!("SELECT count(*) FROM accounts WHERE id = :id");
                let seen: i64 = other
                    .query_one(&SYSTEM, there, params! { id })
                    .await
                    .unwrap()
                    .get(0)
                    .unwrap();
                (task, answer.map_err(|error| error.kind()), seen)
            });
            for (task, answer, seen) in futures_util::future::join_all(tasks).await {
                match task {
                    7 => {}
                    11 | 13 => {
                        assert_eq!((answer, seen), (Err(ErrorKind::ForeignKey), 0), "{task}");
                    }
                    17 => assert_eq!((answer, seen), (Err(ErrorKind::NotNull), 0), "{task}"),
                    _ => assert_eq!((answer, seen), (Ok(1), 1), "{task}"),
                }
            }
        }
        assert_eq!(
            backend
                .int(sql!("SELECT count(*) FROM promises"), params! {})
                .await,
            0
        );
    });
}

/// A transaction that takes its time between statements does not keep finished writes waiting.
#[test]
fn a_slow_transaction_gives_way_or_goes_alone() {
    run(Kind::Sqlite, async |backend: Backend| {
        let (db, runs) = (&backend.db, &AtomicU32::new(0));
        let slow = (0..4).map(|task: i64| async move {
            db.tx(&SYSTEM, |tx| async move {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.execute(&ADD, params! { id: 1_000 + task }).await?;
                tokio::time::sleep(Duration::from_millis(120)).await;
                tx.execute(&ADD, params! { id: 2_000 + task }).await
            })
            .await
            .unwrap();
        });
        let quick = (0..100).map(|id: i64| async move {
            tokio::time::sleep(Duration::from_millis(u64::try_from(id % 10).unwrap() * 40)).await;
            db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
        });
        tokio::join!(
            futures_util::future::join_all(slow),
            futures_util::future::join_all(quick)
        );
        assert_eq!(backend.accounts().await, 108);
        assert!(
            runs.load(Ordering::SeqCst) <= 8,
            "once more at most for each"
        );
    });
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    run(Kind::Sqlite, async |backend: Backend| {
        let mut others: Vec<_> = ["10000", "20000"]
            .map(|first| Child::start("write", &[backend.url(), first, "400"]))
            .into();
        write(&backend.db, 0, 400).await;
        tokio::task::spawn_blocking(move || others.iter_mut().for_each(Child::succeeds))
            .await
            .unwrap();
        assert_eq!(backend.accounts().await, 1_200);
    });
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    run(Kind::Sqlite, async |backend: Backend| {
        for round in 0..3 {
            backend
                .db
                .execute(&SYSTEM, sql!("DELETE FROM accounts"), params! {})
                .await
                .unwrap();
            let mut child = Child::start("write for ever", &[backend.url()]);
            let child = tokio::task::spawn_blocking(move || {
                let mut last = 0;
                for _ in 0..40 + round * 17 {
                    last = child.hears().unwrap().parse::<i64>().unwrap();
                }
                child.kill();
                // What it said before it died is acknowledged, too.
                while let Some(word) = child.hears() {
                    last = word.parse().unwrap_or(last);
                }
                last
            });
            let last = child.await.unwrap();
            let there = backend
                .int(
                    sql!("SELECT count(*) FROM accounts WHERE id <= :last"),
                    params! { last },
                )
                .await;
            assert_eq!(there, last + 1);
            let session = backend.db.session().await.unwrap();
            let check = sql!("SELECT integrity_check AS v FROM pragma_integrity_check");
            let rows = session.query(check, params! {}).await.unwrap();
            assert_eq!(rows[0].get::<&str>("v").unwrap(), "ok");
        }
    });
}

#[test]
fn another_process_that_writes_is_waited_for() {
    run(Kind::Sqlite, async |backend: Backend| {
        let mut child = Child::start("hold", &[backend.url()]);
        assert_eq!(child.hears().as_deref(), Some("held"));
        let hasty = backend
            .open(|config| config.busy_timeout = Duration::from_millis(10))
            .await;
        let error = hasty
            .execute(&SYSTEM, &ADD, params! { id: 1 })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        let error = hasty
            .tx(&SYSTEM, |tx| async move {
                tx.savepoint(|| async { tx.execute(&ADD, params! { id: 1 }).await })
                    .await
            })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        // Reading goes on meanwhile.
        assert_eq!(backend.accounts().await, 0);
        let (db, release) = (&backend.db, async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            child.tell();
        });
        let (written, ()) = tokio::join!(db.execute(&SYSTEM, &ADD, params! { id: 1 }), release);
        assert_eq!(written.unwrap(), 1);
        tokio::task::spawn_blocking(move || child.succeeds())
            .await
            .unwrap();
    });
}

#[test]
fn an_idle_transaction_is_ended_at_its_deadline() {
    run(Kind::Sqlite, async |backend: Backend| {
        let mut options = raptor_db::TxOptions::default();
        options.deadline = Duration::from_millis(200);
        let db: &Db = &backend.db;
        let idle = db.tx_with(&SYSTEM, options, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            std::future::pending::<Result<(), Error>>().await
        });
        let beside = db.execute(&SYSTEM, &ADD, params! { id: 2 });
        let (idle, beside) = tokio::join!(idle, beside);
        assert_eq!(idle.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!(beside.unwrap(), 1);
        assert_eq!(backend.accounts().await, 1);
    });
}

#[test]
fn a_session_notifies_too() {
    run(Kind::Sqlite, async |backend: Backend| {
        let mut listener = backend.db.listen(&["a"]).await.unwrap();
        let session = backend.db.session().await.unwrap();
        let none: Params<'_> = params! {};
        session
            .query(sql!("SELECT pg_notify('a', 'b')"), none)
            .await
            .unwrap();
        assert!(listener.recv().await.is_some());
        let seen = backend
            .db
            .query(&Scope::tenant("t"), sql!("SELECT 1"), none)
            .await;
        assert_eq!(seen.unwrap().len(), 1);
    });
}

/// A session that waits for the lock keeps nobody from running who might give it up: not even on
/// the one thread that runs them both.
#[test]
fn a_session_waits_beside_others() {
    run(Kind::Sqlite, async |backend: Backend| {
        let open = async || backend.db.session().await.unwrap();
        let (first, second) = (open().await, open().await);
        for begin in ["BEGIN IMMEDIATE", "BEGIN IMMEDIATE;"] {
            first.execute_raw("BEGIN IMMEDIATE").await.unwrap();
            let waits = async {
                let started = std::time::Instant::now();
                second.execute_raw(begin).await.unwrap();
                second.execute_raw("COMMIT").await.unwrap();
                started.elapsed()
            };
            let gives_up = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                first.execute_raw("ROLLBACK").await.unwrap();
            };
            let (waited, ()) = tokio::join!(waits, gives_up);
            assert!(waited >= Duration::from_millis(90), "{waited:?}");
        }
    });
}
