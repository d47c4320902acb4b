//! Files and databases that somebody made to get rows lost, or a proof that is none.

mod again;
mod proof;
mod shown;
mod there;

use crate::file;
use crate::runs::{ask, plan_of};
use raptor_db::{Config, Db};
use raptor_port::{Asked, Begin, Done, Mode, Plan, Source, Target, Verified};
use raptor_testkit::{Options, Server, Urls};
use std::path::PathBuf;

/// A file, and an empty database.
struct Bed {
    _folder: tempfile::TempDir,
    path: PathBuf,
    _server: Server,
    urls: Urls,
    db: Db,
}

impl Bed {
    async fn new(text: &str) -> Self {
        let (folder, path) = file(text).await;
        let server = Server::start(Options::default()).unwrap();
        let urls = server.create_database("port").unwrap();
        let db = Db::open(Config::new(urls.admin_url()).unwrap()).await;
        Self {
            _folder: folder,
            path,
            _server: server,
            urls,
            db: db.unwrap(),
        }
    }

    async fn on_postgres(&self, text: &str) {
        let session = self.db.session().await.unwrap();
        session.execute_raw(text).await.unwrap();
    }

    fn plan(&self) -> Plan {
        plan_of(&self.path)
    }

    async fn existing(&self) -> Plan {
        let mut snapshot = raptor_db::Snapshot::open(&self.path, 1).unwrap();
        let reader = snapshot.take().unwrap();
        let mut asked = Asked::new("app.db");
        asked.mode = Mode::Existing;
        asked.target = Some(Target::read(&self.db, "public").await.unwrap());
        Plan::make(&reader, &Source::read(&reader).unwrap(), &asked).unwrap()
    }

