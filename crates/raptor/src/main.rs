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
            let _ = writeln!(std::io::stderr(), "raptor: {}", raptor::said(&error));
            ExitCode::from(2)
        }
    }
}
