//! Sign up, log in, look, list, log out.

use crate::client::{Answer, Client, PASSWORD};
use crate::fixture::Fixture;
use serde_json::json;
use std::collections::BTreeSet;

const CURRENT: &str = "/v1/sessions/current";
const AGAIN: &str = "/v1/sessions/current/reauthentication";

async fn ids(client: &Client, token: &str) -> BTreeSet<String> {
    let list = client
        .with(token, "GET", "/v1/sessions")
        .await
        .expect(200)
        .json();
    let sessions = list["sessions"].as_array().unwrap();
    sessions
        .iter()
        .map(|session| session["id"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) async fn from_sign_up_to_log_out(fixture: Fixture) {
    let client = fixture.client().await;
    let made = client.sign_up("Ada@Example.com").await.expect(201);
    assert_eq!(made.text("/email"), "ada@example.com");
    client
        .sign_up("ADA@example.COM")
        .await
        .expect_problem(409, "email-taken");
    let token = client.token("aDa@example.com").await;
    let current = client.with(&token, "GET", CURRENT).await.expect(200);
    assert_eq!(current.text("/customer/id"), made.text("/id"));
    let other = client.token("ada@example.com").await;
    let id = current.text("/session/id");
    assert_eq!(ids(&client, &other).await.len(), 2);
    client
        .with(&other, "DELETE", &format!("/v1/sessions/{id}"))
        .await
        .expect(204);
    client
        .with(&token, "GET", CURRENT)
        .await
        .expect_problem(401, "unauthenticated");
    client
        .with(&other, "DELETE", &format!("/v1/sessions/{id}"))
        .await
        .expect_problem(404, "not-found");
    assert_eq!(ids(&client, &other).await.len(), 1);
    client.with(&other, "DELETE", CURRENT).await.expect(204);
    client
        .with(&other, "GET", CURRENT)
        .await
        .expect_problem(401, "unauthenticated");
}

pub(crate) async fn a_new_token_ends_the_old_one(fixture: Fixture) {
    let client = fixture.client().await;
    let old = client.customer("ada@example.com").await;
    let before = client.with(&old, "GET", CURRENT).await.expect(200);
    let bearer = format!("Bearer {old}");
    let headers = [("Authorization", bearer.as_str())];
    let wrong = client
        .post(AGAIN, &headers, &json!({ "password": "not the one" }))
        .await;
    wrong.expect_problem(401, "invalid-credentials");
    client.with(&old, "GET", CURRENT).await.expect(200);
    let right = client
        .post(AGAIN, &headers, &json!({ "password": PASSWORD }))
        .await
        .expect(200);
    client
        .with(&old, "GET", CURRENT)
        .await
        .expect_problem(401, "unauthenticated");
    let after = client
        .with(&right.text("/token"), "GET", CURRENT)
        .await
        .expect(200);
    assert_eq!(after.text("/session/id"), before.text("/session/id"));
    assert!(after.text("/session/authenticated_at") > before.text("/session/authenticated_at"));
}

pub(crate) async fn whether_a_customer_exists_is_not_told(fixture: Fixture) {
    let client = fixture.client().await;
    client.sign_up("ada@example.com").await.expect(201);
    let known = client.log_in("ada@example.com", "not the one").await;
    let unknown = client.log_in("bob@example.com", "not the one").await;
    // All but what differs between any two requests.
    let told = |answer: Answer| {
        let answer = answer.expect_problem(401, "invalid-credentials");
        let own = ["date", "x-request-id", "ratelimit-reset"];
        let headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .cloned()
            .collect();
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("instance");
        (headers, body)
    };
    assert_eq!(told(known), told(unknown));
}

pub(crate) async fn a_session_ends_unused_and_by_age(fixture: Fixture) {
    let client = fixture.client().await;
    for column in ["idle_expires_at", "expires_at"] {
        let token = client.customer(&format!("{column}@example.com")).await;
        client.with(&token, "GET", CURRENT).await.expect(200);
        let shift = format!(
            "UPDATE sessions SET {column} = now() - interval '1 second' WHERE ended_at IS NULL"
        );
        assert!(fixture.write(&shift).await > 0);
        client
            .with(&token, "GET", CURRENT)
            .await
            .expect_problem(401, "unauthenticated");
        let fresh = client.token(&format!("{column}@example.com")).await;
        assert_eq!(
            ids(&client, &fresh).await.len(),
            1,
            "an expired session is not listed"
        );
    }
}

pub(crate) async fn use_is_noted_once_a_minute(fixture: Fixture) {
    let client = fixture.client().await;
    let token = client.customer("ada@example.com").await;
    let used = async || {
        client
            .with(&token, "GET", CURRENT)
            .await
            .expect(200)
            .text("/session/last_used_at")
    };
    let at_first = used().await;
    assert_eq!(used().await, at_first);
    fixture
        .write("UPDATE sessions SET last_used_at = last_used_at - interval '2 minutes'")
        .await;
    // The request that notes it still shows what it found.
    let shifted = used().await;
    assert!(shifted < at_first);
    let noted = used().await;
    assert!(noted > at_first);
    assert_eq!(used().await, noted);
}

pub(crate) async fn pages_hold_each_session_once(fixture: Fixture) {
    let client = fixture.client().await;
    let token = client.customer("ada@example.com").await;
    for _ in 0..4 {
        client.token("ada@example.com").await;
    }
    let (mut path, mut seen, mut pages) = ("/v1/sessions?limit=2".to_owned(), Vec::new(), 0);
    loop {
        let page = client.with(&token, "GET", &path).await.expect(200);
        let sessions = page.json()["sessions"].as_array().unwrap().clone();
        assert!(sessions.len() <= 2);
        seen.extend(
            sessions
                .iter()
                .map(|session| session["id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(link) = page.header("link") else {
            break;
        };
        path = link
            .strip_prefix('<')
            .unwrap()
            .strip_suffix(">; rel=\"next\"")
            .unwrap()
            .to_owned();
    }
    assert_eq!(pages, 3);
    assert!(
        seen.is_sorted_by(|a, b| a > b),
        "newest first, none twice: {seen:?}"
    );
    assert_eq!(
        seen.into_iter().collect::<BTreeSet<_>>(),
        ids(&client, &token).await
    );
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "after=x",
        "limit=1&limit=2",
        "page=2",
    ] {
        let refused = client
            .with(&token, "GET", &format!("/v1/sessions?{query}"))
            .await;
        refused.expect_problem(422, "invalid");
    }
}

pub(crate) async fn others_sessions_are_not_there(fixture: Fixture) {
    let client = fixture.client().await;
    let ada = client.customer("ada@example.com").await;
    let bob = client.customer("bob@example.com").await;
    let id = client
        .with(&ada, "GET", CURRENT)
        .await
        .expect(200)
        .text("/session/id");
    client
        .with(&bob, "DELETE", &format!("/v1/sessions/{id}"))
        .await
        .expect_problem(404, "not-found");
    client.with(&ada, "GET", CURRENT).await.expect(200);
    assert!(!ids(&client, &bob).await.contains(&id));
}

pub(crate) async fn a_token_that_is_none(fixture: Fixture) {
    let client = fixture.client().await;
    let token = client.customer("ada@example.com").await;
    let cut = &token[..token.len() - 1];
    let long = "x".repeat(4_000);
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer rpt_s_",
        &format!("Bearer {cut}"),
        &format!("Bearer {long}"),
    ] {
        let refused = client
            .send("GET", CURRENT, &[("Authorization", value)], b"")
            .await;
        let refused = refused.expect_problem(401, "unauthenticated");
        assert!(
            refused
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
        assert!(!refused.body.contains(cut), "a token is not repeated");
    }
    client
        .get(CURRENT)
        .await
        .expect_problem(401, "unauthenticated");
}

pub(crate) async fn one_token_gets_one_new_token(fixture: Fixture) {
    let client = fixture.client().await;
    let old = client.customer("ada@example.com").await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let bearer = format!("Bearer {old}");
            tokio::spawn(async move {
                let body = json!({ "password": PASSWORD });
                client
                    .post(AGAIN, &[("Authorization", &bearer)], &body)
                    .await
            })
        })
        .collect();
    let mut granted = Vec::new();
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == 200 {
            granted.push(answer.text("/token"));
        } else {
            answer.expect_problem(401, "unauthenticated");
        }
    }
    assert_eq!(granted.len(), 1);
    client.with(&granted[0], "GET", CURRENT).await.expect(200);
}
