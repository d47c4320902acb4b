//! `raptor doctor`: is all well with the service's settings, database, rights and proof?

use super::terminal;
use crate::config::Config;
use crate::credentials::Credentials;
use crate::scopes::Scopes;
use crate::{chain, guard, login, proofs};
use anyhow::Result;
use clap::Args;
use raptor_db::Db;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    what: &'static str,
    holds: bool,
    told: String,
}

impl Check {
    /// What is well where nothing is wrong.
    fn of(what: &'static str, looked: Result<String>) -> Self {
        let holds = looked.is_ok();
        let told = looked.unwrap_or_else(|error| format!("{error:#}"));
        Self { what, holds, told }
    }
}

/// As JSON has it.
#[derive(Serialize)]
struct Told {
    holds: bool,
    checks: Vec<Check>,
}

/// Looks at all of it with the run-time login, as `serve` would.
///
/// # Errors
/// When nobody can be told.
pub(super) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let mut checks = vec![Check::of("settings", settings(config))];
    match database(config).await {
        Ok(db) => {
            let reached = format!("{} is reached", db.engine().as_str());
            checks.push(Check::of("database", Ok(reached)));
            checks.extend(of_database(config, &db).await);
            db.close().await;
        }
        Err(error) => checks.push(Check::of("database", Err(error))),
    }
    let holds = checks.iter().all(|it| it.holds);
    match options.json {
        true => terminal::json(&Told { holds, checks })?,
        false => {
            let line = |it: &Check| {
                let word = if it.holds { "ok" } else { "NOT WELL" };
                format!("{word:<9} {:<9} {}\n", it.what, it.told)
            };
            terminal::answer(checks.iter().map(line).collect::<String>())?;
        }
    }
    Ok(ExitCode::from(u8::from(!holds)))
}

/// Every value that `serve` reads can be read.
fn settings(config: &Config) -> Result<String> {
    config.settings()?;
    config.address()?;
    config.admin_address()?;
    config.shutdown_timeout()?;
    config.max_connections()?;
    config.workers()?;
    config.proof()?;
    config.secret_interval()?;
    match config.unknown() {
        [] => Ok("can be read".to_owned()),
        unknown => anyhow::bail!("no setting is called {}", unknown.join(", ")),
    }
}

async fn database(config: &Config) -> Result<Db> {
    let (database, _) = Credentials::open(config, true).await?;
    Ok(Db::open(database).await?)
}

async fn of_database(config: &Config, db: &Db) -> Vec<Check> {
    let chain = chain::status(db).await.and_then(|it| match it.serves() {
        true => Ok(it.to_string()),
        false => anyhow::bail!("{it}; run `raptor migrate upgrade head`"),
    });
    let login = login::excess(db).await.and_then(|it| match &it[..] {
        [] => Ok("owns nothing and is nobody special".to_owned()),
        excess => anyhow::bail!("{}, so that nothing holds it", excess.join(", ")),
    });
    let path = login::check_search_path(db).await;
    let guard = async {
        let key = config.settings()?.context_key;
        Ok(guard::check(db, &Scopes::new(key))
            .await?
            .as_str()
            .to_owned())
    };
    let proof = async {
        let standing = proofs::standing(db, config.proof()?.as_ref()).await?;
        match standing.holds {
            true => Ok(standing.told),
            false => anyhow::bail!("{}", standing.told),
        }
    };
    vec![
        Check::of("chain", chain),
        Check::of("login", login.and_then(|told| path.map(|()| told))),
        Check::of("policies", guard.await),
        Check::of("proof", proof.await),
    ]
}
