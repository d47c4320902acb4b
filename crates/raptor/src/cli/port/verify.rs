//! `raptor port verify`: the proof that both sides hold the same.

use super::Along;
use crate::cli::terminal;
use crate::config::Config;
use anyhow::Result;
use clap::Args;
use raptor_db::Db;
use raptor_port::{Plan, Verified};
use std::process::ExitCode;
use std::time::Instant;

#[derive(Args)]
pub(crate) struct VerifyCommand {
    #[command(flatten)]
    along: Along,
}

impl VerifyCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let plan = self.along.plan()?;
        let db = self.along.open(config).await?;
        let verified = proved(&self.along, plan.clone(), &db).await;
        db.close().await;
        let verified = verified?;
        self.along.report(&plan, None, Some(&verified), &[])?;
        Ok(ExitCode::from(u8::from(!verified.holds())))
    }
}

/// Compares both sides, and says what is not equal.
pub(super) async fn proved(along: &Along, plan: Plan, db: &Db) -> Result<Verified> {
    let begun = Instant::now();
    let file = along.source(&plan)?;
    let verified = plan
        .verify(&file, db, along.workers(), along.offline)
        .await?;
    if along.json {
        terminal::json(&verified)?;
    } else {
        tell(&verified, begun)?;
    }
    Ok(verified)
}

fn tell(verified: &Verified, begun: Instant) -> Result<()> {
    let rows: u64 = verified.tables.values().sum();
    let mut text = String::new();
    for difference in verified.notes.iter().chain(&verified.differences) {
        text.push_str(&format!("{} {}\n", difference.of, difference.text));
    }
    let took = begun.elapsed().as_secs_f64();
    let said = match verified.holds() {
        true => "Equal",
        false => "NOT equal",
    };
    text.push_str(&format!(
        "{said}: {rows} rows of {} tables, in {took:.1} s.\n",
        verified.tables.len()
    ));
    terminal::answer(text)
}
