//! Schemas that are there, and plans that are not of them.

use super::{Bed, said};
use crate::times;
use raptor_db::{Config, Db};
use raptor_port::{Begin, Done, ErrorKind, Plan};

/// The plan with other words in its text.
fn changed(plan: &Plan, from: &str, to: &str) -> Plan {
    times::changed(plan, &[(from, to)])
}

async fn tried(bed: &Bed, plan: &Plan) -> Result<Done, raptor_port::Error> {
    let plan = plan.clone();
    plan.run(&bed.path, &bed.db, Begin::default(), &|_| {})
        .await
}

/// Binary COPY would read a value as one of another type, and the rows that were there would be gone.
#[tokio::test(flavor = "multi_thread")]
async fn types_that_are_not_those_there() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a BIGINT, at TEXT, n TEXT);
         INSERT INTO t VALUES (1, 5, '2024-02-29 12:30:00', '1.5'), (2, 6, NULL, NULL);",
    )
    .await;
    bed.on_postgres(
        "CREATE TABLE t (id int PRIMARY KEY, a double precision, at timestamp(3), n numeric(5, 2), twice int GENERATED ALWAYS AS (id * 2) STORED);
         INSERT INTO t VALUES (7, 7)",
    )
    .await;
    let plan = bed.existing().await;
    for (from, to, why) in [
        (
            "type = \"double precision\"",
            "type = \"bigint\"",
            "column t.a: the plan says bigint, and it is double precision there",
        ),
        (
            "type = \"timestamp(3) without time zone\"",
            "type = \"timestamp\"",
            "write `at = { type = \"timestamp(3) without time zone\" }`",
        ),
        (
            "type = \"numeric(5,2)\"",
            "type = \"numeric(5,3)\"",
            "the plan says numeric(5,3), and it is numeric(5,2) there",
        ),
        ("a = { type", "a = { to = \"b\", type", "has no column b"),
        (
            "a = { type",
            "a = { to = \"twice\", type",
            "twice is computed there",
        ),
    ] {
        let error = tried(&bed, &changed(&plan, from, to)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plan, "{error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert_eq!(bed.ask("SELECT id::text FROM t").await, ["7"]);
    }
    // Postgres casts whatever it can.
    let cast = changed(&plan, "type = \"numeric(5,2)\"", "type = \"cast\"");
    assert!(tried(&bed, &cast).await.unwrap().is_whole());
    assert_eq!(
        bed.ask("SELECT n::text FROM t WHERE id = 1").await,
        ["1.50"]
    );
}

/// What lets no row come is found before those that are there are taken out.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_takes_no_row() {
    let bed = Bed::new("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);").await;
    bed.on_postgres(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (7); GRANT SELECT, TRUNCATE ON t TO PUBLIC",
    )
    .await;
    let plan = bed.existing().await;
    let db = Db::open(Config::new(bed.urls.owner_url()).unwrap());
    let db = db.await.unwrap();
    let run = plan.run(&bed.path, &db, Begin::default(), &|_| {});
    let error = run.await.unwrap_err();
    assert!(
        error.to_string().contains("no row could come to"),
        "{error}"
    );
    assert_eq!(bed.ask("SELECT id::text FROM t").await, ["7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_with_a_scale_below_zero() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n NUMERIC, small NUMERIC);
         INSERT INTO t VALUES (1, 0.00123, 0.5), (2, 1200, 0.0012), (3, 1234, 0), (4, 49, 0), (5, 0, 0.00123), (6, 99900, 0), (7, 123456, 0);",
    )
    .await;
    bed.on_postgres("CREATE TABLE t (id int PRIMARY KEY, n numeric(3,-2), small numeric(2,4))")
        .await;
    let plan = bed.existing().await;
    assert!(
        plan.to_string().contains("type = \"numeric(3,-2)\""),
        "{plan}"
    );
    let done = tried(&bed, &plan).await.unwrap();
    assert_eq!(done.tables["t"].rows, 2, "{done:?}");
    assert_eq!(
        bed.ask("SELECT id || ' ' || n || ' ' || small FROM t ORDER BY id")
            .await,
        ["2 1200 0.0012", "6 99900 0.0000"]
    );
    assert_eq!(
        bed.ask("SELECT DISTINCT reason FROM raptor_port.rejected ORDER BY 1")
            .await,
        [
            "it has more than 0 digits behind the point",
            "it has more than 4 digits behind the point",
            "its first 2 digits behind the point are not all 0",
            "its last 2 digits before the point are not all 0",
        ]
    );
}

