//! Alembic itself, in a process that answers one JSON line for each.

use super::graph::Graph;
use crate::fixture::Fixture;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Class {
    Ok,
    /// An error that names what is wrong with the command.
    Refused,
    /// Any other failure.
    Crashed,
}

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) class: Class,
    pub(super) error: String,
    pub(super) steps: Vec<String>,
    pub(super) versions: Vec<String>,
    pub(super) tables: Vec<String>,
}

pub(super) struct Alembic {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Alembic {
    pub(super) fn start() -> Self {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        // Once: two at a time would make it over each other.
        static MADE: OnceLock<bool> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let made = Command::new(format!("{root}/bin/alembic")).status();
            made.is_ok_and(|made| made.success())
        });
        assert!(*made, "bin/alembic cannot make target/alembic");
        let mut child = Command::new(format!("{root}/target/alembic/bin/python"))
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/oracle/driver.py"
            ))
            // Its own order of sets, and with it some answers, would differ from run to run.
            .env("PYTHONHASHSEED", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        Self { child, to, from }
    }

    pub(super) fn run(
        &mut self,
        at: &Fixture,
        graph: &Graph,
        commands: &[Vec<String>],
    ) -> Vec<Answer> {
        let url = at.alembic_url();
        let line = serde_json::json!({
            "revisions": graph.0, "url": url, "schema": at.options.schema, "commands": commands
        });
        writeln!(self.to, "{line}").unwrap();
        self.to.flush().unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "Alembic's process has ended");
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Alembic {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
