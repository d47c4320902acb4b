//! What every request goes through: its id, its time, its span, its headers, its deadline.

use super::App;
use super::measures;
use super::problem::Problem;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// For the API: nothing may be loaded, framed or kept.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// For Swagger UI, which styles itself inline and shows embedded pictures.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The outermost layer of ours: an id for the request, a body for its problem, headers for all.
pub(super) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = known_method(request.method());
    let is_docs = request.uri().path().starts_with("/docs");
    let span = tracing::info_span!("request", %method, %route, id = text(&id));
    let mut response = within_time(&app, request, next)
        .instrument(span.clone())
        .await;
    response = with_problem(response, text(&id));
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    protect(headers, is_docs, app.settings.is_https());
    let took = started.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, ?took, "answered"));
    measures::answered(method, route, status, took);
    response
}

/// The client's own id when it is sane, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    });
    given.cloned().unwrap_or_else(|| {
        let mut text = uuid::Uuid::encode_buffer();
        let id = crate::clock::new_id().hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(id).expect("a uuid is a header's text")
    })
}

fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
}

/// A client may send any word as its method; metrics must not grow with them.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        _ => "OTHER",
    }
}

async fn within_time(app: &App, request: Request, next: Next) -> Response {
    let limit = app.settings.request_timeout;
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => panicked(panic),
        Err(_) => {
            tracing::warn!(?limit, "a request passed its deadline");
            Problem::unavailable("The request took too long.").into_response()
        }
    }
}

/// Marks an answer that is a page of its own, whatever its status.
#[derive(Clone)]
pub(super) struct Finished;

/// Problems get their document here; so does what the router refuses by itself.
fn with_problem(mut response: Response, id: &str) -> Response {
    let status = response.status();
    if response.extensions_mut().remove::<Finished>().is_some() {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => Problem::of_status(status),
        None => return response,
    };
    let allow = response.headers_mut().remove(header::ALLOW);
    let mut rendered = problem.render(id);
    if let Some(allow) = allow {
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    rendered
}

fn protect(headers: &mut HeaderMap, is_docs: bool, is_https: bool) {
    headers.reserve(8);
    let mut set = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        if is_docs { DOCS_POLICY } else { API_POLICY },
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    if !is_docs {
        set(header::CACHE_CONTROL, "no-store");
    }
    if is_https {
        set(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
}

/// A panic is our fault, and the next request's business as usual.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic".to_owned());
    Problem::internal(&anyhow::anyhow!("a handler panicked: {what}")).into_response()
}