/// A type says of a value that something is not there, or not known: it costs the row, and no more.
#[tokio::test(flavor = "multi_thread")]
async fn values_of_things_that_are_not_there() {
    let bed = Bed::new(
        "CREATE TABLE l (id INTEGER PRIMARY KEY, v TEXT, r TEXT, p TEXT);
         INSERT INTO l VALUES (1, 'a.b', 'text', '$.a'), (2, 'a..b', 'text', '$.a'), (3, 'c', 'nope', '$.a'), (4, 'c', 'no.nope', '$.a'),
             (5, 'c', 'l', '$['), (6, 'c', 'l', '$.b');",
    )
    .await;
    bed.on_postgres("CREATE EXTENSION ltree; CREATE TABLE l (id int PRIMARY KEY, v ltree, r regtype, p jsonpath)")
        .await;
    let plan = changed(&bed.existing().await, "rejects = 0", "rejects = 4");
    let done = tried(&bed, &plan).await.unwrap();
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        bed.ask("SELECT id::text FROM l ORDER BY id").await,
        ["1", "6"]
    );
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
}

/// A foreign key that does not hold is missing, unless the plan lets it be so.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_point_at_a_rejected_one() {
    let bed = Bed::new(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT UNIQUE); INSERT INTO a VALUES (1, 'x'), (2, 'X'), (3, 'y');
         CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id)); INSERT INTO b VALUES (1, 1), (2, 2);
         CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id)); PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (1, 1), (2, 9);",
    )
    .await;
    bed.on_postgres(
        "CREATE EXTENSION citext; CREATE TABLE a (id int PRIMARY KEY, n citext UNIQUE);
         CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a (id)); CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a (id))",
    )
    .await;
    let plan = changed(
        &bed.existing().await,
        "rows = 3\nrejects = 0",
        "rows = 3\nrejects = 1",
    );
    let done = tried(&bed, &plan).await.unwrap();
    let of = |notes: &[raptor_port::Note]| -> Vec<String> {
        notes.iter().map(|it| it.of.clone()).collect()
    };
    assert_eq!(of(&done.missing), ["b_a_fkey of b"], "{done:?}");
    assert!(
        of(&done.notes).contains(&"c_a_fkey of c".to_owned()),
        "{done:?}"
    );
    let verified = bed.verify(&plan).await;
    assert!(
        of(&verified.differences).contains(&"b_a_fkey of b".to_owned()),
        "{verified:?}"
    );
    assert!(
        !said(&verified.differences)
            .iter()
            .any(|it| it.contains("c_a_fkey")),
        "{verified:?}"
    );
}

