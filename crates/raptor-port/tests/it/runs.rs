//! A file on its way: planned, carried over, and looked at on a real server.

use crate::{differences, file};
use raptor_db::{Config, Db, Scope, Snapshot, Sql, params};
use raptor_port::{Asked, Begin, Done, Plan, Source};
use raptor_testkit::{Bouncer, Options, Server};
use std::path::Path;

/// A plan with the answers that are likely, as a person keeps it: as a file.
pub(crate) fn plan_of(path: &Path) -> Plan {
    let mut snapshot = Snapshot::open(path, 1).unwrap();
    let reader = snapshot.take().unwrap();
    let source = Source::read(&reader).unwrap();
    let plan = Plan::make(&reader, &source, &Asked::new("app.db")).unwrap();
    let text = plan.to_string();
    let again = Plan::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(again, plan);
    again
}

async fn ported(path: &Path, db: &Db) -> Done {
    let done = plan_of(path).run(path, db, Begin::default(), &|_| {}).await;
    done.unwrap_or_else(|error| panic!("{error:?}"))
}

pub(crate) async fn ask(db: &Db, text: &str) -> Vec<String> {
    let rows = db
        .query(&Scope::system(), &Sql::dynamic(text), params! {})
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.get::<String>(0).unwrap())
        .collect()
}

#[expect(clippy::too_many_lines, reason = "one file's story from begin to end")]
#[tokio::test(flavor = "multi_thread")]
async fn rows_and_keys_come_over() {
    let (_folder, path) = file(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, born DATE, at DATETIME, is_on BOOLEAN, score REAL, doc JSON, key BLOB);
         CREATE TABLE notes (person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE, text TEXT, PRIMARY KEY (person, text)) WITHOUT ROWID;
         INSERT INTO people VALUES (1, 'ann', '1999-12-31', '2024-02-29 12:30:00.5', 1, 1.5, '{\"a\": 1}', x'00ff'), (7, 'bob', NULL, NULL, 0, 2.5, NULL, NULL);
         INSERT INTO notes VALUES (1, 'first'), (7, 'second');
         CREATE INDEX by_score ON people (score DESC);",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let done = ported(&path, &db).await;
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        (done.tables["people"].rows, done.tables["notes"].rows),
        (2, 2)
    );
    assert_eq!(
        ask(&db, "SELECT people::text FROM public.people ORDER BY id").await,
        [
            "(1,ann,1999-12-31,\"2024-02-29 12:30:00.5\",t,1.5,\"{\"\"a\"\": 1}\",\"\\\\x00ff\")",
            "(7,bob,,,f,2.5,,)"
        ]
    );
    let new = ask(
        &db,
        "INSERT INTO public.people (name) VALUES ('eve') RETURNING id::text",
    )
    .await;
    assert_eq!(new, ["8"]);
    let keys = ask(&db, "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1").await;
    assert_eq!(
        keys,
        [
            "notes_person_fkey",
            "notes_pkey",
            "people_name_key",
            "people_pkey"
        ]
    );
    let verified = plan_of(&path).verify(&path, &db, 2, false).await.unwrap();
    // A row that is only here.
    assert_eq!(verified.differences.len(), 2, "{verified:?}");
    for damage in [
        "DELETE FROM public.people WHERE id = 8",
        "UPDATE public.people SET score = 1.5000000000000002 WHERE id = 1",
        "UPDATE public.people SET score = 1.5, doc = '{\"a\": 2}' WHERE id = 1",
        "UPDATE public.people SET doc = '{\"a\": 1}', at = '2024-02-29 12:30:00.500001' WHERE id = 1",
        "UPDATE public.people SET at = '2024-02-29 12:30:00.5' WHERE id = 1; UPDATE public.notes SET text = 'third' WHERE person = 7",
    ] {
        db.session()
            .await
            .unwrap()
            .execute_raw(damage)
            .await
            .unwrap();
        let verified = plan_of(&path).verify(&path, &db, 2, false).await.unwrap();
        println!("{damage}: {:?}", verified.differences);
        assert_eq!(
            verified.holds(),
            damage.starts_with("DELETE"),
            "{damage}: {verified:?}"
        );
    }
    db.session()
        .await
        .unwrap()
        .execute_raw("UPDATE public.notes SET text = 'second' WHERE person = 7")
        .await
        .unwrap();
    // Once more: nothing is left to do.
    let again = ported(&path, &db).await;
    assert_eq!(again.tables, done.tables);
}

