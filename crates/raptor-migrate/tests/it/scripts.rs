//! Offline SQL, run by someone else, comes to the same as a run.

use crate::fixture::{Fixture, chain, line};
use raptor_db::Engine;
use raptor_migrate::{Chain, Direction, ErrorKind, Options, Script, offline};

fn script(at: &Fixture, chain: &Chain, direction: Direction, target: &str) -> Script {
    offline(chain, at.engine(), direction, target, &at.options).unwrap()
}

pub(crate) async fn they_do_what_a_run_does(at: Fixture) {
    let chain = line();
    let up = script(&at, &chain, Direction::Up, "b2");
    assert_eq!(
        (up.steps.as_slice(), up.versions.as_slice()),
        (
            ["a1", "b2"].map(str::to_owned).as_slice(),
            ["b2".to_owned()].as_slice()
        )
    );
    at.run(&up.sql).await;
    assert_eq!(
        (at.versions().await, at.tables().await),
        (
            vec!["b2".to_owned()],
            ["one", "two"].map(str::to_owned).to_vec()
        )
    );
    at.run(&script(&at, &chain, Direction::Up, "b2:").sql).await;
    assert_eq!(at.versions().await, ["c3"]);
    // A run takes it from there, and notes what it does itself.
    at.downgrade(&chain, "b2").await.unwrap();
    at.run(&script(&at, &chain, Direction::Down, "b2:base").sql)
        .await;
    assert!(at.tables().await.is_empty() && at.versions().await.is_empty());
}

/// A role is for the revision's statements, and not for the table of versions.
#[tokio::test]
async fn a_role_ends_before_the_rows_move() {
    let at = Fixture::postgres().await;
    at.admin("CREATE ROLE team; GRANT team TO raptor_owner; GRANT USAGE, CREATE ON SCHEMA raptor TO team")
        .await;
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id integer);\n-- raptor:down\n",
        "-- raptor: id=b revises=a role=team lock=3s*2\n-- raptor:up\nCREATE TABLE b (id integer);\n-- raptor:down\nDROP TABLE b;\n",
        "-- raptor: id=c revises=b role=team tx=off\n-- raptor:up\nCREATE TABLE c (id integer);\n-- raptor:down\nDROP TABLE c;\n",
    ]);
    let up = script(&at, &chain, Direction::Up, "head").sql;
    assert!(up.contains("SET LOCAL lock_timeout = '3000ms'"), "{up}");
    at.run(&up).await;
    assert_eq!(at.versions().await, ["c"]);
    let owners =
        "SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class WHERE relname IN ('b', 'c')";
    assert_eq!(at.column(owners).await, ["team"]);
    at.run(&script(&at, &chain, Direction::Down, "c:a").sql)
        .await;
    assert_eq!(at.versions().await, ["a"]);
}

pub(crate) async fn branches_and_merges(at: Fixture) {
    let texts = ["id=a", "id=b revises=a", "id=c revises=a", "id=m revises=b,c"]
        .map(|header| format!("-- raptor: {header}\n-- raptor:up\nCREATE TABLE t_{} (id integer);\n-- raptor:down\nDROP TABLE t_{};\n", &header[3..4], &header[3..4]));
    let chain = chain(&texts.each_ref().map(String::as_str));
    at.run(&script(&at, &chain, Direction::Up, "head").sql)
        .await;
    assert_eq!(at.versions().await, ["m"]);
    at.run(&script(&at, &chain, Direction::Down, "m:b").sql)
        .await;
    assert_eq!(at.versions().await, ["b", "c"]);
    at.run(&script(&at, &chain, Direction::Down, "c:a").sql)
        .await;
    assert_eq!(at.tables().await, ["t_a", "t_b"]);
}

pub(crate) async fn a_verify_that_does_not_hold_stops_them(at: Fixture) {
    at.upgrade(
        &chain(&["-- raptor: id=a\n-- raptor:up postgres\nCREATE TABLE t (id integer, is_so boolean);\nINSERT INTO t VALUES (1, true), (2, false), (3, NULL);\n-- raptor:up sqlite\nCREATE TABLE t (id INTEGER, is_so INTEGER);\nINSERT INTO t VALUES (1, 1), (2, 0), (3, NULL);\n"]),
        "head",
    )
    .await
    .unwrap();
    let holds = [
        "SELECT count(*) > 2 FROM t",
        "SELECT is_so, id, id FROM t WHERE id = 1",
        "WITH one AS (SELECT id FROM t) SELECT id > 0 FROM one -- all\nORDER BY id",
        "SELECT true UNION ALL SELECT true",
    ];
    let fails = [
        "SELECT count(*) > 3 FROM t",
        "SELECT is_so, id FROM t WHERE id <= 2",
        "SELECT is_so FROM t WHERE id <> 2",
        "SELECT is_so FROM t WHERE id > 9",
        "SELECT NULL::boolean",
    ];
    let script = |query: &str| {
        let chain = chain(&[
            "-- raptor: id=a\n-- raptor:up\n",
            &format!(
                "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TABLE b (id integer);\n-- raptor:verify\n{query};\nSELECT true\n"
            ),
        ]);
        script(&at, &chain, Direction::Up, "a:b").sql
    };
    for query in fails {
        let session = at.db.session().await.unwrap();
        let error = session.execute_raw(&script(query)).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("revision b: a verify query does not hold"),
            "{query}: {error}"
        );
        session.execute_raw("ROLLBACK").await.unwrap();
        assert_eq!(at.versions().await, ["a"], "{query}");
    }
    for query in holds {
        at.run(&script(query)).await;
        assert_eq!(at.tables().await, ["b", "t"], "{query}");
        at.run("DROP TABLE b; UPDATE alembic_version SET version_num = 'a'")
            .await;
    }
}

#[test]
fn what_needs_a_database_is_refused() {
    let of = |engine, direction, target: &str, text: &str| {
        let error = offline(
            &chain(&[text]),
            engine,
            direction,
            target,
            &Options::default(),
        )
        .unwrap_err();
        (error.kind(), error.line())
    };
    let rebuild = "-- raptor: id=a\n-- raptor:up postgres\n-- raptor:rebuild t\nCREATE TABLE t (id integer);\n";
    assert_eq!(
        of(Engine::Sqlite, Direction::Up, "head", rebuild),
        (ErrorKind::Unsupported, Some(3))
    );
    let plain = "-- raptor: id=a\n-- raptor:up\n-- raptor:down\n";
    for target in ["base", "a", "a:", ":base", "+1:a", "a:b:c"] {
        assert_eq!(
            of(Engine::Postgres, Direction::Down, target, plain).0,
            ErrorKind::Target,
            "{target}"
        );
    }
}
