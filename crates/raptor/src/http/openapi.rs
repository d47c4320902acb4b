//! The API's own document, and a page to browse it that needs no internet.

use super::App;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Raptor",
        description = "Customers, their sessions, and staff. Errors are problems (RFC 9457); times are UTC; ids are UUIDv7.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "customers", description = "Accounts"),
        (name = "sessions", description = "Log-ins"),
        (name = "staff", description = "Who works here")
    )
)]
struct Document;

/// What the routes are added to.
pub(super) fn base() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("rpt_s_…")
        .description(Some("A session token, as `POST /v1/sessions` answers it."))
        .build();
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("session", SecurityScheme::Http(bearer));
    document
}

/// `/v1/openapi.json` and `/docs`.
pub(super) fn routes(document: utoipa::openapi::OpenApi) -> Router<App> {
    let text: Arc<str> = document
        .to_json()
        .expect("the document is plain JSON")
        .into();
    let answer = move || {
        let text = Arc::clone(&text);
        async move {
            (
                [(header::CONTENT_TYPE, "application/json")],
                text.to_string(),
            )
                .into_response()
        }
    };
    let page =
        SwaggerUi::new("/docs").config(Config::from("/v1/openapi.json").validator_url("none"));
    Router::new()
        .route("/v1/openapi.json", get(answer))
        .merge(page)
}
