//! What two services on one database agree about.

use crate::client::PASSWORD;
use crate::fixture::Fixture;
use raptor::Settings;

pub(crate) async fn two_services_count_together(fixture: Fixture) {
    let settings = Settings {
        address_limit: 3,
        ..Fixture::settings()
    };
    let (one, two) = (
        fixture.serve(settings.clone()).await,
        fixture.serve(settings).await,
    );
    one.sign_up("a@example.com").await.expect(201);
    two.sign_up("b@example.com").await.expect(201);
    one.sign_up("c@example.com").await.expect(201);
    for client in [one, two] {
        let refused = client
            .sign_up("d@example.com")
            .await
            .expect_problem(429, "too-many-requests");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    }
    assert_eq!(fixture.count("customers").await, 3);
    fixture
        .write("UPDATE rate_limits SET resets_at = now() - interval '1 second'")
        .await;
    two.sign_up("d@example.com").await.expect(201);
}

pub(crate) async fn an_email_address_has_its_own(fixture: Fixture) {
    let settings = Settings {
        email_limit: 2,
        ..Fixture::settings()
    };
    let client = fixture.serve(settings).await;
    client.sign_up("ada@example.com").await.expect(201);
    // What went before a log-in is forgotten with it.
    for (password, status) in [("not the one", 401), (PASSWORD, 201)] {
        client
            .log_in("ada@example.com", password)
            .await
            .expect(status);
    }
    client
        .log_in("ada@example.com", "not the one")
        .await
        .expect(401);
    client
        .log_in("ADA@example.com", "not the one")
        .await
        .expect(401);
    client
        .log_in("ada@example.com", PASSWORD)
        .await
        .expect_problem(429, "too-many-requests");
    // An address without an account is counted alike, or the limit would tell.
    for status in [401, 401, 429] {
        client
            .log_in("bob@example.com", PASSWORD)
            .await
            .expect(status);
    }
}

pub(crate) async fn two_services_agree_on_what_ended(fixture: Fixture) {
    let (one, two) = (fixture.client().await, fixture.client().await);
    let token = one.customer("ada@example.com").await;
    two.with(&token, "GET", "/v1/sessions/current")
        .await
        .expect(200);
    one.with(&token, "DELETE", "/v1/sessions/current")
        .await
        .expect(204);
    two.with(&token, "GET", "/v1/sessions/current")
        .await
        .expect_problem(401, "unauthenticated");
}
