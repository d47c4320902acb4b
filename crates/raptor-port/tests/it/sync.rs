//! The application goes on writing while its file is carried over: nothing that it writes is lost, nothing
//! comes twice, and nothing of ours is left in the file.

mod broken;
mod existing;
mod random;
mod rejected;
mod ways;

use crate::file;
use crate::runs::{ask, plan_of};
use raptor_db::{Config, Db, Go, Snapshot, SnapshotReader};
use raptor_port::{Begin, Done, Event, Follow, Plan};
use raptor_testkit::{Options, Server};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// A connection of the application's own.
fn application(path: &Path) -> SnapshotReader {
    Snapshot::live(path, Duration::from_secs(10)).unwrap()
}

/// The texts of a query's first column.
fn texts(file: &SnapshotReader, query: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let one = |row: &raptor_db::RawRow<'_>| {
        texts.push(row.get(0).as_str().unwrap_or("NULL").to_owned());
        Ok(Go::On)
    };
    file.each(query, &[], one).unwrap();
    texts
}

/// What of ours is in a file.
fn ours(path: &Path) -> Vec<String> {
    texts(
        &application(path),
        "SELECT name FROM sqlite_schema WHERE name LIKE 'raptor%' ORDER BY name",
    )
}

async fn open(server: &Server, name: &str) -> Db {
    let urls = server.create_database(name).unwrap();
    Db::open(Config::new(urls.admin_url()).unwrap())
        .await
        .unwrap()
}

fn following(hold: Option<&Path>) -> Begin {
    let mut follow = Follow::default();
    follow.hold = hold.map(Path::to_owned);
    let mut begin = Begin::default();
    begin.sync = Some(follow);
    begin
}

/// A run that follows, while the application writes twice: when the first rows were copied, and when all is
/// ready to be cut over.
async fn followed(plan: &Plan, path: &Path, db: &Db, [copying, held]: [&str; 2]) -> Done {
    let application = Mutex::new(application(path));
    let hold = path.with_file_name("hold");
    let (mut writes, mut was_held) = (Some(copying), false);
    let told = Mutex::new((&mut writes, &mut was_held));
    let on_event = |event: Event<'_>| {
        let mut told = told.lock().unwrap();
        let application = application.lock().unwrap();
        match event {
            Event::Carried { .. } => {
                if let Some(writes) = told.0.take() {
                    application.execute(writes).unwrap();
                }
            }
            Event::Held { file } => {
                *told.1 = true;
                application.execute(held).unwrap();
                std::fs::remove_file(file).unwrap();
            }
            _ => {}
        }
    };
    let done = plan
        .clone()
        .run(path, db, following(Some(&hold)), &on_event);
    let done = done.await.unwrap_or_else(|error| panic!("{error:?}"));
    assert!(
        writes.is_none() && was_held,
        "nothing was written meanwhile"
    );
    done
}

/// Both sides are equal, and the file is closed and clean.
async fn whole(plan: &Plan, path: &Path, db: &Db) {
    let verified = plan.clone().verify(path, db, 2, false).await.unwrap();
    assert!(verified.holds(), "{verified:#?}");
    let left = ours(path);
    assert!(left.iter().all(|it| it.contains("_closed_")), "{left:?}");
    let helpers = ask(db, "SELECT attname::text FROM pg_attribute WHERE attname LIKE 'raptor%' AND attrelid > 16384 AND attrelid NOT IN (SELECT oid FROM pg_class WHERE relnamespace = 'raptor_port'::regnamespace)").await;
    assert!(helpers.is_empty(), "{helpers:?}");
}

