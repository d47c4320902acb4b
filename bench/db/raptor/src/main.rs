//! Raptor's own side and the raw drivers: `bench-raptor PEER URL`, and `bench-raptor delay TARGET MS`.
//!
//! Each peer is a process of its own, so that its CPU time is its own.

mod delay;
#[path = "../../harness.rs"]
mod harness;
mod postgres;
mod raptor;
mod sqlite;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["raptor", url] => raptor::serve(url),
        ["tokio-postgres", url] => postgres::serve(url),
        ["rusqlite", path] => sqlite::serve(path),
        ["delay", target, millis] => delay::serve(target, millis.parse().expect("milliseconds")),
        _ => panic!("bench-raptor raptor|tokio-postgres|rusqlite URL, or delay TARGET MS"),
    }
}

/// How many accounts there are.
const ROWS: i64 = 100_000;
const KIND: &str = "login";
const BODY: &str = "a body of some forty characters, or so it is";
const TENANT: &str = "0197a3c2-0000-7000-8000-000000000001";
