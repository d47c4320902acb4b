//! `raptor port run`: the rows on their way.

use super::baseline::{BaselineOptions, Said};
use super::progress::Progress;
use super::sync::{self, Notes, SyncOptions};
use super::{Along, Told, left_out};
use crate::cli::terminal;
use crate::config::Config;
use crate::signals::{Came, Signals};
use anyhow::{Result, bail};
use clap::Args;
use raptor_db::Db;
use raptor_port::{Begin, Done, Event, Plan, TableDone, counted};
use serde::Serialize;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Args)]
pub(crate) struct RunCommand {
    #[command(flatten)]
    along: Along,
    /// Make the schema alone, without a row
    #[arg(long)]
    schema_only: bool,
    /// Do a run again that came to its end: the rows of all its tables are replaced, and what was written
    /// there since is gone
    #[arg(long)]
    again: bool,
    /// End at the first row that cannot come along, and at the first thing that cannot be made
    #[arg(long, conflicts_with = "sync")]
    strict: bool,
    #[command(flatten)]
    baseline: BaselineOptions,
    #[command(flatten)]
    sync: SyncOptions,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    done: &'a Done,
    /// The schema as a revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a Said>,
}

impl RunCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let plan = self.along.plan()?;
        let db = self.along.open(config).await?;
        let done = async {
            let done = self.carried(config, &plan, &db).await?;
            anyhow::Ok((done, self.along.kept(&plan, &db).await?))
        };
        let done = done.await;
        db.close().await;
        let ((done, is_missing), kept) = done?;
        let told = Told {
            done: Some(&done),
            kept,
            ..Told::default()
        };
        self.along.report(&plan, &told)?;
        Ok(ExitCode::from(u8::from(!done.is_whole() || is_missing)))
    }

    /// Also, whether a revision that was asked for is missing.
    async fn carried(&self, config: &Config, plan: &Plan, db: &Db) -> Result<(Done, bool)> {
        self.sync.look()?;
        let baseline = self.baseline.look(config, plan, db).await?;
        let mut begin = begin(&self.along);
        begin.schema_only = self.schema_only;
        begin.again = self.again;
        begin.strict = self.strict;
        begin.sync = self.sync.follow();
        let begun = Instant::now();
        let told = self.sync.told(&self.along, plan)?;
        let done = carried(&self.along, plan.clone(), db, begin).await;
        let done = told.after(done)?;
        let said = baseline.settle(&self.along, plan, db, self.again).await?;
        tell(&self.along, &done, said.as_ref(), begun)?;
        Ok((done, said.is_some_and(|it| it.is_missing())))
    }
}

pub(super) fn begin(along: &Along) -> Begin {
    let mut begin = Begin::default();
    begin.workers = along.workers();
    begin.offline = along.offline;
    begin
}

/// Carries the rows over, and says how far it is.
pub(super) async fn carried(along: &Along, plan: Plan, db: &Db, begin: Begin) -> Result<Done> {
    let (progress, followed) = (Progress::new(&plan), Notes::default());
    let on_event = |event: Event<'_>| {
        progress.note(&event);
        followed.note(&event);
    };
    let file = along.source(&plan)?;
    if begin.sync.is_some() {
        // What is left of it is said elsewhere.
        return Ok(plan.run(&file, db, begin, &on_event).await?);
    }
    let mut signals = Signals::new()?;
    tokio::select! {
        done = plan.clone().run(&file, db, begin, &on_event) => Ok(done?),
        came = signals.next() => stopped(&plan, db, came).await,
    }
}

/// What is in the way of the application is brought back, and the process ends as the signal has it.
async fn stopped(plan: &Plan, db: &Db, came: Came) -> Result<Done> {
    match plan.bring_back(db).await {
        Ok(notes) => notes
            .iter()
            .for_each(|it| terminal::note(format_args!("{} {}", it.of, it.text))),
        Err(error) => terminal::note(format_args!(
            "foreign keys and triggers may still be set aside, which the next run brings back: {error}"
        )),
    }
    bail!(
        "{}: stopped; the same command goes on where it was",
        came.name
    )
}

/// Says what became of the rows, and of the schema as a revision.
pub(super) fn tell(
    along: &Along,
    done: &Done,
    baseline: Option<&Said>,
    begun: Instant,
) -> Result<()> {
    if along.json {
        return terminal::json(&Answer { done, baseline });
    }
    let mut text = String::new();
    let (mut rows, mut rejected) = (0, 0);
    for (table, of_it) in &done.tables {
        rows += of_it.rows;
        rejected += of_it.rejected;
        text.push_str(&format!("{table}: {}\n", fate(*of_it)));
    }
    text.push_str(&left_out(&done.left_out));
    for note in &done.notes {
        text.push_str(&format!("{} {}\n", note.of, note.text));
    }
    for note in &done.missing {
        text.push_str(&format!("MISSING {}: {}\n", note.of, note.text));
    }
    if let Some(followed) = &done.sync {
        text.push_str(&sync::said(followed));
    }
    if let Some(baseline) = baseline {
        text.push_str(&baseline.line());
    }
    let took = begun.elapsed().as_secs_f64();
    text.push_str(&format!(
        "{} of {} in {took:.1} s, {rejected} rejected, {} missing.\n",
        counted(rows, "row"),
        counted(done.tables.len() as u64, "table"),
        counted(done.missing.len() as u64, "thing")
    ));
    terminal::answer(text)
}

/// What became of a table's rows.
fn fate(it: TableDone) -> String {
    let mut text = counted(it.rows, "row");
    if it.rejected > 0 {
        text.push_str(&format!(", {} rejected", it.rejected));
    }
    if it.changed > 0 {
        let changed = counted(it.changed, "cell");
        text.push_str(&format!(", {changed} changed"));
    }
    if it.rejected + it.changed > 0 {
        text.push_str(", kept in raptor_port.rejected");
    }
    text
}
