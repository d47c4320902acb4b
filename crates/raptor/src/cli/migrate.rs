//! `raptor migrate`: the database's schema along the chain of revisions.

mod author;
mod autogenerate;
mod import;
mod interrupt;
mod lint;
mod options;
mod proof;
mod scratch;

use super::terminal;
use crate::config::Config;
use anyhow::Result;
use author::{Merge, NewRevision, Squash};
use clap::Subcommand;
use import::Import;
use interrupt::Interrupt;
use lint::LintCommand;
use options::{Folder, Options, Running, Where};
use proof::{Check, Rehearse};
use raptor_db::Engine;
use raptor_migrate::{Direction, Event, Ran, StepRow};
use serde::Serialize;
use std::fmt::Display;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Apply every revision up to the target
    Upgrade {
        /// `head`, `heads`, an id or the beginning of one, a label, `LABEL@head`, `+N`, `ID+N`
        #[arg(default_value = "head")]
        target: String,
        /// Print the SQL instead of running it; the target may be a range, FROM:TO
        #[arg(long)]
        sql: bool,
        #[command(flatten)]
        running: Running,
    },
    /// Take revisions back to the target, which stays
    Downgrade {
        /// `base`, `-N`, an id or the beginning of one, a label, `LABEL@base`, `LABEL@-N`, `ID-N`
        #[arg(allow_hyphen_values = true)]
        target: String,
        /// Print the SQL instead of running it; the target is a range, FROM:TO
        #[arg(long)]
        sql: bool,
        #[command(flatten)]
        running: Running,
    },
    /// Say that the database is at a revision, and run nothing
    Stamp {
        /// `head`, `heads`, `base`, ids or labels
        #[arg(required = true)]
        targets: Vec<String>,
        /// Forget every row first, also what this chain does not know
        #[arg(long)]
        purge: bool,
        #[command(flatten)]
        at: Where,
    },
    /// Show which revision the database is at
    Current {
        /// Exit with 1 when that is not every head of the chain
        #[arg(long)]
        check_heads: bool,
        #[command(flatten)]
        at: Where,
    },
    /// List the chain's revisions, newest first
    History {
        /// Only these: A:B, A: or :B, both ends included; `current` is what the database has
        #[arg(short = 'r', long, value_name = "RANGE", allow_hyphen_values = true)]
        range: Option<String>,
        /// Mark what the database has
        #[arg(short, long)]
        indicate_current: bool,
        /// All that is known of each
        #[arg(short, long)]
        verbose: bool,
        #[command(flatten)]
        at: Where,
    },
    /// List the revisions that no other revises
    Heads {
        /// All that is known of each
        #[arg(short, long)]
        verbose: bool,
        #[command(flatten)]
        options: Options,
    },
    /// List the revisions where branches part
    Branches(Options),
    /// Show one revision: what is known of it, and its text
    Show {
        /// An id or the beginning of one, a label, `head`, `LABEL@head`, `ID+N`
        target: String,
        #[command(flatten)]
        options: Options,
    },
    /// Look for what is wrong with the chain and the database; exit with 1 when something is
    Check(Check),
    /// Find what is dangerous to run: locks, rewrites, lost rows, weakened protection; exit with 1 on
    /// an error
    Lint(LintCommand),
    /// Run what is pending on a throw-away database: up, down and up again; exit with 1 when the way
    /// back does not lead back
    Rehearse(Rehearse),
    /// Take over what another tool migrated so far, and prove it
    #[command(subcommand)]
    Import(Import),
    /// Write the file of a new revision
    Revision(NewRevision),
    /// Write the file of a revision that joins heads
    Merge(Merge),
    /// Write the file of a revision that replaces several
    Squash(Squash),
}

impl Command {
    /// Whether it runs statement after statement on a server.
    pub(super) fn waits_for_one_server(&self, config: &Config) -> bool {
        let database = config.database(config.migration_url());
        matches!(self, Self::Upgrade { .. } | Self::Downgrade { .. })
            && database.is_ok_and(|it| it.engine() == Engine::Postgres)
    }