const NOTES: &str = "
CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) NOT NULL UNIQUE, at DATETIME);
CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people ON DELETE CASCADE, text TEXT CHECK (text <> ''));
CREATE TABLE words (word TEXT PRIMARY KEY, count INTEGER);
CREATE TABLE pairs (one TEXT, other INTEGER, note TEXT, PRIMARY KEY (one, other)) WITHOUT ROWID;
CREATE TABLE loose (a, b);
INSERT INTO people (name, at) VALUES ('ann', '2024-02-29 12:30:00'), ('bob', NULL), ('eve', NULL), ('dan', NULL);
INSERT INTO notes VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three'), (4, NULL, 'four');
INSERT INTO words VALUES ('a', 1), ('b', 2), ('c', 3);
INSERT INTO pairs VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'z');
INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
";

#[expect(clippy::too_many_lines, reason = "one file's story from begin to end")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_meanwhile_comes_along() {
    let server = Server::start(Options::default()).unwrap();
    for mode in ["WAL", "DELETE"] {
        let (_folder, path) = file(NOTES).await;
        application(&path)
            .execute(&format!("PRAGMA journal_mode = {mode}"))
            .unwrap();
        let db = open(&server, &format!("sync_{}", mode.to_lowercase())).await;
        let plan = plan_of(&path);
        let copying = "
            INSERT INTO people (name) VALUES ('fay'), ('gus');
            UPDATE people SET name = 'bobby' WHERE name = 'bob';
            UPDATE people SET name = 'bob' WHERE name = 'eve';
            DELETE FROM people WHERE name = 'gus';
            DELETE FROM people WHERE name = 'ann';
            UPDATE words SET word = 'z' WHERE word = 'a';
            UPDATE pairs SET one = 'c', other = 9 WHERE one = 'b';
            DELETE FROM loose WHERE rowid = 2;
            UPDATE loose SET a = 3 WHERE a IS NULL;
            UPDATE notes SET id = 40 WHERE id = 4;";
        let held = "
            BEGIN; INSERT INTO notes VALUES (4, 2, 'again four'); INSERT INTO words VALUES ('d', 4); COMMIT;
            INSERT INTO pairs VALUES ('d', 1, NULL);
            DELETE FROM words;
            INSERT INTO words VALUES ('b', 20);";
        let done = followed(&plan, &path, &db, [copying, held]).await;
        assert!(done.is_whole(), "{done:#?}");
        let sync = done.sync.unwrap();
        println!("{mode}: {sync:?}");
        assert_eq!(sync.is_proved, mode == "WAL");
        assert!(
            sync.changes >= 15 && sync.rounds >= 2 && sync.pause_ms <= sync.ready_ms,
            "{sync:?}"
        );
        let rows: Vec<(&str, u64)> = done
            .tables
            .iter()
            .map(|(name, it)| (name.as_str(), it.rows))
            .collect();
        assert_eq!(
            rows,
            [
                ("loose", 2),
                ("notes", 3),
                ("pairs", 4),
                ("people", 4),
                ("words", 1)
            ]
        );
        whole(&plan, &path, &db).await;
        let keys = ask(&db, "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND convalidated ORDER BY 1").await;
        assert_eq!(
            keys,
            [
                "notes_person_fkey",
                "notes_pkey",
                "notes_text_check",
                "pairs_pkey",
                "people_name_key",
                "people_pkey",
                "words_pkey"
            ]
        );
        // Numbers that were given meanwhile are not given again.
        let new = ask(
            &db,
            "INSERT INTO public.people (name) VALUES ('hal') RETURNING id::text",
        )
        .await;
        assert_eq!(new, ["7"]);
        // The file takes no more writes, and says why.
        for write in [
            "INSERT INTO words VALUES ('e', 5)",
            "INSERT OR REPLACE INTO words VALUES ('b', 5)",
            "INSERT OR IGNORE INTO words VALUES ('e', 5)",
            "UPDATE OR IGNORE people SET name = 'x'",
            "DELETE FROM loose",
        ] {
            let error = application(&path).execute(write).unwrap_err();
            assert!(
                error.to_string().contains("carried over to Postgres"),
                "{write}: {error}"
            );
        }
    }
}
