//! A schema that the application made itself is filled, and is as it was.

use crate::{differences, file};
use raptor_db::{Config, Db, Scope, Snapshot, Sql, params};
use raptor_port::{Asked, Begin, Mode, Plan, Source, Target};
use raptor_testkit::{Options, Server, Urls};
use std::path::Path;

async fn ask(db: &Db, text: &str) -> Vec<String> {
    let rows = db
        .query(&Scope::system(), &Sql::dynamic(text), params! {})
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.get::<Option<String>>(0).unwrap().unwrap_or_default())
        .collect()
}

async fn run(db: &Db, text: &str) {
    db.session().await.unwrap().execute_raw(text).await.unwrap();
}

async fn plan(path: &Path, db: &Db) -> Plan {
    let target = Target::read(db, "raptor").await.unwrap();
    let mut snapshot = Snapshot::open(path, 1).unwrap();
    let reader = snapshot.take().unwrap();
    let source = Source::read(&reader).unwrap();
    let mut asked = Asked::new("app.db");
    asked.mode = Mode::Existing;
    asked.schema = "raptor".to_owned();
    asked.target = Some(target);
    let plan = Plan::make(&reader, &source, &asked).unwrap();
    assert_eq!(Plan::read(&plan.to_string()).unwrap(), plan, "{plan}");
    plan
}

const SOURCE: &str = "
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), mood VARCHAR(10), took DATETIME, at DATETIME, address TEXT, code CHAR(4), shout TEXT, twice INTEGER AS (id * 2));
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL REFERENCES people, text TEXT NOT NULL);
INSERT INTO people VALUES
  (1, 'ann', 'good', '1970-01-02 03:00:00.000000', '2024-02-29 12:30:00.000000', '10.0.0.1', 'ab', 'ANN'),
  (2, 'bob', 'bad', NULL, NULL, NULL, NULL, 'BOB'), (9, 'eve', 'odd', NULL, NULL, NULL, 'wxyz', 'EVE');
INSERT INTO notes VALUES (5, 1, 'one'), (6, 2, 'forbidden'), (7, 2, 'two'), (40, 1, 'gone');
DELETE FROM notes WHERE id = 40;
";

const TARGET: &str = "
CREATE TABLE alembic_version (version_num character varying(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('a1');
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE people (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name character varying(20), mood mood, took interval,
  at timestamp with time zone, address inet, code character(4), shout text GENERATED ALWAYS AS (upper(name)) STORED, twice integer);
CREATE TABLE notes (id serial PRIMARY KEY, person integer NOT NULL REFERENCES people ON DELETE CASCADE, text text NOT NULL CHECK (text <> 'forbidden'));
CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER forbid BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION forbid();
";

#[expect(clippy::too_many_lines, reason = "one file's story from begin to end")]
#[tokio::test(flavor = "multi_thread")]
async fn an_applications_own_schema_is_filled() {
    let (_folder, path) = file(SOURCE).await;
    let server = Server::start(Options::default()).unwrap();
    let urls: Urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    run(&db, TARGET).await;
    let planned = plan(&path, &db).await;
    let done = planned
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    // An unknown label, and what a CHECK forbids: named, and nothing else is lost.
    assert_eq!(
        (done.tables["people"].rows, done.tables["people"].rejected),
        (2, 1),
        "{done:?}"
    );
    assert_eq!(
        (done.tables["notes"].rows, done.tables["notes"].rejected),
        (2, 1),
        "{done:?}"
    );
    assert_eq!(done.missing.len(), 2, "{done:?}");
    assert_eq!(
        ask(&db, "SELECT people::text FROM people ORDER BY id").await,
        [
            "(1,ann,good,\"1 day 03:00:00\",\"2024-02-29 12:30:00+00\",10.0.0.1,\"ab  \",ANN,2)",
            "(2,bob,bad,,,,,BOB,4)"
        ]
    );
    let kept = ask(&db, "SELECT source_table || ' ' || place || ': ' || reason FROM raptor_port.rejected ORDER BY 1").await;
    assert!(
        kept[0].starts_with("notes rowid 6: Postgres does not take it: "),
        "{kept:?}"
    );
    assert!(
        kept[1].starts_with(
            "people rowid 9: Postgres does not take it: invalid input value for enum mood"
        ),
        "{kept:?}"
    );
    assert!(
        ask(
            &db,
            "SELECT cells FROM raptor_port.rejected WHERE place = 'rowid 9'"
        )
        .await[0]
            .contains("\"name\":\"eve\"")
    );
    // Keys and triggers are as they were, and numbers go on.
    assert_eq!(
        ask(
            &db,
            "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND convalidated AND connamespace = 'raptor'::regnamespace"
        )
        .await,
        ["notes_person_fkey"]
    );
    assert_eq!(
        ask(
            &db,
            "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'forbid'"
        )
        .await,
        ["O"]
    );
    assert_eq!(
        ask(
            &db,
            "INSERT INTO people (name) VALUES ('new') RETURNING id::text"
        )
        .await,
        ["3"]
    );
    run(
        &db,
        "DELETE FROM people WHERE id = 3; ALTER TABLE notes DISABLE TRIGGER forbid",
    )
    .await;
    assert_eq!(
        ask(
            &db,
            "INSERT INTO notes (person, text) VALUES (1, 'x') RETURNING id::text"
        )
        .await,
        ["41"]
    );
    run(&db, "DELETE FROM notes WHERE id = 41").await;
    let verified = planned.clone().verify(&path, &db, 2, false).await.unwrap();
    assert!(differences(&verified).is_empty(), "{verified:?}");
    run(&db, "UPDATE people SET address = '10.0.0.2' WHERE id = 1").await;
    let verified = planned.clone().verify(&path, &db, 2, false).await.unwrap();
    let [difference] = differences(&verified)[..] else {
        panic!("{verified:?}");
    };
    assert_eq!(
        (&*difference.of, &*difference.text),
        (
            "column people.address",
            "is not the same on Postgres in the row with id 1"
        )
    );
    run(&db, "UPDATE people SET address = '10.0.0.1' WHERE id = 1").await;
    run(&db, "UPDATE people SET took = '27:00:01' WHERE id = 1").await;
    let verified = planned.verify(&path, &db, 2, false).await.unwrap();
    assert_eq!(
        differences(&verified)[0].of,
        "column people.took",
        "{verified:?}"
    );
}
