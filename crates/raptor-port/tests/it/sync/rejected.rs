//! Rows that cannot come along are kept while the file is followed as they are in the copy; those that are
//! mended come along, and are kept no more.

use super::{followed, open, whole};
use crate::file;
use crate::runs::{ask, plan_of};
use raptor_port::{Dirty, Nul};
use raptor_testkit::{Options, Server};

const DAYS: &str = "
CREATE TABLE days (id INTEGER PRIMARY KEY, day DATE, note TEXT);
CREATE TABLE words (word TEXT PRIMARY KEY, day DATE) WITHOUT ROWID;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO days SELECT i, '2024-02-29', 'note ' || i FROM n;
INSERT INTO words SELECT 'word ' || id, day FROM days;
UPDATE days SET day = 'soon' WHERE id IN (1, 2, 3);
UPDATE words SET day = 'soon' WHERE word IN ('word 1', 'word 2');
UPDATE words SET word = 'nul' || char(0) || '!' WHERE word = 'word 300';
";

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_mended_and_broken() {
    let server = Server::start(Options::default()).unwrap();
    for (dirty, nul) in [(Dirty::Reject, Nul::Reject), (Dirty::Null, Nul::Strip)] {
        let (_folder, path) = file(DAYS).await;
        let db = open(&server, &format!("rejected_{dirty:?}").to_lowercase()).await;
        let mut plan = plan_of(&path);
        plan.answers.dirty = dirty;
        plan.answers.nul = nul;
        for table in &mut plan.tables {
            table.rejects = 10;
        }
        // One is mended, one is deleted, one gets another number, and others are broken.
        let copying = "
            UPDATE days SET day = '2025-01-01' WHERE id = 1;
            DELETE FROM days WHERE id = 2;
            UPDATE days SET id = 1003 WHERE id = 3;
            UPDATE days SET day = 'never' WHERE id IN (10, 11);
            UPDATE words SET day = NULL WHERE word = 'word 1';
            UPDATE words SET word = 'another' WHERE word = 'word 2';
            UPDATE words SET day = '2025-02-02' WHERE word LIKE 'nul%';";
        let held = "
            UPDATE days SET day = '2025-01-02' WHERE id = 11;
            INSERT INTO days VALUES (12000, 'new', 'and dirty');
            UPDATE words SET day = 'x' WHERE word = 'word 5';
            DELETE FROM words WHERE word LIKE 'nul%';";
        let done = followed(&plan, &path, &db, [copying, held]).await;
        assert!(done.is_whole(), "{done:#?}");
        let kept = ask(
            &db,
            "SELECT source_table || ' ' || place || ' ' || source_column || ' ' || convert_from(value, 'UTF8') FROM raptor_port.rejected ORDER BY 1",
        )
        .await;
        assert_eq!(
            kept,
            [
                "days rowid 10 day never",
                "days rowid 1003 day soon",
                "days rowid 12000 day new",
                "words word \"another\" day soon",
                "words word \"word 5\" day x",
            ]
        );
        let of = |name: &str| (done.tables[name].rows, done.tables[name].rejected);
        match dirty {
            Dirty::Reject => assert_eq!((of("days"), of("words")), ((297, 3), (297, 2))),
            _ => assert_eq!((of("days"), of("words")), ((300, 0), (299, 0))),
        }
        whole(&plan, &path, &db).await;
    }
}

