//! Transactions: all or nothing, run again after losing, confined by savepoints, over when they are over.

use crate::backend::{ADD, Backend, SYSTEM};
use raptor_db::{Error, ErrorKind, Scope, TxOptions, params, sql};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Barrier;

pub(crate) async fn ok_commits_and_err_rolls_back(backend: Backend) {
    let db = &backend.db;
    let answer = db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            tx.execute(&ADD, params! { id: 2 }).await
        })
        .await;
    assert_eq!(answer.unwrap(), 1);
    let refused = db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 3 }).await?;
            Err::<(), _>(Error::new(ErrorKind::NotFound, "my own reason"))
        })
        .await;
    assert_eq!(refused.unwrap_err().to_string(), "my own reason");
    assert_eq!(backend.accounts().await, 2);
}

pub(crate) async fn an_empty_transaction_is_fine(backend: Backend) {
    let nothing = backend
        .db
        .tx(&SYSTEM, |_| async { Ok::<_, Error>(5) })
        .await;
    assert_eq!(nothing.unwrap(), 5);
    let nothing = backend
        .db
        .read(&SYSTEM, |_| async { Ok::<_, Error>(6) })
        .await;
    assert_eq!(nothing.unwrap(), 6);
}

pub(crate) async fn a_panic_rolls_back(backend: Backend) {
    let db = backend.db.clone();
    let task = tokio::spawn(async move {
        db.tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            if tx.engine().as_str() != "none" {
                std::panic::resume_unwind(Box::new("a bug"));
            }
            Ok::<_, Error>(())
        })
        .await
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(backend.accounts().await, 0);
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
}

pub(crate) async fn a_swallowed_failure_does_not_commit(backend: Backend) {
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let again = tx.execute(&ADD, params! { id: 1 }).await.unwrap_err();
            assert_eq!(again.kind(), ErrorKind::Unique);
            let after = tx.execute(&ADD, params! { id: 2 }).await.unwrap_err();
            assert_eq!(after.kind(), ErrorKind::Refused);
            Ok::<_, Error>(())
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn a_dropped_statement_does_not_commit(backend: Backend) {
    let endless = backend.endless();
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let pause = Duration::from_millis(50);
            let slow = tokio::time::timeout(pause, tx.query(endless, params! {})).await;
            assert!(slow.is_err());
            // Nobody knows when the cancel arrives: not even a savepoint may go on.
            let inside = tx
                .savepoint(|| async { tx.execute(&ADD, params! { id: 2 }).await })
                .await;
            assert_eq!(inside.unwrap_err().kind(), ErrorKind::Refused);
            Ok::<_, Error>(())
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn an_ended_transaction_takes_nothing_more(backend: Backend) {
    for read_only in [false, true] {
        let kept = Arc::new(Mutex::new(None));
        let mut options = TxOptions::default();
        options.read_only = read_only;
        let keep = Arc::clone(&kept);
        let answer = backend
            .db
            .tx_with(&SYSTEM, options, move |tx| {
                let keep = Arc::clone(&keep);
                async move {
                    tx.query(sql!("SELECT 1"), params! {}).await?;
                    *keep.lock().unwrap() = Some(tx);
                    Ok::<_, Error>(())
                }
            })
            .await;
        answer.unwrap();
        let tx = kept.lock().unwrap().take().unwrap();
        let late = tx.query(sql!("SELECT 1"), params! {}).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Refused);
        assert!(late.to_string().contains("has ended"), "{late}");
    }
}

pub(crate) async fn a_handle_that_outlives_a_dropped_closure_is_rolled_back(backend: Backend) {
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    let mut options = TxOptions::default();
    options.deadline = Duration::from_millis(300);
    let answer = backend
        .db
        .tx_with(&SYSTEM, options, move |tx| {
            let keep = Arc::clone(&keep);
            async move {
                tx.execute(&ADD, params! { id: 1 }).await?;
                *keep.lock().unwrap() = Some(tx);
                std::future::pending::<Result<(), Error>>().await
            }
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Timeout);
    let tx = kept.lock().unwrap().take().unwrap();
    let late = tx.execute(&ADD, params! { id: 2 }).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Refused);
    // Its lock is gone although the handle is not.
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
    drop(tx);
}

pub(crate) async fn a_statement_still_running_is_not_committed(backend: Backend) {
    let endless = backend.endless();
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let slow = tokio::spawn(async move { tx.query(endless, params! {}).await });
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(slow);
            Ok::<_, Error>(())
        })
        .await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("still running"), "{error}");
    assert_eq!(backend.accounts().await, 0);
}

