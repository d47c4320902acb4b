//! Proofs that must not hold.

use super::{Bed, said};
use raptor_db::{Config, Db};
use raptor_port::{Begin, ErrorKind, Event};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

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
        "CREATE TABLE users (email name PRIMARY KEY, balance int, note text);
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
        said.contains("view all_c returns 1 row in the file, 0 on Postgres"),
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

/// What the server still does for a run that was killed is ended by the next one.
#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_killed_run_is_ended() {
    let bed = Bed::new("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);").await;
    let killed = bed.db.session().await.unwrap();
    let lock = "SELECT pg_advisory_lock_shared(hashtext('raptor_port work'), hashtext('public'))";
    killed.execute_raw(lock).await.unwrap();
    let done = bed.run(&bed.plan()).await;
    assert!(done.is_whole(), "{done:?}");
    assert!(killed.execute_raw("SELECT 1").await.is_err());
}

/// A run that is ended while it carries a table over once more goes on with it.
#[tokio::test(flavor = "multi_thread")]
async fn ended_while_a_table_is_carried_over_once_more() {
    let bed = Bed::new(
        "CREATE TABLE codes (id INTEGER PRIMARY KEY, code UNIQUE);
         INSERT INTO codes VALUES (1, 1), (2, '1'), (3, 'x');
         CREATE TABLE others (id INTEGER PRIMARY KEY, code UNIQUE);
         INSERT INTO others VALUES (1, 1), (2, '1'), (3, 'x');",
    )
    .await;
    let mut plan = bed.plan();
    plan.tables.iter_mut().for_each(|it| it.rejects = 1);
    let (once_more, ended) = (AtomicBool::new(false), Notify::new());
    let on_event = |event: Event<'_>| match event {
        Event::Making { .. } => once_more.store(true, Ordering::Relaxed),
        Event::Carried { .. } if once_more.load(Ordering::Relaxed) => ended.notify_one(),
        _ => {}
    };
    let run = plan
        .clone()
        .run(&bed.path, &bed.db, Begin::default(), &on_event);
    tokio::select! {
        biased;
        () = ended.notified() => {}
        done = run => panic!("it was not ended: {done:?}"),
    }
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    assert!(bed.verify(&plan).await.holds());
    assert_eq!(
        bed.ask("SELECT count(*)::text FROM pg_constraint WHERE contype = 'u' AND connamespace = 'public'::regnamespace")
            .await,
        ["2"]
    );
}

/// Documents as far as Postgres itself takes them.
#[tokio::test(flavor = "multi_thread")]
async fn documents_at_the_end_of_what_is_taken() {
    let deep = format!("{}{}", "[".repeat(5_500), "]".repeat(5_500));
    let bed = Bed::new(&format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d TEXT);
         INSERT INTO t VALUES (1, '[1e131071]'), (2, '[0e5]'), (3, '{deep}'), (4, '[1e-16383]');"
    ))
    .await;
    bed.on_postgres("CREATE TABLE t (id int PRIMARY KEY, d jsonb)")
        .await;
    let mut plan = bed.existing().await;
    plan.tables[0].rejects = 1;
    let done = bed.run(&plan).await;
    assert_eq!(
        (done.tables["t"].rows, done.tables["t"].rejected),
        (3, 1),
        "{done:?}"
    );
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
}

/// A number is what it is however it is written.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_with_an_exponent_of_nothing() {
    let bed = Bed::new(
        "CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT, d TEXT);
         INSERT INTO u VALUES (1, '5e0', '[5e0]'), (2, '1.25E+00', '[0.0100E00, -0E+0]'), (3, '12e-0', '[0e200000, 0e999999999, 321802.111E-0]'),
             (4, '0e999', '[0.00e1, 0e-3]'), (5, '.5e1', '1e2');",
    )
    .await;
    bed.on_postgres("CREATE TABLE u (id int PRIMARY KEY, n numeric, d jsonb)")
        .await;
    let plan = bed.existing().await;
    assert!(bed.run(&plan).await.is_whole());
    assert_eq!(
        bed.ask("SELECT n::text FROM u ORDER BY id").await,
        ["5", "1.25", "12", "0", "5"]
    );
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
}

