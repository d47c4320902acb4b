//! Upgrades that hold.

use crate::fixture::{Fixture, chain, ids, line};
use raptor_db::{Engine, Sql, params};
use raptor_migrate::{Chain, ErrorKind, Status, current, status};

pub(crate) async fn from_nothing_to_head_and_again(at: Fixture) {
    let told = at.told(&line()).await;
    assert_eq!(
        told,
        [
            "a1 1/3", "a1 done", "b2 2/3", "b2 done", "c3 3/3", "c3 done"
        ]
    );
    assert_eq!(at.versions().await, ["c3"]);
    assert_eq!(at.tables().await, ["one", "three", "two"]);
    assert!(at.told(&line()).await.is_empty());
    assert_eq!(at.column("SELECT id FROM two").await, ["x"]);
}

pub(crate) async fn to_an_id_and_to_a_prefix(at: Fixture) {
    let ran = at.upgrade(&line(), "b").await.unwrap();
    assert_eq!(
        (ids(&ran), ran.versions.as_slice(), ran.pending),
        (vec!["a1", "b2"], &["b2".to_owned()][..], Some(1))
    );
    // What lies behind is reached already.
    let ran = at.upgrade(&line(), "a1").await.unwrap();
    assert!(ran.steps.is_empty());
    assert_eq!(ids(&at.upgrade(&line(), "heads").await.unwrap()), ["c3"]);
}

pub(crate) async fn the_table_is_alembics(at: Fixture) {
    at.upgrade(&line(), "a1").await.unwrap();
    match at.engine() {
        Engine::Sqlite => {
            let ddl = "CREATE TABLE alembic_version (\n\tversion_num VARCHAR(32) NOT NULL, \n\
                       \tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n)";
            let query = "SELECT sql FROM sqlite_schema WHERE name = 'alembic_version'";
            assert_eq!(at.column(query).await, [ddl]);
        }
        Engine::Postgres => {
            let columns = "SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull) \
                           FROM pg_attribute WHERE attrelid = 'alembic_version'::regclass AND attnum > 0";
            assert_eq!(
                at.column(columns).await,
                ["version_num character varying(32) t"]
            );
            let constraints = "SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) \
                               FROM pg_constraint WHERE conrelid = 'alembic_version'::regclass AND contype = 'p'";
            assert_eq!(
                at.column(constraints).await,
                ["alembic_version_pkc PRIMARY KEY (version_num)"]
            );
        }
    }
}

pub(crate) async fn status_follows(at: Fixture) {
    let chain = line();
    let stands = async || status(&at.db, &chain, &at.options).await.unwrap();
    assert_eq!(stands().await, Status::Empty);
    assert!(!at.has_version_table().await, "a look must write nothing");
    at.upgrade(&chain, "a1").await.unwrap();
    assert_eq!(stands().await, Status::Behind(2));
    at.upgrade(&chain, "head").await.unwrap();
    assert_eq!(stands().await, Status::AtHead);
    at.downgrade(&chain, "base").await.unwrap();
    assert_eq!(stands().await, Status::Empty);
    let nothing = Chain::embedded(&[]).unwrap();
    assert_eq!(
        status(&at.db, &nothing, &at.options).await.unwrap(),
        Status::AtHead
    );
}

/// The log tells a newer release from another chain.
pub(crate) async fn another_chains_database_is_refused(at: Fixture) {
    at.upgrade(&line(), "head").await.unwrap();
    let other = chain(&["-- raptor: id=x1\n-- raptor:up\nCREATE TABLE x (id text);\n"]);
    let error = at.upgrade(&other, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
    assert!(
        error.to_string().contains("another chain's: it has c3"),
        "{error}"
    );
    // The log has a way back, and it is the other chain's.
    let error = at.downgrade(&other, "base").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
    assert_eq!(at.tables().await, ["one", "three", "two"]);
    assert_eq!(at.versions().await, ["c3"]);
}

/// Only another tool was here, which keeps no log.
pub(crate) async fn a_database_without_a_log_is_another_chains(at: Fixture) {
    let table = "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)";
    at.run(&format!(
        "{table}; INSERT INTO alembic_version VALUES ('z9')"
    ))
    .await;
    for error in [
        at.upgrade(&line(), "head").await.unwrap_err(),
        at.downgrade(&line(), "base").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::UnknownRevision, "{error}");
        assert!(error.to_string().contains("it has z9"), "{error}");
    }
}

