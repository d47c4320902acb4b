//! What goes wrong on the way is said, loses nothing, and the next run goes on or begins anew.

use super::{NOTES, application, followed, following, open, ours, texts, whole};
use crate::file;
use crate::runs::plan_of;
use raptor_db::Db;
use raptor_port::{Begin, ErrorKind, Event, Plan, Released, release};
use raptor_testkit::{Options, Server};
use std::path::Path;
use std::sync::Mutex;
use tokio::sync::Notify;

/// A run that is dropped when `when` says so, as if it were killed there; answers how many ranges it had copied.
async fn killed(
    plan: &Plan,
    path: &Path,
    db: &Db,
    when: impl FnMut(Event<'_>) -> bool + Send,
) -> usize {
    let (now, when, copied) = (Notify::new(), Mutex::new(when), Mutex::new(0));
    let hold = path.with_file_name("hold");
    let on_event = |event: Event<'_>| {
        if let Event::Carried { .. } = event {
            *copied.lock().unwrap() += 1;
        }
        if when.lock().unwrap()(event) {
            now.notify_one();
        }
    };
    tokio::select! {
        done = plan.clone().run(path, db, following(Some(&hold)), &on_event) => panic!("it was not killed: {done:?}"),
        () = now.notified() => {}
    }
    *copied.lock().unwrap()
}

/// What a run that follows ends with, where the application does something when all is held.
async fn failed(plan: &Plan, path: &Path, db: &Db, writes: &str) -> (ErrorKind, String) {
    let hold = path.with_file_name("hold");
    let on_event = |event: Event<'_>| {
        if let Event::Held { file } = event {
            application(path).execute(writes).unwrap();
            std::fs::remove_file(file).unwrap();
        }
    };
    let done = plan
        .clone()
        .run(path, db, following(Some(&hold)), &on_event);
    let error = done.await.unwrap_err();
    // The application goes on, and is still followed.
    application(path)
        .execute("INSERT INTO words VALUES ('after ' || random(), 1)")
        .unwrap();
    (error.kind(), error.to_string())
}

const MORE: &str = "
INSERT INTO people (name) VALUES ('meanwhile'); DELETE FROM notes WHERE id = 1; UPDATE words SET count = count + 1;
INSERT OR REPLACE INTO pairs VALUES ('a', 1, 'other'); DELETE FROM loose WHERE rowid = 1;";

/// A table of several ranges.
const SPREAD: &str = "
CREATE TABLE spread (id INTEGER PRIMARY KEY, mail TEXT UNIQUE);
INSERT INTO spread VALUES (1, 'a'), (300000, 'b'), (600000, 'c'), (900000, 'd');";