/// Two transactions read what the other one writes. Alone each would leave one account; run one
/// after the other they leave one, too; side by side they would leave two.
pub(crate) async fn a_lost_race_is_run_again(backend: Backend) {
    let (runs, meeting) = (AtomicU32::new(0), Barrier::new(2));
    let mut options = TxOptions::default();
    options.serializable = true;
    let meets = !backend.is_sqlite();
    let racer = |id: i64| {
        let (runs, meeting) = (&runs, &meeting);
        backend.db.tx_with(&SYSTEM, options, move |tx| async move {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            let rows = tx
                .query(sql!("SELECT count(*) FROM accounts"), params! {})
                .await?;
            if meets && run < 2 {
                meeting.wait().await;
            }
            if rows[0].get::<i64>(0)? == 0 {
                tx.execute(&ADD, params! { id }).await?;
            }
            Ok::<_, Error>(())
        })
    };
    let (one, other) = tokio::join!(racer(1), racer(2));
    one.unwrap();
    other.unwrap();
    assert_eq!(backend.accounts().await, 1);
    // SQLite has one writer: nobody lost.
    assert_eq!(runs.load(Ordering::SeqCst), if meets { 3 } else { 2 });
}

pub(crate) async fn a_deadlock_is_run_again(backend: Backend) {
    for id in [1, 2] {
        backend
            .db
            .execute(&SYSTEM, &ADD, params! { id })
            .await
            .unwrap();
    }
    let (runs, meeting) = (AtomicU32::new(0), Barrier::new(2));
    let meets = !backend.is_sqlite();
    let racer = |first: i64, second: i64| {
        let (runs, meeting) = (&runs, &meeting);
        backend.db.tx(&SYSTEM, move |tx| async move {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            let raise = sql!("UPDATE accounts SET cents = cents + 1 WHERE id = :id");
            tx.execute(raise, params! { id: first }).await?;
            if meets && run < 2 {
                meeting.wait().await;
            }
            tx.execute(raise, params! { id: second }).await
        })
    };
    let (one, other) = tokio::join!(racer(1, 2), racer(2, 1));
    one.unwrap();
    other.unwrap();
    let sum = backend
        .int(sql!("SELECT sum(cents) FROM accounts"), params! {})
        .await;
    assert_eq!(sum, 4);
    // The one that is run again may meet the other one again, before that has the lock it waits for.
    assert!(runs.load(Ordering::SeqCst) >= if meets { 3 } else { 2 });
}

pub(crate) async fn runs_are_bounded(backend: Backend) {
    let runs = AtomicU32::new(0);
    let mut options = TxOptions::default();
    options.retries = 2;
    let answer = backend
        .db
        .tx_with(&SYSTEM, options, |tx| {
            let runs = &runs;
            async move {
                tx.execute(&ADD, params! { id: 1 }).await?;
                runs.fetch_add(1, Ordering::SeqCst);
                Err::<(), _>(Error::new(ErrorKind::Serialization, "always"))
            }
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Serialization);
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn a_savepoint_confines_a_failure(backend: Backend) {
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let failed = tx
                .savepoint(|| async {
                    tx.execute(&ADD, params! { id: 2 }).await?;
                    tx.execute(&ADD, params! { id: 1 }).await
                })
                .await;
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unique);
            tx.savepoint(|| async {
                tx.execute(&ADD, params! { id: 3 }).await?;
                let inner = tx
                    .savepoint(|| async {
                        tx.execute(&ADD, params! { id: 4 }).await?;
                        Err::<(), _>(Error::new(ErrorKind::Other, "no"))
                    })
                    .await;
                assert_eq!(inner.unwrap_err().kind(), ErrorKind::Other);
                tx.execute(&ADD, params! { id: 5 }).await
            })
            .await
        })
        .await;
    answer.unwrap();
    let ids = backend
        .rows(sql!("SELECT id FROM accounts ORDER BY id"), params! {})
        .await;
    let ids: Vec<i64> = ids.iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(ids, [1, 3, 5]);
}

pub(crate) async fn a_failed_outer_savepoint_takes_the_inner_back(backend: Backend) {
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let outer: Result<(), Error> = tx
                .savepoint(|| async {
                    tx.savepoint(|| async { tx.execute(&ADD, params! { id: 2 }).await })
                        .await?;
                    Err(Error::new(ErrorKind::Other, "no"))
                })
                .await;
            assert!(outer.is_err());
            Ok::<_, Error>(())
        })
        .await;
    answer.unwrap();
    assert_eq!(backend.accounts().await, 1);
}

