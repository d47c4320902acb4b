//! `raptor port rehearse`: all of it on a throw-away Postgres, before the real one is touched.

use super::{Along, run, verify};
use crate::cli::terminal;
use anyhow::{Context, Result, bail};
use clap::Args;
use raptor_db::{Config, Db};
use raptor_testkit::{Options, Server, Urls};
use std::process::{Command, ExitCode, ExitStatus};

#[derive(Args)]
pub(crate) struct RehearseCommand {
    #[command(flatten)]
    along: Along,
    /// What makes the schema first, such as the application's own migrations; a line for the shell
    #[arg(long, value_name = "COMMAND")]
    prepare: Option<String>,
    /// The application's own check, behind `--`; it finds the database in `DATABASE_URL`
    #[arg(last = true, value_name = "CHECK")]
    check: Vec<String>,
}

impl RehearseCommand {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let plan = self.along.plan()?;
        let server = Server::start(Options {
            tcp: true,
            ..Options::default()
        });
        let server = server.context("no throw-away Postgres to rehearse on")?;
        let urls = server.create_database("rehearsal")?;
        as_any_other(&urls).await?;
        if let Some(prepare) = &self.prepare {
            let mut command = Command::new("sh");
            let status = with_urls(command.arg("-c").arg(prepare), &urls).status();
            ended(status.context("there is no shell")?, prepare)?;
        }
        let along = Along {
            to: Some(urls.owner_url().to_owned()),
            ..self.along
        };
        let db = along.open_at(urls.owner_url()).await?;
        let done = run::carried(&along, plan.clone(), &db, run::begin(&along)).await?;
        let verified = verify::proved(&along, plan.clone(), &db).await?;
        db.close().await;
        along.report(&plan, Some(&done), Some(&verified))?;
        if let [program, arguments @ ..] = &self.check[..] {
            let mut command = Command::new(program);
            let status = with_urls(command.args(arguments), &urls).status();
            let status = status.with_context(|| format!("{program} cannot be run"))?;
            if !status.success() {
                terminal::answer(format_args!(
                    "The check does not hold: {program} ended with {status}.\n"
                ))?;
                return Ok(ExitCode::from(1));
            }
            terminal::answer("The check holds.\n")?;
        }
        Ok(ExitCode::from(u8::from(
            !(done.is_whole() && verified.holds()),
        )))
    }
}

/// The login finds `public` first, as on most servers.
async fn as_any_other(urls: &Urls) -> Result<()> {
    let db = Db::open(Config::new(urls.admin_url())?).await?;
    let text = "ALTER ROLE raptor_owner IN DATABASE rehearsal RESET search_path";
    db.session().await?.execute_raw(text).await?;
    db.close().await;
    Ok(())
}

fn with_urls<'c>(command: &'c mut Command, urls: &Urls) -> &'c mut Command {
    let url = urls.owner_url();
    command
        .env("DATABASE_URL", url)
        .env("DATABASE_OWNER_URL", url)
}

fn ended(status: ExitStatus, command: &str) -> Result<()> {
    if !status.success() {
        bail!("{command} ended with {status}, so that there is no schema to rehearse on");
    }
    Ok(())
}