pub(crate) async fn a_newer_release_was_here(at: Fixture) {
    at.upgrade(&line(), "head").await.unwrap();
    let older = chain(&[
        "-- raptor: id=a1\n-- raptor:up\n",
        "-- raptor: id=b2 revises=a1\n-- raptor:up\n",
    ]);
    let ran = at.upgrade(&older, "head").await.unwrap();
    assert_eq!(
        (ran.steps.len(), ran.unknown.as_slice()),
        (0, &["c3".to_owned()][..])
    );
    assert!(
        ran.to_string().contains("ahead of this release: it has c3"),
        "{ran}"
    );
    assert_eq!(at.versions().await, ["c3"]);
    let stands = status(&at.db, &older, &at.options).await.unwrap();
    assert_eq!(stands, Status::Ahead(vec!["c3".to_owned()]));
    // What c3 stands on is in the log.
    assert_eq!(ran.pending, Some(0));
    assert!(
        ran.to_string().ends_with("All of this chain is applied.\n"),
        "{ran}"
    );
    let now = current(&at.db, &older, &at.options).await.unwrap();
    let said = now.to_string();
    assert!(
        said.starts_with("c3 (unknown to this chain: ") && said.lines().count() == 1,
        "{said}"
    );
    assert_eq!((now.pending, now.is_at_heads()), (Some(0), false));
    // A row that is in no log may stand on anything.
    at.run("UPDATE alembic_version SET version_num = 'stranger'")
        .await;
    let ran = at.upgrade(&older, "head").await.unwrap();
    assert_eq!(ran.pending, None);
    assert!(ran.to_string().contains("is not known"), "{ran}");
    let now = current(&at.db, &older, &at.options).await.unwrap();
    assert!(now.to_string().contains("is pending is not known"), "{now}");
}

pub(crate) async fn sections_run_where_they_stand(at: Fixture) {
    let chain = chain(&["-- raptor: id=a\n\
        -- raptor:up\nCREATE TABLE log (place integer, said text);\nINSERT INTO log VALUES (1, 'both'::text);\n\
        -- raptor:up postgres\nINSERT INTO log VALUES (2, 'postgres');\n\
        DO $$ BEGIN INSERT INTO log VALUES (3, 'body; of it'); END $$;\n\
        -- raptor:up sqlite\nINSERT INTO log VALUES (2, 'sqlite');\n\
        CREATE TRIGGER t AFTER DELETE ON log BEGIN INSERT INTO log VALUES (8, 'a'); INSERT INTO log VALUES (9, 'b'); END;\n\
        -- raptor:up\nINSERT INTO log VALUES (4, left('both again', 4));\n"]);
    at.upgrade(&chain, "head").await.unwrap();
    let said = at.column("SELECT said FROM log ORDER BY place").await;
    match at.engine() {
        Engine::Sqlite => assert_eq!(said, ["both", "sqlite", "both"]),
        Engine::Postgres => assert_eq!(said, ["both", "postgres", "body; of it", "both"]),
    }
}

pub(crate) async fn verify_holds(at: Fixture) {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer);\n\
        INSERT INTO t VALUES (1), (2);\n\
        -- raptor:verify\nSELECT count(*) = 2 FROM t;\nSELECT id > 0 FROM t;\n",
    ]);
    at.upgrade(&chain, "head").await.unwrap();
    let row = at
        .db
        .query_one(&raptor_db::Scope::system(), &COUNT, params! {})
        .await
        .unwrap();
    assert_eq!(row.get::<i64>("n").unwrap(), 2);
}

static COUNT: Sql = Sql::new("SELECT count(*) AS n FROM t");
