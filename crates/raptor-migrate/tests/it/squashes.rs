//! Revisions that replace others: from nothing, from the end, and from the middle.

use crate::fixture::{Fixture, chain, ids};
use raptor_migrate::{Chain, ErrorKind, Status, status};

const OLD: [&str; 4] = [
    "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE a (id text);\n-- raptor:down\nDROP TABLE a;\n",
    "-- raptor: id=b2 revises=a1 labels=middle\n-- raptor:up\nCREATE TABLE b (id text);\n-- raptor:down\nDROP TABLE b;\n",
    "-- raptor: id=c3 revises=b2\n-- raptor:up\nDROP TABLE b;\nCREATE TABLE c (id text);\n-- raptor:down\nDROP TABLE c;\nCREATE TABLE b (id text);\n",
    "-- raptor: id=d4 revises=c3 depends=label:middle\n-- raptor:up\nCREATE TABLE d (id text);\n-- raptor:down\nDROP TABLE d;\n",
];
const NEW: &str = "-- raptor: id=s1 replaces=a1..c3\n-- raptor:up\nCREATE TABLE a (id text);\nCREATE TABLE c (id text);\n\
                   -- raptor:down\nDROP TABLE c;\nDROP TABLE a;\n";

fn old() -> Chain {
    chain(&OLD)
}

fn squashed() -> Chain {
    chain(&[OLD[0], OLD[1], OLD[2], OLD[3], NEW])
}

/// The old files are gone, and what follows them follows the new one by name.
fn bare() -> Chain {
    chain(&[
        &NEW.replace("a1..c3", "a1,b2,c3"),
        &OLD[3].replace("revises=c3 depends=label:middle", "revises=s1"),
    ])
}

pub(crate) async fn from_nothing_the_new_one_runs(at: Fixture) {
    assert_eq!(
        ids(&at.upgrade(&squashed(), "head").await.unwrap()),
        ["s1", "d4"]
    );
    assert_eq!(
        (at.versions().await, at.tables().await),
        (
            vec!["d4".to_owned()],
            ["a", "c", "d"].map(str::to_owned).to_vec()
        )
    );
    assert_eq!(
        ids(&at.downgrade(&squashed(), "base").await.unwrap()),
        ["d4", "s1"]
    );
    assert!(at.tables().await.is_empty());
    let error = at.upgrade(&squashed(), "b2").await.unwrap_err();
    assert!(
        error.to_string().contains("b2 was replaced by s1"),
        "{error}"
    );
}

pub(crate) async fn from_the_last_nothing_runs_twice(at: Fixture) {
    for chain in [squashed(), bare()] {
        at.upgrade(&old(), "c3").await.unwrap();
        assert_eq!(
            status(&at.db, &chain, &at.options).await.unwrap(),
            Status::Behind(1)
        );
        assert_eq!(ids(&at.upgrade(&chain, "head").await.unwrap()), ["d4"]);
        assert_eq!(at.tables().await, ["a", "c", "d"]);
        // The way back is the new one's.
        assert_eq!(ids(&at.downgrade(&chain, "s1").await.unwrap()), ["d4"]);
        assert_eq!(at.versions().await, ["s1"]);
        at.downgrade(&chain, "base").await.unwrap();
        at.upgrade(&old(), "head").await.unwrap();
        assert_eq!(
            status(&at.db, &chain, &at.options).await.unwrap(),
            Status::AtHead
        );
        at.downgrade(&old(), "base").await.unwrap();
    }
}

pub(crate) async fn from_the_middle_the_old_ones_run(at: Fixture) {
    for from in ["a1", "b2"] {
        at.upgrade(&old(), from).await.unwrap();
        assert!(matches!(
            status(&at.db, &squashed(), &at.options).await.unwrap(),
            Status::Behind(_)
        ));
        let current = raptor_migrate::current(&at.db, &squashed(), &at.options)
            .await
            .unwrap();
        assert!(
            current
                .to_string()
                .contains(&format!("{from} (replaced by s1)")),
            "{current}"
        );
        let error = at.upgrade(&bare(), "head").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownRevision);
        assert!(
            error
                .to_string()
                .contains("brings the database to c3 first"),
            "{error}"
        );
        let ran = at.upgrade(&squashed(), "head").await.unwrap();
        assert_eq!(ids(&ran).last(), Some(&"d4"));
        assert!(!ids(&ran).contains(&"s1"));
        assert_eq!(
            (at.versions().await, at.tables().await),
            (
                vec!["d4".to_owned()],
                ["a", "c", "d"].map(str::to_owned).to_vec()
            )
        );
        at.downgrade(&squashed(), "base").await.unwrap();
        // In the middle, the way back is the old one.
        at.upgrade(&old(), from).await.unwrap();
        at.downgrade(&squashed(), "base").await.unwrap();
        assert!(at.tables().await.is_empty());
    }
}

/// What is in the middle when the files go is found.
pub(crate) async fn in_the_middle_without_the_files(at: Fixture) {
    at.upgrade(&old(), "b2").await.unwrap();
    let checked = raptor_migrate::check(Some(&at.db), &bare(), &at.options)
        .await
        .unwrap();
    assert!(
        checked.to_string().contains(
            "replaced: the database is at b2, one of the revisions that s1 replaces, and their files are not here any more; \
             a release that has them brings the database to c3 first"
        ),
        "{checked}"
    );
    let scratch = Fixture::of(at.engine()).await;
    let drift = raptor_migrate::drift(&at.db, &scratch.db, &bare(), &at.options, &[])
        .await
        .unwrap();
    assert!(
        drift[0]
            .message
            .contains("drift cannot be told: the database has b2, which was replaced"),
        "{drift:?}"
    );
}

