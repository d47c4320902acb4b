//! `raptor access key`: the keys that contexts are signed with.

use super::open;
use crate::cli::terminal;
use crate::config::Config;
use crate::hex;
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use raptor_access::ContextKey;
use raptor_db::timestamptz_text;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Print a new key, for `RAPTOR_CONTEXT_KEY`; nothing is kept
    New,
    /// Make `RAPTOR_CONTEXT_KEY` known to the database, beside the keys that it knows
    Keep,
    /// List the keys that the database knows, each by a hash of it
    List,
    /// Have the database forget all keys but `RAPTOR_CONTEXT_KEY`
    ForgetOthers,
}

impl KeyCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        if matches!(self, Self::New) {
            terminal::answer(format!("{}\n", new()?))?;
            return Ok(ExitCode::SUCCESS);
        }
        // What cannot be meant is said before anybody is connected.
        let own = config.context_key()?;
        let db = open(config, config.migration_url()).await?;
        let said = self.on(&db, own).await;
        db.close().await;
        terminal::answer(said?)?;
        Ok(ExitCode::SUCCESS)
    }

    async fn on(&self, db: &raptor_db::Db, own: Option<ContextKey>) -> Result<String> {
        let own = own.map(|key| (key.name(), key));
        if let Self::List = self {
            let kept = ContextKey::kept(db).await?;
            let lines = kept.iter().map(|(name, since)| {
                let is_own = own.as_ref().is_some_and(|(own, _)| own == name);
                let note = if is_own { "  RAPTOR_CONTEXT_KEY" } else { "" };
                format!("{name}  since {}{note}\n", timestamptz_text(*since))
            });
            let none = "The database knows no key.\n".to_owned();
            return Ok(if kept.is_empty() {
                none
            } else {
                lines.collect()
            });
        }
        let Some((name, key)) = own else {
            bail!("RAPTOR_CONTEXT_KEY is not set: `raptor access key new` prints one");
        };
        if let Self::ForgetOthers = self {
            let kept = ContextKey::kept(db).await?;
            ensure!(
                kept.iter().any(|(known, _)| *known == name),
                "the database does not know RAPTOR_CONTEXT_KEY ({name}), so that no service signs with it yet: \
                 `raptor access key keep` first, then every service with it, and then forget the others"
            );
            ContextKey::forget_others(db, &name).await?;
            return Ok(format!("The database knows {name} alone.\n"));
        }
        key.keep(db, &name)
            .await
            .context("`raptor access apply` makes the table of keys, which its owner and superusers write to")?;
        Ok(format!("The database knows {name}.\n"))
    }
}

fn new() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gave no randomness")?;
    Ok(hex::digits(&bytes))
}
