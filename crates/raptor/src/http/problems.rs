//! The pages behind a problem's `type`.

use super::problem::{KINDS, Problem};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

/// What one kind of problem means and what to do about it.
pub(super) async fn get_problem(Path(slug): Path<String>) -> Result<Response, Problem> {
    let kind = KINDS.iter().find(|(known, ..)| *known == slug);
    let (slug, status, title, way_out) =
        kind.ok_or_else(|| Problem::new("not-found", "There is no problem of that name."))?;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{title}\n\nStatus: {}\nType: /problems/{slug}\n\n{way_out}",
        status.as_u16()
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
