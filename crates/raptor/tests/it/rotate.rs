//! `raptor access rotate`: the credential of a service that serves is changed, and nobody notices but whoever has the one
//! before.

use crate::client::Client;
use crate::operator::{Operator, Service, said};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070708";

/// A database at head with what Raptor declares, and a file with the credential of its service.
struct Bed {
    operator: Operator,
    file: PathBuf,
}

impl Bed {
    fn new() -> Self {
        let operator = Operator::new();
        operator.says_with(KEY, &["migrate", "upgrade", "head"], 0);
        operator.says_with(KEY, &["access", "apply"], 0);
        operator.says_with(KEY, &["access", "key", "keep"], 0);
        let file = operator.path().join("database_url");
        std::fs::write(&file, operator.urls.url()).unwrap();
        Self { operator, file }
    }

    fn place(&self) -> String {
        format!("file:{}", self.file.display())
    }

    fn url(&self) -> String {
        std::fs::read_to_string(&self.file)
            .unwrap()
            .trim()
            .to_owned()
    }

    fn rotate_in(&self, place: &str, more: &[&str]) -> Output {
        let words = ["access", "rotate", "--in", place, "--drain", "20s"];
        let mut command = self.operator.command(&[&words, more].concat());
        command.env("RAPTOR_CONTEXT_KEY", KEY);
        command.env("RAPTOR_SECRET_TOKEN", "platform-token");
        command.output().unwrap()
    }

    #[track_caller]
    fn rotates(&self, more: &[&str], code: i32) -> String {
        said(&self.rotate_in(&self.place(), more), more, code)
    }

    fn serve(&self) -> Service {
        let from = self.place();
        self.operator.serve(&[
            ("DATABASE_URL", ""),
            ("RAPTOR_CONTEXT_KEY", KEY),
            ("RAPTOR_DATABASE_URL_FROM", &from),
            ("RAPTOR_ADDRESS_LIMIT", "1000000"),
        ])
    }

    /// What the server says to somebody who logs in.
    async fn answer_to(url: &str) -> Option<String> {
        let opened = async {
            let db = raptor_db::Db::open(raptor_db::Config::new(url)?).await?;
            db.session().await
        };
        let refused = opened.await.err();
        refused.and_then(|error| error.code().map(str::to_owned))
    }
}

