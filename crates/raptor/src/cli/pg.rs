//! `raptor pg -- COMMAND …`: a command with a throw-away Postgres of its own.

use anyhow::Result;
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct Options {
    /// Listen on a free port of 127.0.0.1 too, not on a Unix socket alone
    #[arg(long)]
    tcp: bool,
    /// The command and its arguments, behind `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command; its exit code is ours.
pub(super) fn run(options: Options) -> Result<ExitCode> {
    let server = raptor_testkit::Options {
        tcp: options.tcp,
        ..raptor_testkit::Options::default()
    };
    Ok(ExitCode::from(raptor_testkit::run(
        server,
        &options.command,
    )?))
}