/// Two to SQLite and one to Postgres: the first stays, the other is kept beside, and the key holds.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_same_there_is_rejected_by_name() {
    let (_folder, path) = file(
        "CREATE TABLE codes (id INTEGER PRIMARY KEY, code UNIQUE, at DATETIME);
         INSERT INTO codes VALUES (1, 1, '2024-02-29 12:30:00'), (2, 'x', NULL), (3, '1', '2024-02-29'), (4, 'y', NULL),
             (5, 'z', '2024-02-29T12:30:00');
         CREATE UNIQUE INDEX moments ON codes (at);
         CREATE TABLE uses (code REFERENCES codes (code), note TEXT);
         INSERT INTO uses VALUES (1, 'a'), ('1', 'b'), ('x', 'c');",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let done = ported(&path, &db).await;
    let missing: Vec<&str> = done.missing.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        missing,
        ["2 rows were rejected, and the plan allows 0: see raptor_port.rejected"]
    );
    assert_eq!(
        ask(
            &db,
            "SELECT place || ': ' || reason FROM raptor_port.rejected ORDER BY place"
        )
        .await,
        [
            "rowid 3: Postgres does not take it: duplicate key value violates unique constraint \"codes_code_key\"",
            "rowid 5: Postgres does not take it: duplicate key value violates unique constraint \"moments\"",
        ]
    );
    assert_eq!(
        ask(
            &db,
            "SELECT id || ' ' || code FROM public.codes ORDER BY id"
        )
        .await,
        ["1 1", "2 x", "4 y"]
    );
    // The keys are there, and what points at them.
    assert_eq!(
        ask(
            &db,
            "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND convalidated ORDER BY 1"
        )
        .await,
        ["codes_code_key", "codes_pkey", "uses_code_fkey"]
    );
    let verified = plan_of(&path).verify(&path, &db, 2, false).await.unwrap();
    assert!(differences(&verified).is_empty(), "{verified:?}");
}

/// What is said of indexes that a module of SQLite made up can be done.
#[tokio::test(flavor = "multi_thread")]
async fn searches_have_an_index_there() {
    let (_folder, path) = file(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
         INSERT INTO notes VALUES (1, 'one', 'some words'), (2, NULL, 'others');
         CREATE VIRTUAL TABLE over_notes USING fts5(title, body, content='notes', content_rowid='id');
         CREATE VIRTUAL TABLE \"own words\" USING fts5(t, \"u v\");
         INSERT INTO \"own words\" VALUES ('a b', 'c'), (NULL, 'words');
         CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1);
         INSERT INTO boxes VALUES (1, 0, 1, 0, 1);",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.admin_url()).unwrap())
        .await
        .unwrap();
    let done = ported(&path, &db).await;
    let mut searches = Vec::new();
    for of in ["table over_notes", "table own words", "table boxes"] {
        let note = done.notes.iter().find(|it| it.of == of).unwrap();
        let texts: Vec<&str> = note.text.split('`').skip(1).step_by(2).collect();
        let session = db.session().await.unwrap();
        session
            .execute_raw("SET search_path = public")
            .await
            .unwrap();
        session.execute_raw(texts[0]).await.unwrap();
        searches.push(texts[1].replace('…', "'words'"));
    }
    for (table, search) in ["notes", "\"own words\""].into_iter().zip(searches) {
        let text = format!("SELECT count(*)::text FROM public.{table} {search}");
        assert_eq!(ask(&db, &text).await, ["1"], "{text}");
    }
}

/// A pooler that hands connections round leaves what a session sets to somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn through_a_pooler_in_transaction_mode() {
    let (_folder, path) =
        file("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);").await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let plan = plan_of(&path);
    for round in ["", "server_round_robin = 1"] {
        let bouncer = Bouncer::start(urls.owner_url(), 4, round).unwrap();
        let pooled = Db::open(Config::new(&bouncer.url(urls.owner_url())).unwrap());
        let pooled = pooled.await.unwrap();
        for _ in 0..6 {
            let run = plan.clone().run(&path, &pooled, Begin::default(), &|_| {});
            let error = run.await.unwrap_err();
            assert!(
                error.to_string().contains("a pooler in transaction mode"),
                "{error}"
            );
        }
        plan.clone()
            .verify(&path, &pooled, 2, false)
            .await
            .unwrap_err();
    }
    let db = Db::open(Config::new(urls.owner_url()).unwrap());
    let db = db.await.unwrap();
    let run = plan.clone().run(&path, &db, Begin::default(), &|_| {});
    assert!(run.await.unwrap().is_whole());
    assert!(plan.verify(&path, &db, 2, false).await.unwrap().holds());
}
