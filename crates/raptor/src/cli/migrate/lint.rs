//! `raptor migrate lint`: what is dangerous to run.

use super::options::{Folder, Where, engine};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Result, bail};
use clap::Args;
use raptor_db::Engine;
use raptor_migrate::{Lint, LintOptions, LintRule, lint_rules};
use std::collections::BTreeSet;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct LintCommand {
    /// Only these: A:B, A: or :B, both ends included
    #[arg(short = 'r', long, value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,
    /// Only those that the database does not have yet
    #[arg(long, conflicts_with = "range")]
    pending: bool,
    /// A rule whose findings are not wanted
    #[arg(long, value_name = "RULE")]
    leave_out: Vec<String>,
    /// A rule that is not looked at otherwise
    #[arg(long, value_name = "RULE")]
    also: Vec<String>,
    /// The engines whose sections are looked at
    #[arg(
        long,
        value_name = "ENGINE",
        value_delimiter = ',',
        default_value = "postgres,sqlite",
        value_parser = engine
    )]
    engine: Vec<Engine>,
    /// Leave the way back out
    #[arg(long)]
    no_down: bool,
    /// Exit with 1 on a warning too
    #[arg(long)]
    strict: bool,
    /// List the locks on tables that are in use too, statement by statement
    #[arg(long)]
    locks: bool,
    /// The oldest major version of Postgres that the chain runs on
    #[arg(long, value_name = "N", default_value_t = 13)]
    pg_version: u32,
    /// List the rules, and look at nothing
    #[arg(long)]
    pub(super) rules: bool,
    #[command(flatten)]
    pub(super) at: Where,
}

impl LintCommand {
    pub(super) async fn run(&self, config: &Config) -> Result<Lint> {
        let chain = self.at.chain(config)?;
        let mut options = LintOptions::default();
        for name in self.leave_out.iter().chain(&self.also) {
            if !lint_rules().any(|rule| rule.name == name) {
                bail!("there is no rule {name:?}; `raptor migrate lint --rules` lists them");
            }
        }
        options.leave_out = self.leave_out.iter().cloned().collect();
        options.also = self.also.iter().cloned().collect();
        options.pg_version = self.pg_version;
        options.engines.clone_from(&self.engine);
        options.down = !self.no_down;
        let ids = |history: raptor_migrate::History| -> BTreeSet<String> {
            history.revisions.into_iter().map(|row| row.id).collect()
        };
        if let Some(range) = &self.range {
            options.only = Some(ids(raptor_migrate::history(&chain, Some(range), None)?));
        } else if self.pending {
            let db = self.at.open(config).await?;
            let current = raptor_migrate::current(&db, &chain, &self.at.runner(config)).await?;
            let rows: Vec<&str> = current.versions.iter().map(|row| row.id.as_str()).collect();
            let direction = raptor_migrate::Direction::Up;
            let pending = raptor_migrate::plan(&chain, direction, "heads", &rows)?;
            options.only = Some(pending.steps.into_iter().collect());
        }
        Ok(raptor_migrate::lint(&chain, &options))
    }

    /// Whether what was found lets a deployment go on.
    pub(super) fn holds(&self, found: &Lint) -> bool {
        found.holds() && (!self.strict || found.findings.is_empty())
    }

    /// The locks, as text; JSON has them anyway.
    pub(super) fn list_locks(&self, found: &Lint) -> Result<()> {
        if !self.locks || self.at.json() {
            return Ok(());
        }
        let mut locks = found.locks.iter();
        locks.try_for_each(|lock| terminal::answer(format_args!("{lock}\n")))
    }

    pub(super) fn list(&self) -> Result<ExitCode> {
        if self.at.json() {
            let rules: Vec<_> = lint_rules().map(row).collect();
            terminal::json(&rules)?;
            return Ok(ExitCode::SUCCESS);
        }
        for rule in lint_rules() {
            let also = if rule.opt_in {
                " (only with --also)"
            } else {
                ""
            };
            let (name, severity, finds) = (rule.name, rule.severity, rule.finds);
            terminal::answer(format_args!("{name} ({severity}): {finds}{also}\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn row(rule: &LintRule) -> serde_json::Value {
    serde_json::json!({
        "rule": rule.name, "severity": rule.severity, "finds": rule.finds, "only_with_also": rule.opt_in,
    })
}
