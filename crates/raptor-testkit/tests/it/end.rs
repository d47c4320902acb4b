//! Nothing is left of a process, however it ends; but of a failing test its database is.

use crate::child::{Stage, processes_with, said};
use crate::client::{ask, eventually};
use std::process::Command;
use std::time::Duration;

#[test]
fn kill_9_leaves_no_process_and_no_file() {
    for stage in Stage::for_every_user() {
        let mut child = stage.command("child::holds").spawn().unwrap();
        let said = said(&mut child);
        let (folder, file) = said.split_once(' ').unwrap();
        assert!(std::fs::exists(folder).unwrap() && std::fs::exists(file).unwrap());
        assert!(
            processes_with(folder).len() >= 2,
            "a server and its supervisor"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        let home = std::path::Path::new(file)
            .parent()
            .unwrap()
            .parent()
            .unwrap();
        eventually("no process", || {
            processes_with(folder).is_empty() && processes_with(&home.to_string_lossy()).is_empty()
        });
        eventually("no file", || !home.exists() && stage.left("run").is_empty());
        assert_eq!(stage.left("tmp"), [""; 0]);
    }
}

#[test]
fn kill_9_at_any_moment_of_the_start_leaves_nothing() {
    let stage = Stage::set(None);
    // With the cache filled, as in all but the first run.
    let mut first = stage.command("child::holds").spawn().unwrap();
    said(&mut first);
    first.kill().unwrap();
    first.wait().unwrap();
    for step in 0..12 {
        let mut child = stage.command("child::holds").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(step * 25));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    eventually("no process", || stage.processes().is_empty());
    eventually("no file", || stage.left("run").is_empty());
}

#[test]
fn kill_9_while_the_cache_is_made_leaves_nothing() {
    for stage in Stage::for_every_user() {
        for step in 1..5 {
            let mut child = stage.command("child::holds").spawn().unwrap();
            std::thread::sleep(Duration::from_millis(step * 150));
            child.kill().unwrap();
            child.wait().unwrap();
            eventually("all is gone", || {
                stage.left("run").is_empty() && stage.processes().is_empty()
            });
        }
        let mut last = stage.command("child::holds").spawn().unwrap();
        said(&mut last);
        last.kill().unwrap();
        last.wait().unwrap();
    }
}

#[test]
fn a_failing_tests_database_is_kept_and_its_line_printed() {
    let stage = Stage::set(None);
    let output = stage.command("child::fails").output().unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = words
        .lines()
        .find(|line| line.starts_with("kept for"))
        .expect(&words);
    let (kill, psql) = line.split_once("`: ").unwrap();
    let mut psql = psql.split(' ');
    let answer = Command::new(psql.next().unwrap())
        .args(psql)
        .args(["-XAtc", "SELECT answer FROM raptor.evidence"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&answer.stdout).trim(),
        "42",
        "{answer:?}"
    );
    let sqlite = words
        .lines()
        .find(|line| line.starts_with("kept: sqlite3"))
        .expect(&words);
    let kept = sqlite.split('\'').nth(1).unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "rows");
    let kill = kill.split_once('`').unwrap().1;
    let done = Command::new("/bin/sh").args(["-c", kill]).status().unwrap();
    assert!(done.success(), "{kill}");
    eventually("all is gone", || {
        stage.left("run").is_empty() && stage.processes().is_empty()
    });
}

#[test]
fn a_kept_server_ends_by_itself() {
    let stage = Stage::set(None);
    let mut command = stage.command("child::fails");
    let output = command.env("RAPTOR_TESTKIT_KEEP", "1").output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("kept for 1 s"), "{words}");
    eventually("all is gone", || {
        stage.left("run").is_empty() && stage.processes().is_empty()
    });
}

#[test]
fn a_dropped_server_is_gone_when_the_drop_returns() {
    let server = raptor_testkit::Server::start(raptor_testkit::Options::default()).unwrap();
    let folder = server.socket_dir().to_owned();
    assert_eq!(ask(&server.admin_url("postgres"), "SELECT 1"), "1");
    drop(server);
    assert!(!folder.exists());
    assert_eq!(processes_with(&folder.to_string_lossy()), [""; 0]);
}
