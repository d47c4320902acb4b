//! `raptor port verify`: the proof that both sides hold the same.

use super::Along;
use crate::cli::terminal;
use crate::config::Config;
use anyhow::Result;
use clap::Args;
use raptor_port::Verified;
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
        let file = self.along.source(&plan);
        let db = self.along.open(config).await?;
        let begun = Instant::now();
        let verified = plan
            .verify(&file, &db, self.along.workers(), self.along.offline)
            .await;
        db.close().await;
        let verified = verified?;
        if self.along.json {
            terminal::json(&verified)?;
        } else {
            tell(&verified, begun)?;
        }
        Ok(ExitCode::from(u8::from(!verified.holds())))
    }
}

fn tell(verified: &Verified, begun: Instant) -> Result<()> {
    let rows: u64 = verified.tables.values().sum();
    let mut text = String::new();
    for difference in &verified.differences {
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
