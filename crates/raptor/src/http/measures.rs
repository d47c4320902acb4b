//! What is counted of every request, by method, route and status.
//!
//! Finding a metric by its labels costs more than counting, so each is found once. There are as many
//! as there are routes and statuses: what a client chooses freely is in none of the labels.

use metrics::{Counter, Histogram};
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};
use std::time::Duration;

/// The metrics of one route's answers with one status.
#[derive(Clone)]
struct Measure {
    requests: Counter,
    seconds: Histogram,
}

/// By route, then by method and status.
type Known = HashMap<String, HashMap<(&'static str, u16), Measure>>;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Counts one answer.
pub(super) fn answered(method: &'static str, route: &str, status: u16, took: Duration) {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let measure = known
        .get(route)
        .and_then(|answers| answers.get(&(method, status)))
        .cloned();
    drop(known);
    let measure = measure.unwrap_or_else(|| find(method, route, status));
    measure.requests.increment(1);
    measure.seconds.record(took.as_secs_f64());
}

fn find(method: &'static str, route: &str, status: u16) -> Measure {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    let measure = Measure {
        requests: metrics::counter!("raptor_http_requests_total", &labels),
        seconds: metrics::histogram!("raptor_http_request_seconds", &labels),
    };
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(route.to_owned())
        .or_default()
        .insert((method, status), measure.clone());
    measure
}
