//! The command line: one subcommand a file in `cli/`.
//!
//! Exit codes: 0 it holds, 1 it does not hold, 2 it could not run.

mod access;
mod config;
mod doctor;
mod migrate;
mod pg;
mod port;
pub(crate) mod terminal;

pub use terminal::said;

use crate::config::{Config, Overrides};
use crate::{serve, telemetry};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Start on SQLite, live on Postgres, be able to prove it.
#[derive(Parser)]
#[command(name = "raptor", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// The database, instead of `DATABASE_URL` and `DATABASE_OWNER_URL`: postgres://… or sqlite:PATH
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// The configuration file, instead of raptor.toml if there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API; on ./dev.db (SQLite) with no `DATABASE_URL`
    Serve(serve::Options),
    /// Bring the database's schema along the chain of revisions
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Carry an existing SQLite database to Postgres, and prove that nothing was lost
    #[command(subcommand)]
    Port(port::Command),
    /// Declare who may do what on Postgres, apply it, and prove it by attempt
    #[command(subcommand)]
    Access(access::Command),
    /// Run a command with a throw-away Postgres, `DATABASE_URL` and `DATABASE_OWNER_URL` set
    Pg(pg::Options),
    /// Look whether all is well with the service's settings, database, rights and proof; exit with 1 where it is not
    Doctor(doctor::Options),
    /// Show every setting in force and where it came from; secrets are hidden
    Config(config::Options),
}

/// Runs what the command line says.
///
/// # Errors
/// What could not run; the exit code is then 2.
pub fn run(cli: Cli) -> Result<ExitCode> {
    let overrides = Overrides {
        url: cli.common.url,
        file: cli.common.config,
    };
    // The throw-away Postgres has no settings, and a broken file must not be in its way.
    if let Command::Pg(options) = cli.command {
        return pg::run(options);
    }
    let config = Config::load(&overrides)?;
    match cli.command {
        Command::Serve(options) => {
            telemetry::log(&config)?;
            runtime(config.workers()?)?.block_on(serve::run(&config, options))
        }
        Command::Migrate(command) => {
            config.check_owner()?;
            let runtime = match command.waits_for_one_server(&config) {
                true => single()?,
                false => runtime(Some(1))?,
            };
            runtime.block_on(migrate::run(&config, command))
        }
        Command::Port(command) => runtime(None)?.block_on(port::run(&config, command)),
        Command::Access(command) => {
            config.check_owner()?;
            runtime(None)?.block_on(access::run(&config, command))
        }
        Command::Doctor(options) => runtime(None)?.block_on(doctor::run(&config, &options)),
        Command::Config(options) => config::run(&config, &options),
        Command::Pg(_) => unreachable!("has run already"),
    }
}

/// Whoever sends one statement after another has nobody to share the work with: a second thread for
/// the connection would only be woken for each.
fn single() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

fn runtime(workers: Option<usize>) -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    Ok(builder.enable_all().build()?)
}
