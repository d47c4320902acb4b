//! Waking up by notification: after commit only, from this process and another one.

use crate::backend::{ADD, Backend, Kind, SYSTEM, eventually};
use crate::child::Child;
use raptor_db::{Db, Error, ErrorKind, Listener, Notification, Wake, params, sql};
use std::time::Duration;

static NOTIFY: raptor_db::Sql = raptor_db::Sql::new("SELECT pg_notify(:channel, :payload)");

fn woken(channel: &str, payload: &str) -> Option<Wake> {
    Some(Wake::Notified(Notification {
        channel: channel.to_owned(),
        payload: payload.to_owned(),
    }))
}

/// A listener that needs no pooler's help, and the database it listens on.
async fn listener(backend: &Backend, channels: &[&str]) -> (Db, Listener) {
    let db = match backend.kind {
        Kind::PgBouncer => {
            let refused = backend.db.listen(channels).await.err().unwrap();
            assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused:?}");
            let straight = raptor_db::Config::new(backend.database().url()).unwrap();
            Db::open(straight).await.unwrap()
        }
        _ => backend.db.clone(),
    };
    let listener = db.listen(channels).await.unwrap();
    (db, listener)
}

pub(crate) async fn what_is_committed_wakes(backend: Backend) {
    let (_db, mut listener) = listener(&backend, &["a", "B \"quoted\" channel"]).await;
    let say = |channel: &'static str, payload: &'static str, commits: bool| {
        let db = backend.db.clone();
        async move {
            db.tx(&SYSTEM, |tx| async move {
                tx.execute(&NOTIFY, params! { channel, payload }).await?;
                if commits {
                    Ok(())
                } else {
                    Err(Error::new(ErrorKind::Other, "no"))
                }
            })
            .await
            .is_ok()
        }
    };
    assert!(!say("a", "never said", false).await);
    assert!(say("other", "not listened to", true).await);
    assert!(say("a", "ünïcode", true).await);
    assert!(say("B \"quoted\" channel", "", true).await);
    assert_eq!(listener.recv().await, woken("a", "ünïcode"));
    assert_eq!(listener.recv().await, woken("B \"quoted\" channel", ""));
    backend
        .db
        .query(&SYSTEM, &NOTIFY, params! { channel: "a", payload: "alone" })
        .await
        .unwrap();
    assert_eq!(listener.recv().await, woken("a", "alone"));
    // Waiting can be given up and taken up again.
    let pause = Duration::from_millis(20);
    assert!(tokio::time::timeout(pause, listener.recv()).await.is_err());
    assert!(say("a", "again", true).await);
    assert_eq!(listener.recv().await, woken("a", "again"));
}

pub(crate) async fn a_rolled_back_savepoint_says_nothing(backend: Backend) {
    let (_db, mut listener) = listener(&backend, &["a"]).await;
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&NOTIFY, params! { channel: "a", payload: "first" })
                .await?;
            let inside: Result<(), Error> = tx
                .savepoint(|| async {
                    tx.execute(&NOTIFY, params! { channel: "a", payload: "taken back" })
                        .await?;
                    Err(Error::new(ErrorKind::Other, "no"))
                })
                .await;
            assert!(inside.is_err());
            tx.execute(&NOTIFY, params! { channel: "a", payload: "last" })
                .await
        })
        .await;
    answer.unwrap();
    assert_eq!(listener.recv().await, woken("a", "first"));
    assert_eq!(listener.recv().await, woken("a", "last"));
}

pub(crate) async fn another_process_wakes(backend: Backend) {
    let (_db, mut listener) = listener(&backend, &["from afar"]).await;
    let mut child = Child::start("notify", &[backend.url(), "from afar", "hello"]);
    assert_eq!(listener.recv().await, woken("from afar", "hello"));
    child.succeeds();
}

pub(crate) async fn an_interrupted_listener_says_so_and_goes_on(backend: Backend) {
    let (db, mut listener) = listener(&backend, &["a"]).await;
    if backend.is_sqlite() {
        // Nothing lies between that could break; the file's end is the database's.
        db.close().await;
        assert_eq!(listener.recv().await, None);
        return;
    }
    let admin = backend.admin().await;
    let kill = sql!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
    );
    eventually("the listener is cut off", || async {
        let rows = admin.query(kill, params! {}).await.unwrap();
        rows[0].get::<i64>(0).unwrap() == 1
    })
    .await;
    assert_eq!(listener.recv().await, Some(Wake::Interrupted));
    backend
        .db
        .execute(&SYSTEM, &ADD, params! { id: 1 })
        .await
        .unwrap();
    backend
        .db
        .execute(&SYSTEM, &NOTIFY, params! { channel: "a", payload: "b" })
        .await
        .unwrap();
    assert_eq!(listener.recv().await, woken("a", "b"));
    db.close().await;
    assert_eq!(listener.recv().await, None);
}

pub(crate) async fn a_channel_needs_a_name(backend: Backend) {
    for name in ["", "a\0b", &"x".repeat(64)] {
        let error = backend.db.listen(&[name]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Parameter);
    }
}
