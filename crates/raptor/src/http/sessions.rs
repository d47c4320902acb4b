//! `/v1/sessions`: log in, look, list, log out.

use super::App;
use super::body::{Body, Faults, email_schema, json};
use super::caller::{Caller, From};
use super::limits;
use super::problem::{Common, Limited, Problem, WithBody, WithSession};
use crate::customers;
use crate::rate_limits;
use crate::sessions::{self, Ending, LoggedIn, Session};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use raptor_db::timestamptz_text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const OPERATION: &str = "create_session";

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(schema_with = email_schema)]
    email: String,
    #[schema(max_length = 256, example = "correct horse battery")]
    password: String,
}

/// The password once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordAgain {
    #[schema(max_length = 256, example = "correct horse battery")]
    password: String,
}

/// A session, without its token.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionOutput {
    id: Uuid,
    #[schema(format = DateTime)]
    created_at: String,
    /// When the password was given last.
    #[schema(format = DateTime)]
    authenticated_at: String,
    /// To the minute.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// When it ends unless it is used.
    #[schema(format = DateTime)]
    idle_expires_at: String,
    /// When it ends in any case.
    #[schema(format = DateTime)]
    expires_at: String,
    user_agent: Option<String>,
    /// The client's address at the log-in.
    address: Option<String>,
}

/// Whose session it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionCustomer {
    id: Uuid,
    email: String,
    name: Option<String>,
}

/// The session of this request.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrentSession {
    session: SessionOutput,
    customer: SessionCustomer,
}

/// A session with its token, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSession {
    /// For the header Authorization, behind `Bearer `.
    #[schema(example = "rpt_s_…")]
    token: String,
    session: SessionOutput,
}

/// A page of sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionPage {
    sessions: Vec<SessionOutput>,
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it stands for the document's entries; the query is read by hand, strictly"
)]
pub(crate) struct PageQuery {
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// The id after which the page begins: the last one of the page before.
    after: Option<Uuid>,
}

fn output(session: Session) -> SessionOutput {
    SessionOutput {
        id: session.id,
        created_at: timestamptz_text(session.created_at),
        authenticated_at: timestamptz_text(session.authenticated_at),
        last_used_at: timestamptz_text(session.last_used_at),
        idle_expires_at: timestamptz_text(session.idle_expires_at),
        expires_at: timestamptz_text(session.expires_at),
        user_agent: session.user_agent,
        address: session.address,
    }
}

fn current(logged_in: LoggedIn) -> CurrentSession {
    CurrentSession {
        customer: SessionCustomer {
            id: logged_in.customer_id,
            email: logged_in.email,
            name: logged_in.name,
        },
        session: output(logged_in.session),
    }
}

/// Log in
///
/// An unknown address and a wrong password have the same answer after the same time. The token is
/// shown this once; the database keeps its hash alone, so this request cannot be replayed by an
/// `Idempotency-Key`, and the header is not looked at.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions", request_body = Credentials,
    responses(
        (status = 201, description = "Logged in", body = NewSession),
        (status = 401, description = "E-mail address or password is wrong", body = Problem, content_type = "application/problem+json"),
        WithBody, Limited, Common
    )
)]
pub(crate) async fn create_session(
    State(app): State<App>,
    From(origin): From,
    Body(input): Body<Credentials>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let email = faults.email("/email", &input.email);
    check_length(&mut faults, &input.password);
    faults.none()?;
    limits::by_address(&app, OPERATION, origin.address.as_deref()).await?;
    let bucket = &limits::by_email(&app, OPERATION, &email).await?;
    let scope = app.scopes.login_email(&email);
    let known = customers::password_of(&app.db, &scope, &email).await?;
    let (id, hash) = known.unzip();
    let is_right = app.passwords.verify(hash, input.password).await?;
    let Some(id) = id.filter(|_| is_right) else {
        return Err(Problem::invalid_credentials());
    };
    let token = sessions::new_token()?;
    let hash = token.hash();
    let scope = app.scopes.customer(id);
    let (origin, settings) = (&origin, &app.settings);
    let session = app
        .db
        .tx(&scope, |tx| async move {
            rate_limits::forget(&tx, bucket).await?;
            sessions::create(&tx, id, &hash, origin, settings).await
        })
        .await?;
    let body = NewSession {
        token: token.as_str().to_owned(),
        session: output(session),
    };
    Ok(json(StatusCode::CREATED, body).into_response())
}

/// A password that is only compared: its length alone is bounded.
fn check_length(faults: &mut Faults, password: &str) {
    faults.check(
        password.chars().count() <= 256,
        "/password",
        "must have at most 256 characters",
    );
}

/// The session of this request
#[utoipa::path(
    get, path = "/v1/sessions/current", tag = "sessions", security(("session" = [])),
    responses((status = 200, description = "Who is logged in", body = CurrentSession), WithSession, Common)
)]
pub(crate) async fn get_current_session(Caller(logged_in): Caller) -> Response {
    json(StatusCode::OK, current(logged_in)).into_response()
}

