//! The peer `raptor`: `Db` as an application uses it, on either engine. A pool of eight.

use crate::{BODY, KIND, ROWS, TENANT, harness};
use raptor_db::{Config, Db, Engine, Error, Row, Scope, Sql, params};
use std::hint::black_box;
use time::OffsetDateTime;

static SELECT: Sql = Sql::new("SELECT id, email, created_at FROM accounts WHERE id = :id");
static INSERT: Sql =
    Sql::new("INSERT INTO events (account_id, kind, body) VALUES (:account, :kind, :body)");

pub fn serve(url: &str) {
    let runtime = harness::runtime();
    let mut config = Config::new(url).expect("a URL");
    config.pool_size = 8;
    let db = runtime
        .block_on(Db::open(config))
        .expect("the database is there");
    harness::serve(|workload, clients, seconds| {
        runtime.block_on(run(db.clone(), workload, clients, seconds))
    });
}

async fn run(db: Db, workload: &str, clients: usize, seconds: f64) -> String {
    match workload {
        "select" => select(db, Scope::system(), clients, seconds).await,
        "scoped" => select(db, Scope::tenant(TENANT), clients, seconds).await,
        "insert" => {
            let op = move |_, dice: i64| {
                let db = db.clone();
                async move {
                    let account = dice % ROWS + 1;
                    let written = db
                        .execute(
                            &Scope::system(),
                            &INSERT,
                            params! { account, kind: KIND, body: BODY },
                        )
                        .await
                        .expect("the row is written");
                    assert_eq!(written, 1);
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        "read" => {
            let op = move |_, dice: i64| {
                let db = db.clone();
                async move {
                    let id = dice % ROWS + 1;
                    let work = |tx: raptor_db::Transaction| async move {
                        tx.query_one(&SELECT, params! { id }).await
                    };
                    let row = db.read::<_, Error, _, _>(&Scope::tenant(TENANT), work).await;
                    take(db.engine(), &row.expect("the row is there"));
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        "tx" => {
            let op = move |_, dice: i64| {
                let db = db.clone();
                async move {
                    let id = dice % ROWS + 1;
                    let work = |tx: raptor_db::Transaction| async move {
                        tx.query_one(&SELECT, params! { id }).await
                    };
                    let row = db.tx::<_, Error, _, _>(&Scope::tenant(TENANT), work).await;
                    take(db.engine(), &row.expect("the row is there"));
                }
            };
            harness::tasks(clients, seconds, op).await
        }
        other => panic!("no workload {other}"),
    }
}

async fn select(db: Db, scope: Scope, clients: usize, seconds: f64) -> String {
    let op = move |_, dice: i64| {
        let (db, scope) = (db.clone(), scope.clone());
        async move {
            let id = dice % ROWS + 1;
            let row = db
                .query_one(&scope, &SELECT, params! { id })
                .await
                .expect("the row is there");
            take(db.engine(), &row);
        }
    };
    harness::tasks(clients, seconds, op).await
}

/// The cells as the other peers read them: on SQLite an instant is text to them.
fn take(engine: Engine, row: &Row) {
    let email: String = row.get("email").expect("a text");
    match engine {
        Engine::Postgres => {
            black_box((
                row.get::<i64>("id").expect("an integer"),
                email,
                row.get::<OffsetDateTime>("created_at").expect("an instant"),
            ));
        }
        Engine::Sqlite => {
            black_box((
                row.get::<i64>("id").expect("an integer"),
                email,
                row.get::<String>("created_at").expect("a text"),
            ));
        }
    }
}
