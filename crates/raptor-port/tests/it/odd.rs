//! Files and databases that somebody made to get rows lost, or a proof that is none.

use crate::file;
use crate::runs::{ask, plan_of};
use raptor_db::{Config, Db};
use raptor_port::{Asked, Begin, Done, ErrorKind, Mode, Plan, Source, Target, Verified};
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

/// Cells that changed rows are seen, whatever the row is known by.
#[tokio::test(flavor = "multi_thread")]
async fn swapped_cells() {
    let bed = Bed::new(
        "CREATE TABLE log (at TEXT, level TEXT, who TEXT, kind TEXT);
         INSERT INTO log VALUES ('09:00', 'info', 'ann', 'login'), ('10:00', 'info', 'bob', 'login');
         CREATE TABLE k4 (name TEXT, a TEXT, value TEXT, b TEXT);
         INSERT INTO k4 VALUES ('ann', NULL, '1', NULL), ('bob', NULL, '2', NULL);
         CREATE TABLE k3 (a INTEGER, b INTEGER, c INTEGER);
         INSERT INTO k3 VALUES (1, 1, 1), (1, 2, 2), (2, 1, 2), (2, 2, 1);
         CREATE TABLE zero (a REAL, b REAL, c REAL);
         INSERT INTO zero VALUES (0.0, 0.0, NULL), (NULL, NULL, 1.0);",
    )
    .await;
    let plan = bed.plan();
    bed.run(&plan).await;
    assert!(bed.verify(&plan).await.holds());
    for (text, back, column) in [
        (
            "UPDATE log SET who = CASE who WHEN 'ann' THEN 'bob' ELSE 'ann' END",
            "UPDATE log SET who = CASE who WHEN 'ann' THEN 'bob' ELSE 'ann' END",
            "column log.who",
        ),
        (
            "UPDATE k4 SET value = CASE value WHEN '1' THEN '2' ELSE '1' END",
            "UPDATE k4 SET value = CASE value WHEN '1' THEN '2' ELSE '1' END",
            "column k4.value",
        ),
        (
            "UPDATE k3 SET c = 3 - c",
            "UPDATE k3 SET c = 3 - c",
            "column k3.c",
        ),
        (
            "UPDATE zero SET a = '-0' WHERE a = 0",
            "UPDATE zero SET a = 0 WHERE a = 0",
            "table zero",
        ),
        (
            "UPDATE zero SET c = 0, a = NULL WHERE a = 0",
            "UPDATE zero SET c = NULL, a = 0 WHERE c = 0",
            "table zero",
        ),
    ] {
        bed.on_postgres(text).await;
        let verified = bed.verify(&plan).await;
        assert_eq!(verified.differences.len(), 1, "{text}: {verified:?}");
        assert_eq!(verified.differences[0].of, column, "{text}: {verified:?}");
        bed.on_postgres(back).await;
    }
    assert!(bed.verify(&plan).await.holds());
}

/// The same where Postgres casts what rows are known by.
#[tokio::test(flavor = "multi_thread")]
async fn swapped_cells_beside_keys_that_are_cast() {
    let bed = Bed::new(
        "CREATE TABLE users (email TEXT PRIMARY KEY, balance INTEGER, note TEXT);
         INSERT INTO users VALUES ('a@x', 100, 'A'), ('b@x', 5, 'B'), ('c@x', 7, 'C');
         CREATE TABLE hosts (ip TEXT, owner TEXT NOT NULL);
         INSERT INTO hosts VALUES ('10.0.0.1', 'ann'), ('10.0.0.2', 'bob');",
    )
    .await;
    bed.on_postgres(
        "CREATE DOMAIN email AS text CHECK (value LIKE '%@%');
         CREATE TABLE users (email email PRIMARY KEY, balance int, note text);
         CREATE TABLE hosts (ip inet, owner text NOT NULL)",
    )
    .await;
    let plan = bed.existing().await;
    bed.run(&plan).await;
    assert!(bed.verify(&plan).await.holds());
    bed.on_postgres(
        "UPDATE users SET balance = CASE email WHEN 'a@x' THEN 5 WHEN 'b@x' THEN 100 ELSE balance END;
         UPDATE hosts SET owner = CASE owner WHEN 'ann' THEN 'bob' ELSE 'ann' END",
    )
    .await;
    let verified = bed.verify(&plan).await;
    assert_eq!(verified.differences[0].of, "column hosts.owner");
    assert_eq!(verified.differences[1].of, "column users.balance");
    assert!(verified.differences[1].text.ends_with("@x"), "{verified:?}");
}

