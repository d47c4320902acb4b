//! Two tenants over a pool of four, with errors, timeouts and cancels: no row of the other one, ever.
//!
//! `RAPTOR_FUZZ_SEED` and `RAPTOR_FUZZ_REQUESTS` set what is run.

use crate::bed::{Bed, bed, digits, pooled};
use raptor_db::{Config, Db, Error, Scope, Sql, params};
use raptor_testkit::Bouncer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const CUSTOMERS: [&str; 2] = [
    "00000000-0000-7000-8000-000000000001",
    "00000000-0000-7000-8000-000000000002",
];

/// So many requests are under way at once.
const CLIENTS: u64 = 24;

#[expect(
    clippy::disallowed_methods,
    reason = "the tests have no configuration of their own"
)]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

/// Numbers that look random (Marsaglia, "Xorshift RNGs").
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What was seen.
#[derive(Default)]
struct Seen {
    rows: AtomicU64,
    cancelled: AtomicU64,
    failed: AtomicU64,
    timed_out: AtomicU64,
}

/// Whose rows a statement sees: their number, and how many are somebody else's.
async fn others(tx: &raptor_db::Transaction, own: Option<&str>) -> Result<(i64, i64), Error> {
    static COUNT: Sql = Sql::new(
        "SELECT count(*) AS n, count(*) FILTER (WHERE customer_id IS DISTINCT FROM :own::uuid) AS foreign FROM notes",
    );
    let row = tx
        .query_one(&COUNT, params! { own: own.map(str::to_owned) })
        .await?;
    Ok((row.get("n")?, row.get("foreign")?))
}

/// One request of somebody, or of nobody.
async fn request(db: &Db, who: Option<usize>, kind: u64, seen: &Seen) -> Result<(), Error> {
    static WRITE: Sql =
        Sql::new("INSERT INTO notes (customer_id, body) VALUES (:id::uuid, 'more')");
    static CLEAR: Sql = Sql::new("DELETE FROM notes WHERE body = 'more'");
    static WRONG: Sql = Sql::new("SELECT 1 / (SELECT 0) AS n");
    static SLOW: Sql = Sql::new("SELECT pg_sleep(10)::text AS n");
    let scope = who.map_or(Scope::system(), |it| {
        Scope::system().with_token(digits(u32::try_from(it).unwrap() + 1))
    });
    let own = who.map(|it| CUSTOMERS[it]);
    let looked = |(count, foreign): (i64, i64)| {
        assert_eq!(foreign, 0, "{who:?} sees rows of somebody else");
        assert_eq!(count == 0, who.is_none(), "{who:?} sees {count}");
        seen.rows.fetch_add(1, Ordering::Relaxed);
    };
    match kind {
        // A statement on its own.
        0..4 => {
            static ONE: Sql =
                Sql::new("SELECT customer_id::text AS id FROM notes ORDER BY id DESC LIMIT 3");
            for row in db.query(&scope, &ONE, params! {}).await? {
                let id: String = row.get("id")?;
                assert_eq!(Some(id.as_str()), own, "a row of somebody else");
                seen.rows.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }
        // Several, with a row written.
        4..7 => {
            db.tx(&scope, |tx| async move {
                looked(others(&tx, own).await?);
                if let Some(own) = own {
                    let id = own.to_owned();
                    tx.execute(&WRITE, params! { id }).await?;
                }
                looked(others(&tx, own).await?);
                tx.execute(&CLEAR, params! {}).await?;
                Ok::<_, Error>(())
            })
            .await
        }
        // One that fails, or takes too long, after some that did not.
        _ => {
            let bad = if kind == 7 { &WRONG } else { &SLOW };
            db.tx(&scope, |tx| async move {
                looked(others(&tx, own).await?);
                tx.query(bad, params! {}).await.map(drop)
            })
            .await
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a failure is run again by what this prints"
)]
async fn run(url: &str) {
    let seed = setting("RAPTOR_FUZZ_SEED").unwrap_or(20_261_127);
    let requests = setting("RAPTOR_FUZZ_REQUESTS").unwrap_or(4_000);
    let mut config = Config::new(url).unwrap();
    config.pool_size = 4;
    config.statement_timeout = Duration::from_millis(60);
    config.acquire_timeout = Duration::from_secs(30);
    let db = Db::open(config).await.unwrap();
    let seen = Arc::new(Seen::default());
    let mut tasks = Vec::new();
    for client in 0..CLIENTS {
        let (db, seen) = (db.clone(), Arc::clone(&seen));
        tasks.push(tokio::spawn(async move {
            let mut dice = Dice((seed ^ (client + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1);
            for _ in 0..requests.div_ceil(CLIENTS) {
                let who = [Some(0), Some(1), Some(0), Some(1), None]
                    [usize::try_from(dice.below(5)).unwrap()];
                // Few are slow: each holds a connection for as long as it may take.
                let kind = match dice.below(200) {
                    0 => 8,
                    other => other % 8,
                };
                let work = request(&db, who, kind, &seen);
                let patience = match dice.below(4) {
                    0 => Duration::from_micros(dice.below(6_000)),
                    _ => Duration::from_mins(1),
                };
                match tokio::time::timeout(patience, work).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) if error.code() == Some("22012") => {
                        seen.failed.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(Err(error)) if error.kind() == raptor_db::ErrorKind::Timeout => {
                        seen.timed_out.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(Err(error)) => panic!("{error}"),
                    Err(_) => {
                        seen.cancelled.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    db.close().await;
    let counts = [&seen.rows, &seen.cancelled, &seen.failed, &seen.timed_out];
    let counts = counts.map(|it| it.load(Ordering::Relaxed));
    let all = "rows looked at, cancelled, failed, timed out";
    assert!(counts.iter().all(|it| *it > 0), "{all}: {counts:?}");
    eprintln!("seed {seed}, {requests} requests; {all}: {counts:?}; no row of the other tenant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_of_the_other_tenant() {
    let bed: Bed = bed().await;
    run(&bed.url("web_a")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_of_the_other_tenant_through_pgbouncer() {
    let bed = pooled().await;
    let url = bed.url("raptor_app");
    let bouncer = Bouncer::start(&url, 4, "").unwrap();
    run(&bouncer.url(&url)).await;
}
