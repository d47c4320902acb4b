//! Tables that SQLite builds anew: no row is lost, and what would be lost is an error.

use crate::fixture::{Fixture, chain};
use raptor_db::Engine;
use raptor_migrate::ErrorKind;

const FIRST: &str = "-- raptor: id=a\n\
    -- raptor:up postgres\n\
    -- raptor:up sqlite\n\
    CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, note TEXT) STRICT;\n\
    CREATE INDEX parents_name ON parents (name);\n\
    CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id) ON DELETE CASCADE) STRICT;\n\
    CREATE TABLE log (what TEXT) STRICT;\n\
    CREATE TRIGGER parents_log AFTER INSERT ON parents BEGIN INSERT INTO log VALUES (new.name); END;\n\
    CREATE VIEW names AS SELECT name FROM parents;\n\
    INSERT INTO parents (name) VALUES ('Ada'), ('Grace'), ('gone');\n\
    DELETE FROM parents WHERE name = 'gone';\n\
    INSERT INTO children (parent) VALUES (1), (1), (2);\n";

fn second(rebuild: &str) -> String {
    format!(
        "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:rebuild parents\n{rebuild}\n"
    )
}

async fn sqlite() -> Fixture {
    let at = Fixture::sqlite().await;
    at.upgrade(&chain(&[FIRST]), "head").await.unwrap();
    at
}

#[tokio::test]
async fn every_row_stays() {
    let at = sqlite().await;
    let logged = at.column("SELECT count(*)::text FROM log").await;
    let second = second(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL CHECK (length(name) > 1), \
         born TEXT) STRICT;",
    );
    let chain = chain(&[FIRST, &second]);
    at.upgrade(&chain, "head").await.unwrap();
    assert_eq!(
        at.column("SELECT name FROM names ORDER BY name").await,
        ["Ada", "Grace"]
    );
    assert_eq!(
        at.column("SELECT parent::text FROM children ORDER BY id")
            .await,
        ["1", "1", "2"]
    );
    assert_eq!(
        at.column("SELECT count(*)::text FROM log").await,
        logged,
        "copying is no insert"
    );
    let columns = at
        .column("SELECT name FROM pragma_table_info('parents') ORDER BY cid")
        .await;
    assert_eq!(columns, ["id", "name", "born"]);
    let attached = at.column("SELECT name FROM sqlite_schema WHERE tbl_name = 'parents' AND type <> 'table' ORDER BY name").await;
    assert_eq!(attached, ["parents_log", "parents_name"]);
    // Number 3 was given once and is not given again.
    at.run("INSERT INTO parents (name) VALUES ('Edsger')").await;
    assert_eq!(
        at.column("SELECT id::text FROM parents WHERE name = 'Edsger'")
            .await,
        ["4"]
    );
    // Foreign keys hold again, on this connection and with the new table.
    at.run("DELETE FROM parents WHERE id = 1").await;
    assert_eq!(at.column("SELECT parent::text FROM children").await, ["2"]);
}

#[tokio::test]
async fn what_would_be_lost_is_refused() {
    let cases = [
        (
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL) STRICT;",
            "rows of parents do not fit",
        ),
        (
            "CREATE TABLE parents (number INTEGER PRIMARY KEY) STRICT;",
            "no column of the old one",
        ),
        (
            "CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;",
            "index parents_name",
        ),
        (
            "CREATE TABLE others (id INTEGER PRIMARY KEY);",
            "is to be CREATE TABLE parents",
        ),
        (
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT) STRICT; DELETE FROM children WHERE id = 1;",
            "children had 3 rows and would have 2",
        ),
        (
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT) STRICT; UPDATE children SET parent = 9;",
            "point at rows that parents does not have",
        ),
    ];
    for (table, said) in cases {
        let at = sqlite().await;
        let second = second(table);
        let error = at
            .upgrade(&chain(&[FIRST, &second]), "head")
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Statement, "{error}");
        assert!(error.to_string().contains(said), "{table}: {error}");
        assert_eq!(at.versions().await, ["a"]);
        let left = at
            .column("SELECT name FROM sqlite_schema WHERE name LIKE 'raptor_rebuild%'")
            .await;
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(
            at.column("SELECT count(*)::text FROM children").await,
            ["3"]
        );
    }
}

