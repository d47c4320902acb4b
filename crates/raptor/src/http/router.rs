//! Every route, one line each.

use super::{App, customers, layers, openapi, problems, sessions, setup, staff};
use axum::routing::get;
use axum::{Router, middleware};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The API and its pages.
pub fn router(app: App) -> Router {
    let (api, document) = api();
    api.merge(openapi::routes(document))
        .route("/problems/{slug}", get(problems::get_problem))
        .merge(setup::routes())
        .layer(middleware::from_fn_with_state(app.clone(), layers::finish))
        .with_state(app)
}

/// The routes that the document describes.
pub(super) fn api() -> (Router<App>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(customers::create_customer))
        .routes(routes!(sessions::create_session, sessions::list_sessions))
        .routes(routes!(
            sessions::get_current_session,
            sessions::delete_current_session
        ))
        .routes(routes!(sessions::reauthenticate_session))
        .routes(routes!(sessions::delete_session))
        .routes(routes!(staff::create_staff))
        .split_for_parts()
}