/// A run that did not come to its end is none that holds, and none that another one passes over.
#[tokio::test(flavor = "multi_thread")]
async fn runs_that_did_not_end() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL); INSERT INTO t VALUES (1, 'x');",
    )
    .await;
    bed.on_postgres(
        "CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL, extra text DEFAULT 'mine'); CREATE VIEW uses_t AS SELECT a, extra FROM t",
    )
    .await;
    let plan = bed.existing().await;
    bed.run(&plan).await;
    assert!(bed.verify(&plan).await.holds());
    bed.on_postgres("UPDATE raptor_port.runs SET ended = NULL, missing = NULL")
        .await;
    let verified = bed.verify(&plan).await;
    assert!(
        verified.differences[0]
            .text
            .starts_with("has not come to its end"),
        "{verified:?}"
    );
    // The schema of the application is not made anew.
    let other = bed.plan();
    let error = other
        .clone()
        .run(&bed.path, &bed.db, Begin::default(), &|_| {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Plan, "{error}");
    bed.on_postgres("UPDATE raptor_port.runs SET ended = now(), missing = '[]'")
        .await;
    let mut again = Begin::default();
    again.again = true;
    let error = other
        .clone()
        .run(&bed.path, &bed.db, again.clone(), &|_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("already exists"), "{error}");
    assert_eq!(bed.ask("SELECT extra FROM uses_t").await, ["mine"]);
    // Nor is what hangs on a schema that a run made.
    bed.on_postgres("DROP VIEW uses_t; DROP TABLE t").await;
    let mut anew = Begin::default();
    anew.again = true;
    other
        .clone()
        .run(&bed.path, &bed.db, anew, &|_| {})
        .await
        .unwrap();
    bed.on_postgres("CREATE VIEW uses_t AS SELECT a FROM t")
        .await;
    let error = other
        .clone()
        .run(&bed.path, &bed.db, again.clone(), &|_| {})
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("something hangs on it"),
        "{error}"
    );
    assert_eq!(bed.ask("SELECT a FROM uses_t").await, ["x"]);
    bed.on_postgres("DROP VIEW uses_t").await;
    other.run(&bed.path, &bed.db, again, &|_| {}).await.unwrap();
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

/// A row that points at one that was rejected is missing, unless somebody decides it.
#[tokio::test(flavor = "multi_thread")]
async fn children_of_rejected_rows() {
    let bed = Bed::new(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, d DATE);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO a SELECT i, '2024-02-29' FROM n;
         UPDATE a SET d = '2024-02-30' WHERE id = 7;
         CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL REFERENCES a (id));
         INSERT INTO b VALUES (1, 7), (2, 8);
         CREATE TABLE c (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO c VALUES (1, 1);
         CREATE VIEW all_c AS SELECT n FROM c;
         CREATE VIEW all_a AS SELECT id FROM a;",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    assert_eq!(done.missing.len(), 1, "{done:?}");
    assert_eq!(done.missing[0].of, "b_a_id_fkey of b");
    // A view that reads less is told; another one is not let off for it.
    bed.on_postgres("CREATE OR REPLACE VIEW all_c AS SELECT n FROM c WHERE false")
        .await;
    let verified = bed.verify(&plan).await;
    let said = said(&verified.differences).join("\n");
    assert!(
        said.contains("view all_c returns 1 rows in the file, 0 on Postgres"),
        "{said}"
    );
    assert!(!said.contains("all_a"), "{said}");
    assert_eq!(
        verified
            .notes
            .iter()
            .filter(|it| it.of == "view all_a")
            .count(),
        1
    );
}

/// Rows that Postgres refuses with whatever it likes are rejected; a row that was mended since is missed.
#[tokio::test(flavor = "multi_thread")]
async fn refused_and_mended() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'ok'), (2, 'bad'), (3, 'ok');
         CREATE TABLE numbered (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO numbered VALUES (1, 'a'), (2, 'b');
         CREATE TABLE ending (id INTEGER PRIMARY KEY); INSERT INTO ending VALUES (40);
         CREATE TABLE below (id INTEGER PRIMARY KEY); INSERT INTO below VALUES (-5);",
    )
    .await;
    bed.on_postgres(
        "CREATE FUNCTION chk(t text) RETURNS boolean LANGUAGE plpgsql AS
             'BEGIN IF t = ''bad'' THEN RAISE EXCEPTION ''no'' USING ERRCODE = ''UE001''; END IF; RETURN true; END';
         CREATE TABLE t (id int PRIMARY KEY, v text CHECK (chk(v)));
         CREATE SEQUENCE plain; CREATE TABLE numbered (id int PRIMARY KEY DEFAULT nextval('plain'), v text);
         CREATE SEQUENCE ends MAXVALUE 30; CREATE TABLE ending (id int PRIMARY KEY DEFAULT nextval('ends')); ALTER SEQUENCE ends OWNED BY ending.id;
         CREATE SEQUENCE falls INCREMENT -1; CREATE TABLE below (id int PRIMARY KEY DEFAULT nextval('falls')); ALTER SEQUENCE falls OWNED BY below.id",
    )
    .await;
    let mut plan = bed.existing().await;
    let at = plan.tables.iter().position(|it| it.name == "t").unwrap();
    plan.tables[at].rejects = 1;
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(done.tables["t"].rejected, 1);
    assert_eq!(
        bed.ask("INSERT INTO numbered (v) VALUES ('c') RETURNING id::text")
            .await,
        ["3"]
    );
    bed.on_postgres("DELETE FROM numbered WHERE id = 3").await;
    assert_eq!(bed.ask("SELECT nextval('falls')::text").await, ["-6"]);
    assert!(bed.verify(&plan).await.holds());
    let config = Config::new(&format!("sqlite:{}", bed.path.display())).unwrap();
    let file = Db::open(config).await.unwrap();
    file.session()
        .await
        .unwrap()
        .execute_raw("UPDATE t SET v = 'good' WHERE id = 2")
        .await
        .unwrap();
    file.close().await;
    let verified = bed.verify(&plan).await;
    assert_eq!(verified.differences[0].of, "table t", "{verified:?}");
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
