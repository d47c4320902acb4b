//! `raptor access`: who may do what on Postgres, declared in one file, applied, and proved by attempt.

mod apply;
mod explain;
mod key;
mod logins;
mod prove;
mod rotate;

use super::terminal;
use crate::config::Config;
use crate::declaration;
use anyhow::{Context, Result, ensure};
use apply::ApplyCommand;
use clap::{Args, Subcommand};
use explain::ExplainCommand;
use key::KeyCommand;
use prove::ProveCommand;
use raptor_access::{Declaration, Place, Plan, Step};
use raptor_db::{Db, Engine};
use rotate::RotateCommand;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the statements that make the database as declared, each with why; nothing is run
    Plan(Along),
    /// Run them, in one transaction; what this login may not do is listed
    Apply(ApplyCommand),
    /// Look for what is not as declared, with any login that reads the catalogs; exit with 1 where something is
    Drift(Along),
    /// Log in as every login and attempt what it may and what it may not; exit with 1 on any hole
    Prove(ProveCommand),
    /// Tell why a statement of a login is denied or sees no rows: right, column, policy, scope, line of the file
    Explain(ExplainCommand),
    /// Change the credential that services read, without a restart: prove the new one, publish it, end the one before
    Rotate(RotateCommand),
    /// The keys that contexts are signed with, as the database knows them
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print Raptor's own declaration, as it is in this binary
    Own,
    /// Print the JSON Schema of the file
    Schema,
}

#[derive(Args)]
pub(crate) struct Along {
    /// The declaration; without it `RAPTOR_ACCESS_FILE`, access.toml where there is one in this folder, or Raptor's own
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    match command {
        Command::Plan(along) => along.plan(config).await,
        Command::Apply(command) => command.run(config).await,
        Command::Drift(along) => along.drift(config).await,
        Command::Prove(command) => command.run(config).await,
        Command::Explain(command) => command.run(config).await,
        Command::Rotate(command) => command.run(config).await,
        Command::Key(command) => command.run(config).await,
        Command::Own => terminal::answer(declaration::TEXT).map(|()| ExitCode::SUCCESS),
        Command::Schema => terminal::answer(raptor_access::SCHEMA).map(|()| ExitCode::SUCCESS),
    }
}

impl Along {
    /// The declaration, for a database.
    async fn declared(&self, config: &Config, db: &Db) -> Result<Declaration> {
        match self.path(config) {
            Some(path) => Ok(Declaration::open(&path)?),
            None => declaration::declared(db).await,
        }
    }

    /// The same as it is written, where no database says who its owner is.
    fn written(&self, config: &Config) -> Result<Declaration> {
        match self.path(config) {
            Some(path) => Ok(Declaration::open(&path)?),
            None => Ok(Declaration::read(declaration::TEXT)?),
        }
    }

    fn path(&self, config: &Config) -> Option<PathBuf> {
        self.file.clone().or_else(|| config.access_file())
    }

    /// What has to be done so that the database is as declared.
    async fn planned(&self, config: &Config) -> Result<Plan> {
        let db = open(config, config.migration_url()).await?;
        let declared = self.declared(config, &db).await?;
        let plan = declared.plan(&db).await.with_context(|| self.shown(config));
        db.close().await;
        plan
    }

    async fn plan(self, config: &Config) -> Result<ExitCode> {
        let plan = self.planned(config).await?;
        if self.json {
            terminal::json(&plan)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text: String = plan.steps.iter().map(statement).collect();
        for name in &plan.unlisted {
            text.push_str(&format!("-- {}\n", without_line(name)));
        }
        text.push_str(&match plan.steps.len() {
            0 => "-- The database is as declared: nothing is to be done.\n".to_owned(),
            1 => "-- 1 statement; `raptor access apply` runs it.\n".to_owned(),
            more => format!(
                "-- {more} statements; `raptor access apply` runs them in one transaction.\n"
            ),
        });
        terminal::answer(text)?;
        Ok(ExitCode::SUCCESS)
    }

    async fn drift(self, config: &Config) -> Result<ExitCode> {
        #[derive(Serialize)]
        struct Drift {
            holds: bool,
            drift: Vec<Step>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            unlisted: Vec<String>,
        }
        let Plan {
            steps: drift,
            unlisted,
            ..
        } = self.planned(config).await?;
        let holds = drift.is_empty() && unlisted.is_empty();
        if self.json {
            terminal::json(&Drift {
                holds,
                drift,
                unlisted,
            })?;
        } else {
            let mut text: String = drift.iter().map(|it| format!("{}\n", told(it))).collect();
            for name in &unlisted {
                text.push_str(&format!("{}\n", without_line(name)));
            }
            text.push_str(&match drift.len() + unlisted.len() {
                0 => "No drift: the database is as declared.\n".to_owned(),
                1 => "1 thing is not as declared; `raptor access plan` shows the way back.\n"
                    .to_owned(),
                more => format!(
                    "{more} things are not as declared; `raptor access plan` shows the way back.\n"
                ),
            });
            terminal::answer(text)?;
        }
        Ok(ExitCode::from(u8::from(!holds)))
    }

    fn shown(&self, config: &Config) -> String {
        let own = || "Raptor's own declaration (`raptor access own`)".to_owned();
        self.path(config)
            .map_or_else(own, |it| it.display().to_string())
    }
}

/// A statement, after why.
fn statement(step: &Step) -> String {
    format!("-- {}\n{};\n", told(step), step.sql)
}

fn without_line(table: &str) -> String {
    format!("{table} is not in the file: give it a line, one without grants where nobody needs it")
}

fn told(step: &Step) -> String {
    format!("{}{}", step.why, placed(step.place))
}

/// ` (line 5, column 1)`, where something stands in the file.
fn placed(place: Option<Place>) -> String {
    place.map_or_else(String::new, |it| format!(" ({it})"))
}

/// The database that rights are of.
async fn open(config: &Config, url: &str) -> Result<Db> {
    let database = config.database(url)?;
    ensure!(
        database.engine() == Engine::Postgres,
        "SQLite has no roles: `raptor access` is for Postgres, named by DATABASE_OWNER_URL, DATABASE_URL or --url; only `prove` says what holds on SQLite"
    );
    Db::open(database).await.context("cannot open the database")
}
