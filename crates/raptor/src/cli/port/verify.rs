//! `raptor port verify`: the proof that both sides hold the same.

use super::{Along, Told, left_out};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::Result;
use clap::Args;
use raptor_db::Db;
use raptor_port::{Plan, Verified, counted};
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
        let begun = Instant::now();
        let verified = async {
            let verified = proved(&self.along, plan.clone(), &db).await?;
            anyhow::Ok((verified, self.along.kept(&plan, &db).await?))
        };
        let verified = verified.await;
        db.close().await;
        let (verified, kept) = verified?;
        tell(&self.along, &verified, begun)?;
        let told = Told {
            verified: Some(&verified),
            kept,
            ..Told::default()
        };
        self.along.report(&plan, &told)?;
        Ok(ExitCode::from(u8::from(!verified.holds())))
    }
}

/// Compares both sides.
pub(super) async fn proved(along: &Along, plan: Plan, db: &Db) -> Result<Verified> {
    let file = along.source(&plan)?;
    let verified = plan.verify(&file, db, along.workers(), along.offline);
    Ok(verified.await?)
}

/// Says what is not equal, and what is to be known.
pub(super) fn tell(along: &Along, verified: &Verified, begun: Instant) -> Result<()> {
    if along.json {
        return terminal::json(verified);
    }
    let rows: u64 = verified.tables.values().sum();
    let mut text = left_out(&verified.left_out);
    if verified.is_closed {
        text.push_str("The SQLite file is cut over, and takes no more writes; `raptor port release` opens it again.\n");
    }
    for difference in verified.notes.iter().chain(&verified.differences) {
        text.push_str(&format!("{} {}\n", difference.of, difference.text));
    }
    let took = begun.elapsed().as_secs_f64();
    let said = match verified.holds() {
        true => "Equal",
        false => "NOT equal",
    };
    text.push_str(&format!(
        "{said}: {} of {}, in {took:.1} s.\n",
        counted(rows, "row"),
        counted(verified.tables.len() as u64, "table")
    ));
    terminal::answer(text)
}