#[tokio::test]
async fn a_table_may_point_at_itself() {
    let at = Fixture::sqlite().await;
    let first = "-- raptor: id=a\n-- raptor:up postgres\n-- raptor:up sqlite\n\
        CREATE TABLE nodes (id INTEGER PRIMARY KEY, up INTEGER REFERENCES nodes (id) ON DELETE CASCADE) STRICT;\n\
        INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 2);\n";
    let second = "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:rebuild nodes\n\
        CREATE TABLE nodes (id INTEGER PRIMARY KEY, up INTEGER REFERENCES nodes (id) ON DELETE SET NULL, name TEXT) STRICT;\n";
    at.upgrade(&chain(&[first, second]), "head").await.unwrap();
    assert_eq!(
        at.column("SELECT count(*)::text FROM nodes WHERE up IS NOT NULL")
            .await,
        ["2"]
    );
    at.run("DELETE FROM nodes WHERE id = 1").await;
    assert_eq!(at.column("SELECT count(*)::text FROM nodes").await, ["2"]);
}

const KEYS: &str = "-- raptor: id=a\n-- raptor:up postgres\n-- raptor:up sqlite\n\
    CREATE TABLE models (name TEXT PRIMARY KEY) STRICT;\n\
    CREATE TABLE versions (model TEXT NOT NULL REFERENCES models (name)) STRICT;\n\
    INSERT INTO models VALUES ('a');\nINSERT INTO versions VALUES ('a');\n";

const MODELS: &str = "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:rebuild models\n\
    CREATE TABLE models (name TEXT NOT NULL, space TEXT NOT NULL DEFAULT 'x', PRIMARY KEY (space, name)) STRICT;\n";

/// A parent gets another key, and its children follow in the same revision.
#[tokio::test]
async fn a_key_and_those_that_name_it() {
    let at = Fixture::sqlite().await;
    at.upgrade(&chain(&[KEYS]), "head").await.unwrap();
    let second = format!(
        "{MODELS}-- raptor:rebuild versions\n\
         CREATE TABLE versions (model TEXT NOT NULL, space TEXT NOT NULL DEFAULT 'x', \
         FOREIGN KEY (space, model) REFERENCES models (space, name)) STRICT;\n"
    );
    at.upgrade(&chain(&[KEYS, &second]), "head").await.unwrap();
    assert_eq!(
        at.column("SELECT space || model FROM versions").await,
        ["xa"]
    );
}

/// What foreign keys say at the end counts, also after the last rebuild.
#[tokio::test]
async fn keys_that_do_not_hold_at_the_end() {
    let later = "-- raptor:rebuild models\nCREATE TABLE models (name TEXT PRIMARY KEY) STRICT;\n\
        -- raptor:up sqlite\nINSERT INTO versions VALUES ('b');\n";
    let cases = [
        (
            MODELS.to_owned(),
            ":3:1: revision b: nothing of it stays: a foreign key of versions names no key of its parent",
        ),
        (
            MODELS.split("-- raptor:rebuild").next().unwrap().to_owned() + later,
            ":3:1: revision b: nothing of it stays: 1 rows of versions point at rows that models does not have",
        ),
    ];
    for (second, said) in cases {
        let at = Fixture::sqlite().await;
        at.upgrade(&chain(&[KEYS]), "head").await.unwrap();
        let error = at
            .upgrade(&chain(&[KEYS, &second]), "head")
            .await
            .unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(at.versions().await, ["a"]);
    }
}

/// Keys that were broken before are no reason to stop.
#[tokio::test]
async fn keys_that_did_not_hold_before() {
    let at = Fixture::sqlite().await;
    let first = "-- raptor: id=a\n-- raptor:up postgres\n-- raptor:up sqlite\n\
        CREATE TABLE models (name TEXT) STRICT;\n\
        CREATE TABLE versions (model TEXT REFERENCES models (name)) STRICT;\n\
        CREATE TABLE others (model TEXT REFERENCES nowhere (name)) STRICT;\n";
    at.upgrade(&chain(&[first]), "head").await.unwrap();
    let second = "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:rebuild models\n\
        CREATE TABLE models (name TEXT, note TEXT) STRICT;\n";
    at.upgrade(&chain(&[first, second]), "head").await.unwrap();
    assert_eq!(at.versions().await, ["b"]);
}

/// On Postgres a rebuild is nothing; the section for Postgres says what to do there.
#[tokio::test]
async fn postgres_passes_it_over() {
    let at = Fixture::postgres().await;
    let second = second("CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;");
    at.upgrade(&chain(&[FIRST, &second]), "head").await.unwrap();
    assert_eq!(at.engine(), Engine::Postgres);
    assert_eq!(at.versions().await, ["b"]);
}

/// Names are the same in any case, and numbers that were given are not given again.
#[tokio::test]
async fn the_case_of_a_name_changes() {
    let at = Fixture::sqlite().await;
    let first = "-- raptor: id=a\n-- raptor:up postgres\n-- raptor:up sqlite\n\
        CREATE TABLE T (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT DEFAULT 'x');\n\
        INSERT INTO T (a) VALUES ('ann'), ('bob'), ('gone');\nDELETE FROM T WHERE a = 'gone';\n";
    let second = "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:rebuild t\n\
        CREATE TABLE t (ID INTEGER PRIMARY KEY AUTOINCREMENT, A TEXT DEFAULT 'x');\n";
    at.upgrade(&chain(&[first, second]), "head").await.unwrap();
    at.run("INSERT INTO t (a) VALUES ('cid')").await;
    let rows = at.column("SELECT id || A FROM t ORDER BY id").await;
    assert_eq!(rows, ["1ann", "2bob", "4cid"]);
}

