//! `raptor port run`: the rows on their way.

use super::Along;
use crate::cli::terminal;
use crate::config::Config;
use anyhow::Result;
use clap::Args;
use raptor_db::Db;
use raptor_port::{Begin, Done, Event, Plan};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Tables with no more rows than this are not told of on the way.
const SHORT: u64 = 250_000;

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
}

impl RunCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let plan = self.along.plan()?;
        let db = self.along.open(config).await?;
        let mut begin = begin(&self.along);
        begin.schema_only = self.schema_only;
        begin.again = self.again;
        let done = carried(&self.along, plan.clone(), &db, begin).await;
        db.close().await;
        let done = done?;
        self.along.report(&plan, Some(&done), None)?;
        Ok(ExitCode::from(u8::from(!done.is_whole())))
    }
}

pub(super) fn begin(along: &Along) -> Begin {
    let mut begin = Begin::default();
    begin.workers = along.workers();
    begin.offline = along.offline;
    begin
}

/// Carries the rows over, and says what became of them.
pub(super) async fn carried(along: &Along, plan: Plan, db: &Db, begin: Begin) -> Result<Done> {
    let planned = plan.tables.iter().map(|it| (it.name.clone(), it.rows));
    let planned: BTreeMap<String, u64> = planned.collect();
    let carried: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let on_event = |event: Event<'_>| {
        if let Event::Carried { table, rows, .. } = event {
            let mut carried = carried.lock().unwrap_or_else(PoisonError::into_inner);
            let so_far = carried.entry(table.to_owned()).or_default();
            *so_far += rows;
            let of = planned.get(table).copied().unwrap_or_default();
            if of > SHORT {
                terminal::note(format_args!("{table}: {so_far} of {of} rows"));
            }
        }
    };
    let begun = Instant::now();
    let file = along.source(&plan);
    let done = plan.run(&file, db, begin, &on_event).await?;
    if along.json {
        terminal::json(&done)?;
    } else {
        tell(&done, begun)?;
    }
    Ok(done)
}

fn tell(done: &Done, begun: Instant) -> Result<()> {
    let mut text = String::new();
    let (mut rows, mut rejected) = (0, 0);
    for (table, of_it) in &done.tables {
        rows += of_it.rows;
        rejected += of_it.rejected;
        let more = match of_it.rejected {
            0 => String::new(),
            some => format!(", {some} rejected"),
        };
        text.push_str(&format!("{table}: {} rows{more}\n", of_it.rows));
    }
    for note in &done.notes {
        text.push_str(&format!("{} {}\n", note.of, note.text));
    }
    for note in &done.missing {
        text.push_str(&format!("MISSING {}: {}\n", note.of, note.text));
    }
    let took = begun.elapsed().as_secs_f64();
    text.push_str(&format!(
        "{rows} rows of {} tables in {took:.1} s, {rejected} rejected, {} things missing.\n",
        done.tables.len(),
        done.missing.len()
    ));
    terminal::answer(text)
}
