//! What is refused before anything is touched.

use crate::fixture::{Fixture, chain, line};
use raptor_db::Engine;
use raptor_migrate::ErrorKind;

/// A revision that would run alone, and one behind it that cannot: neither runs.
pub(crate) async fn what_is_not_run_is_refused_before_anything_is_touched(at: Fixture) {
    let first = "-- raptor: id=a\n-- raptor:up\nCREATE TABLE a (id text);\n";
    let call = "-- raptor: id=b revises=a\n-- raptor:up\n-- raptor:call fill batch=1\n";
    let error = at
        .upgrade(&chain(&[first, call]), "head")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.revision(), error.line()),
        (ErrorKind::Unsupported, Some("b"), Some(3)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("`raptor:call fill` is a step that this binary does not have"),
        "{error}"
    );
    assert!(at.tables().await.is_empty() && !at.has_version_table().await);
    let numeric =
        "-- raptor: id=b revises=a\n-- raptor:up\nCREATE TABLE b (paid numeric(10, 2));\n";
    let answer = at.upgrade(&chain(&[first, numeric]), "head").await;
    match at.engine() {
        Engine::Postgres => assert_eq!(answer.unwrap().versions, ["b"]),
        Engine::Sqlite => {
            let error = answer.unwrap_err();
            assert_eq!(
                (error.kind(), error.line()),
                (ErrorKind::Format, Some(3)),
                "{error}"
            );
            assert!(at.tables().await.is_empty());
        }
    }
}

pub(crate) async fn a_wrong_target(at: Fixture) {
    for target in ["", "nothing", "-1", "+4", "a1:b2", "nothing@head"] {
        let error = at.upgrade(&line(), target).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Target, "{target}");
    }
    for target in ["", "nothing", "head", "-1", "a1"] {
        let error = at.downgrade(&line(), target).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Target, "{target}");
    }
    assert!(!at.has_version_table().await);
}