    /// Whether the answer is to be JSON, also when it is an error.
    fn json(&self) -> bool {
        match self {
            Self::Upgrade { running, .. } | Self::Downgrade { running, .. } => running.at().json(),
            Self::Stamp { at, .. } | Self::Current { at, .. } | Self::History { at, .. } => {
                at.json()
            }
            Self::Heads { options, .. } | Self::Branches(options) | Self::Show { options, .. } => {
                options.json()
            }
            Self::Check(check) => check.at.json(),
            Self::Lint(lint) => lint.at.json(),
            Self::Rehearse(rehearse) => rehearse.at.json(),
            Self::Import(import) => import.json(),
            Self::Revision(new) => new.json(),
            Self::Merge(merge) => merge.json(),
            Self::Squash(squash) => squash.json(),
        }
    }
}

/// Runs one of them. With `--json` an error is an answer too, with what ran before it.
pub(super) async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let json = command.json();
    let steps = Mutex::default();
    let done = answered(config, command, &steps).await;
    if let Err(error) = &done
        && json
    {
        let steps: Vec<StepRow> = steps.into_inner().unwrap_or_else(PoisonError::into_inner);
        let error = terminal::said(error);
        terminal::json(&serde_json::json!({ "error": error, "steps": steps }))?;
    }
    done
}

async fn answered(
    config: &Config,
    command: Command,
    steps: &Mutex<Vec<StepRow>>,
) -> Result<ExitCode> {
    match command {
        Command::Upgrade {
            target,
            sql,
            running,
        } => ran(config, Direction::Up, &target, sql, &running, steps).await,
        Command::Downgrade {
            target,
            sql,
            running,
        } => ran(config, Direction::Down, &target, sql, &running, steps).await,
        Command::Stamp { targets, purge, at } => stamped(config, &targets, purge, &at).await,
        Command::Current { check_heads, at } => {
            let (db, chain) = (at.open(config).await?, at.chain(config)?);
            let current = raptor_migrate::current(&db, &chain, &at.runner(config)).await?;
            show(&at, &current)?;
            Ok(holds(!check_heads || current.is_at_heads()))
        }
        Command::History {
            range,
            indicate_current,
            verbose,
            at,
        } => listed(config, range.as_deref(), indicate_current, verbose, &at).await,
        Command::Heads { verbose, options } => list(
            &options,
            &raptor_migrate::heads(&*options.chain(config)?),
            verbose,
        ),
        Command::Branches(options) => show(
            &options,
            &raptor_migrate::branches(&*options.chain(config)?),
        ),
        Command::Show { target, options } => shown(config, &options, &target),
        Command::Check(check) => {
            let checked = check.run(config).await?;
            show(&check.at, &checked)?;
            Ok(holds(checked.holds()))
        }
        Command::Import(import) => import.run(config).await,
        Command::Lint(lint) if lint.rules => lint.list(),
        Command::Lint(lint) => {
            let found = lint.run(config).await?;
            lint.list_locks(&found)?;
            show(&lint.at, &found)?;
            Ok(holds(lint.holds(&found)))
        }
        Command::Rehearse(rehearse) => {
            let rehearsal = rehearse.run(config).await?;
            show(&rehearse.at, &rehearsal)?;
            Ok(holds(rehearsal.holds()))
        }
        Command::Revision(new) => new.write(config).await,
        Command::Merge(merge) => merge.write(config),
        Command::Squash(squash) => squash.write(config),
    }
}

