//! What goes wrong, as a client sees it (RFC 9457).
//!
//! A problem never holds SQL, a parameter or a cause of ours: those are logged.

use crate::passwords::PasswordError;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use raptor_db::ErrorKind;
use serde::Serialize;
use utoipa::ToSchema;

/// Every kind of problem: its slug under `/problems/`, its status, its title, and what to do.
pub(crate) const KINDS: &[(&str, StatusCode, &str, &str)] = &[
    (
        "bad-request",
        StatusCode::BAD_REQUEST,
        "The request cannot be read",
        "Send the request as the API's document says.",
    ),
    (
        "unauthenticated",
        StatusCode::UNAUTHORIZED,
        "Not logged in",
        "Send a good session token: `Authorization: Bearer rpt_s_…`. Log in again when it has expired.",
    ),
    (
        "invalid-credentials",
        StatusCode::UNAUTHORIZED,
        "E-mail address or password is wrong",
        "Check both. Which of the two is wrong is not told.",
    ),
    (
        "setup-closed",
        StatusCode::FORBIDDEN,
        "The set-up link is not good",
        "It was used, has expired, or there is staff already. A start of the service prints a new one while there is no staff.",
    ),
    (
        "not-found",
        StatusCode::NOT_FOUND,
        "There is no such thing",
        "Check the path and the id.",
    ),
    (
        "method-not-allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "The path does not take this method",
        "The header Allow lists those it takes.",
    ),
    (
        "email-taken",
        StatusCode::CONFLICT,
        "The e-mail address has an account",
        "Log in, or use another address.",
    ),
    (
        "too-large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large",
        "Send at most 64 KiB.",
    ),
    (
        "unsupported-media-type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body is not JSON",
        "Send `Content-Type: application/json`.",
    ),
    (
        "invalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The request holds values that are not allowed",
        "Each entry of `errors` names a value and why.",
    ),
    (
        "key-reused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The idempotency key was used for another request",
        "Use a new key for a new request.",
    ),
    (
        "too-many-requests",
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests",
        "Wait as many seconds as Retry-After says.",
    ),
    (
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        "It was logged under the id in `instance`.",
    ),
    (
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "Not available at the moment",
        "Try again after as many seconds as Retry-After says; nothing was changed.",
    ),
];

/// One wrong value.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Where: a JSON pointer into the body (RFC 6901), or the name of a parameter.
    #[schema(example = "/email")]
    pub(crate) pointer: String,
    /// What is wrong with it.
    pub(crate) detail: String,
}

/// A problem (RFC 9457), as `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Which kind: a page that says what to do.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid")]
    pub(crate) kind: String,
    /// The kind in words.
    pub(crate) title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub(crate) status: u16,
    /// What happened this time.
    pub(crate) detail: String,
    /// The request's id, as in `X-Request-Id`.
    pub(crate) instance: String,
    /// What is wrong with which value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) errors: Vec<Fault>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of one of the [`KINDS`].
    pub(crate) fn new(slug: &str, detail: impl Into<String>) -> Self {
        let (slug, status, title, _) = KINDS
            .iter()
            .find(|(known, ..)| *known == slug)
            .expect("problems are made of the kinds there are");
        Self {
            kind: format!("/problems/{slug}"),
            title: (*title).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: String::new(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// What an answer without a body of ours means.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let known = KINDS.iter().find(|(_, known, ..)| *known == status);
        let slug = match known {
            Some((slug, ..)) => slug,
            None if status.is_server_error() => "internal",
            None => "bad-request",
        };
        let problem = Self::new(slug, "");
        let detail = problem.title.clone();
        Self {
            detail,
            status: status.as_u16(),
            ..problem
        }
    }

    pub(crate) fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.errors = faults;
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Not available now; nothing was changed.
    pub(crate) fn unavailable(detail: &str) -> Self {
        Self::new("unavailable", detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    pub(crate) fn unauthenticated(detail: &str) -> Self {
        Self::new("unauthenticated", detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    pub(crate) fn invalid_credentials() -> Self {
        Self::new(
            "invalid-credentials",
            "The e-mail address or the password is wrong.",
        )
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// Our own fault: logged here, told without its cause.
    pub(crate) fn internal(error: &anyhow::Error) -> Self {
        tracing::error!("{error:#}");
        Self::new("internal", "The request could not be carried out.")
    }

    /// The document, once the request's id is known.
    pub(crate) fn render(mut self, request_id: &str) -> Response {
        self.instance = request_id.to_owned();
        let body = serde_json::to_string(&self).expect("a problem is plain text");
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// The status now; the body when the outermost layer knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<raptor_db::Error> for Problem {
    fn from(error: raptor_db::Error) -> Self {
        match error.kind() {
            ErrorKind::Serialization
            | ErrorKind::Busy
            | ErrorKind::Timeout
            | ErrorKind::Cancelled
            | ErrorKind::ConnectionLost => {
                tracing::warn!(kind = error.kind().as_str(), "{error}");
                Self::unavailable("The database did not answer in time.")
            }
            _ => Self::internal(&error.into()),
        }
    }
}

impl raptor_db::TransactionError for Problem {
    fn database(&self) -> Option<&raptor_db::Error> {
        None
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::unavailable("Too many passwords are being checked."),
            PasswordError::Failed(error) => Self::internal(&error),
        }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(&error)
    }
}

macro_rules! responses {
    ($($(#[$doc:meta])* $name:ident: $($status:literal $what:literal $variant:ident),+;)+) => {$(
        $(#[$doc])*
        #[derive(utoipa::IntoResponses)]
        #[expect(dead_code, reason = "it stands for the document's entries, not for values")]
        pub(crate) enum $name {
            $(
                #[response(status = $status, description = $what, content_type = "application/problem+json")]
                $variant(#[to_schema] Problem),
            )+
        }
    )+};
}

responses! {
    /// What any request can meet.
    Common:
        500 "Something went wrong here" Internal,
        503 "Not available at the moment; Retry-After says how long" Unavailable;
    /// What a request with a body can meet.
    WithBody:
        400 "The body is no JSON" BadRequest,
        413 "The body is too large" TooLarge,
        415 "The body is not JSON" UnsupportedMediaType,
        422 "Values that are not allowed" Invalid;
    /// What a request that needs a session can meet.
    WithSession:
        401 "Not logged in" Unauthenticated;
    /// What a limited request can meet.
    Limited:
        429 "Too many requests; Retry-After says how long" TooManyRequests;
}
