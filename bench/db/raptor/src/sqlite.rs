//! The peer `rusqlite`: the raw driver, without a runtime. Reads: a connection for each thread.
//! Inserts, one commit each: `insert-writer` sends every one to a single writer thread, and
//! `insert-many` gives each client a connection that waits for the lock.

use crate::{BODY, KIND, ROWS, harness};
use rusqlite::{Connection, params};
use std::hint::black_box;
use std::sync::mpsc;
use std::time::Duration;

const SELECT: &str = "SELECT id, email, created_at FROM accounts WHERE id = ?1";
const INSERT: &str = "INSERT INTO events (account_id, kind, body) VALUES (?1, ?2, ?3)";

pub fn serve(path: &str) {
    harness::serve(|workload, clients, seconds| match workload {
        "select" => harness::threads(clients, seconds, |_| {
            let conn = open(path);
            move |dice| {
                let mut select = conn.prepare_cached(SELECT).expect("it prepares");
                let row = select.query_row([dice % ROWS + 1], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                    ))
                });
                black_box(row.expect("the row is there"));
            }
        }),
        "insert-writer" => writer(path, clients, seconds),
        "insert-many" => harness::threads(clients, seconds, |_| {
            let conn = open(path);
            move |dice| insert(&conn, dice)
        }),
        other => panic!("no workload {other}"),
    });
}

fn open(path: &str) -> Connection {
    let conn = Connection::open(path).expect("SQLite opens");
    conn.busy_timeout(Duration::from_secs(60)).expect("a limit");
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -16000; PRAGMA mmap_size = 268435456",
    )
    .expect("it is configured");
    conn
}

fn insert(conn: &Connection, dice: i64) {
    let mut insert = conn.prepare_cached(INSERT).expect("it prepares");
    let written = insert
        .execute(params![dice % ROWS + 1, KIND, BODY])
        .expect("the row is written");
    assert_eq!(written, 1);
}

fn writer(path: &str, clients: usize, seconds: f64) -> String {
    let (jobs, queue) = mpsc::channel::<(i64, mpsc::SyncSender<()>)>();
    let conn = open(path);
    let writer = std::thread::spawn(move || {
        for (dice, done) in queue {
            insert(&conn, dice);
            let _ = done.send(());
        }
    });
    let jobs = std::sync::Mutex::new(jobs);
    let slot = harness::threads(clients, seconds, |_| {
        let jobs = jobs.lock().expect("nobody panicked").clone();
        let (done, answer) = mpsc::sync_channel(1);
        move |dice| {
            jobs.send((dice, done.clone())).expect("the writer lives");
            answer.recv().expect("the writer answers");
        }
    });
    drop(jobs);
    writer.join().expect("the writer ends");
    slot
}
