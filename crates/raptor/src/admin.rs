//! The second listener: is the process alive, can it serve, what has it counted.
//!
//! It is for operators and their machines and never carries customers' data.

use crate::scopes::Scopes;
use crate::{chain, guard, proofs};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use raptor_db::Db;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the database may take to answer before it counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the listener looks at.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) db: Db,
    pub(crate) metrics: PrometheusHandle,
    /// What the service signs with.
    pub(crate) scopes: Scopes,
    /// What the newest proof of rights is to be, if that counts.
    pub(crate) proof: Option<proofs::Wanted>,
    /// Set once the process was told to end.
    pub(crate) is_ending: Arc<AtomicBool>,
}

/// The answer of `/ready`.
#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    engine: &'static str,
    database: String,
    chain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

/// The three routes.
pub(crate) fn router(admin: Admin) -> Router {
    Router::new()
        .route("/live", get(get_liveness))
        .route("/ready", get(get_readiness))
        .route("/metrics", get(get_metrics))
        .with_state(admin)
}

async fn get_liveness() -> &'static str {
    "live\n"
}

async fn get_readiness(State(admin): State<Admin>) -> Response {
    let (ready, readiness) = admin.readiness().await;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn get_metrics(State(admin): State<Admin>) -> Response {
    let (size, idle) = admin.db.pool_sizes();
    let gauge = |name: &'static str, value: usize| {
        metrics::gauge!(name).set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
    };
    gauge("raptor_db_connections_open", size);
    gauge("raptor_db_connections_idle", idle);
    let text = admin.metrics.render();
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

impl Admin {
    async fn readiness(&self) -> (bool, Readiness) {
        let engine = self.db.engine().as_str();
        let answer = |status, database: &str, chain: String| Readiness {
            status,
            engine,
            database: database.to_owned(),
            chain,
            proof: None,
        };
        if self.is_ending.load(Ordering::Relaxed) {
            let chain = "not asked".to_owned();
            return (false, answer("ending", "not asked", chain));
        }
        let looked = async {
            let standing = chain::status(&self.db).await?;
            guard::check(&self.db, &self.scopes).await?;
            let proof = match &self.proof {
                Some(wanted) => Some(proofs::standing(&self.db, Some(wanted)).await?),
                None => None,
            };
            anyhow::Ok((standing, proof))
        };
        match tokio::time::timeout(PATIENCE, looked).await {
            Ok(Ok((standing, proof))) => {
                let is_ready = standing.serves() && proof.as_ref().is_none_or(|it| it.holds);
                let status = if is_ready { "ready" } else { "not ready" };
                let mut readiness = answer(status, "reachable", standing.to_string());
                readiness.proof = proof.map(|it| it.told);
                (is_ready, readiness)
            }
            Ok(Err(error)) => {
                let chain = "unknown".to_owned();
                (false, answer("not ready", &format!("{error:#}"), chain))
            }
            Err(_) => {
                let database = format!("did not answer within {PATIENCE:?}");
                (false, answer("not ready", &database, "unknown".to_owned()))
            }
        }
    }
}
