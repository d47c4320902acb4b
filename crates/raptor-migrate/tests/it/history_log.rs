//! The log of what was done: edited files, rescue, and that it stays as it is.

use crate::fixture::{Fixture, chain, ids, line};
use raptor_db::{Db, Engine, Scope, Sql, params};
use raptor_migrate::{Chain, ErrorKind, stamp};

fn first(body: &str) -> Chain {
    chain(&[
        &format!("-- raptor: id=a1\n-- raptor:up\n{body}\n-- raptor:down\nDROP TABLE one;\n"),
        "-- raptor: id=b2 revises=a1\n-- raptor:up\nCREATE TABLE two (id text);\n-- raptor:down\nDROP TABLE two;\n",
    ])
}

pub(crate) async fn an_edited_file_stops_an_upgrade(mut at: Fixture) {
    let chain = first("CREATE TABLE one (id text);");
    at.upgrade(&chain, "a1").await.unwrap();
    // What a formatter does is no edit.
    let formatted = first("create table one (\n  id text -- the key\n);");
    at.upgrade(&formatted, "a1").await.unwrap();
    let edited = first("CREATE TABLE one (id text, name text);");
    for target in ["a1", "head"] {
        let error = at.upgrade(&edited, target).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.revision(), error.file()),
            (ErrorKind::Edited, Some("a1"), Some("1.sql"))
        );
        assert!(error.to_string().contains("--allow-edited a1"), "{error}");
    }
    assert_eq!(at.versions().await, ["a1"]);
    // A misspelt id allows nothing, and is not passed over.
    at.options.allow_edited = vec!["nope".to_owned()];
    let error = at.upgrade(&edited, "head").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Target);
    assert!(error.to_string().contains("nope"), "{error}");
    at.options.allow_edited = vec!["a1".to_owned()];
    assert_eq!(ids(&at.upgrade(&edited, "head").await.unwrap()), ["b2"]);
    // Once is enough.
    at.options.allow_edited.clear();
    at.upgrade(&edited, "head").await.unwrap();
}

pub(crate) async fn what_this_chain_does_not_have_is_taken_back(at: Fixture) {
    at.upgrade(&line(), "head").await.unwrap();
    let shorter = chain(&[
        "-- raptor: id=a1\n-- The first.\n-- raptor:up\nCREATE TABLE one (id text PRIMARY KEY);\n\
         -- raptor:down\nDROP TABLE one;\n",
    ]);
    let ran = at.downgrade(&shorter, "a1").await.unwrap();
    assert_eq!(ids(&ran), ["c3", "b2"]);
    assert_eq!(
        (at.versions().await, at.tables().await),
        (vec!["a1".to_owned()], vec!["one".to_owned()])
    );
    // What the log does not have is refused, by name.
    at.run("UPDATE alembic_version SET version_num = 'stranger'")
        .await;
    let error = at.downgrade(&shorter, "base").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
    assert!(error.to_string().contains("stranger"), "{error}");
}

