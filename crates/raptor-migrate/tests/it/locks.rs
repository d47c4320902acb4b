//! Postgres: roles, row security, and locks that others hold.

use crate::fixture::{Fixture, chain, ids};
use raptor_migrate::{ErrorKind, Event, LockWait, upgrade};
use std::time::Duration;

fn two() -> raptor_migrate::Chain {
    chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer);\n",
        "-- raptor: id=b revises=a\n-- raptor:up\nALTER TABLE t ADD COLUMN name text;\n",
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_blocks_is_told_and_it_is_tried_again() {
    let mut at = Fixture::postgres().await;
    at.upgrade(&two(), "a").await.unwrap();
    at.options.lock = LockWait {
        timeout: Duration::from_millis(700),
        tries: 5,
    };
    let reader = at.db.session().await.unwrap();
    reader
        .execute_raw("BEGIN; SELECT * FROM raptor.t")
        .await
        .unwrap();
    let mut told = Vec::new();
    let mut reader = Some(reader);
    let ran = upgrade(&at.db, &two(), "head", &at.options, |event| {
        if let Event::Blocked {
            id, by, tried, of, ..
        } = event
        {
            told.push((
                id.to_owned(),
                by.iter().map(ToString::to_string).collect::<String>(),
                tried,
                of,
            ));
            reader.take();
        }
    })
    .await
    .unwrap();
    assert_eq!(ids(&ran), ["b"]);
    let (id, by, tried, of) = &told[0];
    assert_eq!((id.as_str(), *tried, *of, told.len()), ("b", 1, 5, 1));
    assert!(
        by.contains("idle in transaction") && by.contains("SELECT * FROM raptor.t"),
        "{by}"
    );
    let waited = at.column("SELECT (lock_wait_ms > 500)::text FROM raptor.raptor_migration_log WHERE revision = 'b'").await;
    assert_eq!(waited, ["true"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_never_comes_ends_it() {
    let mut at = Fixture::postgres().await;
    at.upgrade(&two(), "a").await.unwrap();
    let reader = at.db.session().await.unwrap();
    reader
        .execute_raw("BEGIN; SELECT * FROM raptor.t")
        .await
        .unwrap();
    at.options.lock = LockWait {
        timeout: Duration::from_millis(400),
        tries: 2,
    };
    let error = at.upgrade(&two(), "head").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.revision()),
        (ErrorKind::Locked, Some("b"))
    );
    assert!(
        error.to_string().contains("2 tries, held by process"),
        "{error}"
    );
    assert_eq!(at.versions().await, ["a"]);
    // A revision's own patience comes first.
    let own = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer);\n",
        "-- raptor: id=b revises=a lock=100ms*1\n-- raptor:up\nALTER TABLE t ADD COLUMN name text;\n",
    ]);
    let error = at.upgrade(&own, "head").await.unwrap_err();
    assert!(error.to_string().contains("1 tries"), "{error}");
    // And so does the time for all of it.
    at.options.budget = Duration::from_millis(300);
    at.options.lock = LockWait {
        timeout: Duration::from_secs(2),
        tries: 100,
    };
    let error = at.upgrade(&two(), "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfTime, "{error}");
    assert!(error.to_string().contains("300ms"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_belongs_to_the_role() {
    let mut at = Fixture::postgres().await;
    at.admin("CREATE ROLE keeper; CREATE ROLE other; GRANT keeper, other TO raptor_owner; GRANT USAGE, CREATE ON SCHEMA raptor TO keeper, other").await;
    at.options.role = Some("keeper".to_owned());
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer);\n",
        "-- raptor: id=b revises=a role=other\n-- raptor:up\nCREATE TABLE u (id integer);\n",
    ]);
    at.upgrade(&chain, "head").await.unwrap();
    let owners = "SELECT tablename || ' ' || tableowner FROM pg_tables WHERE schemaname = 'raptor' ORDER BY 1";
    assert_eq!(
        at.column(owners).await,
        [
            "alembic_version keeper",
            "raptor_migration_log keeper",
            "t keeper",
            "u other"
        ]
    );
}

/// A policy that hides rows from a data step is an error, not an UPDATE of fewer rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filtered_update_fails() {
    let at = Fixture::postgres().await;
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up postgres\nCREATE TABLE t (id integer, name text);\nINSERT INTO t VALUES (1, 'x');\n\
         ALTER TABLE t ENABLE ROW LEVEL SECURITY;\nALTER TABLE t FORCE ROW LEVEL SECURITY;\n\
         CREATE POLICY none ON t USING (false);\n-- raptor:up sqlite\n",
        "-- raptor: id=b revises=a\n-- raptor:up postgres\nUPDATE t SET name = 'y';\n-- raptor:up sqlite\n",
    ]);
    let error = at.upgrade(&chain, "head").await.unwrap_err();
    assert_eq!(error.revision(), Some("b"));
    assert!(error.to_string().contains("row-level security"), "{error}");
}
