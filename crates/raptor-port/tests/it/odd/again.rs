//! What a run made, and what somebody put under the same names since.

use super::{Bed, said};
use raptor_db::{Config, Db};
use raptor_port::{Begin, Done, Event, Plan};
use tokio::sync::Notify;

const FILE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER CHECK (a > 0), seen INTEGER);
    CREATE INDEX at ON t (a);
    CREATE VIEW v AS SELECT id, a FROM t;
    CREATE VIEW w AS SELECT id FROM v;
    CREATE TRIGGER touch AFTER INSERT ON t BEGIN UPDATE t SET seen = 1 WHERE id = NEW.id; END;
    INSERT INTO t (a) VALUES (1), (2);";

async fn again(bed: &Bed, plan: &Plan) -> Result<Done, raptor_port::Error> {
    let mut begin = Begin::default();
    begin.again = true;
    plan.clone().run(&bed.path, &bed.db, begin, &|_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_done_again() {
    let bed = Bed::new(FILE).await;
    let plan = bed.plan();
    assert!(bed.run(&plan).await.is_whole());
    // An overload is another function, and nothing that was dropped is in the way.
    bed.on_postgres(
        "CREATE FUNCTION touch(i int) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP VIEW w",
    )
    .await;
    let done = again(&bed, &plan).await.unwrap();
    assert!(done.is_whole(), "{done:?}");
    assert!(bed.verify(&plan).await.holds());
    for (theirs, of, back) in [
        (
            "DROP VIEW w; CREATE VIEW w AS SELECT 1 AS mine",
            "view w is not the one",
            "DROP VIEW w",
        ),
        (
            "DROP TRIGGER touch ON t; DROP FUNCTION touch(); CREATE FUNCTION touch() RETURNS int LANGUAGE sql AS 'SELECT 42'",
            "function touch is not the one",
            "DROP FUNCTION touch()",
        ),
        (
            "DROP TABLE t CASCADE; CREATE TABLE t (mine int); INSERT INTO t VALUES (42)",
            "table t is not the one",
            "DROP TABLE t",
        ),
    ] {
        bed.on_postgres(theirs).await;
        let error = again(&bed, &plan).await.unwrap_err();
        assert!(error.to_string().contains(of), "{of}: {error}");
        bed.on_postgres(back).await;
        let done = again(&bed, &plan).await.unwrap();
        assert!(done.is_whole(), "{of}: {done:?}");
    }
    assert!(bed.verify(&plan).await.holds());
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_of_the_same_name_is_no_proof() {
    let bed = Bed::new(FILE).await;
    let plan = bed.plan();
    bed.run(&plan).await;
    for (theirs, of) in [
        (
            "DROP INDEX at; CREATE INDEX at ON t (seen)",
            "index at of table t was made as",
        ),
        (
            "CREATE OR REPLACE VIEW w AS SELECT id + 0 AS id FROM v",
            "view w was made as",
        ),
        (
            "ALTER TABLE t DROP CONSTRAINT t_a_check; ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a > -1)",
            "constraint t_a_check of table t was made as",
        ),
        (
            "ALTER TABLE t DISABLE TRIGGER touch",
            "trigger touch was made as",
        ),
        (
            "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "function touch was made as",
        ),
    ] {
        bed.on_postgres(theirs).await;
        let differences = said(&bed.verify(&plan).await.differences);
        assert!(
            differences.iter().any(|it| it.starts_with(of)),
            "{of}: {differences:?}"
        );
        bed.on_postgres("DROP VIEW w, v; DROP TABLE t; DROP FUNCTION touch()")
            .await;
        again(&bed, &plan).await.unwrap();
        assert!(bed.verify(&plan).await.holds(), "{of}");
    }
}

/// A run that was killed and goes on makes what was taken away since.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_made_again() {
    let bed = Bed::new(FILE).await;
    let plan = bed.plan();
    bed.run(&plan).await;
    bed.on_postgres("UPDATE raptor_port.runs SET ended = NULL, missing = NULL; DROP INDEX at; DROP VIEW w; ALTER TABLE t DROP CONSTRAINT t_a_check")
        .await;
    assert!(bed.run(&plan).await.is_whole());
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
}

/// What was set aside is brought back where it was, whatever names mean to the login by then.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_schema_that_was_found_first() {
    let bed = Bed::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
         CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id)); INSERT INTO t VALUES (1, 1);",
    )
    .await;
    bed.on_postgres(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p (id)); CREATE TABLE log (t int REFERENCES t (id));
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER seen BEFORE INSERT ON log EXECUTE FUNCTION f();
         CREATE TABLE named (id int); CREATE TRIGGER kept BEFORE INSERT ON named EXECUTE FUNCTION f()",
    )
    .await;
    let plan = bed.existing().await;
    let killed = Notify::new();
    let on_event = |event: Event<'_>| {
        if let Event::Carrying { .. } = event {
            killed.notify_one();
        }
    };
    let run = plan
        .clone()
        .run(&bed.path, &bed.db, Begin::default(), &on_event);
    tokio::select! {
        done = run => panic!("{done:?}"),
        () = killed.notified() => {}
    }
    let back = bed
        .ask("SELECT back FROM raptor_port.set_aside WHERE name = 't_p_fkey'")
        .await;
    assert_eq!(
        back,
        [
            "ALTER TABLE public.t ADD CONSTRAINT \"t_p_fkey\" FOREIGN KEY (p) REFERENCES public.p(id)"
        ]
    );
    bed.on_postgres("DROP TABLE log; ALTER TABLE named RENAME TO renamed")
        .await;
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    assert_eq!(
        bed.ask("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'kept'")
            .await,
        ["O"]
    );
    assert!(
        said(&done.notes)
            .iter()
            .any(|it| it.contains("gone with its table")),
        "{done:?}"
    );
    let keys = "SELECT conname || ' ' || convalidated FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace";
    assert_eq!(bed.ask(keys).await, ["t_p_fkey true"]);
    assert!(bed.verify(&plan).await.holds());
}

/// What is there is described in one way, whoever looks; and what is gone is told beside all that was compared.
#[tokio::test(flavor = "multi_thread")]
async fn looked_at_by_somebody_else() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE DEFAULT '2024-02-03', b BLOB DEFAULT x'00ff', n NUMERIC, s TEXT); INSERT INTO t (id, s) VALUES (1, 'a');
         CREATE INDEX ix ON t (d) WHERE d > '2024-01-01'; CREATE TABLE g (id INTEGER PRIMARY KEY); INSERT INTO g VALUES (1);
         INSERT INTO t (id, n) VALUES (2, '1e131067'), (3, '1e131068'), (4, '1e131071');",
    )
    .await;
    let plan = bed.plan();
    assert!(bed.run(&plan).await.is_whole());
    bed.on_postgres("ALTER ROLE ALL SET DateStyle = 'SQL, DMY'; ALTER ROLE ALL SET bytea_output = 'escape'; ALTER ROLE ALL SET quote_all_identifiers = on")
        .await;
    let db = Db::open(Config::new(bed.urls.admin_url()).unwrap())
        .await
        .unwrap();
    let verified = plan.clone().verify(&bed.path, &db, 2, false).await.unwrap();
    assert!(verified.holds(), "{verified:?}");
    bed.on_postgres("DROP TABLE g; ALTER TABLE t DROP COLUMN d; UPDATE t SET s = 'b' WHERE id = 1")
        .await;
    let differences = said(&bed.verify(&plan).await.differences);
    for of in ["table g is not there", "table t has no column d any more"] {
        assert!(
            differences.iter().any(|it| it.starts_with(of)),
            "{of}: {differences:?}"
        );
    }
}