pub(crate) async fn the_log_stays_as_it_is(at: Fixture) {
    at.upgrade(&line(), "head").await.unwrap();
    at.downgrade(&line(), "-1").await.unwrap();
    stamp(&at.db, &line(), &["head"], false, &at.options, |_| {})
        .await
        .unwrap();
    let (actions, chained) = at.log().await;
    assert_eq!(actions, ["up a1", "up b2", "up c3", "down c3", "stamp "]);
    assert_eq!(chained, ["4"]);
    for change in [
        "UPDATE raptor_migration_log SET action = 'up'",
        "DELETE FROM raptor_migration_log",
    ] {
        let session = at.db.session().await.unwrap();
        let error = session.execute_raw(change).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let one = Sql::new(
        "SELECT started_at <= finished_at AS follows FROM raptor_migration_log WHERE position = 1",
    );
    let rows = at
        .db
        .query(&Scope::system(), &one, params! {})
        .await
        .unwrap();
    assert!(rows[0].get::<bool>("follows").unwrap());
}

async fn check(db: &Db, chain: &Chain, at: &Fixture) -> Vec<String> {
    let checked = raptor_migrate::check(Some(db), chain, &at.options)
        .await
        .unwrap();
    checked.findings.iter().map(ToString::to_string).collect()
}

pub(crate) async fn a_check_finds_what_is_wrong(at: Fixture) {
    at.upgrade(&first("CREATE TABLE one (id text);"), "head")
        .await
        .unwrap();
    let edited = first("CREATE TABLE one (id text, name text);");
    let found = check(&at.db, &edited, &at).await;
    assert!(
        found.len() == 1 && found[0].starts_with("edited: 1.sql: revision a1: its file is not"),
        "{found:?}"
    );
    let forked = chain(&[
        "-- raptor: id=x\n-- raptor:up\n",
        "-- raptor: id=y\n-- raptor:up\n",
    ]);
    let found = check(&at.db, &forked, &at).await.join("\n");
    assert!(
        found.contains("heads: the chain has 2 heads, x, y"),
        "{found}"
    );
    assert!(found.contains("unknown: the database has b2"), "{found}");
    // Someone with the rights of the owner takes an entry out, or writes another text into it.
    let (off, on) = match at.engine() {
        Engine::Postgres => (
            "ALTER TABLE raptor.raptor_migration_log DISABLE TRIGGER ALL",
            "ALTER TABLE raptor.raptor_migration_log ENABLE TRIGGER ALL",
        ),
        Engine::Sqlite => (
            "DROP TRIGGER raptor_migration_log_stays_on_update; DROP TRIGGER raptor_migration_log_stays_on_delete",
            "SELECT 1",
        ),
    };
    let log = if at.engine() == Engine::Postgres {
        "raptor.raptor_migration_log"
    } else {
        "raptor_migration_log"
    };
    at.run(&format!(
        "{off}; UPDATE {log} SET body_sha256 = 'x' WHERE position = 1; {on}"
    ))
    .await;
    let found = check(&at.db, &edited, &at).await.join("\n");
    assert!(
        found.contains("log: raptor_migration_log, position 1: it was changed"),
        "{found}"
    );
    let is_unguarded = found.contains("triggers that keep raptor_migration_log");
    assert_eq!(is_unguarded, at.engine() == Engine::Sqlite, "{found}");
    at.run(
        &format!("{off}; DELETE FROM {log} WHERE position = 1; {on}")
            .replace("DROP TRIGGER ", "DROP TRIGGER IF EXISTS "),
    )
    .await;
    let found = check(&at.db, &edited, &at).await.join("\n");
    assert!(found.contains("position 2: an entry is missing"), "{found}");
    let empty = format!("{off}; DELETE FROM {log}; {on}")
        .replace("DROP TRIGGER ", "DROP TRIGGER IF EXISTS ");
    at.run(&empty).await;
    let found = check(&at.db, &edited, &at).await.join("\n");
    assert!(found.contains("raptor_migration_log is empty"), "{found}");
}

pub(crate) async fn stamps(at: Fixture) {
    let chain = line();
    let set = async |targets: &[&str], purge| {
        stamp(&at.db, &chain, targets, purge, &at.options, |_| {}).await
    };
    let done = set(&["b2"], false).await.unwrap();
    assert_eq!(
        done.to_string(),
        "Stamped: the database was at base and is at b2; nothing was run.\n"
    );
    assert!(at.tables().await.is_empty());
    assert_eq!(
        set(&["b2"], false).await.unwrap().to_string(),
        "Nothing to do: the database is at b2.\n"
    );
    assert_eq!(set(&["head"], false).await.unwrap().versions, ["c3"]);
    at.run("UPDATE alembic_version SET version_num = 'stranger'")
        .await;
    let error = set(&["a1"], false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownRevision);
    assert!(error.to_string().contains("--purge"), "{error}");
    assert_eq!(set(&["a1"], true).await.unwrap().versions, ["a1"]);
    assert_eq!(set(&["base"], false).await.unwrap().versions, [""; 0]);
    for wrong in ["nothing", "+1", "a1:b2"] {
        assert_eq!(
            set(&[wrong], false).await.unwrap_err().kind(),
            ErrorKind::Target,
            "{wrong}"
        );
    }
}