pub(crate) async fn a_dropped_savepoint_does_not_commit(backend: Backend) {
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            let half = tx.savepoint(|| async {
                tx.execute(&ADD, params! { id: 1 }).await?;
                std::future::pending::<Result<(), Error>>().await
            });
            assert!(
                tokio::time::timeout(Duration::from_millis(100), half)
                    .await
                    .is_err()
            );
            Ok::<_, Error>(())
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn a_read_only_transaction_writes_nothing(backend: Backend) {
    let answer = backend
        .db
        .read(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Permission);
    let answer = backend
        .db
        .read(&SYSTEM, |tx| async move {
            tx.execute_raw("INSERT INTO accounts (id, name) VALUES (1, 'a')")
                .await
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Permission);
    let confined = backend
        .db
        .read(&SYSTEM, |tx| async move {
            let inside = tx
                .savepoint(|| async { tx.execute(&ADD, params! { id: 1 }).await })
                .await;
            assert_eq!(inside.unwrap_err().kind(), ErrorKind::Permission);
            tx.query_one(sql!("SELECT 7::bigint"), params! {})
                .await?
                .get::<i64>(0)
        })
        .await;
    assert_eq!(confined.unwrap(), 7);
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn a_read_only_transaction_sees_one_snapshot(backend: Backend) {
    let db = &backend.db;
    let counts = db
        .read(&SYSTEM, |tx| async move {
            let count = sql!("SELECT count(*) FROM accounts");
            let before: i64 = tx.query_one(count, params! {}).await?.get(0)?;
            db.execute(&SYSTEM, &ADD, params! { id: 1 }).await?;
            let after: i64 = tx.query_one(count, params! {}).await?.get(0)?;
            Ok::<_, Error>((before, after))
        })
        .await;
    assert_eq!(counts.unwrap(), (0, 0));
    assert_eq!(backend.accounts().await, 1);
}

pub(crate) async fn many_sets_of_parameters_are_one_step(backend: Backend) {
    let ids: Vec<i64> = (1..=2_500).collect();
    let add = |upto: usize| {
        let ids = &ids;
        backend.db.tx(&SYSTEM, move |tx| async move {
            let sets: Vec<_> = ids[..upto]
                .iter()
                .map(|id| [("id", id as &(dyn raptor_db::ToValue + Sync))])
                .collect();
            let sets: Vec<raptor_db::Params<'_>> = sets.iter().map(|set| &set[..]).collect();
            tx.execute_many(&ADD, &sets).await
        })
    };
    assert_eq!(add(2_500).await.unwrap(), 2_500);
    assert_eq!(backend.accounts().await, 2_500);
    assert_eq!(add(1).await.unwrap_err().kind(), ErrorKind::Unique);
    assert_eq!(add(0).await.unwrap(), 0);
}

pub(crate) async fn deferred_constraints_fail_the_commit(backend: Backend) {
    let promise = sql!("INSERT INTO promises (id, account) VALUES (:id, :account)");
    let kept = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(promise, params! { id: 1, account: 1 }).await?;
            tx.execute(&ADD, params! { id: 1 }).await
        })
        .await;
    kept.unwrap();
    let broken = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(promise, params! { id: 2, account: 9 }).await
        })
        .await;
    assert_eq!(broken.unwrap_err().kind(), ErrorKind::ForeignKey);
    for scope in [Scope::system(), Scope::tenant("t")] {
        let alone = backend
            .db
            .execute(&scope, promise, params! { id: 3, account: 9 })
            .await;
        assert_eq!(alone.unwrap_err().kind(), ErrorKind::ForeignKey);
    }
    assert_eq!(
        backend
            .int(sql!("SELECT count(*) FROM promises"), params! {})
            .await,
        1
    );
}

/// On SQLite it would wait for itself; on Postgres the other connection waits for nothing.
pub(crate) async fn the_database_inside_its_own_transaction(backend: Backend) {
    let db = &backend.db;
    let answer = db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let beside = db.execute(&SYSTEM, &ADD, params! { id: 2 }).await;
            let nested = db
                .tx(&SYSTEM, |tx| async move {
                    tx.execute(&ADD, params! { id: 3 }).await
                })
                .await;
            let seen = db.query_one(&SYSTEM, sql!("SELECT count(*) FROM accounts"), params! {});
            let seen: i64 = seen.await?.get(0)?;
            Ok::<_, Error>((
                beside.map_err(|e| e.kind()),
                nested.map_err(|e| e.kind()),
                seen,
            ))
        })
        .await;
    let wanted = if backend.is_sqlite() {
        (Err(ErrorKind::Refused), Err(ErrorKind::Refused), 0)
    } else {
        (Ok(1), Ok(1), 2)
    };
    assert_eq!(answer.unwrap(), wanted);
}