    async fn run(&self, plan: &Plan) -> Done {
        let done = plan
            .clone()
            .run(&self.path, &self.db, Begin::default(), &|_| {});
        done.await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn verify(&self, plan: &Plan) -> Verified {
        let verified = plan.clone().verify(&self.path, &self.db, 2, false).await;
        verified.unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn ask(&self, text: &str) -> Vec<String> {
        ask(&self.db, text).await
    }
}

fn said(notes: &[raptor_port::Note]) -> Vec<String> {
    notes
        .iter()
        .map(|it| format!("{} {}", it.of, it.text))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_whose_numbers_are_hidden() {
    let bed = Bed::new(
        "CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT);
         INSERT INTO t VALUES ('a', 'b', 'c'), ('d', 'e', 'f'), ('g', 'h', 'i');
         CREATE TABLE t2 (rowid INTEGER, _rowid_ TEXT, oid TEXT, v);
         INSERT INTO t2 VALUES (1, 'b', 'c', 1), (NULL, 'e', 'f', 2), (300000, 'h', 'i', 3);
         CREATE TABLE t3 (rowid TEXT, _rowid_ TEXT, oid TEXT, id INTEGER PRIMARY KEY);
         INSERT INTO t3 VALUES ('a', 'b', 'c', 7);
         CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
         INSERT INTO alembic_version VALUES ('a1');",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    let rows: Vec<u64> = done.tables.values().map(|it| it.rows).collect();
    assert_eq!(rows, [1, 3, 3, 1]);
    assert!(bed.verify(&plan).await.holds());
}

/// SQLite has rooms of names that Postgres does not have: nothing is made in the place of something else.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_meet() {
    let bed = Bed::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (a INTEGER CONSTRAINT ref CHECK (a > 0), b INTEGER, c INTEGER CONSTRAINT ref REFERENCES p (id),
             d INTEGER UNIQUE, CONSTRAINT t_d_key CHECK (d > 5));
         INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1, 1, 6);
         CREATE VIEW p_pkey AS SELECT a, b FROM t;
         CREATE INDEX p_id_seq ON t (a);
         CREATE TABLE boxes (id INTEGER PRIMARY KEY, xmin REAL, xmax REAL, raptor_seed TEXT, raptor_ctid TEXT);
         INSERT INTO boxes VALUES (1, 0.5, 1.5, 'a', 'b');
         CREATE TABLE keyless (raptor_seed TEXT, raptor_bucket TEXT);
         INSERT INTO keyless VALUES ('a', 'b');",
    )
    .await;
    let plan = bed.plan();
    assert!(
        said(&plan.notes)
            .iter()
            .any(|it| it.starts_with("column boxes.xmin is called xmin_")),
        "{:?}",
        plan.notes
    );
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        bed.ask(
            "SELECT contype::text || ' ' || count(*) FROM pg_constraint WHERE conrelid IN ('t'::regclass, 'p'::regclass) AND contype <> 'n' \
             GROUP BY contype ORDER BY 1"
        )
        .await,
        ["c 2", "f 1", "p 1", "u 1"]
    );
    assert_eq!(bed.ask("SELECT relkind::text FROM pg_class WHERE relname IN ('p_pkey', 'p_id_seq') ORDER BY relname").await, ["i", "v"]);
    assert!(bed.verify(&plan).await.holds());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_made_is_not_taken_for_ours() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, seen INTEGER);
         CREATE UNIQUE INDEX idx_a ON t (a);
         CREATE VIEW v AS SELECT id, a FROM t WHERE a > 1;
         INSERT INTO t (a) VALUES (1), (2);
         CREATE TRIGGER touch AFTER INSERT ON t BEGIN UPDATE t SET seen = 1 WHERE id = NEW.id; END;",
    )
    .await;
    bed.on_postgres(
        "CREATE TABLE other (x int); CREATE INDEX idx_a ON other (x); CREATE TABLE v (id int, a int);
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    let missing: Vec<&str> = done.missing.iter().map(|it| it.of.as_str()).collect();
    assert_eq!(missing, ["t", "view v", "trigger touch"]);
    assert_eq!(
        bed.ask("SELECT count(*)::text FROM pg_trigger WHERE NOT tgisinternal")
            .await,
        ["0"]
    );
    // What is missing is missing to the proof too.
    assert_eq!(bed.verify(&plan).await.differences.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_columns() {
    let columns: Vec<String> = (0..1_590).map(|at| format!("c{at} INTEGER")).collect();
    let values: Vec<String> = (0..1_590).map(|at| (at % 7).to_string()).collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    let bed = Bed::new(&format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, {columns}); INSERT INTO t VALUES (1, {values}), (2, {values});"
    ))
    .await;
    let plan = bed.plan();
    bed.run(&plan).await;
    assert!(bed.verify(&plan).await.holds());
    bed.on_postgres("UPDATE t SET c1500 = c1500 + 1 WHERE id = 2")
        .await;
    assert_eq!(
        said(&bed.verify(&plan).await.differences),
        ["column t.c1500 is not the same on Postgres in the row with rowid 2"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_are_far_apart() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
         INSERT INTO t VALUES (1, 'a'), (-9223372036854775808, 'b'), (9223372036854775807, 'c');
         CREATE TABLE u (id INTEGER PRIMARY KEY, x INTEGER REFERENCES t (nocol));",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    assert!(
        said(&done.notes)
            .iter()
            .any(|it| it.contains("which is no key there")),
        "{done:?}"
    );
    assert_eq!(
        bed.ask("SELECT count(*)::text FROM raptor_port.ranges")
            .await,
        ["1"]
    );
    assert!(bed.verify(&plan).await.holds());
    assert_eq!(
        bed.ask("INSERT INTO u (x) VALUES (1) RETURNING id::text")
            .await,
        ["1"]
    );
}

/// What the login or its database has set changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_login() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT DEFAULT 'a\\b', CHECK (v <> 'x\\'));
         INSERT INTO t (id) VALUES (1);
         CREATE VIEW w AS SELECT id, v || '\\' AS x FROM t;",
    )
    .await;
    bed.on_postgres(
        "ALTER ROLE ALL SET standard_conforming_strings = off; ALTER ROLE ALL SET statement_timeout = '1h';
         ALTER ROLE ALL SET DateStyle = 'SQL, DMY'; ALTER ROLE ALL SET IntervalStyle = 'iso_8601'; ALTER ROLE ALL SET bytea_output = 'escape'",
    )
    .await;
    let db = Db::open(Config::new(bed.urls.owner_url()).unwrap())
        .await
        .unwrap();
    let plan = bed.plan();
    let done = plan
        .clone()
        .run(&bed.path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(ask(&db, "SELECT x FROM public.w").await, ["a\\b\\"]);
    assert_eq!(
        ask(&db, "INSERT INTO public.t (id) VALUES (2) RETURNING v").await,
        ["a\\b"]
    );
}

