//! On SQLite: changes of a rich schema, and what SQLite alone can hold.

use super::changes::{each_shows, found, read, run};
use crate::fixture::Fixture;
use raptor_db::Session;

pub(crate) const RICH: &str = include_str!("rich_sqlite.sql");
pub(crate) const CHANGES: &str = include_str!("sqlite_changes.txt");

async fn session() -> (Fixture, Session) {
    let at = Fixture::sqlite().await;
    let session = at.db.session().await.unwrap();
    (at, session)
}

#[tokio::test]
async fn each_change_shows() {
    let (_at, session) = session().await;
    run(&session, "PRAGMA foreign_keys = OFF; BEGIN").await;
    run(&session, RICH).await;
    let count = each_shows(&session, None, CHANGES, 0).await;
    assert!(count > 60, "{count}");
}

/// A text that other tools have written, and that this one's own settings would refuse.
async fn forged(text: &str) -> raptor_migrate::Catalog {
    let (_at, session) = session().await;
    run(&session, "CREATE TABLE t (a TEXT, b TEXT)").await;
    let text = text.replace('\'', "''");
    let forge = format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '{text}' WHERE name = 't'; \
         PRAGMA writable_schema = RESET"
    );
    run(&session, &forge).await;
    read(&session, None).await
}

/// In old databases a word in double quotes that is no name is a string.
#[tokio::test]
async fn strings_in_double_quotes_keep_their_case() {
    let of = |check: &str| format!("CREATE TABLE t (a TEXT, b TEXT CHECK (b IN ({check})))");
    let here = forged(&of("\"Open\"")).await;
    for (check, is_same) in [
        ("\"Open\"", true),
        ("\"open\"", false),
        ("'Open'", false),
        ("\"a\"", false),
    ] {
        let there = forged(&of(check)).await;
        assert_eq!(here == there, is_same, "{check}\n{there}");
    }
    assert_eq!(forged(&of("\"a\"")).await, forged(&of("A")).await);
}

/// What is not read in parts is compared as a whole.
#[tokio::test]
async fn a_text_that_is_not_understood_is_compared_whole() {
    let here = forged("CREATE TABLE t (a TEXT DEFAULT 1 DEFAULT 2, b TEXT)").await;
    let whole = here.relation("t").unwrap().definition.as_deref();
    assert_eq!(
        whole,
        Some("create table t(a text default 1 default 2, b text)")
    );
    let same = forged("create table t(a  text DEFAULT 1\nDEFAULT 2,b TEXT)").await;
    assert_eq!(found(&here, &same), [""; 0]);
    let other = forged("CREATE TABLE t (a TEXT DEFAULT 3 DEFAULT 2, b TEXT)").await;
    assert_eq!(found(&here, &other), ["table t: definition"]);
}

#[tokio::test]
async fn a_view_that_is_broken_hides_nothing() {
    let (_at, session) = session().await;
    let make = "CREATE TABLE t (a INT); CREATE VIEW good AS SELECT a FROM t; CREATE VIEW bad AS SELECT * FROM gone";
    run(&session, make).await;
    let catalog = read(&session, None).await;
    assert_eq!(catalog.relation("good").unwrap().columns.len(), 1);
    assert_eq!(catalog.relation("t").unwrap().columns.len(), 1);
    let bad = catalog.relation("bad").unwrap();
    assert!(
        bad.properties.get("broken").unwrap().contains("gone"),
        "{catalog}"
    );
    run(&session, "CREATE TABLE gone (b INT)").await;
    let mended = read(&session, None).await;
    let expected = ["view bad: broken", "view bad, column b", "table gone"];
    assert_eq!(found(&catalog, &mended), expected);
}

#[tokio::test]
async fn it_reads_inside_a_transaction_and_leaves_it_open() {
    let (_at, session) = session().await;
    run(&session, "CREATE TABLE t (a INT)").await;
    let before = read(&session, None).await;
    run(&session, "BEGIN IMMEDIATE; ALTER TABLE t ADD COLUMN b INT").await;
    let inside = read(&session, None).await;
    assert_eq!(found(&before, &inside), ["table t, column b"]);
    run(&session, "ROLLBACK").await;
    assert_eq!(before, read(&session, None).await);
    // What is the connection's own, and what only says how often something is, is no schema.
    let own = "CREATE TEMP TABLE u (a INT); CREATE TEMP TABLE t (z TEXT); CREATE TEMP TRIGGER g AFTER INSERT ON main.t BEGIN SELECT 1; END; \
        INSERT INTO main.t VALUES (1); CREATE INDEX main.i ON t (a); ANALYZE; DROP INDEX main.i";
    run(&session, own).await;
    assert_eq!(found(&before, &read(&session, None).await), [""; 0]);
}
