//! What the commands print.

use crate::fixture::{Fixture, chain, line};
use raptor_migrate::{current, history};
use serde_json::json;

pub(crate) async fn json_and_text(at: Fixture) {
    let engine = at.engine().as_str();
    let mut ran = at.upgrade(&line(), "b2").await.unwrap();
    ran.steps.iter_mut().for_each(|step| step.took_ms = 3);
    let step = |id: &str, revises: &[&str], file: &str, title: Option<&str>, statements: usize| {
        json!({ "id": id, "direction": "up", "revises": revises, "file": file, "title": title,
                "statements": statements, "took_ms": 3 })
    };
    assert_eq!(
        serde_json::to_value(&ran).unwrap(),
        json!({ "engine": engine, "target": "b2",
                "steps": [step("a1", &[], "1.sql", Some("The first."), 1), step("b2", &["a1"], "2.sql", None, 2)],
                "versions": ["b2"], "unknown": [], "pending": 1 })
    );
    assert_eq!(
        ran.to_string(),
        "up (base) -> a1, The first. (1 statement, 3 ms)\nup a1 -> b2 (2 statements, 3 ms)\n\
         2 revisions run; the database is at b2; pending: 1.\n"
    );
    let now = current(&at.db, &line(), &at.options).await.unwrap();
    assert_eq!(
        serde_json::to_value(&now).unwrap(),
        json!({ "engine": engine, "heads": ["c3"], "pending": 1, "half_run": [],
                "versions": [{ "id": "b2", "known": true, "replaced_by": null, "head": false, "title": null }] })
    );
    assert_eq!(now.to_string(), "b2\n1 revision pending\n");
    at.upgrade(&line(), "head").await.unwrap();
    let again = at.upgrade(&line(), "head").await.unwrap();
    assert_eq!(again.to_string(), "Nothing to do: the database is at c3.\n");
    let now = current(&at.db, &line(), &at.options).await.unwrap();
    assert_eq!(now.to_string(), "c3 (head)\n");
    at.downgrade(&line(), "base").await.unwrap();
    let now = current(&at.db, &line(), &at.options).await.unwrap();
    assert_eq!(now.to_string(), "(base)\n3 revisions pending\n");
}

#[test]
fn history_is_newest_first() {
    let chain = chain(&[
        "-- raptor: id=a labels=main\n-- The start.\n-- raptor:up\n",
        "-- raptor: id=b revises=a\n-- raptor:up\n",
        "-- raptor: id=c\n-- raptor:up\n",
        "-- raptor: id=d revises=a,c depends=label:main\n-- raptor:up\n",
    ]);
    let history = history(&chain, None, None).unwrap();
    assert_eq!(
        history.to_string(),
        "a, c -> d (head) (merge) (depends on label:main)\n(base) -> c\na -> b (head)\n\
         (base) -> a [main] (branch point), The start.\n"
    );
    let value = serde_json::to_value(&history).unwrap();
    assert_eq!(
        value["revisions"][0],
        json!({ "id": "d", "revises": ["a", "c"], "depends": ["label:main"], "labels": [], "revised_by": [],
                "title": null, "file": "4.sql", "header": [],
                "irreversible": "it has no `-- raptor:down` section", "head": true, "implied": false, "current": null })
    );
}

/// What stops an upgrade that is still to come, or should.
pub(crate) async fn check_looks_ahead(at: Fixture) {
    let a =
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id integer);\n-- To do by hand: the rows\n";
    let b = "-- raptor: id=b revises=a\n-- raptor:up\n-- raptor:call fill\n";
    let chain = chain(&[a, b]);
    let look = async || {
        let found = raptor_migrate::check(Some(&at.db), &chain, &at.options).await;
        let found = found.unwrap().findings;
        found
            .iter()
            .map(|it| (it.check, it.message.clone()))
            .collect::<Vec<_>>()
    };
    let found = look().await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].0, "by hand");
    assert!(found[0].1.contains("line 4") && found[0].1.contains("the rows"));
    assert_eq!(found[1].0, "cannot run");
    assert!(found[1].1.contains("raptor:call fill"), "{found:?}");
    // What has run is past.
    at.upgrade(&chain, "a").await.unwrap();
    assert_eq!(look().await[..], found[1..]);
}
