//! Credentials change under load, and nobody notices.

use crate::backend::{Backend, Kind, SYSTEM, run};
use raptor_db::{
    Config, CredentialProvider, Db, ErrorKind, Refreshed, Result, RotatingCredentials,
    SecretSource, params, sql,
};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A secret as whoever rotates it has published it.
struct Published(Mutex<String>);

impl SecretSource for Published {
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async { Ok(self.0.lock().unwrap().clone()) })
    }
}

struct Bed {
    db: Db,
    credentials: Arc<RotatingCredentials>,
    source: Arc<Published>,
    admin: raptor_db::Session,
    place: String,
}

/// A pool of four that logs in as one of two.
async fn bed(backend: &Backend, prefix: &str) -> Bed {
    let admin = backend.admin().await;
    for login in ["a", "b"] {
        let text =
            format!("CREATE ROLE {prefix}_{login} LOGIN PASSWORD 'first' IN ROLE raptor_app");
        admin.execute_raw(&text).await.unwrap();
    }
    let place = backend.url().split_once('@').unwrap().1.to_owned();
    let first = format!("postgres://{prefix}_a:first@{place}");
    let source = Arc::new(Published(Mutex::new(first.clone())));
    let mut config = Config::new(&first).unwrap();
    config.pool_size = 4;
    config.max_lifetime = Duration::from_millis(50);
    let credentials =
        RotatingCredentials::open(&config, Arc::clone(&source) as Arc<dyn SecretSource>);
    let credentials = credentials.await.unwrap();
    let config = config.with_credentials(Arc::clone(&credentials) as _);
    Bed {
        db: Db::open(config).await.unwrap(),
        credentials,
        source,
        admin,
        place,
    }
}

impl Bed {
    fn publish(&self, login: &str, password: &str) {
        *self.source.0.lock().unwrap() = format!("postgres://{login}:{password}@{}", self.place);
    }

    /// Statements without a pause, while something is done; answers how many there were.
    async fn under_load(&self, work: impl AsyncFnOnce()) -> u64 {
        let (done, count) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (db, done, count) = (self.db.clone(), Arc::clone(&done), Arc::clone(&count));
                tokio::spawn(async move {
                    while !done.load(Ordering::Relaxed) {
                        let row = db.query_one(
                            &SYSTEM,
                            sql!("SELECT 1 AS one, pg_sleep(0.001)::text"),
                            params! {},
                        );
                        row.await.unwrap();
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        work().await;
        done.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.unwrap();
        }
        count.load(Ordering::Relaxed)
    }

    async fn alter(&self, text: &str) {
        self.admin.execute_raw(text).await.unwrap();
    }
}

#[test]
fn two_logins_in_turn() {
    run(Kind::Postgres, async |backend: Backend| {
        let bed = bed(&backend, "turn").await;
        let count = bed
            .under_load(async || {
                for turn in 0..6_u64 {
                    let (old, new) =
                        [("turn_a", "turn_b"), ("turn_b", "turn_a")][usize::from(turn % 2 == 1)];
                    let password = format!("password {turn}").replace(' ', "%20");
                    bed.alter(&format!(
                        "ALTER ROLE {new} LOGIN PASSWORD 'password {turn}'"
                    ))
                    .await;
                    bed.publish(new, &password);
                    let refreshed = bed.credentials.refresh().await.unwrap();
                    let generation = turn + 2;
                    assert_eq!(
                        refreshed,
                        Refreshed::Adopted {
                            user: new.to_owned(),
                            generation
                        }
                    );
                    // Those that are in use come back, and are not used again.
                    let left = sql!("SELECT count(*) FROM pg_stat_activity WHERE usename = :old");
                    for _ in 0.. {
                        let rows = bed.admin.query(left, params! { old }).await.unwrap();
                        if rows[0].get::<i64>(0).unwrap() == 0 {
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    bed.alter(&format!("ALTER ROLE {old} NOLOGIN")).await;
                }
            })
            .await;
        assert!(count > 10, "{count}");
        assert_eq!(bed.credentials.refresh().await.unwrap(), Refreshed::Same);
    });
}

/// A password is changed in place, and nobody says so: the first connection that is refused has it read again.
#[test]
fn a_refused_password_is_read_again() {
    run(Kind::Postgres, async |backend: Backend| {
        let bed = bed(&backend, "place").await;
        let count = bed
            .under_load(async || {
                for turn in 0..4_u64 {
                    bed.publish("place_a", &format!("turn{turn}"));
                    bed.alter(&format!("ALTER ROLE place_a PASSWORD 'turn{turn}'"))
                        .await;
                    // Until a connection was made anew, and refused.
                    while bed.credentials.generation() < turn + 2 {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            })
            .await;
        assert!(count > 10, "{count}");
        assert!(
            format!("{:?}", bed.credentials).contains("generation: 5"),
            "{:?}",
            bed.credentials
        );
    });
}

#[test]
fn a_credential_that_is_refused_is_not_taken() {
    run(Kind::Postgres, async |backend: Backend| {
        let bed = bed(&backend, "bad").await;
        bed.publish("bad_b", "wrong");
        let error = bed.credentials.refresh().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
        assert_eq!(bed.credentials.user(), "bad_a");
        // A pool is of one database, wherever the secret leads.
        let other = bed.place.replacen("/raptor_test", "/other", 1);
        assert_ne!(other, bed.place);
        *bed.source.0.lock().unwrap() = format!("postgres://bad_b:first@{other}");
        let error = bed.credentials.refresh().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("restart to go there"), "{error}");
        *bed.source.0.lock().unwrap() = "no url at all".to_owned();
        let error = bed.credentials.refresh().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        let row = bed
            .db
            .query_one(&SYSTEM, sql!("SELECT current_user::text AS it"), params! {});
        assert_eq!(row.await.unwrap().get::<String>("it").unwrap(), "bad_a");
    });
}
