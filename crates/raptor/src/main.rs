//! The one binary: reads the command line and turns failure into an exit code.

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match raptor::run(raptor::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Where that cannot be written, the exit code says it.
            let _ = writeln!(std::io::stderr(), "raptor: {}", said(&error));
            ExitCode::from(2)
        }
    }
}

/// The error and its causes, without those that the one before has quoted.
fn said(error: &anyhow::Error) -> String {
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
