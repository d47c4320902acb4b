//! The pool: who waits for whom, and when a connection is replaced.

use crate::backend::{ADD, Backend, Kind, SYSTEM, eventually, run};
use raptor_db::{Credential, CredentialProvider, Db, Error, ErrorKind, Result, params, sql};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

async fn pid(db: &Db) -> i64 {
    let row = db
        .query_one(&SYSTEM, sql!("SELECT pg_backend_pid()"), params! {})
        .await;
    row.unwrap().get(0).unwrap()
}

pub(crate) async fn waiting_too_long_names_the_holders(backend: Backend) {
    let db = &backend
        .open(|config| {
            config.pool_size = 1;
            config.acquire_timeout = Duration::from_millis(100);
        })
        .await;
    let error = db
        .read(&SYSTEM, |tx| async move {
            tx.query(sql!("SELECT 1"), params! {}).await?;
            Ok::<_, Error>(
                db.query(&SYSTEM, sql!("SELECT 2"), params! {})
                    .await
                    .unwrap_err(),
            )
        })
        .await
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let text = error.to_string();
    assert!(
        text.contains("within 100ms") && text.contains("pools.rs:"),
        "{text}"
    );
    if !backend.is_sqlite() {
        assert!(text.contains("1 of 1 are in use, longest by "), "{text}");
        assert_eq!(
            text.matches("pools.rs:").count(),
            2,
            "the holder and the waiter: {text}"
        );
    }
    db.query(&SYSTEM, sql!("SELECT 3"), params! {})
        .await
        .unwrap();
}

/// A tenth of it is jitter, so two lifetimes are enough.
#[test]
fn an_old_connection_is_replaced() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = backend
            .open(|config| {
                config.pool_size = 1;
                config.max_lifetime = Duration::from_millis(400);
            })
            .await;
        let first = pid(&db).await;
        eventually("the connection is another one", || async {
            pid(&db).await != first
        })
        .await;
        let unhurried = backend.open(|config| config.pool_size = 1).await;
        let first = pid(&unhurried).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(pid(&unhurried).await, first);
    });
}

struct Rotating {
    generation: AtomicU64,
    asked: AtomicU64,
    user: String,
    password: String,
}

impl CredentialProvider for Rotating {
    fn credential(&self) -> Pin<Box<dyn Future<Output = Result<Credential>> + Send + '_>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            Ok(Credential {
                user: self.user.clone(),
                password: Some(self.password.clone()),
                generation: self.generation(),
            })
        })
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }
}

#[test]
fn a_new_credential_replaces_connections_and_listeners() {
    run(Kind::Postgres, async |backend: Backend| {
        let (login, _) = backend.url().split_once('@').unwrap();
        let password = login.rsplit(':').next().unwrap();
        let provider = Arc::new(Rotating {
            generation: AtomicU64::new(1),
            asked: AtomicU64::new(0),
            user: "raptor_app".to_owned(),
            password: password.to_owned(),
        });
        let nobody = backend.url().replace(login, "postgres://nobody:wrong");
        let mut config = raptor_db::Config::new(&nobody)
            .unwrap()
            .with_credentials(Arc::clone(&provider) as Arc<dyn CredentialProvider>);
        config.pool_size = 1;
        config.ping_after = Duration::from_secs(1);
        let db = Db::open(config).await.unwrap();
        let mut listener = db.listen(&["a"]).await.unwrap();
        let first = pid(&db).await;
        assert_eq!(pid(&db).await, first);
        let asked = provider.asked.load(Ordering::SeqCst);
        provider.generation.store(2, Ordering::SeqCst);
        assert_ne!(pid(&db).await, first);
        assert_eq!(listener.recv().await, Some(raptor_db::Wake::Interrupted));
        assert_eq!(provider.asked.load(Ordering::SeqCst), asked + 2);
        let shown = format!("{:?}", provider.credential().await.unwrap());
        assert!(
            !shown.contains(password) && shown.contains("raptor_app"),
            "{shown}"
        );
    });
}

/// A connection cut while it idled is found out before it is used, in whatever way it was cut.
#[test]
fn a_connection_that_died_idle_is_not_handed_out() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = backend
            .open(|config| {
                config.pool_size = 1;
                config.ping_after = Duration::ZERO;
            })
            .await;
        let admin = backend.admin().await;
        for id in 0..3 {
            let pid = pid(&db).await;
            let kill = sql!("SELECT pg_terminate_backend(:pid::integer)");
            admin.query(kill, params! { pid }).await.unwrap();
            db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
        }
        assert_eq!(db.pool_sizes(), (1, 1));
    });
}

/// A cancel is aimed at a connection that nobody else will get, so a late one hits nobody.
pub(crate) async fn a_cancel_hits_nobody_else(backend: Backend) {
    if backend.is_sqlite() {
        // A brake is set for one job by its number; the same holds.
        let endless = backend.endless();
        for id in 0..200 {
            let dropped = backend.db.query(&SYSTEM, endless, params! {});
            let _ = tokio::time::timeout(Duration::from_micros(300), dropped).await;
            backend
                .db
                .execute(&SYSTEM, &ADD, params! { id })
                .await
                .unwrap();
        }
        return;
    }
    let db = &backend.open(|config| config.pool_size = 3).await;
    let nap = sql!("SELECT pg_sleep(0.002)::text");
    let hasty = async {
        for n in 0..100_u64 {
            let nap = db.query(&SYSTEM, nap, params! {});
            let _ = tokio::time::timeout(Duration::from_micros(n * 50), nap).await;
        }
    };
    let steady = async {
        for id in 0..150 {
            db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
            db.query(&SYSTEM, nap, params! {}).await.unwrap();
        }
    };
    tokio::join!(hasty, steady);
    assert_eq!(backend.accounts().await, 150);
}
