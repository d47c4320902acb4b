//! `raptor port rehearse`: all of it on a throw-away Postgres, before the real one is touched.

use super::{Along, Told, run, verify};
use crate::cli::terminal;
use anyhow::{Context, Result, bail};
use clap::Args;
use raptor_db::{Config, Db};
use raptor_port::{Done, Mode, Plan, Verified, counted};
use raptor_testkit::{Options, Server, Urls};
use serde::Serialize;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

/// The database that it is done in.
const DATABASE: &str = "rehearsal";

#[derive(Args)]
pub(crate) struct RehearseCommand {
    #[command(flatten)]
    along: Along,
    /// What makes the schema first, such as the application's own migrations; a line for the shell
    #[arg(long, value_name = "COMMAND")]
    prepare: Option<String>,
    /// The application's own check, behind `--`; it finds the database in `DATABASE_URL`, and in `PGHOST` and
    /// its like
    #[arg(last = true, value_name = "CHECK")]
    check: Vec<String>,
}

/// What came of it, as JSON has it.
#[derive(Serialize)]
struct Rehearsed {
    run: Done,
    verify: Verified,
    /// The schema as a revision; none where it was there.
    revision: Option<Revision>,
    /// The application's own check; none where there was none.
    check: Option<Checked>,
    holds: bool,
}

#[derive(Serialize)]
struct Revision {
    /// What it does not make the same on an empty database.
    differences: Vec<String>,
}

#[derive(Serialize)]
struct Checked {
    command: String,
    /// What it ended with; none where a signal ended it.
    code: Option<i32>,
    #[serde(skip)]
    status: ExitStatus,
}

impl RehearseCommand {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let plan = self.along.plan()?;
        let server = Server::start(Options {
            tcp: true,
            ..Options::default()
        });
        let server = server.context("no throw-away Postgres to rehearse on")?;
        let urls = database(&server, DATABASE, &plan).await?;
        if let Some(prepare) = &self.prepare {
            let mut command = Command::new("sh");
            self.find(&server, command.arg("-c").arg(prepare))?;
            ended(command.status().context("there is no shell")?, prepare)?;
        }
        let db = self.along.open_at(urls.owner_url()).await?;
        let done = async {
            let done = self.rehearsed(&server, &plan, &db).await?;
            anyhow::Ok((done, self.along.kept(&plan, &db).await?))
        };
        let done = done.await;
        db.close().await;
        let (done, kept) = done?;
        let held = done.held();
        let told = Told {
            done: Some(&done.run),
            verified: Some(&done.verify),
            kept,
            held,
        };
        self.along.report(&plan, &told)?;
        match self.along.json {
            true => terminal::json(&done)?,
            false => terminal::answer(done.line())?,
        }
        Ok(ExitCode::from(u8::from(!done.holds)))
    }

    async fn rehearsed(&self, server: &Server, plan: &Plan, db: &Db) -> Result<Rehearsed> {
        let along = &self.along;
        let is_told = !along.json;
        let begun = Instant::now();
        let run = run::carried(along, plan.clone(), db, run::begin(along)).await?;
        if is_told {
            run::tell(along, &run, None, begun)?;
        }
        let begun = Instant::now();
        let verify = verify::proved(along, plan.clone(), db).await?;
        if is_told {
            verify::tell(along, &verify, begun)?;
        }
        let revision = match plan.mode {
            Mode::Create => Some(revision(server, along, plan, db).await?),
            _ => None,
        };
        let mut rehearsed = Rehearsed {
            run,
            verify,
            revision,
            check: self.checked(server)?,
            holds: true,
        };
        rehearsed.holds = rehearsed.held().iter().all(|it| it.1.is_none());
        Ok(rehearsed)
    }

    /// Runs the application's own check.
    fn checked(&self, server: &Server) -> Result<Option<Checked>> {
        let [program, arguments @ ..] = &self.check[..] else {
            return Ok(None);
        };
        let name = self.check.join(" ");
        terminal::note(format_args!("== {name}"));
        let mut command = Command::new(program);
        self.find(server, command.args(arguments))?;
        let status = command.status();
        let status = status.with_context(|| format!("{program} cannot be run"))?;
        terminal::note(format_args!("== {name}: {status}"));
        Ok(Some(Checked {
            command: name,
            code: status.code(),
            status,
        }))
    }

    /// Has a command of the application find the database: over 127.0.0.1, as what reads a URL by its parts knows
    /// of no socket, with the scheme that all know, and as libpq does. What it prints is no part of a document.
    fn find(&self, server: &Server, command: &mut Command) -> Result<()> {
        let urls = server.tcp_urls(DATABASE);
        let urls = urls.context("the throw-away Postgres does not listen on 127.0.0.1")?;
        let url = urls.owner_url().replacen("postgres://", "postgresql://", 1);
        server.tell(command, DATABASE);
        command
            .env("DATABASE_URL", &url)
            .env("DATABASE_OWNER_URL", &url);
        if self.along.json {
            command.stdout(std::io::stderr());
        }
        Ok(())
    }
}

impl Rehearsed {
    /// What was to hold, and what is so instead where it does not.
    fn held(&self) -> Vec<(String, Option<String>)> {
        let mut held = Vec::new();
        let mut hold = |what: &str, fault: Option<String>| held.push((what.to_owned(), fault));
        let missing = self.run.missing.len() as u64;
        let verb = if missing == 1 { "is" } else { "are" };
        let is_missing =
            (missing > 0).then(|| format!("{} {verb} missing", counted(missing, "thing")));
        hold("nothing is missing", is_missing);
        let is_other = (!self.verify.holds()).then(|| "the sides are not equal".to_owned());
        hold("both sides are equal", is_other);
        if let Some(revision) = &self.revision {
            let is_other = (!revision.differences.is_empty())
                .then(|| "the schema as a revision does not make the same".to_owned());
            hold("the schema as a revision makes the same", is_other);
        }
        if let Some(check) = &self.check {
            hold(&format!("the check `{}`", check.command), check.fault());
        }
        held
    }

    /// The last line.
    fn line(&self) -> String {
        let faults = self.held().into_iter().filter_map(|it| it.1);
        let faults: Vec<String> = faults.collect();
        match faults.is_empty() {
            true => "The rehearsal holds.\n".to_owned(),
            false => format!("The rehearsal does not hold: {}.\n", faults.join("; ")),
        }
    }
}

impl Checked {
    fn fault(&self) -> Option<String> {
        let command = &self.command;
        (!self.status.success()).then(|| match self.code {
            Some(code) => format!("the check `{command}` ended with {code}"),
            None => format!("the check `{command}` was ended by {}", self.status),
        })
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

/// What the schema as a revision does not make the same on an empty database.
async fn revision(server: &Server, along: &Along, plan: &Plan, db: &Db) -> Result<Revision> {
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
    let told = differences
        .iter()
        .map(|it| it.between("in the revision", "in the database").to_string());
    let differences: Vec<String> = told.collect();
    let mut text: String = differences.iter().map(|it| format!("{it}\n")).collect();
    text.push_str(match differences.is_empty() {
        true => "The schema as a revision makes the same on an empty database.\n",
        false => "The schema as a revision does NOT make the same on an empty database.\n",
    });
    if !along.json {
        terminal::answer(text)?;
    }
    Ok(Revision { differences })
}

fn ended(status: ExitStatus, command: &str) -> Result<()> {
    if !status.success() {
        bail!("{command} ended with {status}, so that there is no schema to rehearse on");
    }
    Ok(())
}
