//! A command with a server of its own.

use crate::child::Stage;
use crate::client::eventually;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

fn runs(stage: &Stage, command: &[&str]) -> Command {
    let mut child = stage.command("child::runs");
    child.env("CHILD_COMMAND", command.join("\n"));
    child
}

fn output(stage: &Stage, command: &[&str]) -> Output {
    runs(stage, command).output().expect("the child runs")
}

#[test]
fn the_command_sees_the_server_and_its_code_is_passed_on() {
    let stage = Stage::set(None);
    let script = "psql -XAtc 'SELECT current_user, current_database()' && \
                  psql -XAtc 'CREATE TABLE t ()' \"$DATABASE_OWNER_URL\" && \
                  psql -XAtc 'SELECT current_user' \"$DATABASE_URL\" && exit 37";
    let output = output(&stage, &["sh", "-c", script]);
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        words.contains("raptor_owner|raptor\nCREATE TABLE\nraptor_app\n"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(37));
    assert_eq!(stage.left("run"), [""; 0]);
}

#[test]
fn a_signals_end_and_a_missing_program_are_codes_as_in_a_shell() {
    let stage = Stage::set(None);
    let killed = output(&stage, &["sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.status.code(), Some(128 + 15));
    let missing = output(&stage, &["no-such-program"]);
    assert_eq!(missing.status.code(), Some(127));
    let words = String::from_utf8_lossy(&missing.stderr);
    assert!(words.contains("cannot run no-such-program"), "{words}");
    assert_eq!(output(&stage, &["/"]).status.code(), Some(126));
    assert_eq!(stage.left("run"), [""; 0]);
}

#[test]
fn signals_are_passed_on() {
    let stage = Stage::set(None);
    for (signal, code) in [
        (rustix::process::Signal::INT, 5),
        (rustix::process::Signal::TERM, 6),
    ] {
        let script =
            "trap 'exit 5' INT; trap 'exit 6' TERM; echo; echo up; while :; do sleep 0.05; done";
        let mut child = runs(&stage, &["sh", "-c", script]).spawn().unwrap();
        wait_until_up(&mut child);
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
    assert_eq!(stage.left("run"), [""; 0]);
}

#[test]
fn kill_9_of_the_runner_leaves_nothing() {
    for stage in Stage::for_every_user() {
        let mut child = runs(&stage, &["sh", "-c", "echo; echo up; sleep 1000"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until_up(&mut child);
        assert_eq!(stage.left("run").len(), 1);
        child.kill().unwrap();
        child.wait().unwrap();
        eventually("all is gone", || {
            stage.left("run").is_empty()
                && !stage
                    .processes()
                    .iter()
                    .any(|line| line.contains("postgres"))
        });
    }
}

#[test]
fn no_command_is_an_error() {
    let error = raptor_testkit::run(raptor_testkit::Options::default(), &[]).unwrap_err();
    assert_eq!(error.kind(), raptor_testkit::ErrorKind::Command);
}

fn wait_until_up(child: &mut std::process::Child) {
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let up = stdout.lines().any(|line| line.expect("text") == "up");
    assert!(up, "the command has started");
}
