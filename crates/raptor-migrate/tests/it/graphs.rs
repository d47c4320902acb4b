//! Branches, merges and dependencies: the rows are Alembic's.

use crate::fixture::{Fixture, chain, ids};
use raptor_migrate::{Chain, ErrorKind, Status, status};

fn branched() -> Chain {
    chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id text);\n",
        "-- raptor: id=c revises=a\n-- raptor:up\nCREATE TABLE c (id text);\n",
        "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TABLE b (id text);\n",
    ])
}

fn merged() -> Chain {
    chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id text);\n",
        "-- raptor: id=c revises=a\n-- raptor:up\nCREATE TABLE c (id text);\n",
        "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TABLE b (id text);\n",
        "-- raptor: id=m revises=b,c\n-- raptor:up\n-- Nothing but the merge.\n",
    ])
}

pub(crate) async fn two_heads_are_named(at: Fixture) {
    let error = at.upgrade(&branched(), "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Target);
    assert!(error.to_string().contains("2 heads, b, c"), "{error}");
    assert!(!at.has_version_table().await);
    assert_eq!(
        ids(&at.upgrade(&branched(), "c").await.unwrap()),
        ["a", "c"]
    );
    assert_eq!(at.versions().await, ["c"]);
    assert_eq!(
        status(&at.db, &branched(), &at.options).await.unwrap(),
        Status::Behind(1)
    );
}

pub(crate) async fn branch_and_merge_rows(at: Fixture) {
    let ran = at.upgrade(&branched(), "heads").await.unwrap();
    assert_eq!(ids(&ran), ["a", "b", "c"]);
    assert_eq!(at.versions().await, ["b", "c"]);
    assert_eq!(ids(&at.upgrade(&merged(), "head").await.unwrap()), ["m"]);
    assert_eq!(at.versions().await, ["m"]);
}

pub(crate) async fn a_dependency_has_no_row(at: Fixture) {
    let chain = chain(&[
        "-- raptor: id=a labels=support\n-- raptor:up\n",
        "-- raptor: id=b\n-- raptor:up\n",
        "-- raptor: id=c revises=b depends=label:support\n-- raptor:up\n",
    ]);
    // As Alembic: the dependency comes first, and its row goes when something stands on it.
    assert_eq!(
        ids(&at.upgrade(&chain, "c").await.unwrap()),
        ["a", "b", "c"]
    );
    assert_eq!(at.versions().await, ["c"]);
    assert_eq!(
        status(&at.db, &chain, &at.options).await.unwrap(),
        Status::AtHead
    );
}

pub(crate) async fn alembics_rows_are_understood(at: Fixture) {
    // The table as Alembic 1.20 makes it, at the branch.
    at.run(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, \
         CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)); \
         INSERT INTO alembic_version (version_num) VALUES ('b'), ('c');",
    )
    .await;
    assert_eq!(ids(&at.upgrade(&merged(), "head").await.unwrap()), ["m"]);
    assert_eq!(at.versions().await, ["m"]);
}
