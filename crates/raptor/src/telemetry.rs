//! Logs to standard error and metrics for `/metrics`; parameters and tokens are in neither.

use crate::config::Config;
use anyhow::{Context, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Buckets in seconds, from a statement on a Unix socket to a request that times out.
const BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0,
];

/// Starts logging.
///
/// # Errors
/// A filter that cannot be read, or a word that is no format.
pub(crate) fn log(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(config.log_filter())
        .with_context(|| format!("RAPTOR_LOG is {:?}", config.log_filter()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !config.is_plain());
    if config.logs_json()? {
        lines.json().flatten_event(true).init();
    } else {
        lines.init();
    }
    Ok(())
}

/// Starts counting; the handle prints what was counted.
///
/// # Errors
/// When something else counts already.
pub(crate) fn count() -> Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)
        .context("the buckets are empty")?
        .install_recorder()
        .context("metrics cannot be recorded")
}

/// Keeps the histograms small; runs until the process ends.
pub(crate) async fn keep_up(handle: PrometheusHandle) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}
