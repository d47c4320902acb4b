//! `raptor access apply`: the database is made as declared.

use super::{Along, open, statement};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Context, Result};
use clap::Args;
use raptor_access::Applied;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct ApplyCommand {
    #[command(flatten)]
    along: Along,
    /// Show every statement that was run
    #[arg(long, short)]
    verbose: bool,
}

impl ApplyCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let db = open(config, config.migration_url()).await?;
        let declared = self.along.declared(config, &db).await?;
        let applied = declared.apply(&db).await;
        db.close().await;
        let applied = applied.with_context(|| self.along.shown(config))?;
        match self.along.json {
            true => terminal::json(&applied)?,
            false => terminal::answer(self.told(&applied))?,
        }
        Ok(ExitCode::from(u8::from(!applied.not_closable.is_empty())))
    }

    fn told(&self, applied: &Applied) -> String {
        let done = applied.done.iter().filter(|_| self.verbose);
        let mut text: String = done.map(statement).collect();
        for step in &applied.not_closable {
            text.push_str(&format!("-- NOT DONE, {}\n-- {};\n", step.why, step.sql));
        }
        text.push_str(&match applied.done.len() {
            0 if !applied.not_closable.is_empty() => "-- Nothing done".to_owned(),
            0 => "-- The database is as declared: nothing was to be done".to_owned(),
            1 => "-- 1 statement done".to_owned(),
            more => format!("-- {more} statements done in one transaction"),
        });
        text.push_str(&match applied.not_closable.len() {
            0 => ".\n".to_owned(),
            left => format!(
                ", {left} left, each with why: whoever owns the object or the server may do them.\n"
            ),
        });
        text
    }
}
