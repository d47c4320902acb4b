//! `raptor port`: an existing SQLite database, on Postgres, proved equal.

mod baseline;
mod plan;
mod progress;
mod questions;
mod rehearse;
mod release;
mod run;
mod sync;
mod verify;

use crate::config::Config;
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use plan::PlanCommand;
use raptor_db::{Db, Engine, Snapshot};
use raptor_port::{Done, Folder, Kept, Plan, Report, Source, Verified, few};
use rehearse::RehearseCommand;
use release::ReleaseCommand;
use run::RunCommand;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use verify::VerifyCommand;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Look at an SQLite file, decide what each column becomes, and write it into a file to be read
    Plan(PlanCommand),
    /// Carry the rows over as the plan says; what was killed goes on where it was
    Run(RunCommand),
    /// Do all of it on a throw-away Postgres, with the application's own check; exit with 1 when it does not hold
    Rehearse(RehearseCommand),
    /// Prove that both sides hold the same; exit with 1 when they do not
    Verify(VerifyCommand),
    /// Take out of the SQLite file all that `run --sync` put there: before the cut-over the port is given up,
    /// after it the file takes writes again
    Release(ReleaseCommand),
}

/// Of the commands that work along a plan.
#[derive(Args)]
struct Along {
    /// The plan, as `raptor port plan` wrote it
    #[arg(default_value = "port.toml", value_name = "PLAN")]
    plan: PathBuf,
    /// The Postgres database, instead of `DATABASE_OWNER_URL` or `DATABASE_URL`
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// How many connections carry rows at once [default: as many as there are cores, at most 8]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
    /// Nobody writes to the SQLite file: read it where it is, also where writers would have to wait
    #[arg(long)]
    offline: bool,
    /// Write a report for a person who signs off, as one page of HTML
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a report tells of.
#[derive(Default)]
struct Told<'t> {
    done: Option<&'t Done>,
    verified: Option<&'t Verified>,
    kept: Kept,
    /// Of a rehearsal: what was to hold, and what is so instead.
    held: Vec<(String, Option<String>)>,
}

/// Names the columns that the plan leaves out, where it does.
fn left_out(columns: &[String]) -> String {
    match columns {
        [] => String::new(),
        some => format!("columns left out by the plan: {}\n", few(some)),
    }
}

pub(super) async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    match command {
        Command::Plan(command) => command.run(config).await,
        Command::Rehearse(command) => command.run().await,
        Command::Run(command) => command.run(config).await,
        Command::Verify(command) => command.run(config).await,
        Command::Release(command) => command.run(config).await,
    }
}

impl Along {
    fn plan(&self) -> Result<Plan> {
        // Not after hours.
        if let Some(report) = &self.report {
            has_place(report, "the report")?;
        }
        read(&self.plan)
    }

    /// What is kept of rows and cells that did not come as they were, for a report.
    async fn kept(&self, plan: &Plan, db: &Db) -> Result<Kept> {
        match self.report {
            Some(_) => Ok(plan.kept(db).await?),
            None => Ok(Kept::default()),
        }
    }

    /// Writes the report, where one is asked for.
    fn report(&self, plan: &Plan, told: &Told<'_>) -> Result<()> {
        let Some(path) = &self.report else {
            return Ok(());
        };
        let mut snapshot = Snapshot::open_offline(&self.source(plan)?, 1)?;
        let reader = snapshot.take().context("the file has no reader")?;
        let source = Source::read(&reader)?;
        let plan = plan.clone().fit(&source)?;
        let mut report = Report::new(&source, &plan).with_kept(&told.kept);
        if let Some(done) = told.done {
            report = report.with_run(done);
        }
        if let Some(verified) = told.verified {
            report = report.with_proof(verified);
        }
        for (what, fault) in &told.held {
            report = report.with(what, fault.as_deref());
        }
        std::fs::write(path, report.to_string())
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn source(&self, plan: &Plan) -> Result<PathBuf> {
        source(&self.plan, plan)
    }

    fn workers(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        self.workers.map_or_else(|| cores.min(8), usize::from)
    }

    async fn open(&self, config: &Config) -> Result<Db> {
        open(config, self.to.as_deref(), self.workers()).await
    }

    async fn open_at(&self, url: &str) -> Result<Db> {
        opened(raptor_db::Config::new(url)?, self.workers()).await
    }
}

/// Refuses a file that no folder is there for.
fn has_place(path: &Path, what: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        let is_there = folder.as_os_str().is_empty() || folder.is_dir();
        ensure!(
            is_there,
            "{what} cannot be written: there is no folder {}",
            folder.display()
        );
    }
    ensure!(
        !path.is_dir(),
        "{what} cannot be written: {} is a folder",
        path.display()
    );
    Ok(())
}

fn read(path: &Path) -> Result<Plan> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("the plan {shown} cannot be read; `raptor port plan APP.db` writes one")
    })?;
    Plan::read(&text).with_context(|| shown.to_string())
}

/// The file that a plan is of, which is named from where the plan is; of a folder, the one that it makes.
fn source(path: &Path, plan: &Plan) -> Result<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let source = folder.join(&plan.source);
    match source.is_dir() {
        true => Ok(Folder::read(&source)?.file(path)?),
        false => Ok(source),
    }
}

/// The database that rows are carried to.
async fn open(config: &Config, to: Option<&str>, workers: usize) -> Result<Db> {
    let url = to.unwrap_or_else(|| config.migration_url());
    let database = config.database(url)?;
    ensure!(
        database.engine() == Engine::Postgres,
        "rows are carried to Postgres: name it with --to, DATABASE_OWNER_URL or DATABASE_URL (now {url})"
    );
    opened(database, workers).await
}

async fn opened(mut database: raptor_db::Config, workers: usize) -> Result<Db> {
    database.pool_size = workers + 2;
    // An index over all rows takes as long as it takes.
    database.statement_timeout = Duration::from_hours(24);
    database.slow_statement = Duration::from_hours(24);
    Db::open(database).await.context("cannot open the database")
}
