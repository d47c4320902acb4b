//! A command that reads a credential from where it is kept, and writes it there: for whatever vault there is.
//!
//! `SHELL read` prints it; `SHELL write` takes it from its standard input, so that no list of processes shows it.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// How much of what a command says is told.
const TOLD: usize = 300;

pub(super) fn read(shell: &str) -> Result<String> {
    let output = started(shell, "read")?.wait_with_output()?;
    String::from_utf8(succeeded(output)?.stdout).context("it printed what is no text")
}

pub(super) fn write(shell: &str, url: &str) -> Result<()> {
    let mut child = started(shell, "write")?;
    let mut input = child.stdin.take().context("it takes no input")?;
    // One that ends early is told by how it ended.
    let _ = input.write_all(format!("{url}\n").as_bytes());
    drop(input);
    succeeded(child.wait_with_output()?).map(drop)
}

fn started(shell: &str, verb: &str) -> Result<std::process::Child> {
    Command::new("sh")
        .args(["-c", &format!("{shell} {verb}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("no shell can be started")
}

/// What a command printed is told where it failed, but not what it printed as its answer: that may be a secret.
fn succeeded(output: Output) -> Result<Output> {
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.trim().chars().take(TOLD).collect();
    bail!("it ended with {}: {said}", output.status)
}