/// Requests without a pause, all answered well, while something is done; answers how many there were.
async fn under_load(client: Client, work: impl FnOnce() + Send + 'static) -> u64 {
    let (done, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut tasks = Vec::new();
    for number in 0..4 {
        let email = format!("{number}@example.com");
        let token = client.customer(&email).await;
        let (done, count) = (Arc::clone(&done), Arc::clone(&count));
        tasks.push(tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                let listed = client.with(&token, "GET", "/v1/sessions").await;
                listed.expect(200);
                if number == 0 {
                    client.token(&email).await;
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    tokio::task::spawn_blocking(work).await.unwrap();
    done.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    count.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_notices() {
    let bed = tokio::task::spawn_blocking(|| Arc::new(Bed::new()))
        .await
        .unwrap();
    let service = bed.serve();
    let first = bed.url();
    assert_eq!(Bed::answer_to(&first).await, None);
    let rotating = Arc::clone(&bed);
    let served = under_load(service.client, move || {
        for (method, login, other) in [
            ("overlap", "raptor_app_b", "raptor_app"),
            ("overlap", "raptor_app", "raptor_app_b"),
            ("in-place", "raptor_app", "raptor_app_b"),
            ("overlap", "raptor_app_b", "raptor_app"),
        ] {
            let said = rotating.rotates(&["--method", method], 0);
            assert!(said.ends_with(&format!("{login} is in use.\n")), "{said}");
            assert!(said.contains(&format!("{login} is published\n")), "{said}");
            assert!(said.contains("has no connection left\n"), "{said}");
            let dead = if method == "overlap" { other } else { login };
            assert!(
                said.contains(&format!("{dead} is refused with the credential before: ")),
                "{said}"
            );
            assert!(rotating.url().starts_with(&format!("postgres://{login}:")));
        }
    });
    assert!(served.await > 20);
    assert_ne!(bed.url(), first);
    assert_eq!(Bed::answer_to(&first).await.as_deref(), Some("28P01"));
    assert_eq!(Bed::answer_to(&bed.url()).await, None);
    // One that rests is no drift, and no hole.
    let again = Arc::clone(&bed);
    let said = tokio::task::spawn_blocking(move || {
        assert!(again.operator.says(&["drift"], 0).contains("No drift"));
        let mut command = again.operator.command(&["access", "prove", "-v"]);
        command
            .env("RAPTOR_CONTEXT_KEY", KEY)
            .env("DATABASE_URL", again.url());
        said(&command.output().unwrap(), &["prove"], 0)
    });
    let said = said.await.unwrap();
    assert!(
        said.contains("denied as declared  raptor_app: log in: it rests until it is rotated to"),
        "{said}"
    );
}

#[test]
fn what_fails_leaves_the_one_before() {
    let bed = Bed::new();
    let first = bed.url();
    let is_as_before = |said: &str| {
        assert!(
            said.contains("raptor_app_b rests again, and raptor_app stays in use"),
            "{said}"
        );
        assert_eq!(bed.url(), first);
        bed.operator.on("DO $$ BEGIN ASSERT NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'raptor_app_b'); END $$");
    };
    // It cannot be published.
    let vault = format!(
        "command:sh -c 'case $0 in read) cat {} ;; *) echo full >&2; exit 1 ;; esac'",
        bed.file.display()
    );
    let refused = said(&bed.rotate_in(&vault, &[]), &[], 2);
    assert!(
        refused.contains("it ended with exit status: 1: full"),
        "{refused}"
    );
    is_as_before(&refused);
    // The new login may more than is declared.
    bed.operator
        .on("GRANT DELETE ON raptor.customers TO raptor_app");
    let refused = bed.rotates(&[], 2);
    assert!(
        refused.contains("raptor_app_b is not as declared: HOLE: delete on table raptor.customers"),
        "{refused}"
    );
    is_as_before(&refused);
    bed.operator.says(&["apply"], 0);
    // Whoever uses the other one is not cut off.
    bed.operator.on("ALTER ROLE raptor_app_b LOGIN");
    let refused = bed.rotates(&[], 2);
    assert!(
        refused.contains("no login of raptor_app rests: raptor_app_b can log in, too"),
        "{refused}"
    );
    bed.rotates(&["--method", "finish"], 0);
    bed.rotates(&[], 0);
    // A credential from before is published again by hand: nobody is put to rest for it.
    let now = bed.url();
    std::fs::write(&bed.file, &first).unwrap();
    let refused = bed.rotates(&["--method", "finish"], 2);
    assert!(
        refused.contains("the credential that is published does not work"),
        "{refused}"
    );
    bed.operator.on("DO $$ BEGIN ASSERT (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'raptor_app_b'); END $$");
    std::fs::write(&bed.file, &now).unwrap();
    std::fs::write(&bed.file, "postgres://stranger:x@127.0.0.1/x").unwrap();
    let refused = bed.rotates(&[], 2);
    assert!(
        refused
            .contains("the credential in use is of stranger, which is no login of the declaration"),
        "{refused}"
    );
    std::fs::write(&bed.file, "").unwrap();
    assert!(bed.rotates(&[], 2).contains("cannot be read: it is empty"));
}

/// One rotates at a time, and the login that is to be put to rest cannot keep others from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lock_is_the_owners() {
    let bed = tokio::task::spawn_blocking(Bed::new).await.unwrap();
    let open = async |url: &str| {
        let db = raptor_db::Db::open(raptor_db::Config::new(url).unwrap());
        db.await.unwrap().session().await.unwrap()
    };
    let app = open(&bed.url()).await;
    let keys = "SELECT pg_advisory_lock(hashtextextended('raptor access rotate raptor_app', 0)), \
                pg_advisory_lock(hashtextextended('raptor access', 0))";
    app.execute_raw(keys).await.unwrap();
    let comment = "BEGIN; COMMENT ON SCHEMA raptor IS 'x'";
    assert!(app.execute_raw(comment).await.is_err());
    let owner = open(bed.operator.urls.owner_url()).await;
    owner.execute_raw(comment).await.unwrap();
    let rotates = |bed: Bed, code| async move {
        let turn = move || {
            let said = bed.rotates(&[], code);
            (bed, said)
        };
        tokio::task::spawn_blocking(turn).await.unwrap()
    };
    let (bed, said) = rotates(bed, 2).await;
    assert!(
        said.contains("another rotation is under way: raptor_app stays as it is"),
        "{said}"
    );
    owner.execute_raw("ROLLBACK").await.unwrap();
    // It holds its lock until the other one is woken, and goes then.
    let goes = async move {
        let awake = "DO $$ BEGIN ASSERT (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'raptor_app_b'); END $$";
        while owner.execute_raw(awake).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        drop(app);
    };
    let ((_bed, said), ()) = tokio::join!(rotates(bed, 0), goes);
    assert!(said.contains("raptor_app_b is in use"), "{said}");
}

/// A login that holds on to itself is put to rest all the same, and one that reads is in nobody's way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_on_is_ended() {
    let bed = tokio::task::spawn_blocking(Bed::new).await.unwrap();
    let first = bed.url();
    let open = async |url: &str| {
        let db = raptor_db::Db::open(raptor_db::Config::new(url).unwrap());
        db.await.unwrap().session().await.unwrap()
    };
    let holds = open(&first).await;
    let text = "BEGIN; SELECT FROM raptor.rate_limits, raptor.alembic_version; ALTER ROLE CURRENT_USER PASSWORD 'mine'";
    holds.execute_raw(text).await.unwrap();
    let admin = bed.operator.urls.admin_url().to_owned();
    let turn = move || {
        let words = ["--drain", "1s", "--url", &admin];
        let mut command = bed
            .operator
            .command(&["access", "rotate", "--in", &bed.place()]);
        command.args(words).env("RAPTOR_CONTEXT_KEY", KEY);
        said(&command.output().unwrap(), &words, 0)
    };
    let said = tokio::task::spawn_blocking(turn).await.unwrap();
    assert!(said.contains("raptor_app_b is in use"), "{said}");
    assert!(said.contains("raptor_app is refused"), "{said}");
    assert!(holds.execute_raw("SELECT 1").await.is_err());
}

/// Configuration variables, in the shape of Heroku's API.
#[derive(Clone, Default)]
struct Platform(Arc<Mutex<Map<String, Value>>>);

impl Platform {
    fn refused(headers: &HeaderMap) -> Option<StatusCode> {
        let is = |name: &str, value: &str| headers.get(name).is_some_and(|it| it == value);
        if !is("authorization", "Bearer platform-token") {
            return Some(StatusCode::UNAUTHORIZED);
        }
        let is_right = is("accept", "application/vnd.heroku+json; version=3");
        (!is_right).then_some(StatusCode::NOT_ACCEPTABLE)
    }

    async fn read(
        State(platform): State<Self>,
        headers: HeaderMap,
    ) -> Result<Json<Map<String, Value>>, StatusCode> {
        match Self::refused(&headers) {
            Some(status) => Err(status),
            None => Ok(Json(platform.0.lock().unwrap().clone())),
        }
    }

    async fn change(
        State(platform): State<Self>,
        headers: HeaderMap,
        Json(changes): Json<Map<String, Value>>,
    ) -> Result<Json<Map<String, Value>>, StatusCode> {
        platform.0.lock().unwrap().extend(changes);
        Self::read(State(platform), headers).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_keeps_it() {
    let bed = tokio::task::spawn_blocking(|| Arc::new(Bed::new()))
        .await
        .unwrap();
    let platform = Platform::default();
    let text = |value: &str| Value::String(value.to_owned());
    let variables = [("OTHER", text("kept")), ("RAPTOR_URL", text(&bed.url()))];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    platform.0.lock().unwrap().extend(variables);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let route = get(Platform::read).patch(Platform::change);
    let router = Router::new()
        .route("/apps/shop/config-vars", route)
        .with_state(platform.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let place = format!("http://{address}/apps/shop/config-vars#RAPTOR_URL");
    let none = place.replace("RAPTOR_URL", "NONE");
    let rotating = Arc::clone(&bed);
    let work = tokio::task::spawn_blocking(move || {
        let said_of = |place: &str, code| said(&rotating.rotate_in(place, &[]), &[place], code);
        assert!(said_of(&place, 0).ends_with("raptor_app_b is in use.\n"));
        assert!(said_of(&none, 2).contains("there is no variable NONE"));
        let plain = place.replace("127.0.0.1", "example.com");
        assert!(said_of(&plain, 2).contains("would send a credential in plain text"));
    });
    work.await.unwrap();
    let variables = platform.0.lock().unwrap().clone();
    assert_eq!(variables["OTHER"], "kept");
    let now = variables["RAPTOR_URL"].as_str().unwrap();
    assert!(now.starts_with("postgres://raptor_app_b:"));
    assert_eq!(Bed::answer_to(now).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_is_not_taken_later() {
    let bed = tokio::task::spawn_blocking(|| Arc::new(Bed::new()))
        .await
        .unwrap();
    let service = bed.serve();
    let token = service.client.customer("ada@example.com").await;
    std::fs::write(&bed.file, bed.operator.urls.owner_url()).unwrap();
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let listed = service.client.with(&token, "GET", "/v1/sessions").await;
        listed.expect(200);
    }
    let none = Arc::clone(&bed);
    let looked = tokio::task::spawn_blocking(move || {
        none.operator.on(
            "DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'raptor_app'); END $$",
        );
    });
    looked.await.unwrap();
}
