//! `POST /v1/customers`.

use super::App;
use super::body::{Body, Faults, email_schema};
use super::caller::From;
use super::limits;
use super::problem::{Common, Limited, Problem, WithBody};
use crate::clock;
use crate::customers::{self, NewCustomer};
use crate::idempotency::{self, CREATE_CUSTOMER as OPERATION};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use raptor_db::{ErrorKind, timestamptz_text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A customer to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerInput {
    /// Kept in lower case; one account each.
    #[schema(schema_with = email_schema)]
    email: String,
    /// Hashed with Argon2id; never shown again.
    #[schema(min_length = 10, max_length = 256, example = "correct horse battery")]
    password: String,
    /// What to call them.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f]*$",
        example = "Ada"
    )]
    name: Option<String>,
}

/// A customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerOutput {
    id: Uuid,
    #[schema(example = "ada@example.com")]
    email: String,
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Open an account
///
/// With an `Idempotency-Key` a repeated request has its effect once and is answered with the same
/// bytes for 24 hours.
#[utoipa::path(
    post, path = "/v1/customers", tag = "customers",
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own for this request, such as a UUID", min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    request_body = CustomerInput,
    responses(
        (status = 201, description = "The account is open", body = CustomerOutput, headers(
            ("Idempotency-Replayed" = String, description = "`true` when this answer was given before"),
            ("RateLimit-Remaining" = i64, description = "Sign-ups that this address has left"),
        )),
        (status = 409, description = "The e-mail address has an account", body = Problem, content_type = "application/problem+json"),
        WithBody, Limited, Common
    )
)]
pub(crate) async fn create_customer(
    State(app): State<App>,
    From(origin): From,
    headers: HeaderMap,
    Body(input): Body<CustomerInput>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let mut faults = Faults::default();
    let email = faults.email("/email", &input.email);
    faults.password("/password", &input.password);
    faults.name("/name", input.name.as_deref());
    faults.none()?;
    let left = limits::by_address(&app, OPERATION, origin.address.as_deref()).await?;
    let hash = request_hash(&email, input.name.as_deref());
    if let Some(key) = &key
        && let Some(answer) = replay(&app, key, &hash, &input.password).await?
    {
        return Ok((left, answer).into_response());
    }
    let password_hash = app.passwords.hash(input.password.clone()).await?;
    let made = make(
        &app,
        &email,
        input.name.as_deref(),
        &password_hash,
        key.as_deref(),
        &hash,
    )
    .await;
    match (made, &key) {
        (Ok(Some(body)), _) => Ok((left, created(body)).into_response()),
        // The same request came in at the same moment and was faster.
        (Ok(None), Some(key)) => match replay(&app, key, &hash, &input.password).await? {
            Some(answer) => Ok((left, answer).into_response()),
            None => Err(Problem::unavailable(
                "The same request was being carried out; send it again.",
            )),
        },
        (Ok(None), None) => Err(anyhow::anyhow!("a key was taken where none was given").into()),
        (Err(error), _) if error.kind() == ErrorKind::Unique => Err(Problem::new(
            "email-taken",
            "There is an account for this e-mail address.",
        )),
        (Err(error), _) => Err(error.into()),
    }
}

/// Customer and key in one transaction; `None` when the key was taken.
async fn make(
    app: &App,
    email: &str,
    name: Option<&str>,
    password_hash: &str,
    key: Option<&str>,
    request_hash: &[u8],
) -> raptor_db::Result<Option<String>> {
    let id = clock::new_id();
    app.db
        .tx(&app.scopes.customer(id), |tx| async move {
            let created_at = customers::now(&tx).await?;
            let output = CustomerOutput {
                id,
                email: email.to_owned(),
                name: name.map(str::to_owned),
                created_at: timestamptz_text(created_at),
            };
            let body = serde_json::to_string(&output).expect("a customer is plain text");
            if let Some(key) = key {
                let entry = idempotency::Entry {
                    operation: OPERATION,
                    key,
                    request_hash,
                    subject_id: id,
                    status: 201,
                    body: &body,
                };
                if !idempotency::claim(&tx, &entry).await? {
                    return Ok(None);
                }
            }
            let new = NewCustomer {
                id,
                email,
                name,
                password_hash,
                created_at,
            };
            customers::create(&tx, &new).await?;
            Ok(Some(body))
        })
        .await
}

fn created(body: String) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (StatusCode::CREATED, [(header::CONTENT_TYPE, kind)], body).into_response()
}

/// The answer that was given under this key. The password is no part of the stored hash, which
/// must not help to guess it, so it is checked against the account's own.
async fn replay(
    app: &App,
    key: &str,
    hash: &[u8],
    password: &str,
) -> Result<Option<Response>, Problem> {
    let Some(stored) = idempotency::find(&app.db, &app.scopes, OPERATION, key).await? else {
        return Ok(None);
    };
    let scope = app.scopes.customer(stored.subject_id);
    let known = customers::password_hash(&app.db, &scope, stored.subject_id).await?;
    let is_same =
        app.passwords.verify(known, password.to_owned()).await? && stored.request_hash == hash;
    if !is_same {
        return Err(Problem::new(
            "key-reused",
            "This Idempotency-Key was used for a request with other values.",
        ));
    }
    let mut response = created(stored.body);
    if let Ok(status) = u16::try_from(stored.status) {
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::CREATED);
    }
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(response))
}

fn request_hash(email: &str, name: Option<&str>) -> [u8; 32] {
    let canonical = serde_json::json!({ "email": email, "name": name }).to_string();
    Sha256::digest(canonical.as_bytes()).into()
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(KEY).iter();
    let (Some(key), another) = (keys.next(), keys.next()) else {
        return Ok(None);
    };
    let text = key.to_str().unwrap_or_default();
    let is_good = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let mut faults = Faults::default();
    faults.check(
        is_good && another.is_none(),
        "Idempotency-Key",
        "must be one key of 1 to 255 visible ASCII characters",
    );
    faults.none()?;
    Ok(Some(text.to_owned()))
}
