//! Whether SQLite does what the lint says of it.

use super::{Case, On, engines, file, world};
use crate::fixture::{Fixture, chain};
use raptor_db::{Session, Sql, params};

const ROWS: &str = "
INSERT INTO customers VALUES ('c', 'e', 't');
INSERT INTO notes VALUES (1, 'c', 'b', 1);
INSERT INTO tags VALUES (1, 'x');
INSERT INTO settings VALUES ('a', 'b');
";

async fn with_rows() -> (Fixture, Session) {
    let at = Fixture::sqlite().await;
    at.upgrade(&chain(&[world::BASE]), "head").await.unwrap();
    let session = at.db.session().await.unwrap();
    session.execute_raw(ROWS).await.unwrap();
    (at, session)
}

/// The first column of the answer, as a number.
async fn number(session: &Session, query: &str) -> i64 {
    let rows = session
        .query(&Sql::dynamic(query), params! {})
        .await
        .unwrap();
    rows[0].get(0).unwrap()
}

/// Runs a text in a transaction that is rolled back; answers a number asked for at its end.
async fn run(session: &Session, text: &str, query: &str) -> Result<i64, raptor_db::Error> {
    session.execute_raw("BEGIN IMMEDIATE").await.unwrap();
    let ran = session.execute_raw(text).await;
    let answer = match ran {
        Ok(()) => Ok(number(session, query).await),
        Err(error) => Err(error),
    };
    session.execute_raw("ROLLBACK").await.unwrap();
    answer
}

