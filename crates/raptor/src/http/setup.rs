//! The page behind the set-up link. It works without JavaScript and uses the token up only when its
//! form is sent.

use super::App;
use super::body::LARGEST;
use super::caller::From;
use super::problem::Problem;
use super::{limits, staff};
use crate::tokens::{Purpose, Token};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

/// Its own stylesheet is inline; nothing else may be loaded, and the form goes home alone.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("setup.html");

/// `/setup`.
pub(super) fn routes() -> Router<App> {
    let page = get(get_setup).post(post_setup);
    Router::new().route("/setup", page.layer(DefaultBodyLimit::max(LARGEST)))
}

/// What the link carries.
#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    token: String,
}

/// What the form sends.
#[derive(Deserialize)]
struct Input {
    token: String,
    email: String,
    password: String,
    #[serde(default)]
    name: String,
}

/// The form.
async fn get_setup(Query(link): Query<Link>) -> Response {
    match Token::parse(Purpose::Setup, &link.token) {
        Some(token) => page(StatusCode::OK, "", &form(token.as_str(), "", "")),
        None => page(
            StatusCode::FORBIDDEN,
            "This link is cut or mistyped: copy it whole from the service's output.",
            "",
        ),
    }
}

/// The form, sent.
async fn post_setup(
    State(app): State<App>,
    From(origin): From,
    input: Result<Form<Input>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(input) =
        input.map_err(|_| Problem::new("bad-request", "The form did not arrive whole."))?;
    limits::by_address(&app, "create_staff", origin.address.as_deref()).await?;
    let name = Some(input.name.trim()).filter(|name| !name.is_empty());
    match staff::create(
        &app,
        &input.token,
        input.email.trim(),
        &input.password,
        name,
    )
    .await
    {
        Ok(_) => Ok(page(
            StatusCode::CREATED,
            "Done: you are the first member of staff. This link is used up.",
            "",
        )),
        Err(problem) if problem.status == 422 => {
            let faults: Vec<String> = problem
                .errors
                .iter()
                .map(|fault| format!("{} {}", fault.pointer.trim_start_matches('/'), fault.detail))
                .collect();
            // Only a token of the right form is put back; the rest of the page is ours.
            let token = Token::parse(Purpose::Setup, &input.token);
            let again = token.map(|token| form(token.as_str(), &input.email, &input.name));
            Ok(page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &faults.join("; "),
                &again.unwrap_or_default(),
            ))
        }
        Err(problem) if problem.status == 403 => Ok(page(
            StatusCode::FORBIDDEN,
            "This link was used, has expired, or there is staff already. While there is none, each start of the service prints a new one.",
            "",
        )),
        Err(problem) => Err(problem),
    }
}

fn form(token: &str, email: &str, name: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/setup\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <label>E-mail <input name=\"email\" type=\"email\" maxlength=\"254\" value=\"{}\" required autofocus autocomplete=\"username\"></label>\
         <label>Name <input name=\"name\" maxlength=\"200\" value=\"{}\" autocomplete=\"name\"></label>\
         <label>Password <input name=\"password\" type=\"password\" minlength=\"10\" maxlength=\"256\" required autocomplete=\"new-password\"></label>\
         <button>Create the first staff member</button></form>",
        escaped(email),
        escaped(name)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn page(status: StatusCode, message: &str, form: &str) -> Response {
    let message = if message.is_empty() {
        String::new()
    } else {
        format!("<p role=\"status\">{}</p>", escaped(message))
    };
    let html = PAGE
        .replace("{{message}}", &message)
        .replace("{{form}}", form);
    let headers: [(HeaderName, &str); 1] = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    let mut response = (status, headers, Html(html)).into_response();
    // The page speaks for itself, also when it refuses.
    response.extensions_mut().insert(super::layers::Finished);
    response
}
