//! What is refused before anything is touched.

use crate::fixture::{Fixture, chain, line};
use raptor_db::Engine;
use raptor_migrate::ErrorKind;

/// A revision that would run alone, and one behind it that cannot: neither runs.
pub(crate) async fn what_is_not_run_is_refused_before_anything_is_touched(at: Fixture) {
    let first = "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id text);\n";
    let cases = [
        (
            "-- raptor: id=b revises=a tx=off\n-- raptor:up\n",
            "`tx=off`",
        ),
        (
            "-- raptor: id=b revises=a role=owner\n-- raptor:up\n",
            "`role=owner`",
        ),
        (
            "-- raptor: id=b revises=a lock=2s*20\n-- raptor:up\n",
            "`lock=2s*20`",
        ),
        (
            "-- raptor: id=b revises=a\n-- raptor:up\n-- raptor:call fill batch=1\n",
            "`raptor:call fill`",
        ),
    ];
    for (second, said) in cases {
        let error = at
            .upgrade(&chain(&[first, second]), "head")
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.revision()),
            (ErrorKind::Unsupported, Some("b")),
            "{error}"
        );
        assert!(error.to_string().contains(said), "{error}");
        assert!(at.tables().await.is_empty() && !at.has_version_table().await);
    }
    // A rebuild is SQLite's alone.
    let rebuild = "-- raptor: id=b revises=a\n-- raptor:up postgres\nALTER TABLE a ADD n integer;\n\
                   -- raptor:rebuild a\nCREATE TABLE a (id text, n integer);\n";
    let answer = at.upgrade(&chain(&[first, rebuild]), "head").await;
    match at.engine() {
        Engine::Postgres => assert_eq!(answer.unwrap().versions, ["b"]),
        Engine::Sqlite => {
            let error = answer.unwrap_err();
            assert_eq!(
                (error.kind(), error.line()),
                (ErrorKind::Unsupported, Some(4)),
                "{error}"
            );
            assert!(at.tables().await.is_empty());
        }
    }
}

pub(crate) async fn a_wrong_target(at: Fixture) {
    for target in ["", "nothing", "base", "+1", "a1:b2"] {
        let error = at.upgrade(&line(), target).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Target, "{target}");
    }
    for target in ["", "nothing", "head", "-1", "a1"] {
        let error = at.downgrade(&line(), target).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Target, "{target}");
    }
    assert!(!at.has_version_table().await);
}