/// A row that Postgres refuses is one that is told, with the number that tells it apart there or without.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_postgres_refuses() {
    let server = Server::start(Options::default()).unwrap();
    for mode in ["WAL", "DELETE"] {
        let (_folder, path) = file(&format!(
            "PRAGMA journal_mode = {mode}; CREATE TABLE k (n TEXT PRIMARY KEY, v INTEGER); INSERT INTO k VALUES ('a', 1), ('A', 2), ('b', 3);"
        ))
        .await;
        let db = open(&server, &format!("refused_{mode}").to_lowercase()).await;
        let session = db.session().await.unwrap();
        let there = "CREATE EXTENSION citext; CREATE TABLE k (n citext PRIMARY KEY, v int)";
        session.execute_raw(there).await.unwrap();
        let plan = super::existing::plan(&path, &db).await;
        let done = followed(&plan, &path, &db, ["SELECT 1;", "SELECT 1;"]).await;
        assert_eq!(
            (done.tables["k"].rows, done.tables["k"].rejected),
            (2, 1),
            "{done:?}"
        );
        whole(&plan, &path, &db).await;
    }
}

/// Keys that are two in SQLite and one on Postgres: a change of one would take out the other.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_one_to_postgres() {
    let server = Server::start(Options::default()).unwrap();
    for (number, (key, target, rows)) in [
        ("a TEXT", "citext", "('a', 1)"),
        ("a", "text", "(1, 1), ('1', 2)"),
        (
            "a TEXT",
            "uuid",
            "('6F1C2C0A-52A4-4C6B-9D55-0A9A3F6F1E01', 1)",
        ),
        (
            "a DATETIME",
            "timestamp",
            "('2024-01-01', 1), ('2024-01-01 00:00:00', 2)",
        ),
        ("a TEXT", "timestamptz", "('2024-01-01 00:00:00+00:00', 1)"),
        ("a", "real", "(0.1, 1), (0.10000000149011612, 2)"),
        (
            "a DATETIME",
            "timestamptz",
            "(1700000000.0000001, 1), (1700000000.0000002, 2)",
        ),
        ("a TEXT", "text COLLATE ci", "('a', 1)"),
    ]
    .into_iter()
    .enumerate()
    {
        let (_folder, path) = file(&format!(
            "CREATE TABLE w ({key} NOT NULL PRIMARY KEY, c INTEGER) WITHOUT ROWID; INSERT INTO w VALUES {rows};"
        ))
        .await;
        let db = open(&server, &format!("one_{number}")).await;
        let session = db.session().await.unwrap();
        let there = format!(
            "CREATE EXTENSION citext; CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE w (a {target} PRIMARY KEY, c int)"
        );
        session.execute_raw(&there).await.unwrap();
        let plan = super::existing::plan(&path, &db).await;
        let run = plan.run(&path, &db, super::following(None), &|_| {});
        let error = run.await.unwrap_err();
        assert!(
            error.to_string().contains("table w cannot be followed: "),
            "{target}: {error}"
        );
        assert_eq!(super::ours(&path), Vec::<String>::new(), "{target}");
    }
}

/// A key that comes to be written in another way meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_written_otherwise() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(
        "CREATE TABLE w (a UUID NOT NULL PRIMARY KEY, c INTEGER) WITHOUT ROWID;
         INSERT INTO w VALUES ('6f1c2c0a-52a4-4c6b-9d55-0a9a3f6f1e01', 1), ('6f1c2c0a-52a4-4c6b-9d55-0a9a3f6f1e02', 2);",
    )
    .await;
    let db = open(&server, "otherwise").await;
    let plan = plan_of(&path);
    let writes = "INSERT INTO w VALUES ('6F1C2C0A-52A4-4C6B-9D55-0A9A3F6F1E01', 3)";
    let hold = path.with_extension("hold");
    let (begin, held) = (super::following(Some(&hold)), hold.clone());
    let on_event = |event: raptor_port::Event<'_>| {
        if let raptor_port::Event::Held { .. } = event {
            super::application(&path).execute(writes).unwrap();
            std::fs::remove_file(&held).unwrap();
        }
    };
    let error = plan.run(&path, &db, begin, &on_event).await.unwrap_err();
    assert!(
        error.to_string().contains("not all written in one way"),
        "{error}"
    );
    assert_eq!(ask(&db, "SELECT count(*)::text FROM w").await, ["2"]);
}
