//! How far a run is: a bar for each table at a terminal, a line now and then elsewhere.

use crate::cli::terminal;
use indicatif::{
    HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressFinish, ProgressState,
    ProgressStyle,
};
use raptor_port::{Event, Plan};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often something is said where there is no terminal.
const OFTEN: Duration = Duration::from_secs(5);
/// Bars of tables with fewer rows than this go when they are full.
const SHORT: u64 = 250_000;
/// How often a bar is drawn at most, each second.
const DRAWN: u8 = 10;
/// Before this nobody knows how fast it is.
const MOMENT: Duration = Duration::from_secs(1);

/// How far a run is.
pub(super) struct Progress {
    /// How many rows each table has, as the plan knows it.
    planned: BTreeMap<String, u64>,
    shown: Mutex<Shown>,
}

enum Shown {
    Bars(Bars),
    Lines(Lines),
}

struct Bars {
    all: MultiProgress,
    tables: BTreeMap<String, ProgressBar>,
    making: Option<ProgressBar>,
}

struct Lines {
    begun: Instant,
    tables: BTreeMap<String, Line>,
}

struct Line {
    begun: Instant,
    /// What was there when this run began.
    first: u64,
    said: Instant,
}

impl Progress {
    pub(super) fn new(plan: &Plan) -> Self {
        let planned = plan.tables.iter().map(|it| (it.name.clone(), it.rows));
        let shown = match std::io::stderr().is_terminal() {
            true => Shown::Bars(Bars {
                all: MultiProgress::with_draw_target(
                    indicatif::ProgressDrawTarget::stderr_with_hz(DRAWN),
                ),
                tables: BTreeMap::new(),
                making: None,
            }),
            false => Shown::Lines(Lines {
                begun: Instant::now(),
                tables: BTreeMap::new(),
            }),
        };
        Self {
            planned: planned.collect(),
            shown: Mutex::new(shown),
        }
    }

    pub(super) fn note(&self, event: &Event<'_>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match (event, &mut *shown) {
            (Event::Carrying { table, rows }, shown) => {
                let of = self.planned.get(*table).copied().unwrap_or_default();
                match shown {
                    Shown::Bars(bars) => bars.carrying(table, *rows, of.max(*rows)),
                    Shown::Lines(lines) => lines.carrying(table, *rows, of.max(*rows)),
                }
            }
            (Event::Making { what }, Shown::Bars(bars)) => bars.making(what),
            (Event::Making { what }, Shown::Lines(lines)) if lines.begun.elapsed() > OFTEN => {
                terminal::note(format_args!("making {what}"));
            }
            (Event::Carried { .. } | Event::Making { .. }, _) => {}
            // What follows is told in lines.
            (_, Shown::Bars(bars)) => bars.end(),
            _ => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let shown = self.shown.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Shown::Bars(bars) = shown {
            bars.end();
        }
    }
}

impl Bars {
    fn carrying(&mut self, table: &str, rows: u64, of: u64) {
        let all = &self.all;
        let bar = self.tables.entry(table.to_owned()).or_insert_with(|| {
            let bar = ProgressBar::new(of)
                .with_style(style())
                .with_prefix(table.to_owned());
            let bar = all.add(bar.with_finish(ProgressFinish::Abandon));
            // What an earlier run did is none of the speed of this one.
            bar.set_position(rows);
            bar.reset_eta();
            bar
        });
        bar.set_length(of);
        bar.set_position(rows);
        if rows == of && !bar.is_finished() {
            match of >= SHORT {
                true => bar.abandon(),
                false => {
                    bar.finish_and_clear();
                    all.remove(bar);
                }
            }
        }
    }

    fn making(&mut self, what: &'static str) {
        let all = &self.all;
        let making = self.making.get_or_insert_with(|| {
            let making = all.add(ProgressBar::new_spinner());
            making.enable_steady_tick(Duration::from_millis(100));
            making
        });
        making.set_message(what);
    }

    /// Leaves the bars of long tables where they are, and draws no more.
    fn end(&mut self) {
        if let Some(making) = self.making.take() {
            making.finish_and_clear();
        }
        for (_, bar) in std::mem::take(&mut self.tables) {
            bar.abandon();
        }
    }
}

impl Lines {
    fn carrying(&mut self, table: &str, rows: u64, of: u64) {
        let now = Instant::now();
        let line = self.tables.entry(table.to_owned()).or_insert(Line {
            begun: now,
            first: rows,
            said: now,
        });
        if line.said.elapsed() < OFTEN {
            return;
        }
        line.said = now;
        terminal::note(line.text(table, rows, of));
    }
}

impl Line {
    fn text(&self, table: &str, rows: u64, of: u64) -> String {
        let took = self.begun.elapsed().as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a speed is told in round numbers"
        )]
        let rate = rows.saturating_sub(self.first) as f64 / took;
        #[expect(clippy::cast_precision_loss, reason = "as is the time that is left")]
        let left = (of - rows) as f64 / rate.max(1.0);
        let left = HumanDuration(Duration::from_secs_f64(left.min(1e9)));
        let (rows, of, rate) = (HumanCount(rows), HumanCount(of), whole(rate));
        format!("{table}: {rows} of {of} rows, {rate}/s, {left:#} left")
    }
}

fn style() -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = match is_known(state) {
            true => write!(out, "{}", whole(state.per_sec())),
            false => write!(out, "–"),
        };
    };
    let left = |state: &ProgressState, out: &mut dyn Write| {
        let _ = match is_known(state) {
            true => write!(out, "{:#}", HumanDuration(state.eta())),
            false => write!(out, "–"),
        };
    };
    // The template is a constant, which a test draws.
    ProgressStyle::with_template(
        "{prefix:24!} {bar:24} {human_pos:>11} of {human_len:>11} rows, {rate:>9}/s, {left:>3} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .with_key("rate", rate)
    .with_key("left", left)
}

/// Whether a speed is one: not in the first moments, and not before the first rows.
fn is_known(state: &ProgressState) -> bool {
    state.is_finished() || state.elapsed() >= MOMENT && state.per_sec() >= 1.0
}

/// A speed in whole rows.
fn whole(rate: f64) -> HumanCount {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "no speed is below zero, and none is told that is beyond 64 bits"
    )]
    HumanCount(rate as u64)
}