/// Nothing is cut or rounded on its way into a type, also where Postgres casts a text itself.
#[tokio::test(flavor = "multi_thread")]
async fn types_that_would_cut_and_round() {
    let bed = Bed::new(
        "CREATE TABLE d (id INTEGER PRIMARY KEY, a TEXT, e TEXT, f TEXT);
         INSERT INTO d VALUES (1, 'abcdef', NULL, NULL), (2, NULL, '1.239', NULL), (3, NULL, NULL, '2024-01-01 00:00:00.7'), (4, 'abc', '1.2', '2024-01-01 00:00:00');
         CREATE TABLE c (id INTEGER PRIMARY KEY, b TEXT, c TEXT, d TEXT, g TEXT, h TEXT, i TEXT, j TEXT, l TEXT);
         INSERT INTO c (id, b) VALUES (1, '{abcdef}'); INSERT INTO c (id, c) VALUES (2, '10101'); INSERT INTO c (id, d) VALUES (3, replace(hex(zeroblob(40)), '0', 'x'));
         INSERT INTO c (id, g) VALUES (4, '{1.29}'); INSERT INTO c (id, h) VALUES (5, '10:00:00.6+00'); INSERT INTO c (id, i) VALUES (6, 'xyz');
         INSERT INTO c (id, j) VALUES (7, '1 day 00:00:59'); INSERT INTO c (id, l) VALUES (8, '10101');
         INSERT INTO c VALUES (9, '{abc}', '101', 'x', '{1.2,3}', '10:00:00+00', 'x', '1 day 00:02', '1');",
    )
    .await;
    bed.on_postgres(
        "CREATE DOMAIN v3 AS varchar(3); CREATE DOMAIN n52 AS numeric(5,2); CREATE DOMAIN ts0 AS timestamp(0);
         CREATE TABLE d (id int PRIMARY KEY, a v3, e n52, f ts0);
         CREATE TABLE c (id int PRIMARY KEY, b varchar(3)[], c bit(3), d name, g numeric(4,1)[], h timetz(0), i \"char\", j interval day to minute, l varbit(3))",
    )
    .await;
    let plan = bed.existing().await;
    assert!(
        plan.to_string().contains("type = \"numeric(5,2)\""),
        "{plan}"
    );
    let done = tried(&bed, &plan).await.unwrap();
    assert_eq!(
        (done.tables["d"].rows, done.tables["d"].rejected),
        (1, 3),
        "{done:?}"
    );
    assert_eq!(
        (done.tables["c"].rows, done.tables["c"].rejected),
        (1, 8),
        "{done:?}"
    );
    let why = bed.ask("SELECT reason FROM raptor_port.rejected WHERE place = 'rowid 2' AND source_table = 'c'").await;
    assert!(
        why[0].contains("10101 is changed by its type, bit(3)"),
        "{why:?}"
    );
    let differences = said(&bed.verify(&plan).await.differences);
    assert!(
        differences.iter().all(|it| it.contains("were rejected")),
        "{differences:?}"
    );
    // And a proof that does not cut either.
    bed.on_postgres("DELETE FROM raptor_port.rejected WHERE place = 'rowid 2'; INSERT INTO c (id, c) VALUES (2, '101')").await;
    let differences = said(&bed.verify(&plan).await.differences);
    assert!(
        differences
            .iter()
            .any(|it| it.starts_with("column c.c is not the same")),
        "{differences:?}"
    );
}

/// Rules act on rows that are inserted; keys that wait for the end of a transaction would fail all of it; tables
/// that inherit have rows of their own.
#[tokio::test(flavor = "multi_thread")]
async fn rules_and_deferred_keys_and_heirs() {
    let bed = Bed::new(
        "CREATE TABLE r (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO r VALUES (1, '1.2.3.4'), (2, '::1');
         CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT UNIQUE); INSERT INTO t VALUES (1, 'x'), (2, 'X'), (3, 'y');",
    )
    .await;
    bed.on_postgres(
        "CREATE EXTENSION citext; CREATE TABLE r (id int PRIMARY KEY, a inet); CREATE RULE away AS ON INSERT TO r DO INSTEAD NOTHING;
         CREATE TABLE t (id int PRIMARY KEY, n citext, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE heir (x int) INHERITS (t); INSERT INTO heir VALUES (7, 'heir', 7)",
    )
    .await;
    let plan = changed(
        &bed.existing().await,
        "rows = 3\nrejects = 0",
        "rows = 3\nrejects = 1",
    );
    let done = tried(&bed, &plan).await.unwrap();
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        (done.tables["t"].rows, done.tables["t"].rejected),
        (2, 1),
        "{done:?}"
    );
    assert_eq!(
        bed.ask("SELECT id::text FROM r ORDER BY id").await,
        ["1", "2"]
    );
    assert_eq!(
        bed.ask("SELECT ev_enabled::text FROM pg_rewrite WHERE rulename = 'away'")
            .await,
        ["O"]
    );
    assert_eq!(bed.ask("SELECT n::text FROM heir").await, ["heir"]);
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
}

/// Only Postgres's own types are known by their names.
#[tokio::test(flavor = "multi_thread")]
async fn types_that_are_called_as_others() {
    let bed = Bed::new("CREATE TABLE u (id INTEGER PRIMARY KEY, d BIGINT, e TEXT); INSERT INTO u VALUES (1, 5, 'ok'), (2, 7, NULL);").await;
    bed.on_postgres("CREATE SCHEMA o; CREATE DOMAIN o.float8 AS bigint; CREATE TYPE o.uuid AS ENUM ('ok'); CREATE TABLE u (id int PRIMARY KEY, d o.float8, e o.uuid)")
        .await;
    let plan = bed.existing().await;
    assert!(tried(&bed, &plan).await.unwrap().is_whole());
    assert_eq!(
        bed.ask("SELECT d::text || coalesce(e::text, '') FROM u ORDER BY id")
            .await,
        ["5ok", "7"]
    );
    assert!(bed.verify(&plan).await.holds());
}

