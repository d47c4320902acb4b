//! `raptor port run --sync`, while an application writes, and killed with `kill -9` now and then.

use super::{Bed, SMALL};
use raptor_db::Snapshot;
use std::process::Stdio;
use std::time::{Duration, Instant};

const MANY: &str = "
CREATE TABLE many (id INTEGER PRIMARY KEY, body TEXT NOT NULL, mail TEXT UNIQUE);
CREATE TABLE words (word TEXT PRIMARY KEY, count INTEGER NOT NULL);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO many SELECT i * 5000, 'row ' || i, i || '@a.example' FROM n;
INSERT INTO words SELECT 'word ' || (id / 5000), 0 FROM many;";

/// An application: writes until the file is closed, and answers how many writes were accepted, and the longest
/// that one of them took.
fn write(path: &std::path::Path) -> (i64, Duration) {
    let file = Snapshot::live(path, Duration::from_secs(10)).unwrap();
    let mut longest = Duration::ZERO;
    for number in 1.. {
        let write = format!(
            "BEGIN IMMEDIATE;
             INSERT INTO many (body, mail) VALUES ('new {number}', 'new {number}');
             UPDATE words SET word = 'moved ' || {number}, count = count + 1 WHERE word = 'word {0}';
             INSERT OR REPLACE INTO many (id, body, mail) VALUES ({1}, 'replaced', '{0}@a.example');
             DELETE FROM words WHERE word = 'word {1}';
             COMMIT",
            number * 7 % 30_000,
            number * 13,
        );
        let begun = Instant::now();
        if let Err(error) = file.execute(&write) {
            assert!(
                error.to_string().contains("carried over to Postgres"),
                "{error}"
            );
            return (number - 1, longest);
        }
        longest = longest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(3));
    }
    unreachable!("the file was never closed");
}

#[test]
fn killed_while_the_application_writes() {
    let bed = Bed::new(MANY);
    let path = bed.path().join("app.db");
    bed.says("plan app.db", 0);
    let writing = std::thread::spawn(move || write(&path));
    let mut kills = 0;
    for wait in (0..).map(|turn| 150 + 120 * turn) {
        let mut run = bed
            .command("run --sync")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        run.kill().unwrap();
        run.wait().unwrap();
        kills += 1;
    }
    let (accepted, longest) = writing.join().unwrap();
    println!("{kills} kills, {accepted} writes accepted, the longest took {longest:?}");
    assert!(
        kills > 2 && accepted > 50,
        "{kills} kills, {accepted} writes"
    );
    let said = bed.says("verify", 0);
    assert!(
        said.contains("is cut over, and takes no more writes") && said.contains("\nEqual"),
        "{said}"
    );
    // What was accepted is there, by another count than ours.
    bed.on(
        bed.urls.owner_url(),
        &format!("DO $$ BEGIN ASSERT (SELECT count(*) FROM public.many WHERE body LIKE 'new %') = {accepted}; END $$"),
    );
    // What it ended with is said again.
    let said = bed.says("run --sync", 0);
    assert!(
        said.contains("changes followed in") && said.contains("takes no more writes"),
        "{said}"
    );
}

#[test]
fn held_and_released() {
    let bed = Bed::new(SMALL);
    let file = format!("sqlite:{}", bed.path().join("app.db").display());
    bed.says("plan app.db", 0);
    assert!(bed.says("run --hold hold", 2).contains("--sync"));
    assert!(bed.says("run --sync --offline", 2).contains("--offline"));
    let run = bed
        .command("run --sync --hold hold")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let hold = bed.path().join("hold");
    while !hold.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    bed.on(
        &file,
        "INSERT INTO notes VALUES (3, 1, NULL); DELETE FROM notes WHERE id = 1",
    );
    std::fs::remove_file(&hold).unwrap();
    let run = run.wait_with_output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{said}");
    assert!(
        said.contains("notes: 2 rows") && said.contains("Cut over: writers waited"),
        "{said}"
    );
    assert!(bed.says("verify", 0).contains("\nEqual: 2 rows"));
    assert!(bed.says("run", 2).contains("--again"));
    assert!(bed.says("release", 0).contains("takes writes again"));
    assert!(bed.says("release", 0).contains("nothing of --sync"));
    bed.on(&file, "INSERT INTO notes VALUES (4, 1, NULL)");
    // Given up before the cut-over: the file and the schema are as they were.
    let mut run = bed
        .command("run --sync --again --hold hold")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !hold.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(bed.says("release", 0).contains("not followed any more"));
    let said = bed.says("run --sync --again", 0);
    assert!(said.contains("3 rows of 1 table"), "{said}");
}
