//! The peer sqlx: `bench-sqlx pg|pg-noping|lite|lite-noping URL`.
//!
//! Pools as an application would make them. On SQLite: WAL, synchronous FULL, a pool of one for
//! writes (sqlx has no group commit, and more connections only fight for the lock) and one for reads.

#[path = "../../harness.rs"]
mod harness;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row};
use std::hint::black_box;
use std::str::FromStr;
use std::time::Duration;

const ROWS: i64 = 100_000;
const SELECT: &str = "SELECT id, email, created_at FROM accounts WHERE id = $1";
const INSERT: &str = "INSERT INTO events (account_id, kind, body) VALUES ($1, $2, $3)";

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [peer, url] = &args[..] else {
        panic!("bench-sqlx PEER URL");
    };
    let runtime = harness::runtime();
    let ping = !peer.ends_with("-noping");
    if peer.starts_with("pg") {
        let connecting = PgPoolOptions::new()
            .max_connections(8)
            .min_connections(8)
            .test_before_acquire(ping)
            .connect(url);
        let pool = runtime.block_on(connecting).expect("Postgres is there");
        harness::serve(|workload, clients, seconds| {
            runtime.block_on(postgres(pool.clone(), workload, clients, seconds))
        });
    } else {
        let (reads, writes) = runtime.block_on(async {
            let options = SqliteConnectOptions::from_str(url)
                .expect("a sqlite URL")
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(30));
            let pool = |size| {
                SqlitePoolOptions::new()
                    .max_connections(size)
                    .min_connections(size)
                    .acquire_timeout(Duration::from_secs(60))
                    .test_before_acquire(ping)
                    .connect_with(options.clone())
            };
            (
                pool(8).await.expect("SQLite opens"),
                pool(1).await.expect("SQLite opens"),
            )
        });
        harness::serve(|workload, clients, seconds| {
            let pool = if workload == "insert" { &writes } else { &reads };
            runtime.block_on(sqlite(pool.clone(), workload, clients, seconds))
        });
    }
}

async fn postgres(pool: PgPool, workload: &str, clients: usize, seconds: f64) -> String {
    match workload {
        "select" => {
            let op = move |_, dice: i64| {
                let pool = pool.clone();
                async move {
                    let row = sqlx::query(SELECT)
                        .bind(dice % ROWS + 1)
                        .fetch_one(&pool)
                        .await
                        .expect("the row is there");
                    black_box((
                        row.get::<i64, _>(0),
                        row.get::<String, _>(1),
                        row.get::<sqlx::types::time::OffsetDateTime, _>(2),
                    ));
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        "insert" => {
            let op = move |_, dice: i64| {
                let pool = pool.clone();
                async move {
                    sqlx::query(INSERT)
                        .bind(dice % ROWS + 1)
                        .bind("login")
                        .bind("a body of some forty characters, or so it is")
                        .execute(&pool)
                        .await
                        .expect("the row is written");
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        // What row-level security needs: the tenant set for the transaction.
        "scoped" => {
            let op = move |_, dice: i64| {
                let pool = pool.clone();
                async move {
                    let mut conn = pool.acquire().await.expect("a connection");
                    let mut tx = conn.begin().await.expect("a transaction");
                    sqlx::query("SELECT set_config('raptor.tenant', $1, true)")
                        .bind("0197a3c2-0000-7000-8000-000000000001")
                        .execute(&mut *tx)
                        .await
                        .expect("the tenant is set");
                    let row = sqlx::query(SELECT)
                        .bind(dice % ROWS + 1)
                        .fetch_one(&mut *tx)
                        .await
                        .expect("the row is there");
                    black_box(row.get::<String, _>(1));
                    tx.commit().await.expect("COMMIT");
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        other => panic!("no workload {other}"),
    }
}

async fn sqlite(pool: SqlitePool, workload: &str, clients: usize, seconds: f64) -> String {
    match workload {
        "select" => {
            let op = move |_, dice: i64| {
                let pool = pool.clone();
                async move {
                    let row = sqlx::query(SELECT)
                        .bind(dice % ROWS + 1)
                        .fetch_one(&pool)
                        .await
                        .expect("the row is there");
                    black_box((
                        row.get::<i64, _>(0),
                        row.get::<String, _>(1),
                        row.get::<String, _>(2),
                    ));
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        "insert" => {
            let op = move |_, dice: i64| {
                let pool = pool.clone();
                async move {
                    sqlx::query(INSERT)
                        .bind(dice % ROWS + 1)
                        .bind("login")
                        .bind("a body of some forty characters, or so it is")
                        .execute(&pool)
                        .await
                        .expect("the row is written");
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        other => panic!("no workload {other}"),
    }
}