/// Whoever is killed goes on: what was copied is not copied again, and what was written comes along.
#[tokio::test(flavor = "multi_thread")]
async fn killed_on_the_way() {
    let server = Server::start(Options::default()).unwrap();
    for (number, mode) in ["WAL", "DELETE"].iter().enumerate() {
        let (_folder, path) = file(&format!("{NOTES}{SPREAD}")).await;
        application(&path)
            .execute(&format!("PRAGMA journal_mode = {mode}"))
            .unwrap();
        let db = open(&server, &format!("killed{number}")).await;
        let plan = plan_of(&path);
        let copied = killed(&plan, &path, &db, |event| {
            matches!(event, Event::Carried { .. })
        })
        .await;
        assert!((1..8).contains(&copied), "{copied}");
        application(&path).execute(MORE).unwrap();
        // Rows move from ranges that were copied to others that were not, and the other way.
        application(&path)
            .execute("UPDATE spread SET id = 1000000 - id")
            .unwrap();
        let again = killed(&plan, &path, &db, |event| {
            matches!(event, Event::Followed { .. })
        })
        .await;
        assert!(copied + again <= 12, "{copied} and {again} ranges");
        application(&path)
            .execute("INSERT INTO words VALUES ('killed', 3)")
            .unwrap();
        let again = killed(&plan, &path, &db, |event| {
            matches!(event, Event::Held { .. })
        })
        .await;
        assert_eq!(again, 0);
        application(&path)
            .execute("DELETE FROM pairs WHERE one = 'a'")
            .unwrap();
        std::fs::remove_file(path.with_file_name("hold")).unwrap();
        let done = plan
            .clone()
            .run(&path, &db, following(None), &|_| {})
            .await
            .unwrap();
        assert!(done.is_whole(), "{done:#?}");
        whole(&plan, &path, &db).await;
        // Once more, when all is over.
        let again = plan
            .clone()
            .run(&path, &db, following(None), &|_| {})
            .await
            .unwrap();
        assert_eq!((again.tables, again.sync), (done.tables, done.sync));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_changes_meanwhile() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(NOTES).await;
    let db = open(&server, "schema").await;
    let plan = plan_of(&path);
    let (kind, said) = failed(&plan, &path, &db, "ALTER TABLE notes ADD COLUMN more TEXT").await;
    assert_eq!(kind, ErrorKind::Plan, "{said}");
    assert!(
        said.contains("table notes") && said.contains("plan again"),
        "{said}"
    );
    let error = plan
        .run(&path, &db, following(None), &|_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("notes.more"), "{error}");
    let done = followed(&plan_of(&path), &path, &db, [MORE, "DELETE FROM words"]).await;
    assert!(done.is_whole(), "{done:#?}");
    whole(&plan_of(&path), &path, &db).await;
}

/// Rows get other numbers: those that have no other name cannot be known again.
#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_vacuumed_meanwhile() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(NOTES).await;
    let db = open(&server, "vacuum").await;
    let plan = plan_of(&path);
    application(&path)
        .execute("DELETE FROM loose WHERE rowid = 1")
        .unwrap();
    let (kind, said) = failed(&plan, &path, &db, "VACUUM").await;
    assert_eq!(kind, ErrorKind::Source, "{said}");
    assert!(
        said.contains("vacuumed") && said.contains("run again"),
        "{said}"
    );
    let done = followed(&plan, &path, &db, [MORE, "DELETE FROM words"]).await;
    assert!(done.is_whole(), "{done:#?}");
    whole(&plan, &path, &db).await;
    // Where all of them have, it is none of our business.
    let (_folder, path) =
        file("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (5, 5), (7, 7)")
            .await;
    let db = open(&server, "vacuum2").await;
    let plan = plan_of(&path);
    followed(
        &plan,
        &path,
        &db,
        [
            "DELETE FROM t WHERE id = 5; VACUUM; ANALYZE",
            "INSERT INTO t VALUES (9, 9); VACUUM",
        ],
    )
    .await;
    whole(&plan, &path, &db).await;
}

/// A change that no trigger is told of is found by the proof, and nothing is cut over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_noted_is_found() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(NOTES).await;
    let db = open(&server, "unnoted").await;
    let plan = plan_of(&path);
    let behind = Mutex::new(true);
    let on_event = |event: Event<'_>| {
        let mut behind = behind.lock().unwrap();
        if let (Event::Carried { .. }, true) = (event, *behind) {
            let application = application(&path);
            let triggers = texts(
                &application,
                "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'words'",
            );
            let names = texts(
                &application,
                "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'words'",
            );
            let dropped: String = names
                .iter()
                .map(|it| format!("DROP TRIGGER {it};"))
                .collect();
            let (made, writes) = (
                triggers.join(";"),
                "UPDATE words SET count = 99 WHERE word = 'b'",
            );
            application
                .execute(&format!("BEGIN; {dropped} {writes}; {made}; COMMIT"))
                .unwrap();
            *behind = false;
        }
    };
    let error = plan
        .clone()
        .run(&path, &db, following(None), &on_event)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
    assert!(
        error
            .to_string()
            .contains("column words.count is not the same"),
        "{error}"
    );
    application(&path).execute(MORE).unwrap();
    let done = plan
        .clone()
        .run(&path, &db, following(None), &on_event)
        .await
        .unwrap();
    assert!(done.is_whole(), "{done:#?}");
    whole(&plan, &path, &db).await;
}