/// Triggers of partitions are as they were, whatever that of their table is.
#[tokio::test(flavor = "multi_thread")]
async fn triggers_of_partitions() {
    let bed = Bed::new("CREATE TABLE z (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO z VALUES (1, 'a'), (12, 'b');").await;
    bed.on_postgres(
        "CREATE TABLE z (id int, n text) PARTITION BY RANGE (id); CREATE TABLE a_c PARTITION OF z FOR VALUES FROM (0) TO (10);
         CREATE TABLE zz_c PARTITION OF z FOR VALUES FROM (10) TO (20);
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER tr AFTER INSERT ON z FOR EACH ROW EXECUTE FUNCTION f();
         ALTER TABLE a_c ENABLE REPLICA TRIGGER tr; ALTER TABLE zz_c DISABLE TRIGGER tr",
    )
    .await;
    let plan = bed.existing().await;
    assert!(tried(&bed, &plan).await.unwrap().is_whole());
    assert!(bed.verify(&plan).await.holds());
    let states = "SELECT tgrelid::regclass::text || ' ' || tgenabled::text FROM pg_trigger WHERE tgname = 'tr' ORDER BY 1";
    assert_eq!(bed.ask(states).await, ["a_c R", "z O", "zz_c D"]);
}

/// How long a foreign key takes is not for the login to say; and what was missing is tried again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_missing_is_tried_again() {
    let bed = Bed::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, d DATE); INSERT INTO p VALUES (1, '2024-01-01'), (2, 'never');
         CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id)); INSERT INTO c VALUES (1, 1), (2, 2);",
    )
    .await;
    bed.on_postgres("CREATE TABLE p (id int PRIMARY KEY, d date); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p (id))")
        .await;
    let plan = bed.existing().await;
    let done = tried(&bed, &plan).await.unwrap();
    assert_eq!(done.missing.len(), 1, "{done:?}");
    bed.on_postgres("DELETE FROM c WHERE id = 2").await;
    let done = tried(&bed, &plan).await.unwrap();
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        bed.ask("SELECT convalidated::text FROM pg_constraint WHERE conname = 'c_p_fkey'")
            .await,
        ["true"]
    );
}

/// Foreign keys that only the schema there has hold rows too, and the plan asks for those that point at none.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_the_file_does_not_declare() {
    let file = "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);
         CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER); INSERT INTO c VALUES (1, 1), (3, 77);";
    for (answer, rows, rejected, key) in [
        ("not_valid", 2, 0, "f"),
        ("reject", 1, 1, "t"),
        ("null", 2, 0, "t"),
    ] {
        let bed = Bed::new(file).await;
        bed.on_postgres("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p (id))")
            .await;
        let plan = bed.existing().await;
        assert!(
            said(&plan.notes)
                .iter()
                .any(|it| it.contains("foreign key (p_id) of c 1 row points at no row of p")),
            "{:?}",
            plan.notes
        );
        let plan = changed(
            &plan,
            "orphans = \"not_valid\"",
            &format!("orphans = \"{answer}\""),
        );
        let plan = changed(&plan, "rows = 2\nrejects = 0", "rows = 2\nrejects = 1");
        let done = tried(&bed, &plan).await.unwrap();
        assert!(done.is_whole(), "{answer}: {done:?}");
        assert_eq!(
            (done.tables["c"].rows, done.tables["c"].rejected),
            (rows, rejected),
            "{answer}"
        );
        assert_eq!(bed.ask("SELECT convalidated::text FROM pg_constraint WHERE contype = 'f' AND conrelid = 'c'::regclass").await, [if key == "t" { "true" } else { "false" }]);
        let verified = bed.verify(&plan).await;
        assert!(verified.holds(), "{answer}: {verified:?}");
    }
}

/// Two ranges of one table that Postgres refuses rows of do not wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn ranges_that_hold_each_others_keys() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT UNIQUE);
         WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300000) INSERT INTO t SELECT i, 'n' || i FROM c;
         UPDATE t SET n = 'k1' WHERE id = 100; UPDATE t SET n = 'k2' WHERE id = 140000; UPDATE t SET n = 'K2' WHERE id = 160000; UPDATE t SET n = 'K1' WHERE id = 299000;",
    )
    .await;
    bed.on_postgres(
        "CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, n citext UNIQUE)",
    )
    .await;
    let plan = changed(&bed.existing().await, "rejects = 0", "rejects = 2");
    let done = tried(&bed, &plan).await.unwrap();
    assert_eq!(
        (done.tables["t"].rows, done.tables["t"].rejected),
        (299_998, 2),
        "{done:?}"
    );
}
