//! Limits on what may be tried how often, with the headers that tell.

use super::App;
use super::problem::Problem;
use crate::rate_limits::{self, Limit, Standing};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// Counts one try of a client address; the answer's headers say what is left.
pub(crate) async fn by_address(
    app: &App,
    operation: &str,
    address: Option<&str>,
) -> Result<HeaderMap, Problem> {
    let limit = Limit {
        most: app.settings.address_limit,
        window: MINUTE,
    };
    let bucket = format!("{operation}:address:{}", address.unwrap_or("unknown"));
    counted(app, &bucket, limit).await
}

/// Counts one try of an e-mail address, whoever makes it. Answers the bucket, for
/// [`rate_limits::forget`] when the try succeeds.
pub(crate) async fn by_email(app: &App, operation: &str, email: &str) -> Result<String, Problem> {
    let limit = Limit {
        most: app.settings.email_limit,
        window: FIVE_MINUTES,
    };
    let bucket = rate_limits::email_bucket(&app.scopes, operation, email);
    counted(app, &bucket, limit).await?;
    Ok(bucket)
}

async fn counted(app: &App, bucket: &str, limit: Limit) -> Result<HeaderMap, Problem> {
    let standing = rate_limits::count(&app.db, bucket, limit).await?;
    let headers = headers(standing);
    if !standing.is_exceeded {
        return Ok(headers);
    }
    let detail = format!(
        "At most {} are taken in {} s; try again in {} s.",
        standing.limit,
        limit.window.as_secs(),
        standing.resets_in
    );
    let mut problem = Problem::new("too-many-requests", detail)
        .with_header(header::RETRY_AFTER, HeaderValue::from(standing.resets_in));
    for (name, value) in headers {
        if let Some(name) = name {
            problem = problem.with_header(name, value);
        }
    }
    Err(problem)
}

fn headers(standing: Standing) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("ratelimit-limit", standing.limit),
        ("ratelimit-remaining", standing.remaining),
        ("ratelimit-reset", standing.resets_in),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    headers
}
