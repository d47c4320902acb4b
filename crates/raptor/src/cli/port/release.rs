//! `raptor port release`: the file is the application's again.

use super::{open, read, source};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Context, Result};
use clap::Args;
use raptor_port::Released;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct ReleaseCommand {
    /// The plan, as `raptor port plan` wrote it
    #[arg(default_value = "port.toml", value_name = "PLAN")]
    plan: PathBuf,
    /// The Postgres database that was carried to, where a schema that was there is to be as it was
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

impl ReleaseCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let plan = read(&self.plan)?;
        let file = source(&self.plan, &plan)?;
        let shown = file.display().to_string();
        let released = tokio::task::spawn_blocking(move || raptor_port::release(&file)).await??;
        terminal::answer(match released {
            Released::Followed => {
                format!("{shown} is not followed any more, and nothing of --sync is in it.\n")
            }
            Released::Closed => format!(
                "{shown} takes writes again. What is written to it from now on is not on Postgres.\n"
            ),
            _ => format!("{shown} has nothing of --sync.\n"),
        })?;
        if let Some(to) = &self.to {
            let given_up = async {
                let db = open(config, Some(to), 1).await?;
                let given_up = plan.give_up(&db).await;
                db.close().await;
                anyhow::Ok(given_up?)
            };
            given_up.await.context("on Postgres nothing was given up")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
