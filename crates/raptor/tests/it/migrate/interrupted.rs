//! Ctrl-C and SIGTERM, to the binary.

use super::Folder;
use raptor_testkit::Template;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn with_an_endless_one() -> Folder {
    let folder = Folder::new();
    folder.file(
        "1.sql",
        "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE one (n bigint);\n",
    );
    folder.file(
        "2.sql",
        "-- raptor: id=b2 revises=a1\n-- raptor:up postgres\nSELECT pg_sleep(120);\n-- raptor:up sqlite\n\
         INSERT INTO one WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;\n",
    );
    folder
}

fn start(folder: &Folder, url: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_raptor"))
        .args(["migrate", "upgrade", "--dir", "migrations", "--json"])
        .current_dir(folder.path())
        .env_clear()
        .env("DATABASE_URL", url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits until it runs the second revision, and is well into it.
fn until_it_runs(lines: &mut impl Iterator<Item = std::io::Result<String>>) {
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("up b2")));
    std::thread::sleep(Duration::from_millis(500));
}

#[test]
fn the_first_signal_ends_what_runs() {
    let database = Template::empty().database();
    for (url, signal, name) in [
        ("sqlite:x.db", Signal::INT, "SIGINT"),
        (database.owner_url(), Signal::TERM, "SIGTERM"),
    ] {
        let folder = with_an_endless_one();
        let mut child = start(&folder, url);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        until_it_runs(&mut lines);
        let asked = Instant::now();
        send(&child, signal);
        let said: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(child.wait().unwrap().code(), Some(2), "{said:?}");
        assert!(asked.elapsed() < Duration::from_secs(10));
        let words = format!(
            "interrupted ({name}): revision b2 was rolled back; 1 revision of this run stays; the next run goes on"
        );
        assert_eq!(said.last(), Some(&format!("raptor: {words}")), "{said:?}");
        let mut out = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["error"], words.as_str());
        assert_eq!(value["steps"][0]["id"], "a1");
        assert_eq!(value["steps"].as_array().unwrap().len(), 1, "{value}");
    }
    let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(120)%' \
                   AND pid <> pg_backend_pid() AND state <> 'idle'";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let left: i64 = runtime.block_on(async {
        let config = raptor_db::Config::new(database.admin_url()).unwrap();
        let db = raptor_db::Db::open(config).await.unwrap();
        let sql = raptor_db::Sql::dynamic(running);
        let row = db.query_one(&raptor_db::Scope::system(), &sql, &[]).await;
        row.unwrap().get(0).unwrap()
    });
    assert_eq!(left, 0, "it goes on in the server");
}

/// Someone else's lock keeps a SQLite file for a while, which nothing can cancel.
#[test]
fn the_second_signal_ends_at_once() {
    let folder = with_an_endless_one();
    folder.says("upgrade a1 --dir migrations", 0);
    let path = folder.path().join("x.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", path.display());
        let db = raptor_db::Db::open(raptor_db::Config::new(&url).unwrap())
            .await
            .unwrap();
        let holder = db.session().await.unwrap();
        holder.execute_raw("BEGIN IMMEDIATE").await.unwrap();
        let mut child = start(&folder, "sqlite:x.db");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        until_it_runs(&mut lines);
        send(&child, Signal::INT);
        let said = lines.next().unwrap().unwrap();
        assert!(said.starts_with("SIGINT: "), "{said}");
        let asked = Instant::now();
        send(&child, Signal::INT);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(asked.elapsed() < Duration::from_secs(2));
    });
}
