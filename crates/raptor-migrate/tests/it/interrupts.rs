//! A run that is asked to stop: what is under way is cancelled, what was committed stays, and the
//! next run goes on.

use crate::fixture::{Fixture, chain, ids};
use raptor_db::Engine;
use raptor_migrate::{Chain, Direction, Error, ErrorKind, Event, Stop, downgrade, upgrade};
use std::time::{Duration, Instant};

/// Runs for longer than any test.
fn endless(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "SELECT pg_sleep(120)",
        Engine::Sqlite => {
            "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT max(i) FROM n"
        }
    }
}

fn on(engine: Engine, statement: &str, way: &str) -> String {
    let (here, there) = match engine {
        Engine::Postgres => ("postgres", "sqlite"),
        Engine::Sqlite => ("sqlite", "postgres"),
    };
    format!("-- raptor:{way} {here}\n{statement};\n-- raptor:{way} {there}\n-- raptor:{way}\n")
}

fn with(tx: &str, second: &str) -> Chain {
    chain(&[
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (n bigint);\n-- raptor:down\nDROP TABLE t;\n",
        &format!(
            "-- raptor: id=b revises=a tx={tx}\n-- raptor:up\nINSERT INTO t VALUES (1);\n{second}INSERT INTO t VALUES (2);\n-- raptor:down\n"
        ),
    ])
}

/// Asks the run to stop when statement `nth` of revision b has run for a while. What it answers, the
/// half run revision it told of, and how long that took.
async fn stopped(
    at: &Fixture,
    chain: &Chain,
    direction: Direction,
    nth: usize,
) -> (Error, Option<usize>, Duration) {
    let mut options = at.options.clone();
    options.stop = Stop::default();
    let stop = options.stop.clone();
    let (mut half, mut asked) = (None, Instant::now());
    let on_event = |event: Event<'_>| match event {
        Event::Working {
            id: "b", number, ..
        } if number == nth => {
            let stop = stop.clone();
            asked = Instant::now() + Duration::from_millis(300);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                stop.ask("SIGINT");
            });
        }
        Event::HalfRun(row) => half = Some(row.statements),
        _ => {}
    };
    let ran = match direction {
        Direction::Up => upgrade(&at.db, chain, "head", &options, on_event).await,
        Direction::Down => downgrade(&at.db, chain, "base", &options, on_event).await,
    };
    let error = ran.unwrap_err();
    let took = asked.elapsed();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    (error, half, took)
}

/// Nothing of it goes on in the server, and nobody holds a lock.
async fn nothing_goes_on(at: &Fixture) {
    if at.engine() == Engine::Postgres {
        let running = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND query LIKE '%pg_sleep(120)' AND pid <> pg_backend_pid()";
        assert!(at.column(running).await.is_empty());
    }
}

pub(crate) async fn a_revision_is_rolled_back(at: Fixture) {
    let long = with("on", &on(at.engine(), endless(at.engine()), "up"));
    let (error, half, _) = stopped(&at, &long, Direction::Up, 2).await;
    assert_eq!(
        error.to_string(),
        "interrupted (SIGINT): revision b was rolled back; 1 revision of this run stays; the next run goes on"
    );
    assert_eq!(half, None);
    nothing_goes_on(&at).await;
    assert_eq!(at.versions().await, ["a"]);
    assert!(at.column("SELECT n::text FROM t").await.is_empty());
    let short = with("on", "");
    assert_eq!(ids(&at.upgrade(&short, "head").await.unwrap()), ["b"]);
}

pub(crate) async fn what_was_noted_stays(at: Fixture) {
    let long = with("off", &on(at.engine(), endless(at.engine()), "up"));
    let (error, half, _) = stopped(&at, &long, Direction::Up, 2).await;
    assert_eq!(
        error.to_string(),
        "interrupted (SIGINT): revision b is half run, with 1 of 3 statements done; 1 revision of this run stays; the next run goes on"
    );
    assert_eq!(half, Some(1));
    nothing_goes_on(&at).await;
    let other = with("off", "");
    assert_eq!(ids(&at.upgrade(&other, "head").await.unwrap()), ["b"]);
    let there = at.column("SELECT n::text FROM t ORDER BY n").await;
    assert_eq!(there, ["1", "2"]);
}

