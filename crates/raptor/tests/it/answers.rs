//! Whole answers, as clients see them: one snapshot for both engines.

use crate::client::{Answer, PASSWORD};
use crate::fixture::Fixture;
use serde_json::json;
use std::fmt::Write;

fn show(out: &mut String, request: &str, answer: &Answer) {
    writeln!(out, "## {request}\n{}", answer.status).unwrap();
    let mut headers = answer.headers.clone();
    headers.sort();
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| name != "date" && name != "content-length")
    {
        writeln!(out, "{name}: {value}").unwrap();
    }
    let body = serde_json::from_str::<serde_json::Value>(&answer.body);
    match body {
        Ok(body) => writeln!(out, "\n{}\n", serde_json::to_string_pretty(&body).unwrap()).unwrap(),
        Err(_) => writeln!(out, "\n{}\n", answer.body).unwrap(),
    }
}

pub(crate) async fn are_the_same_on_both_engines(fixture: Fixture) {
    let client = fixture.client().await;
    let mut out = String::new();
    let who = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada" });
    let key = [("Idempotency-Key", "one"), ("User-Agent", "test/1")];
    for _ in 0..2 {
        show(
            &mut out,
            "POST /v1/customers",
            &client.post("/v1/customers", &key, &who).await,
        );
    }
    show(
        &mut out,
        "POST /v1/customers, again",
        &client.sign_up("ada@example.com").await,
    );
    show(
        &mut out,
        "POST /v1/customers, wrong",
        &client.sign_up("ada").await,
    );
    show(
        &mut out,
        "POST /v1/sessions, wrong",
        &client.log_in("ada@example.com", "wrong").await,
    );
    let login = client.log_in("ada@example.com", PASSWORD).await;
    show(&mut out, "POST /v1/sessions", &login);
    let token = login.text("/token");
    client.token("ada@example.com").await;
    for (method, path) in [
        ("GET", "/v1/sessions/current"),
        ("HEAD", "/v1/sessions/current"),
        ("OPTIONS", "/v1/sessions/current"),
        ("GET", "/v1/sessions?limit=1"),
        ("DELETE", "/v1/sessions/current"),
        ("GET", "/v1/sessions/current"),
        ("GET", "/nowhere"),
        ("GET", "/problems/invalid"),
    ] {
        show(
            &mut out,
            &format!("{method} {path}"),
            &client.with(&token, method, path).await,
        );
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, filters => vec![
        (r"rpt_s_[A-Za-z0-9_-]{48}", "[token]"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[uuid]"),
        (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", "[time]"),
        (r"ratelimit-reset: \d+", "ratelimit-reset: [seconds]"),
    ]}, { insta::assert_snapshot!("answers", out) });
}