/// Whoever is in the middle when the files go takes back by the log, and is told what else there is.
pub(crate) async fn from_the_middle_the_log_has_the_way_back(at: Fixture) {
    at.upgrade(&old(), "b2").await.unwrap();
    for target in ["s1", "c3", "d4", "s1@base"] {
        for chain in [bare(), squashed()] {
            let error = at.downgrade(&chain, target).await.unwrap_err().to_string();
            assert!(
                error.contains("at b2, one of the revisions that s1 replaces, and not at "),
                "{target}: {error}"
            );
        }
    }
    for (chain, said) in [
        (bare(), "a release that has"),
        (squashed(), "name s1, or what comes after it"),
    ] {
        let error = at.upgrade(&chain, "+1").await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    // Nothing runs on the way to a target that there is not.
    assert!(at.upgrade(&squashed(), "b2").await.is_err());
    assert_eq!(at.versions().await, ["b2"]);
    assert_eq!(ids(&at.downgrade(&bare(), "a1").await.unwrap()), ["b2"]);
    assert_eq!(ids(&at.downgrade(&bare(), "-1").await.unwrap()), ["a1"]);
    assert!(at.tables().await.is_empty());
    assert_eq!(
        ids(&at.upgrade(&bare(), "head").await.unwrap()),
        ["s1", "d4"]
    );
    at.downgrade(&bare(), "base").await.unwrap();
    // Without a log there is none.
    at.run("CREATE TABLE b (id text)").await;
    raptor_migrate::stamp(&at.db, &old(), &["b2"], true, &at.options, |_| {})
        .await
        .unwrap();
    at.run(match at.engine() {
        raptor_db::Engine::Sqlite => "DROP TABLE raptor_migration_log",
        raptor_db::Engine::Postgres => "DROP TABLE raptor.raptor_migration_log",
    })
    .await;
    let error = at.downgrade(&bare(), "base").await.unwrap_err().to_string();
    assert!(
        error.contains("neither a file nor the log has the way back of b2"),
        "{error}"
    );
}

/// The last replaced revision is the one that replaces it; those before are no place any more.
pub(crate) async fn replaced_ids_are_targets_as_far_as_they_can(at: Fixture) {
    for chain in [squashed(), bare()] {
        at.upgrade(&old(), "d4").await.unwrap();
        for target in ["a1", "b2", "b2@base", "a1+1"] {
            let error = at.downgrade(&chain, target).await.unwrap_err().to_string();
            assert!(
                error.contains("was replaced by s1, with all up to c3") && !error.contains("label"),
                "{error}"
            );
        }
        let error = at.downgrade(&chain, "z").await.unwrap_err().to_string();
        assert!(
            error.contains("no revision's id is \"z\" or begins so, and no label is"),
            "{error}"
        );
        assert_eq!(ids(&at.downgrade(&chain, "c3").await.unwrap()), ["d4"]);
        assert_eq!(at.versions().await, ["s1"]);
        assert!(ids(&at.upgrade(&chain, "c3").await.unwrap()).is_empty());
        at.downgrade(&chain, "base").await.unwrap();
    }
}

#[test]
fn what_does_not_close_is_refused() {
    let cases = [
        (
            vec![
                OLD[0],
                OLD[1],
                "-- raptor: id=s1 replaces=b2..a1\n-- raptor:up\n",
            ],
            "b2 does not come before a1",
        ),
        (
            vec![
                OLD[0],
                OLD[1],
                OLD[2],
                "-- raptor: id=s1 replaces=a1..b2\n-- raptor:up\n",
                "-- raptor: id=x revises=a1\n-- raptor:up\n",
            ],
            "it stands on a1, which s1 replaces",
        ),
        (
            vec![
                OLD[0],
                OLD[1],
                "-- raptor: id=s1 replaces=b2..b2\n-- raptor:up\n",
            ],
            "which stands on a1, and does not itself",
        ),
        (
            vec![
                OLD[0],
                OLD[1],
                "-- raptor: id=s1 replaces=a1..b2\n-- raptor:up\n",
                "-- raptor: id=s2 replaces=a1,b2\n-- raptor:up\n",
            ],
            "replaces a1, and so does",
        ),
    ];
    for (texts, said) in cases {
        let names: Vec<String> = (1..=texts.len())
            .map(|number| format!("{number}.sql"))
            .collect();
        let files: Vec<_> = names.iter().map(String::as_str).zip(texts).collect();
        let error = Chain::embedded(&files).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Graph, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// One that replaced others is replaced in turn.
pub(crate) async fn twice_over(at: Fixture) {
    let twice = "-- raptor: id=s2 replaces=s1..d4\n-- raptor:up\nCREATE TABLE a (id text);\nCREATE TABLE c (id text);\nCREATE TABLE d (id text);\n\
                 -- raptor:down\nDROP TABLE d;\nDROP TABLE c;\nDROP TABLE a;\n";
    let d4 = OLD[3].replace(" depends=label:middle", "");
    let chain = chain(&[OLD[0], OLD[1], OLD[2], &d4, NEW, twice]);
    for from in ["a1", "b2", "c3", "d4"] {
        at.upgrade(&old(), from).await.unwrap();
        at.upgrade(&chain, "head").await.unwrap();
        assert_eq!(at.tables().await, ["a", "c", "d"], "{from}");
        assert_eq!(
            status(&at.db, &chain, &at.options).await.unwrap(),
            Status::AtHead,
            "{from}"
        );
        at.downgrade(&chain, "base").await.unwrap();
        assert!(at.tables().await.is_empty(), "{from}");
    }
    assert_eq!(ids(&at.upgrade(&chain, "head").await.unwrap()), ["s2"]);
}
