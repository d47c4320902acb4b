//! What the command line prints. That nobody reads on is no reason to stop what runs.

use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// An answer, on standard output, as it is.
///
/// # Errors
/// When it cannot be written, as on a full disk. A reader that has gone is no error.
pub(crate) fn answer(text: impl Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the answer cannot be written"),
    }
}

/// An answer as JSON.
///
/// # Errors
/// As [`answer`].
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    answer(format_args!("{}\n", serde_json::to_string_pretty(value)?))
}

/// A line on standard error; where that cannot be written, nothing is said.
pub(crate) fn note(line: impl Display) {
    // Standard error has no buffer: in one piece it is one call of the system.
    let line = format!("{line}\n");
    // There is nowhere left to say that it failed.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// The error and its causes, without those that the one before has quoted.
///
/// ```
/// let error = anyhow::anyhow!("no such table").context("1.sql:3:1: no such table").context("it failed");
/// assert_eq!(raptor::said(&error), "it failed: 1.sql:3:1: no such table");
/// ```
pub fn said(error: &anyhow::Error) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text.clone_from(&cause);
        } else if !last.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        last = cause;
    }
    text
}
