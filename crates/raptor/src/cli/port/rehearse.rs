//! `raptor port rehearse`: all of it on a throw-away Postgres, before the real one is touched.

use super::{Along, run, verify};
use crate::cli::terminal;
use anyhow::{Context, Result, bail};
use clap::Args;
use raptor_db::{Config, Db};
use raptor_port::{Mode, Plan};
use raptor_testkit::{Options, Server, Urls};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

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
        let urls = database(&server, "rehearsal", &plan).await?;
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
        let begun = Instant::now();
        let done = run::carried(&along, plan.clone(), &db, run::begin(&along)).await?;
        run::tell(&along, &done, None, begun)?;
        let verified = verify::proved(&along, plan.clone(), &db).await?;
        let is_made_anew = match plan.mode {
            Mode::Create => makes_the_same(&server, &along, &plan, &db).await?,
            _ => true,
        };
        db.close().await;
        let mut held = vec![
            ("nothing is missing", done.is_whole()),
            ("both sides are equal", verified.holds()),
        ];
        if plan.mode == Mode::Create {
            held.push(("the schema as a revision makes the same", is_made_anew));
        }
        let check = self.check.join(" ");
        if let [program, arguments @ ..] = &self.check[..] {
            terminal::note(format_args!("== {check}"));
            let mut command = Command::new(program);
            let status = with_urls(command.args(arguments), &urls).status();
            let status = status.with_context(|| format!("{program} cannot be run"))?;
            terminal::note(format_args!("== {check}: {status}"));
            held.push((&check, status.success()));
        }
        along.report(&plan, Some(&done), Some(&verified), &held)?;
        let failed: Vec<&str> = held.iter().filter(|it| !it.1).map(|it| it.0).collect();
        if !along.json {
            terminal::answer(match failed.is_empty() {
                true => "The rehearsal holds.\n".to_owned(),
                false => format!("The rehearsal does NOT hold: {}.\n", failed.join("; ")),
            })?;
        }
        Ok(ExitCode::from(u8::from(!failed.is_empty())))
    }
}

/// An empty database, in which the login finds the plan's schema first.
async fn database(server: &Server, name: &str, plan: &Plan) -> Result<Urls> {
    let urls = server.create_database(name)?;
    let schema = format!("\"{}\"", plan.schema.replace('"', "\"\""));
    let path = match plan.schema.as_str() {
        "public" => schema.clone(),
        _ => format!("{schema}, public"),
    };
    let db = Db::open(Config::new(urls.admin_url())?).await?;
    let text = format!("ALTER ROLE raptor_owner IN DATABASE {name} SET search_path = {path}");
    db.session().await?.execute_raw(&text).await?;
    db.close().await;
    if plan.mode == Mode::Existing {
        // What makes the schema looks for a place.
        let db = Db::open(Config::new(urls.owner_url())?).await?;
        let text = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        db.session().await?.execute_raw(&text).await?;
        db.close().await;
    }
    Ok(urls)
}

/// Whether the schema as a revision makes the same on an empty database.
async fn makes_the_same(server: &Server, along: &Along, plan: &Plan, db: &Db) -> Result<bool> {
    let chain = plan.baseline(&along.source(plan)?, db).await?.chain()?;
    let mut options = raptor_migrate::Options::default();
    options.schema = Some(plan.schema.clone());
    let empty = along
        .open_at(database(server, "baseline", plan).await?.owner_url())
        .await?;
    let made = raptor_migrate::upgrade(&empty, &chain, "head", &options, |_| {}).await;
    made.context("the schema as a revision cannot be run on an empty database")?;
    let made = raptor_migrate::catalog(&empty, &options).await?;
    empty.close().await;
    let differences = made.differences(&raptor_migrate::catalog(db, &options).await?);
    let mut text = String::new();
    for difference in &differences {
        let told = difference.between("in the revision", "in the database");
        text.push_str(&format!("{told}\n"));
    }
    text.push_str(match differences.is_empty() {
        true => "The schema as a revision makes the same on an empty database.\n",
        false => "The schema as a revision does NOT make the same on an empty database.\n",
    });
    if !along.json {
        terminal::answer(text)?;
    }
    Ok(differences.is_empty())
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
