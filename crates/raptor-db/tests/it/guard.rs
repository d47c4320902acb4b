//! On SQLite a guard takes the place of roles: statements do what was given, and rows of somebody need somebody.

use raptor_db::{
    ColumnRights, Config, Db, ErrorKind, Scope, Sql, SqliteGuard, TableRights, params,
};
use std::collections::BTreeSet;

const SCHEMA: &str = "
CREATE TABLE notes (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, body TEXT, secret TEXT, CONSTRAINT one UNIQUE (customer, body)) STRICT;
CREATE TABLE logged (id INTEGER PRIMARY KEY, what TEXT) STRICT;
CREATE TABLE hidden (id INTEGER PRIMARY KEY, what TEXT) STRICT;
CREATE VIEW secrets AS SELECT secret FROM notes;
CREATE TABLE traced (id INTEGER PRIMARY KEY, what TEXT) STRICT;
CREATE TRIGGER noted AFTER INSERT ON traced BEGIN INSERT INTO hidden (what) VALUES (new.what); END;
INSERT INTO notes VALUES (1, 'a', 'first', 'x'), (2, 'b', 'second', 'y');
";

fn columns(names: &[&str]) -> ColumnRights {
    let names: BTreeSet<String> = names.iter().map(|it| (*it).to_owned()).collect();
    ColumnRights::Some(names)
}

async fn guarded(folder: &tempfile::TempDir) -> Db {
    let url = format!("sqlite:{}", folder.path().join("app.db").display());
    let made = Db::open(Config::new(&url).unwrap()).await.unwrap();
    let session = made.session().await.unwrap();
    session.execute_raw(SCHEMA).await.unwrap();
    made.close().await;
    let mut guard = SqliteGuard::of("app");
    let mut notes = TableRights::default();
    notes.select = columns(&["id", "customer", "body"]);
    notes.update = columns(&["body"]);
    notes.insert = true;
    notes.scoped = true;
    guard.tables.insert("notes".to_owned(), notes);
    let mut logged = TableRights::default();
    logged.insert = true;
    guard.tables.insert("traced".to_owned(), logged.clone());
    guard.tables.insert("logged".to_owned(), logged);
    guard.tables.insert("secrets".to_owned(), {
        let mut all = TableRights::default();
        all.select = ColumnRights::All;
        all
    });
    let mut config = Config::new(&url).unwrap();
    config.sqlite_guard = Some(guard.into());
    Db::open(config).await.unwrap()
}

async fn tried(db: &Db, scope: &Scope, text: &str) -> Result<(), String> {
    let sql = &Sql::dynamic(text.to_owned());
    let done = db.tx(scope, |tx| async move {
        tx.query(sql, params! {}).await.map(drop)
    });
    done.await.map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Permission, "{text}: {error}");
        assert_eq!(error.code(), Some("sqlite:23"), "{text}: {error}");
        error.message().to_owned()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_do_what_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let db = guarded(&folder).await;
    let somebody = Scope::tenant("a");
    for text in [
        "SELECT id, body FROM notes",
        "SELECT count(*) FROM notes",
        "WITH all_of_them AS (SELECT body FROM notes) SELECT body FROM all_of_them",
        "SELECT e.value FROM jsonb_array_elements('[1]') AS e (value)",
        "INSERT INTO notes (customer, body) VALUES ('a', 'third') RETURNING id, body",
        "INSERT INTO notes (customer, body) VALUES ('a', 'third') ON CONFLICT (customer, body) DO UPDATE SET body = 'fourth'",
        // REPLACE is a function, too, and a word in a text.
        "SELECT replace(body, 'a', 'or replace into') AS body FROM notes",
        "INSERT INTO logged (what) VALUES ('x')",
    ] {
        assert_eq!(tried(&db, &somebody, text).await, Ok(()), "{text}");
    }
    db.close().await;
}

const SCHEMATIC: &str = "app may not change what the database is made of";