pub(crate) async fn a_way_back_is_rolled_back(at: Fixture) {
    let down = on(at.engine(), endless(at.engine()), "down");
    let texts = [
        "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (n bigint);\n-- raptor:down\nDROP TABLE t;\n".to_owned(),
        format!("-- raptor: id=b revises=a\n-- raptor:up\n{down}"),
        "-- raptor: id=c revises=b\n-- raptor:up\n-- raptor:down\n".to_owned(),
    ];
    let chain = chain(&texts.each_ref().map(String::as_str));
    at.upgrade(&chain, "head").await.unwrap();
    let (error, _, _) = stopped(&at, &chain, Direction::Down, 1).await;
    assert_eq!(
        error.to_string(),
        "interrupted (SIGINT): the way back of revision b was rolled back; 1 revision of this run stays taken back; the next run goes on"
    );
    nothing_goes_on(&at).await;
    assert_eq!(at.versions().await, ["b"]);
}

/// Who waits for another deployer need not wait to its end.
pub(crate) async fn while_another_one_migrates(at: Fixture) {
    let long = with("on", &on(at.engine(), endless(at.engine()), "up"));
    let (mut first, mut second) = (at.options.clone(), at.options.clone());
    (first.stop, second.stop) = (Stop::default(), Stop::default());
    let (stops_first, stops_second) = (first.stop.clone(), second.stop.clone());
    let other = at.other().await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let mut begun = Some(begun);
    let (db, chain) = (at.db.clone(), long.clone());
    // A task of its own: on SQLite a statement keeps its thread.
    let held = tokio::spawn(async move {
        let on_event = |event: Event<'_>| {
            if matches!(event, Event::Working { number: 2, .. }) {
                begun.take().map(|begun| begun.send(()));
            }
        };
        upgrade(&db, &chain, "head", &first, on_event).await
    });
    has_begun.await.unwrap();
    let asks = |event: Event<'_>| {
        if matches!(event, Event::Waiting) {
            stops_second.ask("SIGTERM");
        }
    };
    let waited = upgrade(&other, &long, "head", &second, asks).await;
    let waited = waited.unwrap_err();
    stops_first.ask("SIGINT");
    let held = held.await.unwrap();
    assert!(
        held.unwrap_err()
            .to_string()
            .contains("revision b was rolled back")
    );
    assert_eq!(waited.kind(), ErrorKind::Interrupted, "{waited}");
    let wanted = match at.engine() {
        Engine::Postgres => "interrupted (SIGTERM): nothing was run",
        Engine::Sqlite => "interrupted (SIGTERM): revision b was not begun; the next run goes on",
    };
    assert_eq!(waited.to_string(), wanted);
}

/// What waits for a lock of others, or builds an index beside them, ends too.
#[tokio::test]
async fn what_no_transaction_holds() {
    let at = Fixture::postgres().await;
    at.upgrade(&with("on", ""), "a").await.unwrap();
    let holder = at.other().await.session().await.unwrap();
    let held = "BEGIN; SET LOCAL search_path = raptor; LOCK TABLE t IN ROW EXCLUSIVE MODE";
    holder.execute_raw(held).await.unwrap();
    let build = on(
        Engine::Postgres,
        "CREATE INDEX CONCURRENTLY i ON t (n)",
        "up",
    );
    let chain = with("off", &build);
    let (error, half, _) = stopped(&at, &chain, Direction::Up, 2).await;
    assert!(
        error
            .to_string()
            .contains("revision b is half run, with 1 of 3"),
        "{error}"
    );
    assert_eq!(half, Some(1));
    holder.execute_raw("ROLLBACK").await.unwrap();
    assert_eq!(ids(&at.upgrade(&chain, "head").await.unwrap()), ["b"]);
    let valid = "SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('raptor.i')";
    assert_eq!(at.column(valid).await, ["true"]);
}
