//! `raptor migrate check` and `rehearse`: what is proved on throw-away databases.

use super::options::Where;
use super::scratch::Scratch;
use crate::config::Config;
use anyhow::{Context, Result};
use clap::Args;
use raptor_db::Engine;
use raptor_migrate::{Checked, Rehearsal};

#[derive(Args)]
pub(crate) struct Check {
    /// Look at the files alone
    #[arg(long)]
    no_database: bool,
    /// Do not compare the database's schema with the one that the chain makes
    #[arg(long)]
    no_drift: bool,
    /// Leave this table, view, sequence or other object out of the comparison
    #[arg(long, value_name = "NAME")]
    ignore: Vec<String>,
    #[command(flatten)]
    pub(super) at: Where,
}

#[derive(Args)]
pub(crate) struct Rehearse {
    /// Where the upgrade is to lead
    #[arg(default_value = "heads")]
    target: String,
    /// Begin with these revisions, instead of what the database has; `base` for none
    #[arg(long, value_name = "ID")]
    from: Vec<String>,
    #[command(flatten)]
    pub(super) at: Where,
}

impl Check {
    pub(super) async fn run(&self, config: &Config) -> Result<Checked> {
        let (at, chain) = (&self.at, self.at.chain(config)?);
        let options = at.runner(config);
        let db = match self.no_database {
            true => None,
            false => Some(at.open(config).await?),
        };
        let mut checked = raptor_migrate::check(db.as_ref(), &chain, &options).await?;
        if let Some(db) = db.as_ref().filter(|_| !self.no_drift) {
            let scratch = Scratch::new(db.engine())?;
            let ignored: Vec<&str> = self.ignore.iter().map(String::as_str).collect();
            let found = scratch.with_roles(async || {
                let made = scratch.database("drift", Some(db)).await?;
                let found = raptor_migrate::drift(db, &made, &chain, &options, &ignored).await;
                found.context("the chain cannot be run on a throw-away database")
            });
            checked.findings.extend(found.await?);
        }
        if chain.unsquashed().is_some() {
            for engine in [Engine::Sqlite, Engine::Postgres] {
                let scratch = Scratch::new(engine)?;
                let found = scratch.with_roles(async || {
                    let old = scratch.database("old", db.as_ref()).await?;
                    let new = scratch.database("new", db.as_ref()).await?;
                    Ok(raptor_migrate::prove_squashes(&old, &new, &chain, &options).await?)
                });
                checked.findings.extend(found.await?);
            }
        }
        Ok(checked)
    }
}

impl Rehearse {
    pub(super) async fn run(&self, config: &Config) -> Result<Rehearsal> {
        let (at, chain) = (&self.at, self.at.chain(config)?);
        let options = at.runner(config);
        let mut from = self.from.clone();
        let mut like = None;
        let engine = if from.is_empty() {
            let db = at.open(config).await?;
            let current = raptor_migrate::current(&db, &chain, &options).await?;
            from = current.versions.into_iter().map(|row| row.id).collect();
            let engine = db.engine();
            like = Some(db);
            engine
        } else {
            from.retain(|id| id != "base");
            config.database(config.migration_url())?.engine()
        };
        let scratch = Scratch::new(engine)?;
        let from: Vec<&str> = from.iter().map(String::as_str).collect();
        let rehearsal = scratch.with_roles(async || {
            let db = scratch.database("rehearsal", like.as_ref()).await?;
            Ok(raptor_migrate::rehearse(&db, &chain, &from, &self.target, &options).await?)
        });
        rehearsal.await
    }
}
