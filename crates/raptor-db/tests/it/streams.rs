//! Large answers row by row, in constant memory, and what becomes of one that is not read to its end.

use crate::backend::{ADD, Backend, SYSTEM, eventually};
use raptor_db::{Error, ErrorKind, Sql, TxOptions, params, sql};

static COUNT_UP: Sql = Sql::new(
    "WITH RECURSIVE n(i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM n WHERE i < :upto::bigint) \
     SELECT i, 'row number ' || i::text || :filler::text AS filler FROM n",
);

/// Resident memory of this process, in KiB.
fn resident() -> i64 {
    let own = std::process::id().to_string();
    let output = std::process::Command::new("ps")
        .args(["-o", "rss=", "-p", &own])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// The answer takes more than 250 MB as rows; other tests run beside this one, so the bound is generous, and far below.
pub(crate) async fn a_million_rows_take_constant_memory(backend: Backend) {
    let before = resident();
    let filler = &"x".repeat(100);
    let mut options = TxOptions::default();
    options.read_only = true;
    options.deadline = std::time::Duration::from_mins(3);
    let (rows, grown) = backend
        .db
        .tx_with(&SYSTEM, options, |tx| async move {
            let upto = 1_000_000;
            let mut stream = tx.stream(&COUNT_UP, params! { upto, filler }).await?;
            let (mut rows, mut grown) = (0, 0);
            while let Some(row) = stream.next().await? {
                rows += 1;
                assert_eq!(row.get::<i64>("i")?, rows);
                if rows % 50_000 == 0 {
                    grown = grown.max(resident() - before);
                }
            }
            Ok::<_, Error>((rows, grown))
        })
        .await
        .unwrap();
    assert_eq!(rows, 1_000_000);
    assert!(grown < 100_000, "{grown} KiB more than before");
}

pub(crate) async fn while_it_flows_nothing_else_runs(backend: Backend) {
    for read_only in [false, true] {
        let mut options = TxOptions::default();
        options.read_only = read_only;
        let answer = backend
            .db
            .tx_with(&SYSTEM, options, |tx| async move {
                let mut stream = tx
                    .stream(&COUNT_UP, params! { upto: 100_000, filler: "" })
                    .await?;
                stream.next().await?;
                let beside = tx.query(sql!("SELECT 1"), params! {}).await.unwrap_err();
                assert_eq!(beside.kind(), ErrorKind::Refused);
                assert!(beside.to_string().contains("still open"), "{beside}");
                drop(stream);
                tx.query_one(sql!("SELECT 5::bigint"), params! {})
                    .await?
                    .get::<i64>(0)
            })
            .await;
        assert_eq!(answer.unwrap(), 5);
    }
}

/// Row 500 fails: what came before is no answer, and what was written with it is not committed.
pub(crate) async fn a_failure_on_the_way_fails_the_transaction(backend: Backend) {
    static BREAKS: Sql = Sql::new(
        "WITH RECURSIVE n(i) AS (SELECT 1::bigint UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT abs(:least::bigint + 500 - i) AS a FROM n",
    );
    let answer = backend
        .db
        .tx(&SYSTEM, |tx| async move {
            tx.execute(&ADD, params! { id: 1 }).await?;
            let mut stream = tx.stream(&BREAKS, params! { least: i64::MIN }).await?;
            let error = loop {
                match stream.next().await {
                    Ok(row) => assert!(row.is_some(), "it ended well"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::Type, "{error}");
            assert!(error.to_string().contains("streams.rs:"), "{error}");
            Ok::<_, Error>(())
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(backend.accounts().await, 0);
}

/// The next borrower must not wait for rows that nobody reads.
pub(crate) async fn what_is_left_unread_is_stopped(backend: Backend) {
    let db = backend.open(|config| config.pool_size = 1).await;
    for read_only in [true, false] {
        let mut options = TxOptions::default();
        options.read_only = read_only;
        let left = db
            .tx_with(&SYSTEM, options, |tx| async move {
                let upto = 1_000_000_000_000_i64;
                let mut stream = tx.stream(&COUNT_UP, params! { upto, filler: "" }).await?;
                stream.next().await?;
                drop(stream);
                // A read-write transaction that commits waits for its rows; this one gives up.
                if read_only {
                    Ok(())
                } else {
                    Err(Error::new(ErrorKind::Other, "left"))
                }
            })
            .await;
        assert_eq!(left.is_ok(), read_only);
        db.execute(&SYSTEM, &ADD, params! { id: i64::from(read_only) })
            .await
            .unwrap();
    }
    if !backend.is_sqlite() {
        let admin = &backend.admin().await;
        eventually("nothing runs on the server", || async move {
            let running = sql!(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
            );
            admin.query(running, params! {}).await.unwrap()[0].get::<i64>(0).unwrap() == 0
        })
        .await;
    }
}
