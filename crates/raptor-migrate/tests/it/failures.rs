//! A revision that fails leaves nothing, and says where.

use crate::fixture::{Fixture, chain};
use raptor_db::Engine;
use raptor_migrate::{ErrorKind, Status, status};
use std::error::Error as _;

const FIRST: &str = "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id text PRIMARY KEY);\n";

pub(crate) async fn nothing_of_a_failed_revision_stays(at: Fixture) {
    let broken = chain(&[
        FIRST,
        "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TABLE b (id text PRIMARY KEY);\n\
         INSERT INTO a VALUES ('x');\n\n-- The mistake.\nINSERT INTO nowhere VALUES (1);\n",
    ]);
    let error = at.upgrade(&broken, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Statement);
    assert_eq!(
        (error.revision(), error.file(), error.line()),
        (Some("b"), Some("2.sql"), Some(7))
    );
    let said = match at.engine() {
        Engine::Sqlite => "no such table: nowhere",
        Engine::Postgres => "relation \"nowhere\" does not exist",
    };
    let shown = error.to_string();
    assert!(
        shown.starts_with("2.sql:7:1: revision b: ") && shown.contains(said),
        "{shown}"
    );
    assert!(
        error
            .source()
            .unwrap()
            .downcast_ref::<raptor_db::Error>()
            .is_some()
    );
    assert_eq!(at.versions().await, ["a"]);
    assert_eq!(at.tables().await, ["a"]);
    assert!(at.column("SELECT id FROM a").await.is_empty());
    // Put right, it runs: nothing is in its way.
    let right = chain(&[
        FIRST,
        "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TABLE b (id text PRIMARY KEY);\n",
    ]);
    at.upgrade(&right, "head").await.unwrap();
    assert_eq!(at.versions().await, ["b"]);
}

pub(crate) async fn a_failed_first_revision_leaves_no_table(at: Fixture) {
    let broken = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id text);\nSELECT nothing_such();\n",
    ]);
    let error = at.upgrade(&broken, "head").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (ErrorKind::Statement, Some(4))
    );
    assert!(!at.has_version_table().await);
    assert!(at.tables().await.is_empty());
    assert_eq!(
        status(&at.db, &broken, &at.options).await.unwrap(),
        Status::Empty
    );
}

pub(crate) async fn a_verify_that_does_not_hold(at: Fixture) {
    let cases = [
        ("SELECT count(*) = 1 FROM t", "answered false (row 1)"),
        ("SELECT id = 1 FROM t", "answered no row"),
        ("SELECT max(id) = 1 FROM t", "answered null"),
        ("SELECT 'yes'", "queries that answer true or false"),
    ];
    for (query, said) in cases {
        let text = format!(
            "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer);\n-- raptor:verify\n{query};\n"
        );
        let error = at.upgrade(&chain(&[&text]), "head").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.line()),
            (ErrorKind::Verify, Some(5)),
            "{query}: {error}"
        );
        assert!(error.to_string().contains(said), "{query}: {error}");
        assert!(at.tables().await.is_empty() && !at.has_version_table().await);
    }
    let writes = "-- raptor: id=a\n-- raptor:up\n-- raptor:verify\nDELETE FROM t;\n";
    let error = at.upgrade(&chain(&[writes]), "head").await.unwrap_err();
    assert!(error.to_string().contains("only read"), "{error}");
}

/// A deferred foreign key is checked by COMMIT alone.
pub(crate) async fn a_commit_that_fails(at: Fixture) {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE p (id integer PRIMARY KEY);\n\
        CREATE TABLE c (p integer REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);\n\
        INSERT INTO c VALUES (7);\n",
    ]);
    let error = at.upgrade(&chain, "head").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.revision()),
        (ErrorKind::Statement, Some("a"))
    );
    assert!(error.to_string().contains("COMMIT failed"), "{error}");
    assert!(at.tables().await.is_empty() && !at.has_version_table().await);
}
