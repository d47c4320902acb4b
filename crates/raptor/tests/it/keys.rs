//! `Idempotency-Key`: one effect, one answer.

use crate::client::{Answer, Client, PASSWORD};
use crate::fixture::Fixture;
use serde_json::json;

async fn sign_up(client: &Client, key: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password, "name": "Ada" });
    client
        .post("/v1/customers", &[("Idempotency-Key", key)], &body)
        .await
}

pub(crate) async fn a_repeated_request_has_the_same_answer(fixture: Fixture) {
    let client = fixture.client().await;
    let first = sign_up(&client, "one", "ada@example.com", PASSWORD)
        .await
        .expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let second = sign_up(&client, "one", "ada@example.com", PASSWORD)
        .await
        .expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("content-type"), second.header("content-type"));
    assert_eq!(fixture.count("customers").await, 1);
    sign_up(&client, "two", "ada@example.com", PASSWORD)
        .await
        .expect_problem(409, "email-taken");
}

pub(crate) async fn a_key_belongs_to_one_request(fixture: Fixture) {
    let client = fixture.client().await;
    sign_up(&client, "one", "ada@example.com", PASSWORD)
        .await
        .expect(201);
    for (email, password) in [
        ("bob@example.com", PASSWORD),
        ("ada@example.com", "another password"),
    ] {
        sign_up(&client, "one", email, password)
            .await
            .expect_problem(422, "key-reused");
    }
    let long = "k".repeat(256);
    for key in ["", "two words", &long] {
        sign_up(&client, key, "bob@example.com", PASSWORD)
            .await
            .expect_problem(422, "invalid");
    }
    let twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    client
        .post("/v1/customers", &twice, &body)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(fixture.count("customers").await, 1);
    sign_up(&client, &"k".repeat(255), "bob@example.com", PASSWORD)
        .await
        .expect(201);
}

pub(crate) async fn twenty_at_once_have_one_effect(fixture: Fixture) {
    let client = fixture.client().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            tokio::spawn(async move { sign_up(&client, "one", "ada@example.com", PASSWORD).await })
        })
        .collect();
    let mut bodies = Vec::new();
    let mut replayed = 0;
    for task in tasks {
        let answer = task.await.unwrap().expect(201);
        replayed += usize::from(answer.header("idempotency-replayed").is_some());
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(replayed, 19);
    assert_eq!(fixture.count("customers").await, 1);
    assert_eq!(fixture.count("idempotency_keys").await, 1);
}

pub(crate) async fn a_failed_request_leaves_no_key(fixture: Fixture) {
    let client = fixture.client().await;
    client.sign_up("ada@example.com").await.expect(201);
    sign_up(&client, "one", "ada@example.com", PASSWORD)
        .await
        .expect_problem(409, "email-taken");
    assert_eq!(fixture.count("idempotency_keys").await, 0);
    sign_up(&client, "one", "bob@example.com", PASSWORD)
        .await
        .expect(201);
}

pub(crate) async fn a_key_is_forgotten_after_a_day(fixture: Fixture) {
    let client = fixture.client().await;
    sign_up(&client, "one", "ada@example.com", PASSWORD)
        .await
        .expect(201);
    fixture
        .write("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
        .await;
    let other = sign_up(&client, "one", "bob@example.com", PASSWORD)
        .await
        .expect(201);
    assert_eq!(other.header("idempotency-replayed"), None);
    assert_eq!(fixture.count("idempotency_keys").await, 1);
}
