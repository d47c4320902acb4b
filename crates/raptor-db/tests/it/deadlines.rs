//! Deadlines that end the work itself, on the server and in the file.

use crate::backend::{ADD, Backend, SYSTEM, eventually};
use raptor_db::{Error, ErrorKind, Scope, Session, TxOptions, params, sql};
use std::time::Duration;

/// Nothing runs, and no transaction is open.
async fn nothing_runs(admin: &Session) {
    none_are(
        admin,
        &[
            "active",
            "idle in transaction",
            "idle in transaction (aborted)",
        ],
    )
    .await;
}

async fn none_are(admin: &Session, states: &[&str]) {
    let states: &Vec<String> = &states.iter().map(|state| (*state).to_owned()).collect();
    eventually("nothing runs on the server", || async move {
        let running = sql!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND state = ANY (:states)"
        );
        let rows = admin.query(running, params! { states }).await.unwrap();
        rows[0].get::<i64>(0).unwrap() == 0
    })
    .await;
}

pub(crate) async fn a_transaction_past_its_deadline_is_stopped(backend: Backend) {
    let mut options = TxOptions::default();
    options.deadline = Duration::from_millis(300);
    let endless = backend.endless();
    for read_only in [false, true] {
        options.read_only = read_only;
        let answer = backend
            .db
            .tx_with(&SYSTEM, options, |tx| async move {
                if !read_only {
                    tx.execute(&ADD, params! { id: 1 }).await?;
                }
                tx.query(endless, params! {}).await.map(|_| ())
            })
            .await;
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(
            error.to_string().contains("300ms") || backend.is_sqlite(),
            "{error}"
        );
    }
    if !backend.is_sqlite() {
        nothing_runs(&backend.admin().await).await;
    }
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
    assert_eq!(backend.accounts().await, 1);
}

pub(crate) async fn a_statement_past_its_deadline_is_stopped(backend: Backend) {
    let db = backend
        .open(|config| {
            config.statement_timeout = Duration::from_secs(1);
            config.pool_size = 2;
        })
        .await;
    for scope in [Scope::system(), Scope::tenant("t")] {
        let error = db
            .query(&scope, backend.endless(), params! {})
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("backend.rs:"), "{error}");
    }
    if !backend.is_sqlite() {
        nothing_runs(&backend.admin().await).await;
    }
    // A savepoint does not confine it: the cancel may still be on its way.
    let answer = db
        .tx(&SYSTEM, |tx| async {
            let tx = tx;
            let slow = tx
                .savepoint(|| async { tx.query(backend.endless(), params! {}).await })
                .await;
            assert_eq!(slow.map(|_| ()).unwrap_err().kind(), ErrorKind::Timeout);
            tx.execute(&ADD, params! { id: 1 }).await.map(|_| ())
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    db.execute(&SYSTEM, &ADD, params! { id: 1 }).await.unwrap();
}

pub(crate) async fn a_dropped_query_is_stopped(backend: Backend) {
    for scope in [Scope::system(), Scope::tenant("t")] {
        let query = backend.db.query(&scope, backend.endless(), params! {});
        let dropped = tokio::time::timeout(Duration::from_millis(200), query).await;
        assert!(dropped.is_err());
    }
    if !backend.is_sqlite() {
        nothing_runs(&backend.admin().await).await;
    }
    assert_eq!(backend.accounts().await, 0);
}

pub(crate) async fn waiting_for_a_lock_ends_too(backend: Backend) {
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
    let impatient = backend
        .open(|config| {
            config.statement_timeout = Duration::from_millis(200);
            config.busy_timeout = Duration::from_millis(20);
        })
        .await;
    let raise = sql!("UPDATE accounts SET cents = cents + 1 WHERE id = 1");
    let other = &impatient;
    let admin = &match backend.is_sqlite() {
        true => None,
        false => Some(backend.admin().await),
    };
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(raise, params! {}).await?;
            let blocked = other.execute(&SYSTEM, raise, params! {}).await;
            // The lock is still held: only the cancel can have ended it.
            if let Some(admin) = admin {
                none_are(admin, &["active"]).await;
            }
            Ok::<_, Error>(blocked.unwrap_err().kind())
        })
        .await;
    let wanted = if backend.is_sqlite() {
        ErrorKind::Busy
    } else {
        ErrorKind::Timeout
    };
    assert_eq!(answer.unwrap(), wanted);
    let cents = backend
        .int(sql!("SELECT cents FROM accounts"), params! {})
        .await;
    assert_eq!(cents, 1);
}
