//! `raptor migrate`: the database's schema along the chain of revisions.

use crate::chain;
use crate::config::Config;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use raptor_db::Db;
use raptor_migrate::{Chain, Event};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Apply every revision up to the target
    Upgrade {
        /// `head`, a revision's id or the beginning of one
        #[arg(default_value = "head")]
        target: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take revisions back to the target
    Downgrade {
        /// `base`, `-1`, a revision's id or the beginning of one
        #[arg(allow_hyphen_values = true)]
        target: String,
        #[command(flatten)]
        options: Options,
    },
    /// Show which revision the database is at
    Current(Options),
    /// List the chain's revisions, newest first
    History(Options),
}

#[derive(Args)]
pub(crate) struct Options {
    /// A folder of revisions of your own, instead of the ones in the binary
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Postgres: the schema to work in, made if it is missing [default: raptor, or with --dir the login's own]
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Options {
    fn chain(&self) -> Result<Cow<'static, Chain>> {
        Ok(match &self.dir {
            Some(folder) => {
                let chain = Chain::from_dir(folder)?;
                anyhow::ensure!(
                    !chain.is_empty(),
                    "the folder {} holds no revision (a file `*.sql` that begins with `-- raptor: id=…`)",
                    folder.display()
                );
                Cow::Owned(chain)
            }
            None => Cow::Borrowed(chain::chain()),
        })
    }

    fn runner(&self) -> raptor_migrate::Options {
        let mut options = match self.dir {
            Some(_) => raptor_migrate::Options::default(),
            None => chain::options(),
        };
        if let Some(schema) = &self.schema {
            options.schema = Some(schema.clone());
        }
        options
    }
}

/// Runs one of them.
pub(super) async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    match command {
        Command::Upgrade { target, options } => {
            let (db, chain) = (open(config).await?, options.chain()?);
            let ran = raptor_migrate::upgrade(&db, &chain, &target, &options.runner(), progress)
                .await
                .map_err(|error| owned(config, error))?;
            show(&options, &ran)
        }
        Command::Downgrade { target, options } => {
            let (db, chain) = (open(config).await?, options.chain()?);
            let ran = raptor_migrate::downgrade(&db, &chain, &target, &options.runner(), progress)
                .await
                .map_err(|error| owned(config, error))?;
            show(&options, &ran)
        }
        Command::Current(options) => {
            let (db, chain) = (open(config).await?, options.chain()?);
            let current = raptor_migrate::current(&db, &chain, &options.runner()).await?;
            show(&options, &current)
        }
        Command::History(options) => show(&options, &raptor_migrate::history(&*options.chain()?)),
    }
}

/// Whose privileges were too few, and whose are needed.
fn owned(config: &Config, error: raptor_migrate::Error) -> anyhow::Error {
    let error = anyhow::Error::from(error);
    let is_refused = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<raptor_db::Error>())
        .any(|cause| cause.kind() == raptor_db::ErrorKind::Permission);
    if is_refused && !config.has_owner() {
        return error.context(
            "this login may not migrate; DATABASE_OWNER_URL is not set, and is to name the owner's",
        );
    }
    error
}

async fn open(config: &Config) -> Result<Db> {
    Db::open(config.database(config.migration_url())?)
        .await
        .context("cannot open the database")
}

/// One line a step on standard error, so that standard output holds the answer alone.
#[expect(clippy::print_stderr, reason = "this is the command line")]
fn progress(event: Event<'_>) {
    match event {
        Event::Waiting => eprintln!("waiting: another process migrates this database"),
        Event::Started {
            id,
            number,
            of,
            direction,
            ..
        } => eprintln!("{direction} {id} ({number} of {of})"),
        _ => {}
    }
}

#[expect(clippy::print_stdout, reason = "this is the command line")]
fn show(options: &Options, answer: &(impl Serialize + Display)) -> Result<ExitCode> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(answer)?);
    } else {
        print!("{answer}");
    }
    Ok(ExitCode::SUCCESS)
}