/// Somebody takes our triggers out, or brings back a file of before.
#[tokio::test(flavor = "multi_thread")]
async fn what_we_put_there_is_gone() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(NOTES).await;
    let db = open(&server, "gone").await;
    let plan = plan_of(&path);
    let (kind, said) = failed(&plan, &path, &db, "DROP TRIGGER raptor_port_1_after_insert").await;
    assert_eq!(kind, ErrorKind::Source, "{said}");
    assert!(said.contains("somebody else"), "{said}");
    // As if the last of the log had never come to the disk, and something else came instead.
    let back = "DELETE FROM raptor_port_changes WHERE seq > 1; INSERT INTO raptor_port_changes (seq, tbl, k0) SELECT value, 1, 1 FROM json_each('[2, 3, 4, 5, 6, 7, 8, 9]')";
    application(&path)
        .execute("DROP TABLE words; CREATE TABLE words (word TEXT PRIMARY KEY, count INTEGER)")
        .unwrap();
    let plan = plan_of(&path);
    let held = Mutex::new(0);
    let hold = path.with_file_name("hold");
    let on_event = |event: Event<'_>| match event {
        Event::Carried { .. } if ours(&path).len() > 2 => {
            let mut held = held.lock().unwrap();
            if *held == 0 {
                application(&path).execute(MORE).unwrap();
                *held = 1;
            }
        }
        Event::Held { file } => {
            application(&path).execute(back).unwrap();
            std::fs::remove_file(file).unwrap();
        }
        _ => {}
    };
    let error = plan
        .clone()
        .run(&path, &db, following(Some(&hold)), &on_event)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("went back to an earlier state"),
        "{error}"
    );
    let done = followed(
        &plan,
        &path,
        &db,
        [
            MORE.replace("'meanwhile'", "'more'").as_str(),
            "DELETE FROM words",
        ],
    )
    .await;
    assert!(done.is_whole(), "{done:#?}");
    whole(&plan, &path, &db).await;
}

/// The way out, before and after the cut-over.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_given_up() {
    let server = Server::start(Options::default()).unwrap();
    let (_folder, path) = file(NOTES).await;
    let db = open(&server, "given_up").await;
    let plan = plan_of(&path);
    assert_eq!(release(&path).unwrap(), Released::Nothing);
    killed(&plan, &path, &db, |event| {
        matches!(event, Event::Held { .. })
    })
    .await;
    assert!(!ours(&path).is_empty());
    assert_eq!(release(&path).unwrap(), Released::Followed);
    assert!(ours(&path).is_empty());
    plan.give_up(&db).await.unwrap();
    application(&path).execute(MORE).unwrap();
    // A run that follows nobody begins anew.
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    assert!(done.is_whole() && done.sync.is_none(), "{done:#?}");
    whole(&plan, &path, &db).await;
    // What came to its end is not done again unasked.
    let error = plan
        .clone()
        .run(&path, &db, following(None), &|_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("--again"), "{error}");
    let mut again = following(None);
    again.again = true;
    let done = plan
        .clone()
        .run(&path, &db, again.clone(), &|_| {})
        .await
        .unwrap();
    assert!(done.is_whole() && done.sync.is_some(), "{done:#?}");
    whole(&plan, &path, &db).await;
    let error = plan
        .clone()
        .run(&path, &db, again.clone(), &|_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("raptor port release"), "{error}");
    // Back to the file.
    assert_eq!(release(&path).unwrap(), Released::Closed);
    application(&path).execute("DELETE FROM words").unwrap();
    let error = plan
        .clone()
        .run(&path, &db, following(None), &|_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("--again"), "{error}");
    plan.clone().run(&path, &db, again, &|_| {}).await.unwrap();
    whole(&plan, &path, &db).await;
}

/// What cannot be followed is refused before anything is put into the file.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed() {
    let server = Server::start(Options::default()).unwrap();
    let db = open(&server, "refused").await;
    let hidden = "CREATE TABLE t (rowid TEXT, oid TEXT, _rowid_ TEXT)";
    let tied = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p)";
    let keyed = "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT) WITHOUT ROWID";
    for (text, said) in [
        (hidden, "hide the number of its rows"),
        (tied, "`orphans` is `not_valid` or `stop`"),
        (keyed, "its primary key is left out"),
    ] {
        let (_folder, path) = file(text).await;
        let mut plan = plan_of(&path);
        if text == tied {
            plan.answers.orphans = raptor_port::Orphans::Reject;
        }
        if text == keyed {
            plan.tables[0].columns[0].chosen = raptor_port::Choice::Skip;
        }
        let error = plan
            .run(&path, &db, following(None), &|_| {})
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plan);
        assert!(
            error.to_string().contains("table t cannot be followed")
                && error.to_string().contains(said),
            "{error}"
        );
        assert!(ours(&path).is_empty());
    }
}
