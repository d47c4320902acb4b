//! Revisions with `tx=off`: statement by statement, and on from where they ended.

use crate::fixture::{Fixture, chain, ids};
use raptor_db::{Engine, Sql, params};
use raptor_migrate::{
    Batch, BatchFuture, Chain, Direction, ErrorKind, Event, Progress, Step, Steps, stamp, upgrade,
};

fn with(statements: &str) -> Chain {
    chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer, name text);\nCREATE TABLE seen (n integer);\n-- raptor:down\nDROP TABLE seen;\nDROP TABLE t;\n",
        &format!("-- raptor: id=b revises=a tx=off\n-- raptor:up\n{statements}\n"),
    ])
}

pub(crate) async fn on_from_the_statement_that_failed(at: Fixture) {
    let broken = with(
        "INSERT INTO seen VALUES (1);\nINSERT INTO seen VALUES (2);\nINSERT INTO nothing VALUES (3);\nINSERT INTO seen VALUES (4);",
    );
    let error = at.upgrade(&broken, "head").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.revision(), error.line()),
        (ErrorKind::Statement, Some("b"), Some(5)),
        "{error}"
    );
    assert!(
        error.to_string().contains("those before it stay"),
        "{error}"
    );
    assert_eq!(at.versions().await, ["a"]);
    assert_eq!(
        at.column("SELECT n::text FROM seen ORDER BY n").await,
        ["1", "2"]
    );
    let half = "b is half run: 2 statements done";
    let current = raptor_migrate::current(&at.db, &broken, &at.options).await;
    assert!(current.unwrap().to_string().contains(half));
    let found = raptor_migrate::check(Some(&at.db), &broken, &at.options).await;
    assert!(found.unwrap().to_string().contains(half));
    // What it stands on stays, too.
    let error = at.downgrade(&broken, "base").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.revision()),
        (ErrorKind::Irreversible, Some("a")),
        "{error}"
    );
    assert!(error.to_string().contains(half), "{error}");
    assert_eq!(at.versions().await, ["a"]);
    let mended = with(
        "INSERT INTO seen VALUES (1);\nINSERT INTO seen VALUES (2);\nINSERT INTO seen VALUES (3);\nINSERT INTO seen VALUES (4);",
    );
    assert_eq!(ids(&at.upgrade(&mended, "head").await.unwrap()), ["b"]);
    assert_eq!(
        at.column("SELECT n::text FROM seen ORDER BY n").await,
        ["1", "2", "3", "4"]
    );
    let current = raptor_migrate::current(&at.db, &mended, &at.options).await;
    assert_eq!(current.unwrap().half_run, []);
}

pub(crate) async fn what_ran_stays_in_the_file(at: Fixture) {
    let broken = with(
        "INSERT INTO seen VALUES (1);\nINSERT INTO seen VALUES (2);\nINSERT INTO nothing VALUES (3);",
    );
    let mut half = Vec::new();
    let on_event = |event: Event<'_>| {
        if let Event::HalfRun(row) = event {
            half.push((row.id.clone(), row.direction, row.statements));
            assert!(row.half_run);
        }
    };
    let ran = upgrade(&at.db, &broken, "head", &at.options, on_event).await;
    ran.unwrap_err();
    assert_eq!(half, [("b".to_owned(), Direction::Up, 2)]);
    // It may not be another text now.
    let other = with("INSERT INTO seen VALUES (9);\nINSERT INTO seen VALUES (2);");
    let error = at.upgrade(&other, "head").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.file(), error.line(), error.column()),
        (ErrorKind::Edited, Some("2.sql"), Some(3), Some(1)),
        "{error}"
    );
    let said = error.to_string();
    assert!(
        said.contains("put it back as it was") && said.contains("`raptor migrate stamp`"),
        "{said}"
    );
    // Nor may it be gone.
    let error = at
        .upgrade(&with("INSERT INTO seen VALUES (1);"), "head")
        .await;
    let said = error.unwrap_err().to_string();
    assert!(
        said.starts_with("2.sql: revision b: its statement 2 ran"),
        "{said}"
    );
}

/// Someone undoes by hand what ran, and a stamp of where the database is forgets it.
pub(crate) async fn half_run_is_forgotten(at: Fixture) {
    let broken = with("INSERT INTO seen VALUES (1);\nINSERT INTO nothing VALUES (2);");
    at.upgrade(&broken, "head").await.unwrap_err();
    at.run("DELETE FROM seen").await;
    let stamped = stamp(&at.db, &broken, &["a"], false, &at.options, |_| {}).await;
    let stamped = stamped.unwrap().to_string();
    assert_eq!(
        stamped,
        "Forgotten: 1 statement of b that were run.\nThe database stays at a.\n"
    );
    let other = with("INSERT INTO seen VALUES (7);");
    assert_eq!(ids(&at.upgrade(&other, "head").await.unwrap()), ["b"]);
    assert_eq!(at.column("SELECT n::text FROM seen").await, ["7"]);
}

/// Outside of a transaction the statements stay, and the message does not say otherwise.
pub(crate) async fn statements_stay_without_their_verify(at: Fixture) {
    let chain =
        with("INSERT INTO seen VALUES (1);\n-- raptor:verify\nSELECT count(*) = 0 FROM seen;");
    let error = at.upgrade(&chain, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Verify);
    assert!(
        error
            .to_string()
            .contains("its statements stay, and it does not count"),
        "{error}"
    );
    assert_eq!(at.versions().await, ["a"]);
    assert_eq!(at.column("SELECT n::text FROM seen").await, ["1"]);
}

