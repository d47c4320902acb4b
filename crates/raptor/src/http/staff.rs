//! `POST /v1/staff`: the first member, with the token of the set-up link.

use super::App;
use super::body::{Body, Faults, email_schema, json};
use super::caller::From;
use super::limits;
use super::problem::{Common, Limited, Problem, WithBody};
use crate::staff::{self, NewMember};
use crate::tokens::{Purpose, Token};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use raptor_db::{Scope, timestamptz_text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The first member of staff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffInput {
    /// From the link that the service printed when it started.
    #[schema(example = "rpt_i_…", max_length = 256)]
    setup_token: String,
    #[schema(schema_with = email_schema)]
    email: String,
    #[schema(min_length = 10, max_length = 256)]
    password: String,
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f]*$"
    )]
    name: Option<String>,
}

/// A member of staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct StaffOutput {
    id: Uuid,
    email: String,
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Create the first member of staff
#[utoipa::path(
    post, path = "/v1/staff", tag = "staff", request_body = StaffInput,
    responses(
        (status = 201, description = "The member was made; the link is used up", body = StaffOutput),
        (status = 403, description = "The link is not good", body = Problem, content_type = "application/problem+json"),
        WithBody, Limited, Common
    )
)]
pub(crate) async fn create_staff(
    State(app): State<App>,
    From(origin): From,
    Body(input): Body<StaffInput>,
) -> Result<Response, Problem> {
    limits::by_address(&app, "create_staff", origin.address.as_deref()).await?;
    let output = create(
        &app,
        &input.setup_token,
        &input.email,
        &input.password,
        input.name.as_deref(),
    )
    .await?;
    Ok(json(StatusCode::CREATED, output).into_response())
}

/// What the API and the page behind the link both do.
pub(super) async fn create(
    app: &App,
    token: &str,
    email: &str,
    password: &str,
    name: Option<&str>,
) -> Result<StaffOutput, Problem> {
    let mut faults = Faults::default();
    let email = faults.email("/email", email);
    faults.password("/password", password);
    faults.name("/name", name);
    faults.check(
        token.chars().count() <= 256,
        "/setup_token",
        "must have at most 256 characters",
    );
    faults.none()?;
    let closed = || {
        Problem::new(
            "setup-closed",
            "The link was used, has expired, or there is staff already.",
        )
    };
    let hash = Token::parse(Purpose::Setup, token)
        .ok_or_else(closed)?
        .hash();
    let password_hash = app.passwords.hash(password.to_owned()).await?;
    let (email, password_hash) = (email.as_str(), password_hash.as_str());
    let member = app
        .db
        .tx(&Scope::system(), |tx| async move {
            let new = NewMember {
                email,
                name,
                password_hash,
            };
            staff::create_first(&tx, &hash, &new).await
        })
        .await?
        .ok_or_else(closed)?;
    Ok(StaffOutput {
        id: member.id,
        email: email.to_owned(),
        name: name.map(str::to_owned),
        created_at: timestamptz_text(member.created_at),
    })
}