/// What a made table is like belongs to the proof, and so does how a duration is written.
#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_other_ones_since() {
    let bed = Bed::new(
        "CREATE TABLE z (id INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 5, b BOOLEAN, x REAL, iv DATETIME);
         INSERT INTO z VALUES (1, 2, 1, 0.5, '1970-01-31 00:00:00'), (2, 3, 0, 1.5, '1970-01-02 00:00:00');
         CREATE TABLE c (id INTEGER PRIMARY KEY, z INTEGER REFERENCES z (id)); INSERT INTO c VALUES (1, 1);",
    )
    .await;
    let plan = bed.plan();
    bed.run(&plan).await;
    assert!(bed.verify(&plan).await.holds());
    assert_eq!(
        bed.ask("SELECT iv::text FROM z ORDER BY id").await,
        ["30 days", "1 day"]
    );
    for (text, back, of) in [
        (
            "ALTER TABLE z ALTER id DROP IDENTITY",
            "ALTER TABLE z ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START 3)",
            "column id of table z was made as",
        ),
        (
            "ALTER TABLE z ALTER n DROP DEFAULT",
            "ALTER TABLE z ALTER n SET DEFAULT 5",
            "column n of table z was made as",
        ),
        (
            "ALTER TABLE z ALTER n DROP NOT NULL",
            "ALTER TABLE z ALTER n SET NOT NULL",
            "column n of table z was made as",
        ),
        (
            "ALTER TABLE z ALTER x TYPE real",
            "ALTER TABLE z ALTER x TYPE double precision",
            "column x of table z was made as",
        ),
        (
            "ALTER TABLE c DISABLE TRIGGER ALL",
            "ALTER TABLE c ENABLE TRIGGER ALL",
            "constraint c_z_fkey of c holds nothing",
        ),
        (
            "UPDATE z SET iv = '1 mon' WHERE id = 1",
            "UPDATE z SET iv = '30 days' WHERE id = 1",
            "column z.iv is not the same",
        ),
    ] {
        bed.on_postgres(text).await;
        let differences = said(&bed.verify(&plan).await.differences);
        assert!(
            differences.iter().any(|it| it.starts_with(of)),
            "{text}: {differences:?}"
        );
        bed.on_postgres(back).await;
        let verified = bed.verify(&plan).await;
        assert!(verified.holds(), "{back}: {verified:?}");
    }
}

/// The ledger may outlive the tables: then a run that was killed begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_gone_since() {
    let bed = Bed::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO p VALUES (1, 'a'), (2, 'b');
         CREATE TABLE q (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO q VALUES (1, 'a'), (2, 'b');",
    )
    .await;
    let killed = "UPDATE raptor_port.runs SET ended = NULL, missing = NULL;
         UPDATE raptor_port.ranges SET done = NULL, carried = NULL, rejected = NULL WHERE source_table = 'q'; TRUNCATE q";
    let made = bed.plan();
    bed.run(&made).await;
    for gone in [
        "DROP TABLE p",
        "DELETE FROM p WHERE id = 1",
        "DROP TABLE p, q",
    ] {
        bed.on_postgres(killed).await;
        bed.on_postgres(gone).await;
        assert!(bed.run(&made).await.is_whole(), "{gone}");
        let verified = bed.verify(&made).await;
        assert!(verified.holds(), "{gone}: {verified:?}");
    }
    // Rows of somebody else are not taken away unasked.
    bed.on_postgres(killed).await;
    bed.on_postgres("INSERT INTO p VALUES (3, 'mine')").await;
    let run = made
        .clone()
        .run(&bed.path, &bed.db, Begin::default(), &|_| {});
    let error = run.await.unwrap_err();
    assert!(
        error.to_string().contains("has 3 rows, and an earlier run"),
        "{error}"
    );
    bed.on_postgres("DROP SCHEMA raptor_port CASCADE; DROP TABLE p, q; CREATE TABLE p (id int PRIMARY KEY, n text); CREATE TABLE q (id int PRIMARY KEY, n text)").await;
    let there = bed.existing().await;
    bed.run(&there).await;
    bed.on_postgres(killed).await;
    bed.on_postgres("DROP TABLE p; CREATE TABLE p (id int PRIMARY KEY, n text)")
        .await;
    assert!(bed.run(&there).await.is_whole());
    let verified = bed.verify(&there).await;
    assert!(verified.holds(), "{verified:?}");
}

/// Names that would end a comment of the plan.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_two_lines() {
    let bed = Bed::new(
        "CREATE TABLE \"t\nskip = \"\"why\"\"\" (id INTEGER PRIMARY KEY, \"a\nb\" DATETIME);
         INSERT INTO \"t\nskip = \"\"why\"\"\" VALUES (1, '2024-01-01 00:00:00');",
    )
    .await;
    let plan = bed.plan();
    assert!(bed.run(&plan).await.is_whole());
    assert!(bed.verify(&plan).await.holds());
}