pub(crate) async fn what_no_transaction_can_hold(at: Fixture) {
    let statement = match at.engine() {
        Engine::Postgres => "CREATE INDEX CONCURRENTLY t_name ON t (name);",
        Engine::Sqlite => "VACUUM;",
    };
    let sections = |tx: &str| {
        let (postgres, sqlite) = match at.engine() {
            Engine::Postgres => (statement, ""),
            Engine::Sqlite => ("", statement),
        };
        format!(
            "-- raptor: id=b revises=a{tx}\n-- raptor:up postgres\n{postgres}\n-- raptor:up sqlite\n{sqlite}\n"
        )
    };
    let first = "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer, name text);\n";
    let error = at
        .upgrade(&chain(&[first, &sections("")]), "head")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.to_string().contains("tx=off"), "{error}");
    assert!(
        at.tables().await.is_empty(),
        "it is told before anything is touched"
    );
    at.upgrade(&chain(&[first, &sections(" tx=off")]), "head")
        .await
        .unwrap();
    let noted = at
        .column("SELECT action FROM raptor_migration_log WHERE revision = 'b' ORDER BY position")
        .await;
    assert_eq!(noted, ["begin", "statement", "up"]);
}

/// An index that a killed deployer left half built is dropped and built again; one that was built
/// but not noted is not built twice.
#[tokio::test]
async fn an_index_that_was_left_unfinished() {
    let at = Fixture::postgres().await;
    let text = |more: &str| {
        format!(
            "-- raptor: id=b revises=a tx=off\n-- raptor:up postgres\n\
             CREATE UNIQUE INDEX CONCURRENTLY t_name ON t (name);\n{more}-- raptor:up sqlite\n"
        )
    };
    let first = "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer, name text);\nINSERT INTO t VALUES (1, 'x'), (2, 'x');\n";
    let chain = chain(&[first, &text("")]);
    // Two rows alike: the index fails and stays behind, not valid.
    let error = at.upgrade(&chain, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Statement, "{error}");
    let valid =
        "SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('raptor.t_name')";
    assert_eq!(at.column(valid).await, ["false"]);
    at.run("UPDATE raptor.t SET name = 'y' WHERE id = 2").await;
    assert_eq!(ids(&at.upgrade(&chain, "head").await.unwrap()), ["b"]);
    assert_eq!(at.column(valid).await, ["true"]);
    // As if killed after the index was built and before that was noted.
    at.run(
        "ALTER TABLE raptor.raptor_migration_log DISABLE TRIGGER ALL; \
         DELETE FROM raptor.raptor_migration_log WHERE revision = 'b' AND action <> 'begin'; \
         ALTER TABLE raptor.raptor_migration_log ENABLE TRIGGER ALL; \
         UPDATE raptor.alembic_version SET version_num = 'a'",
    )
    .await;
    assert_eq!(ids(&at.upgrade(&chain, "head").await.unwrap()), ["b"]);
}

/// Copies names in batches of two, and fails once on the way.
struct Fill;

impl Step for Fill {
    fn batch<'b>(&'b self, batch: Batch<'b>) -> BatchFuture<'b> {
        static NEXT: Sql = Sql::new("SELECT id FROM t WHERE id > :after ORDER BY id LIMIT :size");
        static FILL: Sql = Sql::new("UPDATE t SET name = 'n' || id::text WHERE id = :id");
        static STOP: Sql = Sql::new("SELECT n FROM seen");
        Box::pin(async move {
            let after: i64 = batch.progress.map_or(0, |id| id.parse().unwrap());
            let size: i64 = batch.argument("batch").unwrap().parse().unwrap();
            let rows = batch.session.query(&NEXT, params! { after, size }).await?;
            let Some(last) = rows.last() else {
                return Ok(Progress::Done);
            };
            for row in &rows {
                let id: i64 = row.get("id")?;
                batch.session.execute(&FILL, params! { id }).await?;
            }
            let last: i64 = last.get("id")?;
            let stops = batch.session.query(&STOP, params! {}).await?;
            if last > 4 && stops.is_empty() {
                return Err(raptor_db::Error::new(
                    raptor_db::ErrorKind::Other,
                    "not yet",
                ));
            }
            Ok(Progress::More(last.to_string()))
        })
    }
}

pub(crate) async fn steps_go_on_after_their_last_batch(mut at: Fixture) {
    let filled = "SELECT count(*)::text FROM t WHERE name IS NOT NULL";
    for (tx, after_failure) in [("off", "4"), ("on", "0")] {
        let chain = chain(&[
            "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer, name text);\nCREATE TABLE seen (n integer);\n\
             INSERT INTO t (id) VALUES (1), (2), (3), (4), (5), (6), (7);\n\
             -- raptor:down\nDROP TABLE t;\nDROP TABLE seen;\n",
            &format!(
                "-- raptor: id=b revises=a tx={tx}\n-- raptor:up\n-- raptor:call fill batch=2\n-- raptor:down\n"
            ),
        ]);
        at.options.steps = Steps::new();
        let error = at.upgrade(&chain, "head").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("`raptor:call fill`"), "{error}");
        at.options.steps = Steps::new().with("fill", Fill);
        at.upgrade(&chain, "a").await.unwrap();
        let error = at.upgrade(&chain, "head").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.line()),
            (ErrorKind::Statement, Some(3)),
            "{error}"
        );
        assert_eq!(at.column(filled).await, [after_failure], "tx={tx}");
        at.run("INSERT INTO seen VALUES (1)").await;
        at.upgrade(&chain, "head").await.unwrap();
        assert_eq!(at.column(filled).await, ["7"], "tx={tx}");
        at.downgrade(&chain, "base").await.unwrap();
    }
}