/// A full-text index points at rows by their numbers.
#[tokio::test]
async fn numbers_of_rows_stay() {
    let at = Fixture::sqlite().await;
    let first = "-- raptor: id=a\n-- raptor:up postgres\n-- raptor:up sqlite\n\
        CREATE TABLE docs (body TEXT, rowid TEXT);\n\
        CREATE VIRTUAL TABLE found USING fts5(body, content='docs', content_rowid='_rowid_');\n\
        INSERT INTO docs (body) VALUES ('apple'), ('plum'), ('pear');\n\
        INSERT INTO found (rowid, body) SELECT _rowid_, body FROM docs;\n\
        INSERT INTO found (found, rowid, body) VALUES ('delete', 1, 'apple');\n\
        DELETE FROM docs WHERE body = 'apple';\n";
    let second = "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:rebuild docs\n\
        CREATE TABLE docs (body TEXT NOT NULL, rowid TEXT);\n";
    at.upgrade(&chain(&[first, second]), "head").await.unwrap();
    let query = "SELECT body || _rowid_ FROM docs ORDER BY 1";
    assert_eq!(at.column(query).await, ["pear3", "plum2"]);
    let query = "SELECT body FROM found WHERE found MATCH 'plum'";
    assert_eq!(at.column(query).await, ["plum"]);
}

/// With `tx=off` it is a transaction of its own: it stays when a later statement fails, is not done
/// twice, and a rebuild that fails leaves all before it.
#[tokio::test]
async fn outside_a_transaction() {
    let at = sqlite().await;
    let text = |note: &str, last: &str| {
        format!(
            "-- raptor: id=b revises=a tx=off\n-- raptor:up postgres\n-- raptor:up sqlite\nINSERT INTO log VALUES ('before');\n\
             -- raptor:rebuild parents\nCREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL{note}) STRICT;\n\
             -- raptor:up sqlite\n{last};\nVACUUM;\n"
        )
    };
    let count = async |table: &str| {
        at.column(&format!("SELECT count(*)::text FROM {table}"))
            .await
    };
    let error = at
        .upgrade(
            &chain(&[FIRST, &text(", note TEXT NOT NULL", "SELECT 1")]),
            "head",
        )
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (ErrorKind::Statement, Some(5)),
        "{error}"
    );
    assert_eq!(count("children").await, ["3"]);
    let broken = text("", "INSERT INTO nowhere VALUES (1)");
    let error = at
        .upgrade(&chain(&[FIRST, &broken]), "head")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (ErrorKind::Statement, Some(8)),
        "{error}"
    );
    let done = at.column("SELECT statement::text FROM raptor_migration_log WHERE action = 'statement' ORDER BY position").await;
    assert_eq!(done, ["1", "2"]);
    let columns = at
        .column("SELECT group_concat(name) FROM pragma_table_info('parents')")
        .await;
    assert_eq!(columns, ["id,name"]);
    at.upgrade(
        &chain(&[FIRST, &text("", "INSERT INTO log VALUES ('after')")]),
        "head",
    )
    .await
    .unwrap();
    assert_eq!(at.versions().await, ["b"]);
    assert_eq!(
        count("log WHERE what IN ('before', 'after')").await,
        ["2"],
        "nothing ran twice"
    );
    assert_eq!(
        count("children").await,
        ["3"],
        "no child went with its parent"
    );
    at.run("DELETE FROM parents WHERE id = 1").await;
    assert_eq!(count("children").await, ["1"], "foreign keys hold again");
}

/// Between its statements foreign keys are enforced, so that each rebuild has to leave them whole.
#[tokio::test]
async fn outside_a_transaction_each_leaves_keys_whole() {
    let at = sqlite().await;
    let other = "-- raptor: id=b revises=a tx=off\n-- raptor:up postgres\n-- raptor:rebuild children\n\
        CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES log (what)) STRICT;\n";
    let error = at
        .upgrade(&chain(&[FIRST, other]), "head")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (ErrorKind::Statement, Some(3)),
        "{error}"
    );
    assert!(
        error.to_string().contains("names no key of its parent"),
        "{error}"
    );
    let children = "SELECT sql FROM sqlite_schema WHERE name = 'children'";
    assert!(at.column(children).await[0].contains("REFERENCES parents"));
}
