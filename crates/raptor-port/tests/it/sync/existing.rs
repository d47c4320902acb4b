//! A schema that is there is followed into: its own types, keys and triggers, and all as it was at the end.

use super::{application, following, open, whole};
use crate::file;
use crate::runs::ask;
use raptor_db::{Db, Snapshot};
use raptor_port::{Asked, Event, Mode, Plan, Source, Target};
use raptor_testkit::{Options, Server};
use std::path::Path;

const SOURCE: &str = "
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), mood VARCHAR(10), took DATETIME, at DATETIME, address TEXT, code CHAR(4), shout TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL REFERENCES people, text TEXT NOT NULL);
CREATE TABLE tags (person INTEGER NOT NULL REFERENCES people, tag VARCHAR(10) NOT NULL, PRIMARY KEY (person, tag));
CREATE TABLE hosts (address TEXT PRIMARY KEY, name TEXT);
INSERT INTO people VALUES
  (1, 'ann', 'good', '1970-01-02 03:00:00.000000', '2024-02-29 12:30:00.000000', '10.0.0.1', 'ab', 'ANN'),
  (2, 'bob', 'bad', NULL, NULL, NULL, NULL, 'BOB'), (9, 'eve', 'odd', NULL, NULL, NULL, 'wxyz', 'EVE');
INSERT INTO notes VALUES (5, 1, 'one'), (6, 2, 'forbidden'), (7, 2, 'two');
INSERT INTO tags VALUES (1, 'a'), (1, 'b'), (2, 'a');
INSERT INTO hosts VALUES ('10.0.0.1', 'one'), ('10.0.0.2', 'two');
";

const TARGET: &str = "
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE people (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name character varying(20), mood mood, took interval,
  at timestamp with time zone, address inet, code character(4), shout text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE notes (id serial PRIMARY KEY, person integer NOT NULL REFERENCES people ON DELETE CASCADE, text text NOT NULL CHECK (text <> 'forbidden'));
CREATE TABLE tags (person integer NOT NULL REFERENCES people ON DELETE CASCADE, tag character varying(10) NOT NULL, PRIMARY KEY (person, tag));
CREATE TABLE hosts (address inet PRIMARY KEY, name text);
CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON notes FOR EACH ROW EXECUTE FUNCTION forbid();
";

pub(super) async fn plan(path: &Path, db: &Db) -> Plan {
    let mut snapshot = Snapshot::open(path, 1).unwrap();
    let reader = snapshot.take().unwrap();
    let source = Source::read(&reader).unwrap();
    let mut asked = Asked::new("app.db");
    asked.mode = Mode::Existing;
    asked.target = Some(Target::read(db, "public").await.unwrap());
    let mut plan = Plan::make(&reader, &source, &asked).unwrap();
    for table in &mut plan.tables {
        table.rejects = 5;
    }
    plan
}

/// What constraints and triggers a schema has, as Postgres writes them.
async fn shape(db: &Db) -> Vec<String> {
    ask(
        db,
        "SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal \
         UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
           WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind = 'r' ORDER BY 1",
    )
    .await
}

const COPYING: &str = "
    UPDATE people SET mood = 'good', address = '10.0.0.9' WHERE id = 9;
    UPDATE people SET took = '1970-01-01 00:00:07', code = 'x' WHERE id = 1;
    INSERT INTO people VALUES (10, 'fay', 'worse', NULL, NULL, NULL, NULL, 'FAY'), (11, 'gus', 'bad', NULL, NULL, 'fe80::1', NULL, 'GUS');
    UPDATE notes SET text = 'allowed' WHERE id = 6;
    UPDATE notes SET text = 'forbidden' WHERE id = 7;
    DELETE FROM tags WHERE person = 1 AND tag = 'a';
    UPDATE tags SET tag = 'c' WHERE person = 2;
    UPDATE hosts SET address = '10.0.0.3' WHERE name = 'one';";
const HELD: &str = "
    INSERT INTO notes (person, text) VALUES (11, 'last'), (11, 'gone');
    DELETE FROM notes WHERE text = 'gone';
    INSERT INTO tags VALUES (11, 'z');
    UPDATE people SET id = 12 WHERE id = 10;
    INSERT OR REPLACE INTO hosts VALUES ('10.0.0.2', 'three');";

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_there_is_followed_into() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(SOURCE).await;
    let db = open(&server, "existing").await;
    db.session()
        .await
        .unwrap()
        .execute_raw(TARGET)
        .await
        .unwrap();
    let before = shape(&db).await;
    let plan = plan(&path, &db).await;
    // Something goes wrong first: the schema is as it was then, but for what is to be known of rows.
    let fails = |event: Event<'_>| {
        if let Event::Carried { .. } = event {
            let dropped = application(&path).execute("DROP TRIGGER raptor_port_0_after_insert");
            drop(dropped);
        }
    };
    let error = plan
        .clone()
        .run(&path, &db, following(None), &fails)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("somebody else"), "{error}");
    let done = super::followed(&plan, &path, &db, [COPYING, HELD]).await;
    assert!(done.is_whole(), "{done:#?}");
    whole(&plan, &path, &db).await;
    assert_eq!(shape(&db).await, before);
    assert_eq!(
        ask(&db, "SELECT people::text FROM people ORDER BY id").await,
        [
            "(1,ann,good,00:00:07,\"2024-02-29 12:30:00+00\",10.0.0.1,\"x   \",ANN)",
            "(2,bob,bad,,,,,BOB)",
            "(9,eve,good,,,10.0.0.9,wxyz,EVE)",
            "(11,gus,bad,,,fe80::1,,GUS)"
        ]
    );
    let kept = ask(
        &db,
        "SELECT source_table || ' ' || place FROM raptor_port.rejected ORDER BY 1",
    )
    .await;
    assert_eq!(kept, ["notes rowid 7", "people rowid 12"]);
    let hosts = ask(
        &db,
        "SELECT host(address) || ' ' || name FROM hosts ORDER BY 1",
    )
    .await;
    assert_eq!(hosts, ["10.0.0.2 three", "10.0.0.3 one"]);
    // Numbers go on behind those that were given meanwhile, and whose rows are gone.
    db.session()
        .await
        .unwrap()
        .execute_raw("ALTER TABLE notes DISABLE TRIGGER forbid")
        .await
        .unwrap();
    let new = ask(
        &db,
        "INSERT INTO notes (person, text) VALUES (1, 'x') RETURNING id::text",
    )
    .await;
    assert_eq!(new, ["10"]);
}
