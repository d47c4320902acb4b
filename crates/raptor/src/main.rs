//! The one binary: reads the command line and turns failure into an exit code.

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn main() -> ExitCode {
    match raptor::run(raptor::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("raptor: {error:#}");
            ExitCode::from(2)
        }
    }
}
