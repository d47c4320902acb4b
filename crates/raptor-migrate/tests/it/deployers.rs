//! Two deployers at once.

use crate::fixture::{Fixture, chain, ids, line};
use raptor_db::{Db, Engine};
use raptor_migrate::{Chain, ErrorKind, Event, Options, Ran, stamp, upgrade};
use std::time::Duration;
use tokio::sync::mpsc;

fn counted() -> Chain {
    let texts: Vec<String> = (1..=12)
        .map(|number| {
            let revises = match number {
                1 => String::new(),
                _ => format!(" revises=r{:02}", number - 1),
            };
            let table = match number {
                1 => "CREATE TABLE log (id integer);\n",
                _ => "",
            };
            format!("-- raptor: id=r{number:02}{revises}\n-- raptor:up\n{table}INSERT INTO log VALUES ({number});\n")
        })
        .collect();
    chain(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Three at once: all succeed, and each revision ran once.
pub(crate) async fn each_revision_once(at: Fixture) {
    let run = |db: Db, options: Options| {
        tokio::spawn(async move { upgrade(&db, &counted(), "head", &options, |_| {}).await })
    };
    let others = [at.other().await, at.other().await];
    let mut runs = vec![run(at.db.clone(), at.options.clone())];
    runs.extend(others.map(|db| run(db, at.options.clone())));
    let mut ran: Vec<String> = Vec::new();
    for run in runs {
        let done: Ran = run.await.unwrap().unwrap();
        assert_eq!(done.versions, ["r12"]);
        ran.extend(ids(&done).iter().map(ToString::to_string));
    }
    ran.sort();
    let each: Vec<String> = (1..=12).map(|number| format!("r{number:02}")).collect();
    assert_eq!(ran, each);
    assert_eq!(at.column("SELECT count(*)::text FROM log").await, ["12"]);
    assert_eq!(at.versions().await, ["r12"]);
}

/// One holds the lock inside a revision; the other says that it waits, and gives up in the end
/// without having touched anything.
pub(crate) async fn patience_ends(at: Fixture) {
    let gate = at.db.session().await.unwrap();
    let (sender, mut events) = mpsc::unbounded_channel();
    let first = match at.engine() {
        // The gate is the file's lock itself.
        Engine::Sqlite => {
            gate.execute_raw("BEGIN IMMEDIATE").await.unwrap();
            None
        }
        // The gate stops the first deployer in the middle of its revision.
        Engine::Postgres => {
            at.run("CREATE TABLE raptor.gate (id integer)").await;
            gate.execute_raw("BEGIN; LOCK TABLE raptor.gate")
                .await
                .unwrap();
            let chain =
                chain(&["-- raptor: id=gate\n-- raptor:up\nINSERT INTO gate VALUES (1);\n"]);
            let (db, options, sender) = (at.other().await, at.options.clone(), sender.clone());
            let first = tokio::spawn(async move {
                upgrade(&db, &chain, "head", &options, |event| {
                    sender.send(matches!(event, Event::Started { .. })).unwrap();
                })
                .await
            });
            assert_eq!(events.recv().await, Some(true));
            Some(first)
        }
    };
    let mut options = at.options.clone();
    options.lock_wait = Duration::from_millis(100);
    let mut has_waited = false;
    let error = upgrade(&at.db, &line(), "head", &options, |event| {
        has_waited |= matches!(event, Event::Waiting);
    })
    .await
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    assert!(has_waited);
    gate.execute_raw("ROLLBACK").await.unwrap();
    if let Some(first) = first {
        assert_eq!(ids(&first.await.unwrap().unwrap()), ["gate"]);
        at.run("DELETE FROM raptor.alembic_version").await;
    }
    // Whoever waited in vain left nothing locked.
    at.upgrade(&line(), "head").await.unwrap();
    assert_eq!(at.versions().await, ["c3"]);
}

/// Somebody goes down and up again between two revisions of a run: the rows are as they were, and
/// the log is not.
#[tokio::test]
async fn the_log_goes_on_behind_another_deployers_entries() {
    let at = Fixture::sqlite().await;
    let other = at.other().await;
    let mut beside = Some(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for target in ["base", "r01"] {
                let (chain, options) = (counted(), Options::default());
                stamp(&other, &chain, &[target], false, &options, |_| {})
                    .await
                    .unwrap();
            }
        });
    });
    let chain = counted();
    let ran = upgrade(&at.db, &chain, "r03", &at.options, |event| {
        if matches!(event, Event::Finished(_))
            && let Some(beside) = beside.take()
        {
            std::thread::spawn(beside).join().unwrap();
        }
    });
    let ran = ran.await.unwrap();
    assert_eq!(ids(&ran), ["r01", "r02", "r03"]);
    let (entries, chained) = at.log().await;
    assert_eq!(entries, ["up r01", "stamp ", "stamp ", "up r02", "up r03"]);
    assert_eq!(chained, ["4"]);
}

/// The file is moved away in the middle, as a restore would: no success, and nothing of the run in
/// the file that takes its place.
#[tokio::test]
async fn a_file_that_is_replaced_is_named() {
    let at = Fixture::sqlite().await;
    let path = at.db.path().unwrap().to_owned();
    let chain = counted();
    let ran = upgrade(&at.db, &chain, "head", &at.options, |event| {
        if matches!(event, Event::Finished(step) if step.id == "r05") {
            std::fs::rename(&path, path.with_extension("old")).unwrap();
            std::fs::write(&path, "").unwrap();
        }
    });
    let error = ran.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database, "{error}");
    assert!(
        error.to_string().contains("replaced while the run went on"),
        "{error}"
    );
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
}
