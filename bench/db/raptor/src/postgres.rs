//! The peer `tokio-postgres`: the raw driver, a connection for each client, statements prepared once.

use crate::{BODY, KIND, ROWS, TENANT, harness};
use std::hint::black_box;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio_postgres::{Client, NoTls, Statement};

struct Raw {
    client: Client,
    select: Statement,
    insert: Statement,
    set: Statement,
}

pub fn serve(url: &str) {
    let runtime = harness::runtime();
    let raw: Arc<Vec<Raw>> = Arc::new(runtime.block_on(async {
        let mut all = Vec::new();
        for _ in 0..8 {
            all.push(connect(url).await);
        }
        all
    }));
    harness::serve(|workload, clients, seconds| {
        runtime.block_on(run(Arc::clone(&raw), workload, clients, seconds))
    });
}

async fn connect(url: &str) -> Raw {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("Postgres is there");
    tokio::spawn(connection);
    let prepare = |text: &'static str| async { client.prepare(text).await.expect("it prepares") };
    let select = prepare("SELECT id, email, created_at FROM accounts WHERE id = $1").await;
    let insert = prepare("INSERT INTO events (account_id, kind, body) VALUES ($1, $2, $3)").await;
    let set = prepare("SELECT set_config('raptor.tenant', $1, true)").await;
    Raw {
        client,
        select,
        insert,
        set,
    }
}

async fn run(raw: Arc<Vec<Raw>>, workload: &str, clients: usize, seconds: f64) -> String {
    match workload {
        "select" => {
            let op = move |client: usize, dice: i64| {
                let raw = Arc::clone(&raw);
                async move { select(&raw[client], dice).await }
            };
            harness::tasks(clients, seconds, op).await
        }
        "insert" => {
            let op = move |client: usize, dice: i64| {
                let raw = Arc::clone(&raw);
                async move {
                    let Raw { client, insert, .. } = &raw[client];
                    let written = client
                        .execute(insert, &[&(dice % ROWS + 1), &KIND, &BODY])
                        .await
                        .expect("the row is written");
                    assert_eq!(written, 1);
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        // One statement after the other, as drivers are commonly used.
        "scoped" => {
            let op = move |client: usize, dice: i64| {
                let raw = Arc::clone(&raw);
                async move {
                    let one = &raw[client];
                    one.client.batch_execute("BEGIN").await.expect("BEGIN");
                    one.client
                        .query_one(&one.set, &[&TENANT])
                        .await
                        .expect("the tenant is set");
                    select(one, dice).await;
                    one.client.batch_execute("COMMIT").await.expect("COMMIT");
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        other => panic!("no workload {other}"),
    }
}

async fn select(one: &Raw, dice: i64) {
    let row = one
        .client
        .query_one(&one.select, &[&(dice % ROWS + 1)])
        .await
        .expect("the row is there");
    black_box((
        row.get::<_, i64>("id"),
        row.get::<_, String>("email"),
        row.get::<_, OffsetDateTime>("created_at"),
    ));
}
