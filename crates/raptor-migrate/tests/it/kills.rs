//! Deployers that are killed at any statement, and two at once: always to head, each revision once.
//!
//! The deployers are processes of their own: this test binary, run again with a task.

use crate::fixture::{Fixture, chain};
use raptor_db::{Config, Db, Engine, Sql, params};
use raptor_migrate::{Batch, BatchFuture, Chain, Event, Options, Progress, Step, Steps, upgrade};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const TASK: &str = "RAPTOR_MIGRATE_TEST_TASK";

/// Ten revisions. Every statement leaves a row that can be there only once; two revisions run
/// outside a transaction, with what no transaction can hold and a step in batches.
fn ten() -> Chain {
    let texts: Vec<String> = (1..=10)
        .map(|number| {
            let revises = if number == 1 { String::new() } else { format!(" revises=r{:02}", number - 1) };
            let done = |what: &str| format!("INSERT INTO done VALUES ('{number} {what}');\n");
            let alone = |postgres: &str, sqlite: &str| {
                format!("-- raptor:up postgres\n{postgres}\n-- raptor:up sqlite\n{sqlite}\n-- raptor:up\n")
            };
            let (tx, body) = match number {
                1 => ("", "CREATE TABLE done (what text PRIMARY KEY);\nCREATE TABLE t (id integer, name text);\n".to_owned()),
                4 => ("tx=off", done("a") + &alone("CREATE INDEX CONCURRENTLY t_name ON t (name);", "VACUUM;") + &done("b")),
                7 => (
                    "tx=off",
                    alone("CREATE INDEX CONCURRENTLY t_id ON t (id);\nDROP INDEX CONCURRENTLY t_name;", "VACUUM;\nPRAGMA optimize;")
                        + "-- raptor:call fill\n-- raptor:up\n"
                        + &done("a"),
                ),
                9 => ("", format!("ALTER TABLE t ADD COLUMN more text;\n{}CREATE TABLE u (id integer);\n", done("a"))),
                _ => ("", done("a") + &done("b") + &done("c")),
            };
            format!("-- raptor: id=r{number:02}{revises} {tx}\n-- raptor:up\n{body}")
        })
        .collect();
    chain(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Adds five rows, one a batch.
struct Fill;

impl Step for Fill {
    fn batch<'b>(&'b self, batch: Batch<'b>) -> BatchFuture<'b> {
        static ADD: Sql = Sql::new("INSERT INTO done VALUES (:what)");
        Box::pin(async move {
            let so_far: u32 = batch.progress.map_or(0, |number| number.parse().unwrap());
            let what = format!("7 batch {so_far}");
            batch.session.execute(&ADD, params! { what }).await?;
            Ok(if so_far == 4 {
                Progress::Done
            } else {
                Progress::More((so_far + 1).to_string())
            })
        })
    }
}

fn options(engine: Engine) -> Options {
    let mut options = Options::default();
    options.steps = Steps::new().with("fill", Fill);
    if engine == Engine::Postgres {
        options.schema = Some("raptor".to_owned());
    }
    options
}

/// A deployer in a process of its own; it says each statement before it runs it.
fn deployer(at: &Fixture) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "kills::deploys",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(TASK, at.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "the other process of the tests that need one"]
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no configuration of its own"
)]
fn deploys() {
    let url = std::env::var_os(TASK).expect("started by a test, which sets the task");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let db = Db::open(Config::new(url.to_str().unwrap()).unwrap())
            .await
            .unwrap();
        let say = |word: &str| {
            let mut out = std::io::stdout().lock();
            writeln!(out, "said: {word}").unwrap();
            out.flush().unwrap();
        };
        upgrade(&db, &ten(), "head", &options(db.engine()), |event| {
            if let Event::Working { id, number, .. } = event {
                say(&format!("{id} {number}"));
            }
        })
        .await
        .unwrap();
        say("done");
    });
}

/// Lets a deployer come to its `nth` statement, and a little further, and kills it. Whether it came
/// to its end before.
fn killed_at(at: &Fixture, nth: usize) -> bool {
    let mut child = deployer(at);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = lines
        .map_while(Result::ok)
        .filter(|line| line.contains("said: "));
    let line = said.nth(nth);
    // Once before the statement runs, once while or after it does.
    std::thread::sleep(Duration::from_micros([0, 400, 1_500, 4_000][nth % 4]));
    child.kill().unwrap();
    child.wait().unwrap();
    line.is_none_or(|line| line.contains("done"))
}

async fn is_whole(at: &Fixture) {
    let done = at.column("SELECT count(*)::text FROM done").await;
    assert_eq!(done, ["27"]);
    assert_eq!(at.versions().await, ["r10"]);
    let ups = at
        .column("SELECT revision FROM raptor_migration_log WHERE action = 'up' ORDER BY position")
        .await;
    let each: Vec<String> = (1..=10).map(|number| format!("r{number:02}")).collect();
    assert_eq!(ups, each);
    let checked = raptor_migrate::check(Some(&at.db), &ten(), &options(at.engine()))
        .await
        .unwrap();
    assert!(checked.holds(), "{checked}");
    if at.engine() == Engine::Postgres {
        let indexes = "SELECT c.relname || ' ' || i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid \
                       WHERE c.relname LIKE 't\\_%' ORDER BY 1";
        assert_eq!(at.column(indexes).await, ["t_id true"]);
    }
}

pub(crate) async fn killed_at_every_statement(at: Fixture) {
    let engine = at.engine();
    drop(at);
    let mut nth = 0;
    loop {
        let at = Fixture::of(engine).await;
        let ended = killed_at(&at, nth);
        upgrade(&at.db, &ten(), "head", &options(engine), |_| {})
            .await
            .unwrap();
        is_whole(&at).await;
        if ended {
            break;
        }
        nth += 1;
    }
    // Every statement of the ten revisions was one where a deployer was killed.
    assert!(nth >= 30, "{nth}");
}

pub(crate) async fn killed_again_and_again(at: Fixture) {
    // The same database all the way: each deployer comes one statement further, if that.
    for nth in 0..40 {
        if killed_at(&at, nth % 5) {
            break;
        }
    }
    upgrade(&at.db, &ten(), "head", &options(at.engine()), |_| {})
        .await
        .unwrap();
    is_whole(&at).await;
}

pub(crate) async fn two_at_once(at: Fixture) {
    let engine = at.engine();
    drop(at);
    for round in 0..50 {
        let at = Fixture::of(engine).await;
        let both = [deployer(&at), deployer(&at)];
        for child in both {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {round}: {said}");
        }
        is_whole(&at).await;
    }
}
