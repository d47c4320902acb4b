//! The way back, along one line.

use crate::fixture::{Fixture, chain, ids, line};
use raptor_migrate::{Direction, ErrorKind};

pub(crate) async fn step_by_step(at: Fixture) {
    let chain = line();
    at.upgrade(&chain, "head").await.unwrap();
    let ran = at.downgrade(&chain, "-1").await.unwrap();
    assert_eq!(
        (ids(&ran), ran.steps[0].direction),
        (vec!["c3"], Direction::Down)
    );
    assert_eq!(at.versions().await, ["b2"]);
    at.upgrade(&chain, "head").await.unwrap();
    assert_eq!(
        ids(&at.downgrade(&chain, "a1").await.unwrap()),
        ["c3", "b2"]
    );
    assert_eq!(at.tables().await, ["one"]);
    assert!(at.downgrade(&chain, "a1").await.unwrap().steps.is_empty());
    let ran = at.downgrade(&chain, "base").await.unwrap();
    assert_eq!(
        (ids(&ran), ran.to_string().contains("is at base")),
        (vec!["a1"], true),
        "{ran}"
    );
    assert!(at.tables().await.is_empty());
    // As Alembic, the empty table stays.
    assert!(at.has_version_table().await && at.versions().await.is_empty());
    assert_eq!(
        ids(&at.upgrade(&chain, "head").await.unwrap()),
        ["a1", "b2", "c3"]
    );
}

pub(crate) async fn what_cannot_be_taken_back(at: Fixture) {
    let chain = chain(&[
        "-- raptor: id=a\n-- raptor:up\n-- raptor:down irreversible \"it was the first\"\n",
        "-- raptor: id=b revises=a\n-- raptor:up\n",
        "-- raptor: id=c revises=b\n-- raptor:up\nCREATE TABLE c (id text);\n-- raptor:down\nDROP TABLE c;\n",
    ]);
    at.upgrade(&chain, "head").await.unwrap();
    let error = at.downgrade(&chain, "a").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.revision()),
        (ErrorKind::Irreversible, Some("b"))
    );
    assert!(
        error.to_string().contains("no `-- raptor:down` section"),
        "{error}"
    );
    assert_eq!(
        at.tables().await,
        ["c"],
        "c can be taken back, but nothing was touched"
    );
    at.downgrade(&chain, "b").await.unwrap();
    at.run("UPDATE alembic_version SET version_num = 'a'").await;
    let error = at.downgrade(&chain, "base").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("cannot be taken back: it was the first"),
        "{error}"
    );

    at.run("UPDATE alembic_version SET version_num = 'newer'")
        .await;
    let error = at.downgrade(&chain, "base").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
    assert!(
        error.to_string().contains("the database has newer"),
        "{error}"
    );
}

/// What stands on the target goes, and nothing else; a step that could mean several is refused.
pub(crate) async fn through_a_merge(at: Fixture) {
    let down = "-- raptor:up\n-- raptor:down\n";
    let texts = [
        "id=a labels=trunk",
        "id=b revises=a",
        "id=c revises=a labels=side",
        "id=m revises=b,c",
        "id=z depends=c",
    ]
    .map(|header| format!("-- raptor: {header}\n{down}"));
    let chain = chain(&texts.each_ref().map(String::as_str));
    at.upgrade(&chain, "heads").await.unwrap();
    assert_eq!(at.versions().await, ["m", "z"]);
    let error = at.downgrade(&chain, "-1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Target);
    assert!(error.to_string().contains("each of m, z"), "{error}");
    let error = at.downgrade(&chain, "trunk@-1").await.unwrap_err();
    assert!(error.to_string().contains("m merges b, c"), "{error}");
    assert_eq!(ids(&at.downgrade(&chain, "b").await.unwrap()), ["m"]);
    assert_eq!(at.versions().await, ["b", "z"]);
    // z depends on c, which goes with the branch.
    assert_eq!(
        ids(&at.downgrade(&chain, "side@a").await.unwrap()),
        ["z", "c"]
    );
    assert_eq!(at.versions().await, ["b"]);
    assert_eq!(
        ids(&at.downgrade(&chain, "base").await.unwrap()),
        ["b", "a"]
    );
}

/// The file of the head is gone, and others are below it: what is said is about the files there are.
pub(crate) async fn without_the_heads_file(at: Fixture) {
    at.upgrade(&line(), "head").await.unwrap();
    let first = "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE one (id text PRIMARY KEY);\n\
                 -- raptor:down\nDROP TABLE one;\n";
    let second = "-- raptor: id=b2 revises=a1\n-- raptor:up\nCREATE TABLE two (id text);\n\
                  -- raptor:down\nDROP TABLE two;\n";
    let one = |text: &str| chain(&[text]);
    let chain = chain(&[first, second]);
    // What is below it counts as applied: b2 was edited.
    let checked = raptor_migrate::check(Some(&at.db), &chain, &at.options).await;
    let found = checked.unwrap().to_string();
    assert!(
        found.contains("unknown: the database has c3")
            && found.contains("edited: 2.sql: revision b2"),
        "{found}"
    );
    let ran = at.downgrade(&chain, "-1").await.unwrap();
    assert_eq!((ids(&ran), ran.pending), (vec!["c3"], Some(0)));
    assert!(
        ran.to_string()
            .ends_with("1 revision run; the database is at b2.\n"),
        "{ran}"
    );
    // Two are gone, and one of them is taken back.
    at.upgrade(&line(), "head").await.unwrap();
    let alone = one(first);
    let ran = at.downgrade(&alone, "-1").await.unwrap();
    assert_eq!(
        (ran.pending, ran.unknown.as_slice()),
        (Some(0), &["b2".to_owned()][..])
    );
    assert!(
        ran.to_string()
            .ends_with("the database is at b2. This chain does not know b2.\n"),
        "{ran}"
    );
}
