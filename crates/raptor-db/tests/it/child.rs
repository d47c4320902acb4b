//! Other processes: this test binary, run again with a task.

use crate::backend::{ADD, SYSTEM, block_on};
use raptor_db::{Config, Db, params, sql};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

const TASK: &str = "RAPTOR_DB_TEST_TASK";

/// A second process at work. Killed when dropped.
pub(crate) struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Child {
    pub(crate) fn start(task: &str, arguments: &[&str]) -> Self {
        let mut words = vec![task];
        words.extend(arguments);
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "child::works",
                "--exact",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(TASK, words.join("\n"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            input: process.stdin.take(),
            process,
            output,
        }
    }

    /// The next line that the task itself has said.
    pub(crate) fn hears(&mut self) -> Option<String> {
        let lines = self.output.by_ref();
        lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("said: ")?.1.to_owned()))
    }

    /// Lets the task go on.
    pub(crate) fn tell(&mut self) {
        writeln!(self.input.as_mut().unwrap(), "go on").unwrap();
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn succeeds(&mut self) {
        drop(self.input.take());
        while self.hears().is_some() {}
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "said: {word}").unwrap();
    out.flush().unwrap();
}

fn wait() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

#[test]
#[ignore = "the other process of the tests that need one"]
fn works() {
    let task = std::env::var_os(TASK).expect("started by a test, which sets the task");
    let task = task.into_string().unwrap();
    let words: Vec<&str> = task.split('\n').collect();
    let number = |at: usize| words[at].parse::<i64>().unwrap();
    block_on(async {
        let db = Db::open(Config::new(words[1]).unwrap()).await.unwrap();
        match words[0] {
            "notify" => {
                let notify = sql!("SELECT pg_notify(:channel, :payload)");
                let (channel, payload) = (words[2], words[3]);
                db.query(&SYSTEM, notify, params! { channel, payload })
                    .await
                    .unwrap();
            }
            "write" => write(&db, number(2), number(3)).await,
            "write for ever" => {
                for id in 0.. {
                    db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
                    say(&id.to_string());
                }
            }
            "hold" => {
                let session = db.session().await.unwrap();
                session.execute_raw("BEGIN IMMEDIATE").await.unwrap();
                say("held");
                wait();
                session.execute_raw("COMMIT").await.unwrap();
            }
            "pooled" => crate::prepared::many_statements(&db, number(2)).await,
            other => panic!("no such task: {other}"),
        }
        db.close().await;
    });
}

/// Adds `count` accounts from `first` on, each on its own, eight at a time.
pub(crate) async fn write(db: &Db, first: i64, count: i64) {
    let tasks = (0..8).map(|part| async move {
        for id in (first..first + count).filter(|id| id % 8 == part) {
            db.execute(&SYSTEM, &ADD, params! { id }).await.unwrap();
        }
    });
    futures_util::future::join_all(tasks).await;
}
