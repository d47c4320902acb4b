//! Who a transaction acts for: readable inside, gone afterwards, unreadable to the next borrower.

use crate::backend::{ADD, Backend, Kind, SYSTEM, run};
use raptor_db::{Error, ErrorKind, Scope, params, sql};

static SETTINGS: raptor_db::Sql = raptor_db::Sql::new(
    "SELECT current_setting('raptor.tenant', true) AS tenant, current_setting('raptor.actor', true) AS actor, \
     current_setting('raptor.token', true) AS token",
);

type Seen = [Option<String>; 3];

fn seen(row: &raptor_db::Row) -> Seen {
    // Postgres leaves an empty text behind where a setting once was.
    ["tenant", "actor", "token"].map(|name| {
        let value: Option<String> = row.get(name).unwrap();
        value.filter(|value| !value.is_empty())
    })
}

fn full() -> (Scope, Seen) {
    // Quotes, backslashes and text of other alphabets arrive as they are.
    let texts = ["a'b\\c \"d\" $1 :x", "customer:ü漢", "rpt_s_1"];
    let scope = Scope::tenant(texts[0])
        .with_actor(texts[1])
        .with_token(texts[2]);
    (scope, texts.map(|text| Some(text.to_owned())))
}

pub(crate) async fn a_scope_is_set_inside_and_gone_afterwards(backend: Backend) {
    let db = backend.open(|config| config.pool_size = 1).await;
    let (scope, wanted) = full();
    let none = [None, None, None];
    let system = Scope::system();
    for _ in 0..2 {
        let row = db.query_one(&scope, &SETTINGS, params! {}).await.unwrap();
        assert_eq!(seen(&row), wanted);
        let row = db.query_one(&system, &SETTINGS, params! {}).await.unwrap();
        assert_eq!(seen(&row), none);
        for read_only in [false, true] {
            let mut options = raptor_db::TxOptions::default();
            options.read_only = read_only;
            let work = |tx: raptor_db::Transaction| async move {
                tx.query(sql!("SELECT 1"), params! {}).await?;
                Ok::<_, Error>(seen(&tx.query_one(&SETTINGS, params! {}).await?))
            };
            assert_eq!(db.tx_with(&scope, options, work).await.unwrap(), wanted);
            assert_eq!(db.tx_with(&system, options, work).await.unwrap(), none);
        }
    }
}

pub(crate) async fn a_scope_is_gone_after_failure_and_cancellation(backend: Backend) {
    let db = &backend.open(|config| config.pool_size = 1).await;
    let (scope, _) = full();
    db.execute(&scope, &ADD, params! { id: 1 }).await.unwrap();
    let error = db
        .execute(&scope, &ADD, params! { id: 1 })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique);
    let panicking = {
        let (db, scope) = (db.clone(), scope.clone());
        tokio::spawn(async move {
            db.tx(&scope, |tx| async move {
                tx.query(&SETTINGS, params! {}).await?;
                if tx.engine().as_str() != "none" {
                    std::panic::resume_unwind(Box::new("a bug"));
                }
                Ok::<_, Error>(())
            })
            .await
        })
    };
    assert!(panicking.await.is_err());
    let slow = db.query(&scope, backend.endless(), params! {});
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(100), slow)
            .await
            .is_err()
    );
    let row = db.query_one(&SYSTEM, &SETTINGS, params! {}).await.unwrap();
    assert_eq!(seen(&row), [None, None, None]);
}

pub(crate) async fn a_savepoint_brings_a_setting_back(backend: Backend) {
    let change = sql!("SELECT set_config('raptor.tenant', 'other', true)");
    let answer = backend
        .db
        .tx(&Scope::tenant("mine"), |tx| async move {
            let inside: Result<(), Error> = tx
                .savepoint(|| async {
                    tx.query(change, params! {}).await?;
                    let now = seen(&tx.query_one(&SETTINGS, params! {}).await?);
                    assert_eq!(now[0].as_deref(), Some("other"));
                    Err(Error::new(ErrorKind::Other, "no"))
                })
                .await;
            assert!(inside.is_err());
            Ok::<_, Error>(seen(&tx.query_one(&SETTINGS, params! {}).await?))
        })
        .await;
    assert_eq!(answer.unwrap()[0].as_deref(), Some("mine"));
}

pub(crate) async fn tasks_side_by_side_see_their_own(backend: Backend) {
    let db = &backend.open(|config| config.pool_size = 3).await;
    let tasks = (0..60).map(|n| async move {
        let scope = Scope::tenant(n.to_string());
        let row = if n % 2 == 0 {
            db.query_one(&scope, &SETTINGS, params! {}).await.unwrap()
        } else {
            db.tx(&scope, |tx| async move {
                tx.query_one(&SETTINGS, params! {}).await
            })
            .await
            .unwrap()
        };
        assert_eq!(seen(&row), [Some(n.to_string()), None, None]);
    });
    futures_util::future::join_all(tasks).await;
}

/// Another session of the same login reads what this one runs, as fast as it can: what sets the scope is seen, what it
/// holds never is.
#[test]
fn what_a_scope_holds_is_not_seen_by_others() {
    run(Kind::Postgres, async |backend: Backend| {
        let db = backend.open(|config| config.pool_size = 2).await;
        let watcher = backend.admin().await;
        let watch = "DO $$ DECLARE sets int := 0; holds int := 0; n int; m int; BEGIN \
             FOR at IN 1..200000 LOOP \
               PERFORM pg_stat_clear_snapshot(); \
               SELECT count(*) FILTER (WHERE query LIKE '%set_config(''raptor.token''%'), count(*) FILTER (WHERE query LIKE '%seen nowhere%') \
                 INTO n, m FROM pg_stat_activity WHERE pid <> pg_backend_pid(); \
               sets := sets + n; holds := holds + m; \
               EXIT WHEN sets >= 20; \
             END LOOP; \
             PERFORM set_config('test.seen', sets || ' ' || holds, false); END $$";
        let scope = &Scope::system().with_token("seen nowhere");
        let busy = async {
            loop {
                let row = db.query_one(scope, &SETTINGS, params! {}).await.unwrap();
                assert_eq!(seen(&row)[2].as_deref(), Some("seen nowhere"));
            }
        };
        tokio::select! {
            watched = watcher.execute_raw(watch) => watched.unwrap(),
            () = busy => unreachable!("it has no end"),
        }
        let rows = watcher
            .query(sql!("SELECT current_setting('test.seen')"), params! {})
            .await
            .unwrap();
        let counts: String = rows[0].get(0).unwrap();
        let (sets, holds) = counts.split_once(' ').unwrap();
        assert!(
            sets.parse::<u32>().unwrap() >= 20,
            "the watcher saw {counts}"
        );
        assert_eq!(holds, "0");
    });
}
