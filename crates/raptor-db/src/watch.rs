//! What every statement is measured by: its deadline, its time, the log of slow ones.

mod deadline;

pub(crate) use deadline::until;

use crate::error::{Error, ErrorKind, Result};
use crate::statement::Parsed;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// How patient statements are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) statement: Duration,
    pub(crate) slow: Duration,
}

/// Runs a statement's future under its deadline and reports how long it took.
///
/// Past the deadline this future ends, its caller drops `work`, and that cancels the statement on
/// the server. `work` is pinned by the caller: an `async fn` keeps two copies of what it is given
/// by value, and a few layers of that overflow a thread's stack.
pub(crate) async fn watch<T>(
    parsed: &Parsed,
    limits: Limits,
    work: Pin<&mut impl Future<Output = Result<T>>>,
) -> Result<T> {
    let started = Instant::now();
    let answer = match until(started + limits.statement, work).await {
        Ok(answer) => answer,
        Err(_) => {
            let message = format!(
                "the statement did not answer within {:?} and was cancelled",
                limits.statement
            );
            Err(Error::new(ErrorKind::Timeout, message).at(parsed.call_site))
        }
    };
    let took = started.elapsed();
    parsed
        .took
        .get_or_init(|| histogram(parsed))
        .record(took.as_secs_f64());
    if took >= limits.slow {
        let at = parsed.call_site;
        tracing::warn!(call_site = %format_args!("{}:{}", at.file(), at.line()), ?took, ok = answer.is_ok(), "slow statement");
    }
    if let Err(error) = &answer {
        metrics::counter!("raptor_db_errors_total", "kind" => error.kind().as_str()).increment(1);
    }
    answer
}

fn histogram(parsed: &Parsed) -> metrics::Histogram {
    let at = parsed.call_site;
    metrics::histogram!("raptor_db_statement_seconds", "call_site" => format!("{}:{}", at.file(), at.line()))
}