/// An upgrade or a downgrade, run or printed.
async fn ran(
    config: &Config,
    direction: Direction,
    target: &str,
    sql: bool,
    running: &Running,
    steps: &Mutex<Vec<StepRow>>,
) -> Result<ExitCode> {
    let at = running.at();
    let (chain, runner) = (at.chain(config)?, running.runner(config));
    if sql {
        let engine = config.database(config.migration_url())?.engine();
        let script = raptor_migrate::offline(&chain, engine, direction, target, &runner)?;
        return show(at, &script);
    }
    let progress = |event: Event<'_>| {
        if let Event::Finished(step) | Event::HalfRun(step) = event {
            let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
            steps.push(step.clone());
        }
        progress(event);
    };
    let db = match at.open(config).await {
        // A wrong target makes no file.
        Err(error) if direction == Direction::Up && options::is_missing(&error) => {
            raptor_migrate::plan(&chain, direction, target, &[])?;
            at.open_or_make(config).await?
        }
        opened => opened?,
    };
    let _interrupt = Interrupt::asks(&runner.stop)?;
    let done: Result<Ran, _> = match direction {
        Direction::Up => raptor_migrate::upgrade(&db, &chain, target, &runner, progress).await,
        Direction::Down => raptor_migrate::downgrade(&db, &chain, target, &runner, progress).await,
    };
    db.close().await;
    let done = done.map_err(|error| options::owned(config, error))?;
    Ok(done_all_the_same(show(at, &done)))
}

/// What was done is done, also when nothing can be written any more.
fn done_all_the_same(shown: Result<ExitCode>) -> ExitCode {
    shown.unwrap_or_else(|error| {
        terminal::note(format_args!("raptor: it is done, but {error:#}"));
        ExitCode::SUCCESS
    })
}

async fn stamped(config: &Config, targets: &[String], purge: bool, at: &Where) -> Result<ExitCode> {
    let chain = at.chain(config)?;
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let db = at.open_or_make(config).await?;
    let options = at.runner(config);
    let done = raptor_migrate::stamp(&db, &chain, &targets, purge, &options, progress).await;
    db.close().await;
    let done = done.map_err(|error| options::owned(config, error))?;
    Ok(done_all_the_same(show(at, &done)))
}

/// The history; a database is asked only for what it alone knows.
async fn listed(
    config: &Config,
    range: Option<&str>,
    indicate_current: bool,
    verbose: bool,
    at: &Where,
) -> Result<ExitCode> {
    let chain = at.chain(config)?;
    let current = if indicate_current || range.is_some_and(|range| range.contains("current")) {
        let db = at.open(config).await?;
        Some(raptor_migrate::current(&db, &chain, &at.runner(config)).await?)
    } else {
        None
    };
    let history = raptor_migrate::history(&chain, range, current.as_ref())?;
    list(at, &history, verbose)
}

fn shown(config: &Config, options: &Options, target: &str) -> Result<ExitCode> {
    let chain = options.chain(config)?;
    let (revision, row) = raptor_migrate::show(&chain, target)?;
    if options.json {
        let mut value = serde_json::to_value(&row)?;
        value["text"] = revision.to_string().into();
        terminal::json(&value)?;
    } else {
        terminal::answer(format_args!("{row}\n{revision}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One line a step on standard error, so that standard output holds the answer alone.
fn progress(event: Event<'_>) {
    match event {
        Event::Waiting => terminal::note("waiting: another process migrates this database"),
        Event::Started {
            id,
            number,
            of,
            direction,
            ..
        } => terminal::note(format_args!("{direction} {id} ({number} of {of})")),
        Event::Blocked {
            id, by, tried, of, ..
        } => {
            terminal::note(format_args!(
                "{id}: a lock was not given (try {tried} of {of}); rolled back, and tried again"
            ));
            by.iter()
                .for_each(|blocker| terminal::note(format_args!("    held by {blocker}")));
        }
        _ => {}
    }
}

fn show(folder: &impl Folder, answer: &(impl Serialize + Display)) -> Result<ExitCode> {
    print(folder, answer, &answer.to_string())
}

fn list(
    folder: &impl Folder,
    answer: &(impl Serialize + Display),
    verbose: bool,
) -> Result<ExitCode> {
    let text = if verbose {
        format!("{answer:#}")
    } else {
        answer.to_string()
    };
    print(folder, answer, &text)
}

fn print(folder: &impl Folder, answer: &impl Serialize, text: &str) -> Result<ExitCode> {
    if folder.json() {
        terminal::json(answer)?;
    } else {
        terminal::answer(text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn holds(holds: bool) -> ExitCode {
    ExitCode::from(u8::from(!holds))
}
