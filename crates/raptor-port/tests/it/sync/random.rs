//! A writer that does whatever comes to its mind, and a run that follows it and is killed now and then: in
//! the end both sides are equal, and every write that was accepted is there.

use super::{application, following, open, whole};
use crate::file;
use crate::random::{Chance, setting};
use crate::runs::{ask, plan_of};
use raptor_db::Db;
use raptor_port::{Done, Event, Plan};
use raptor_testkit::{Options, Server};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How many files are followed.
const FILES: u64 = 4;

const SCHEMA: &str = "
CREATE TABLE accepted (id INTEGER PRIMARY KEY AUTOINCREMENT, of TEXT);
CREATE TABLE parents (id INTEGER PRIMARY KEY, a TEXT UNIQUE, n REAL);
CREATE TABLE children (id INTEGER PRIMARY KEY, a TEXT, b INTEGER REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE texts (a TEXT PRIMARY KEY, b TEXT, c TEXT UNIQUE);
CREATE TABLE pairs (a TEXT COLLATE NOCASE, b INTEGER, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE loose (a TEXT, b TEXT, c DATE);
CREATE TABLE chosen (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
CREATE UNIQUE INDEX chosen_a ON chosen (lower(a)) WHERE b > 'm';
CREATE TABLE told (id INTEGER PRIMARY KEY, a TEXT);
CREATE TRIGGER tell AFTER DELETE ON texts BEGIN INSERT INTO told (a) VALUES (OLD.a); END;
CREATE TRIGGER forget AFTER INSERT ON loose WHEN NEW.b < 'c' BEGIN DELETE FROM told WHERE id % 7 = 0; END;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
INSERT INTO parents SELECT i * 2000, 'name ' || i, i / 2.0 FROM n;
INSERT INTO children SELECT id + 1, a, id FROM parents;
INSERT INTO texts SELECT a, n, id FROM parents;
INSERT INTO pairs SELECT a, id % 5, n FROM parents;
INSERT INTO loose SELECT a, n, '2024-02-29' FROM parents;
INSERT INTO chosen SELECT id, a, 'a' FROM parents;
";

const TABLES: [(&str, &[&str]); 6] = [
    ("parents", &["id", "a", "n"]),
    ("children", &["id", "a", "b"]),
    ("texts", &["a", "b", "c"]),
    ("pairs", &["a", "b", "c"]),
    ("loose", &["a", "b", "c"]),
    ("chosen", &["id", "a", "b"]),
];

/// A cell that a column of that name may have.
fn cell(chance: &mut Chance, column: &str) -> String {
    match column {
        "id" => (1 + chance.below(400) * 2000 + chance.below(2)).to_string(),
        // A parent that is rejected would leave its children alone.
        "n" => format!("{}.5", chance.below(9)),
        "c" => match chance.below(4) {
            0 => "'2025-01-01'".to_owned(),
            1 => "'no date'".to_owned(),
            2 => "NULL".to_owned(),
            _ => format!("'{}'", chance.below(50)),
        },
        _ => match chance.below(6) {
            0 => "NULL".to_owned(),
            1 => (chance.below(400) * 2000).to_string(),
            2 => format!("'NAME {}'", chance.below(400)),
            3 => format!("'z{}'", chance.below(9)),
            _ => format!("'name {}'", chance.below(400)),
        },
    }
}

/// A statement, whatever comes of it.
fn statement(chance: &mut Chance) -> String {
    let (table, columns) = TABLES[chance.below(TABLES.len())];
    let or = chance.one(&["", "", "OR REPLACE ", "OR REPLACE ", "OR IGNORE "]);
    let (one, other) = (chance.below(3), chance.below(3));
    let (one, other) = (columns[one], columns[other]);
    match chance.below(10) {
        0..4 => {
            let cells: Vec<String> = columns.iter().map(|it| cell(chance, it)).collect();
            format!(
                "INSERT {or}INTO {table} ({}) VALUES ({})",
                columns.join(", "),
                cells.join(", ")
            )
        }
        4..8 => {
            let (to, of) = (cell(chance, one), cell(chance, other));
            format!("UPDATE {or}{table} SET {one} = {to} WHERE {other} = {of}")
        }
        8 => format!("DELETE FROM {table} WHERE {one} = {}", cell(chance, one)),
        _ => {
            let cells: Vec<String> = columns.iter().map(|it| cell(chance, it)).collect();
            format!(
                "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT DO UPDATE SET {one} = excluded.{one}",
                columns.join(", "),
                cells.join(", ")
            )
        }
    }
}

/// Writes until the file is closed; answers how many writes were accepted.
fn write(path: &Path, chance: &mut Chance, stop: &AtomicBool) -> usize {
    let application = application(path);
    application.execute("PRAGMA foreign_keys = ON").unwrap();
    let mut accepted = 0;
    while !stop.load(Ordering::Relaxed) {
        let statements: Vec<String> = (0..1 + chance.below(3))
            .map(|_| statement(chance))
            .collect();
        let text = statements.join("; ");
        let ends = if chance.below(8) == 0 {
            "ROLLBACK"
        } else {
            "COMMIT"
        };
        let said = text.replace('\'', "''");
        match application.execute(&format!(
            "BEGIN IMMEDIATE; INSERT INTO accepted (of) VALUES ('{said}'); {text}; {ends}"
        )) {
            Ok(()) => accepted += usize::from(ends == "COMMIT"),
            Err(error) => {
                let _ = application.execute("ROLLBACK");
                if error.to_string().contains("carried over to Postgres") {
                    return accepted;
                }
            }
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    accepted
}

/// Follows a file, killed now and then; answers how it was followed at the end.
async fn follow(plan: &Plan, path: &Path, db: &Db, chance: &mut Chance) -> Done {
    let hold = path.with_file_name("hold");
    let on_event = |event: Event<'_>| {
        if let Event::Held { file } = event {
            std::fs::remove_file(file).unwrap();
        }
    };
    for _ in 0..chance.below(3) {
        let wait = Duration::from_millis(40 + u64::try_from(chance.below(700)).unwrap());
        let run = plan
            .clone()
            .run(path, db, following(Some(&hold)), &on_event);
        if let Ok(Ok(done)) = tokio::time::timeout(wait, run).await {
            return done;
        }
    }
    loop {
        let run = plan
            .clone()
            .run(path, db, following(Some(&hold)), &on_event);
        match run.await {
            Ok(done) => return done,
            // A run that is dropped and not killed may yet close the file, behind the back of this one.
            Err(error) if error.to_string().contains("somebody else") => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Has the writer stop, also after a panic.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_with_whims() {
    let seed: u64 = setting("RAPTOR_PORT_SEED").unwrap_or(20_260_201);
    let files = setting("RAPTOR_PORT_FILES").unwrap_or(FILES);
    println!("RAPTOR_PORT_SEED={seed} RAPTOR_PORT_FILES={files}");
    let server = Server::start(Options::default()).unwrap();
    for number in 0..files {
        let mut chance = Chance(seed.wrapping_mul(1_000_003).wrapping_add(number) | 1);
        let (_folder, path) = file(SCHEMA).await;
        let mode = ["WAL", "DELETE"][chance.below(2)];
        application(&path)
            .execute(&format!("PRAGMA journal_mode = {mode}"))
            .unwrap();
        let db = open(&server, &format!("whims{number}")).await;
        let mut plan = plan_of(&path);
        plan.tables.iter_mut().for_each(|it| it.rejects = 1_000_000);
        let stop = AtomicBool::new(false);
        let mut whims = Chance(chance.next() | 1);
        let (accepted, done) = std::thread::scope(|scope| {
            let writing = scope.spawn(|| write(&path, &mut whims, &stop));
            let stop = Stop(&stop);
            let done = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(follow(&plan, &path, &db, &mut chance))
            });
            drop(stop);
            (writing.join().unwrap(), done)
        });
        println!("{mode}: {accepted} writes accepted, {:?}", done.sync);
        assert!(done.is_whole(), "seed {seed}, file {number}: {done:#?}");
        assert!(
            accepted > 20,
            "seed {seed}, file {number}: too little was written"
        );
        whole(&plan, &path, &db).await;
        let there = ask(&db, "SELECT count(*)::text FROM public.accepted").await;
        assert_eq!(there, [accepted.to_string()], "seed {seed}, file {number}");
    }
}