fn cases(rule: &str) -> Vec<(&'static str, bool)> {
    let engine = |on: On| matches!(on, On::Sqlite | On::Shared | On::SqliteDown);
    let of_rule = |case: &&Case| case.rule == rule && engine(case.on);
    let cases = engines::CASES.iter().filter(of_rule);
    cases
        .flat_map(|case| {
            let finds = case.finds.iter().map(|text| (*text, true));
            finds.chain(case.leaves.iter().map(|text| (*text, false)))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_cannot_be_added_cannot() {
    let (_at, session) = with_rows().await;
    let mut looked = 0;
    for rule in ["required-column", "sqlite-column-refused", "sqlite-refuses"] {
        for (text, finds) in cases(rule) {
            let ran = run(&session, &text.replace('^', ""), "SELECT 1").await;
            assert_eq!(ran.is_err(), finds, "{text}: {ran:?}");
            looked += 1;
        }
    }
    // What cannot be read fails too; what can be read may name what is not there.
    for (text, _) in cases("sqlite-syntax").iter().filter(|(_, finds)| *finds) {
        let ran = run(&session, &text.replace('^', ""), "SELECT 1").await;
        assert!(ran.is_err(), "{text}");
        looked += 1;
    }
    assert!(looked > 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_other_tables_go_with_what_is_found_and_stay_with_the_rest() {
    let (_at, session) = with_rows().await;
    // The session of a migration enforces foreign keys.
    assert_eq!(
        number(&session, "SELECT foreign_keys FROM pragma_foreign_keys").await,
        1
    );
    session.execute_raw("DELETE FROM tags").await.unwrap();
    for (text, finds) in cases("sqlite-drop-takes-children") {
        // A text that drops the child itself says nothing of its rows.
        if text.contains("DROP TABLE notes") {
            continue;
        }
        let left = run(
            &session,
            &text.replace('^', ""),
            "SELECT count(*) FROM notes",
        )
        .await
        .unwrap();
        assert_eq!(left == 0, finds, "{text}");
    }
    let replace = "REPLACE INTO customers (id, email, tenant_id) VALUES ('c', 'b', 'c')";
    let upsert = "INSERT INTO customers (id, email, tenant_id) VALUES ('c', 'b', 'c') ON CONFLICT (id) DO UPDATE SET email = 'b'";
    for (text, finds) in [(replace, true), (upsert, false)] {
        let left = run(&session, text, "SELECT count(*) FROM notes")
            .await
            .unwrap();
        assert_eq!(left == 0, finds, "{text}");
        let (file, _) = file(On::Sqlite, text);
        let found = super::found(&file, &raptor_migrate::LintOptions::default());
        assert_eq!(
            found
                .iter()
                .any(|it| it.rule == "sqlite-replace-takes-children"),
            finds,
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_by_hand_loses_rows_or_points_elsewhere() {
    let (_at, session) = with_rows().await;
    let by_drop = "DELETE FROM tags; CREATE TABLE new (id TEXT NOT NULL PRIMARY KEY, email TEXT, tenant_id TEXT) STRICT; \
                   INSERT INTO new SELECT * FROM customers; DROP TABLE customers; ALTER TABLE new RENAME TO customers";
    assert_eq!(
        run(&session, by_drop, "SELECT count(*) FROM notes")
            .await
            .unwrap(),
        0
    );
    let by_rename =
        "ALTER TABLE notes RENAME TO old; CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT";
    let elsewhere = "SELECT count(*) FROM pragma_foreign_key_list('tags') WHERE \"table\" = 'old'";
    assert_eq!(run(&session, by_rename, elsewhere).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_take_null_and_foreign_keys_fail_as_is_said() {
    let (_at, session) = with_rows().await;
    let columns = |text: &str| text.replace('^', "");
    let with_id = |(text, _): &(&str, bool)| columns(text).contains("(id ");
    for (text, finds) in cases("sqlite-nullable-key").into_iter().filter(with_id) {
        let twice = format!(
            "{}; INSERT INTO fresh (id) VALUES (NULL); INSERT INTO fresh (id) VALUES (NULL)",
            columns(text)
        );
        let ran = run(
            &session,
            &twice,
            "SELECT count(*) FROM fresh WHERE id IS NULL",
        )
        .await;
        assert_eq!(ran.is_ok_and(|nulls| nulls == 2), finds, "{text}");
    }
    for (text, finds) in cases("sqlite-foreign-key-mismatch") {
        // With a row for each parent, a value that is there.
        let value = if text.contains("email") {
            "'e'"
        } else if text.contains("(body)") {
            "'b'"
        } else {
            "NULL"
        };
        let write = format!(
            "{}; INSERT INTO fresh (id, a) VALUES ('x', {value})",
            columns(text)
        );
        let filled = write.replace("NULL", if finds { "'c'" } else { "NULL" });
        let ran = run(&session, &filled, "SELECT 1").await;
        assert_eq!(ran.is_err(), finds, "{text}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_is_taken_and_is_other() {
    let (_at, session) = with_rows().await;
    let table = "CREATE TABLE t (a varchar(2), b ltree, c citext, d smallint, e text[], f text DEFAULT CURRENT_TIMESTAMP); INSERT INTO t (a, b, c, d, e) VALUES ('abc', '1e5', 'A', 70000, 'x')";
    let asked = [
        ("SELECT length(a) FROM t", 3),
        ("SELECT typeof(b) = 'integer' FROM t", 1),
        ("SELECT c = 'a' FROM t", 0),
        ("SELECT d FROM t", 70_000),
        ("SELECT e = 'x' FROM t", 1),
        // What the layer makes alike is not said to differ.
        ("SELECT 'a' LIKE 'A'", 0),
        ("SELECT typeof(random()) = 'real'", 1),
        ("SELECT length(f) FROM t", 19),
    ];
    for (query, is) in asked {
        assert_eq!(run(&session, table, query).await.unwrap(), is, "{query}");
    }
    let twice =
        "UPDATE notes SET flag = 5, flag = 6; INSERT INTO notes (id, flag, flag) VALUES (9, 7, 8)";
    assert_eq!(
        run(&session, twice, "SELECT sum(flag) FROM notes")
            .await
            .unwrap(),
        6 + 7
    );
    let numbered =
        "CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t (a) VALUES ('x')";
    assert_eq!(
        run(&session, numbered, "SELECT id FROM t").await.unwrap(),
        1
    );
}