/// What of a schema that is there is more than a column of its type.
#[tokio::test(flavor = "multi_thread")]
async fn schemas_that_are_more_than_columns() {
    let bed = Bed::new(
        "CREATE TABLE gen (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER); INSERT INTO gen VALUES (1, 2, 4), (2, 3, 99);
         CREATE TABLE child (id INTEGER PRIMARY KEY, gen INTEGER REFERENCES gen (id)); INSERT INTO child VALUES (1, 1);
         CREATE TABLE words (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO words VALUES (1, 'O''Neil''s \"Brot\"');
         CREATE VIRTUAL TABLE words_fts USING fts5 (title);
         CREATE TRIGGER feed AFTER INSERT ON words BEGIN INSERT INTO words_fts (rowid, title) VALUES (NEW.id, NEW.title); END;
         CREATE TABLE nowhere (a TEXT);",
    )
    .await;
    bed.on_postgres(
        "CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED);
         CREATE TABLE child (id int PRIMARY KEY, gen int CONSTRAINT points REFERENCES gen (id));
         COMMENT ON CONSTRAINT points ON child IS 'it''s there';
         CREATE TABLE heir () INHERITS (child); INSERT INTO heir VALUES (7, 7);
         CREATE TABLE words (id int PRIMARY KEY, title tsvector NOT NULL, title_text text NOT NULL)",
    )
    .await;
    let plan = bed.existing().await;
    let notes = said(&plan.notes).join("\n");
    for note in [
        "column gen.b is computed there, so that what the file has in it is left out",
        "table words is left out: an index of words",
        "table words_fts is left out: an index of a module",
        "table nowhere is left out: it has no row",
    ] {
        assert!(notes.contains(note), "{note}: {notes}");
    }
    bed.run(&plan).await;
    assert_eq!(bed.ask("SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'points'").await, ["it's there"]);
    assert_eq!(bed.ask("SELECT id::text FROM heir").await, ["7"]);
    // A table without a place is refused before anything is touched.
    let mut plan = bed.existing().await;
    let at = plan
        .tables
        .iter()
        .position(|it| it.name == "nowhere")
        .unwrap();
    plan.tables[at].skip = None;
    let error = plan
        .run(&bed.path, &bed.db, Begin::default(), &|_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("--again"), "{error}");
}

/// Where the file and Postgres would answer otherwise, it is asked or kept as it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_means_something_else_there() {
    let bed = Bed::new(
        "CREATE TABLE par (code TEXT COLLATE NOCASE PRIMARY KEY);
         CREATE TABLE chi (id INTEGER PRIMARY KEY, code TEXT REFERENCES par (code));
         INSERT INTO par VALUES ('Abc'); INSERT INTO chi VALUES (1, 'abc');
         CREATE TABLE u (id INTEGER PRIMARY KEY, active BOOLEAN NOT NULL, doc JSON, deep JSON, big INTEGER DEFAULT 3000000000);
         INSERT INTO u VALUES (1, 1, '{\"a\": 1, \"a\": 2}', '\"\\\\u0000\"', 1), (2, 'yes', '[]', '1', 1);",
    )
    .await;
    let plan = bed.plan();
    let line = |table: &str, column: &str| {
        let column = plan.table(table).unwrap().column(column).unwrap();
        (
            plan.conversion(column).to_string(),
            column.question.is_some(),
        )
    };
    assert_eq!(line("chi", "code"), ("citext".to_owned(), false));
    assert_eq!(line("u", "active"), ("boolean".to_owned(), true));
    assert_eq!(line("u", "doc"), ("json".to_owned(), false));
    assert_eq!(line("u", "deep"), ("jsonb".to_owned(), false));
    assert_eq!(line("u", "big"), ("bigint".to_owned(), false));
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        bed.ask("SELECT doc::text FROM u WHERE id = 1").await,
        [r#"{"a": 1, "a": 2}"#]
    );
    assert!(bed.verify(&plan).await.holds());
    // What was made and is gone again.
    bed.on_postgres("ALTER TABLE chi DROP CONSTRAINT chi_code_fkey")
        .await;
    assert_eq!(
        said(&bed.verify(&plan).await.differences),
        ["chi_code_fkey of table chi is not there"]
    );
}

/// Documents that are nested deeper than anybody reads them cost their row, and no more.
#[tokio::test(flavor = "multi_thread")]
async fn documents_without_a_bottom() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let bed = Bed::new(&format!(
        "CREATE TABLE j (id INTEGER PRIMARY KEY, d JSON);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO j SELECT i, '{{\"a\": 1}}' FROM n;
         UPDATE j SET d = '{deep}' WHERE id = 5;"
    ))
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    assert_eq!(
        (done.tables["j"].rows, done.tables["j"].rejected),
        (299, 1),
        "{done:?}"
    );
    assert!(bed.verify(&plan).await.holds());
}
