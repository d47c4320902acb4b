//! `raptor migrate`: the database's schema along the chain of revisions.

use crate::chain;
use crate::config::Config;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use raptor_db::Db;
use raptor_migrate::{Chain, Event};
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
    /// Show which revision the database is at
    Current(Options),
    /// List the chain's revisions, newest first
    History(Options),
}

#[derive(Args)]
pub(crate) struct Options {
    /// A folder of revisions, instead of the ones in the binary
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}