const REFUSED: &[(&str, &str)] = &[
    ("SELECT secret FROM notes", "app may not read notes.secret"),
    ("SELECT * FROM notes", "app may not read notes.secret"),
    (
        "SELECT id FROM notes WHERE secret = 'x'",
        "app may not read notes.secret",
    ),
    (
        "SELECT (SELECT secret FROM notes LIMIT 1)",
        "app may not read notes.secret",
    ),
    (
        "INSERT INTO notes (customer, body) VALUES ('a', 'z') RETURNING secret",
        "app may not read notes.secret",
    ),
    (
        "INSERT INTO logged (what) SELECT secret FROM notes",
        "app may not read notes.secret",
    ),
    (
        "UPDATE notes SET customer = 'b' WHERE id = 1",
        "app may not update notes.customer",
    ),
    (
        "INSERT INTO notes (customer, body) VALUES ('a', 'z') ON CONFLICT (customer, body) DO UPDATE SET secret = 'z'",
        "app may not update notes.secret",
    ),
    // A WITH, a trigger and a view have the rights of who uses them, whatever they are called.
    (
        "WITH c AS (SELECT secret AS x FROM notes) SELECT x FROM c",
        "app may not read notes.secret",
    ),
    (
        "WITH noted AS (SELECT secret AS x FROM notes) SELECT x FROM noted",
        "app may not read notes.secret",
    ),
    (
        "WITH c AS (SELECT secret FROM notes) INSERT INTO logged (what) SELECT secret FROM c",
        "app may not read notes.secret",
    ),
    (
        "INSERT INTO traced (what) VALUES ('x')",
        "app may not insert into hidden",
    ),
    (
        "SELECT secret FROM secrets",
        "app may not read notes.secret",
    ),
    ("DELETE FROM notes", "app may not delete from notes"),
    ("SELECT what FROM logged", "app may not read logged.what"),
    ("SELECT count(*) FROM hidden", "app may not read hidden"),
    (
        "INSERT INTO hidden (what) VALUES ('x')",
        "app may not insert into hidden",
    ),
    ("CREATE TABLE more (a INTEGER) STRICT", SCHEMATIC),
    ("DROP TABLE logged", SCHEMATIC),
    ("CREATE INDEX i ON notes (body)", SCHEMATIC),
    ("ALTER TABLE notes ADD COLUMN z TEXT", SCHEMATIC),
    ("DROP TRIGGER noted", SCHEMATIC),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_given_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let db = guarded(&folder).await;
    let somebody = Scope::tenant("a");
    for &(text, why) in REFUSED {
        let refused = tried(&db, &somebody, text).await;
        assert_eq!(refused.unwrap_err(), why, "{text}");
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let db = guarded(&folder).await;
    let somebody = Scope::tenant("a");
    for text in [
        "INSERT OR REPLACE INTO logged (id, what) VALUES (1, 'evil')",
        "replace  into logged (id, what) VALUES (1, 'evil')",
        "UPDATE OR\nREPLACE notes SET body = 'x' WHERE id = 1",
    ] {
        let refused = tried(&db, &somebody, text).await.unwrap_err();
        assert!(refused.starts_with("app may not replace rows"), "{refused}");
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_somebody_need_somebody() {
    let folder = tempfile::tempdir().unwrap();
    let db = guarded(&folder).await;
    let why = "app may touch notes, whose rows are somebody's, only in a transaction with a tenant, a token or a context";
    let texts = [
        "SELECT id FROM notes",
        "INSERT INTO notes (customer) VALUES ('c')",
        "UPDATE notes SET body = 'x' WHERE id = 1",
    ];
    // Whether it was prepared for somebody before makes no difference.
    for _ in 0..3 {
        for text in texts {
            for nobody in [
                Scope::system(),
                Scope::system().with_actor("job"),
                Scope::tenant(""),
            ] {
                let refused = tried(&db, &nobody, text).await;
                assert_eq!(refused.unwrap_err(), why, "{text}");
            }
            for somebody in [
                Scope::tenant("a"),
                Scope::system().with_token("00"),
                Scope::system().with_context("x"),
            ] {
                assert_eq!(tried(&db, &somebody, text).await, Ok(()), "{text}");
            }
        }
    }
    // The same for statements on their own, which readers run.
    static READ: Sql = Sql::new("SELECT id FROM notes ORDER BY id LIMIT 1");
    for _ in 0..3 {
        let refused = db.query(&Scope::system(), &READ, params! {}).await;
        assert_eq!(refused.unwrap_err().message(), why);
        let rows = db.query(&Scope::tenant("a"), &READ, params! {}).await;
        assert_eq!(rows.unwrap().len(), 1);
    }
    db.close().await;
}