/// Log out
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "sessions", security(("session" = [])),
    responses((status = 204, description = "The session has ended"), WithSession, Common)
)]
pub(crate) async fn delete_current_session(
    State(app): State<App>,
    Caller(logged_in): Caller,
) -> Result<StatusCode, Problem> {
    let (customer, id) = (logged_in.customer_id, logged_in.session.id);
    app.db
        .tx(&logged_in.scope(), |tx| async move {
            sessions::end(&tx, customer, id, Ending::LoggedOut).await
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give the password again
///
/// The session gets a new token and a fresh `authenticated_at`; the old token is dead at once.
#[utoipa::path(
    post, path = "/v1/sessions/current/reauthentication", tag = "sessions", security(("session" = [])),
    request_body = PasswordAgain,
    responses(
        (status = 200, description = "The new token", body = NewSession),
        (status = 401, description = "Not logged in, or the password is wrong", body = Problem, content_type = "application/problem+json"),
        WithBody, Limited, Common
    )
)]
pub(crate) async fn reauthenticate_session(
    State(app): State<App>,
    Caller(logged_in): Caller,
    Body(input): Body<PasswordAgain>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    check_length(&mut faults, &input.password);
    faults.none()?;
    let bucket = &limits::by_email(&app, OPERATION, &logged_in.email).await?;
    let (scope, customer) = (logged_in.scope(), logged_in.customer_id);
    let ended = || Problem::unauthenticated("The session has ended.");
    let known = customers::password_hash(&app.db, &scope, customer).await?;
    // Whoever's session has ended meanwhile does not see their own row.
    let known = Some(known.ok_or_else(ended)?);
    if !app.passwords.verify(known, input.password).await? {
        return Err(Problem::invalid_credentials());
    }
    let token = sessions::new_token()?;
    let (id, old, hash) = (logged_in.session.id, logged_in.token.hash(), token.hash());
    let settings = &app.settings;
    let session = app
        .db
        .tx(&scope, |tx| async move {
            rate_limits::forget(&tx, bucket).await?;
            sessions::reauthenticate(&tx, id, &old, &hash, settings).await
        })
        .await?
        .ok_or_else(ended)?;
    let body = NewSession {
        token: token.as_str().to_owned(),
        session: output(session),
    };
    Ok(json(StatusCode::OK, body).into_response())
}

/// Your sessions
///
/// Newest first. `Link: <…>; rel="next"` leads to the next page while there is one.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "sessions", security(("session" = [])), params(PageQuery),
    responses(
        (status = 200, description = "A page of sessions", body = SessionPage, headers(("Link" = String, description = "The next page"))),
        (status = 422, description = "A parameter that is not allowed", body = Problem, content_type = "application/problem+json"),
        WithSession, Common
    )
)]
pub(crate) async fn list_sessions(
    State(app): State<App>,
    Caller(logged_in): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, after) = page(query.as_deref().unwrap_or_default())?;
    let customer = logged_in.customer_id;
    // One more than asked for tells whether there is a next page.
    let mut sessions = app
        .db
        .read(&logged_in.scope(), |tx| async move {
            sessions::list(&tx, customer, after, limit + 1).await
        })
        .await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = sessions.len() > wanted;
    sessions.truncate(wanted);
    let last = sessions.last().map(|session| session.id);
    let body = SessionPage {
        sessions: sessions.into_iter().map(output).collect(),
    };
    let mut response = json(StatusCode::OK, body).into_response();
    if let Some(last) = last.filter(|_| has_more) {
        let link = format!("</v1/sessions?limit={limit}&after={last}>; rel=\"next\"");
        let link = HeaderValue::from_str(&link).expect("ids and numbers are a header's text");
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// `limit` and `after`, each once, and nothing else.
fn page(query: &str) -> Result<(i64, Option<Uuid>), Problem> {
    let (mut limit, mut after) = (None, None);
    let mut faults = Faults::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "limit" => {
                let number = value
                    .parse()
                    .ok()
                    .filter(|number| (1..=100).contains(number));
                faults.check(
                    number.is_some() && limit.is_none(),
                    "limit",
                    "must be one number from 1 to 100",
                );
                limit = number;
            }
            "after" => {
                let id = strict_id(value);
                faults.check(
                    id.is_some() && after.is_none(),
                    "after",
                    "must be one session's id",
                );
                after = id;
            }
            _ => faults.check(false, name, "is no parameter; there are limit and after"),
        }
    }
    faults.none()?;
    Ok((limit.unwrap_or(20), after))
}

/// An id in the one spelling that the API uses.
fn strict_id(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|_| text.len() == 36)
}

/// End one of your sessions
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = "sessions", security(("session" = [])),
    params(("id" = Uuid, Path, description = "The session's id")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "You have no such session", body = Problem, content_type = "application/problem+json"),
        WithSession, Common
    )
)]
pub(crate) async fn delete_session(
    State(app): State<App>,
    Caller(logged_in): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let none = || Problem::new("not-found", "You have no open session with that id.");
    let (customer, id) = (logged_in.customer_id, strict_id(&id).ok_or_else(none)?);
    let ended = app
        .db
        .tx(&logged_in.scope(), |tx| async move {
            sessions::end(&tx, customer, id, Ending::Revoked).await
        })
        .await?;
    if ended {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(none())
    }
}
