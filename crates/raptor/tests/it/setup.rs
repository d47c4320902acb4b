//! The link under which the first member of staff is made.

use crate::client::{Answer, Client, PASSWORD};
use crate::fixture::Fixture;
use serde_json::json;

/// A link's token.
async fn link(fixture: &Fixture) -> Option<String> {
    let link = raptor::open_setup(&fixture.db, &Fixture::settings())
        .await
        .unwrap();
    link.map(|link| link.url.split_once("token=").unwrap().1.to_owned())
}

async fn create(client: Client, token: String, email: &str) -> Answer {
    let body = json!({ "setup_token": token, "email": email, "password": PASSWORD });
    client.post("/v1/staff", &[], &body).await
}

async fn send_form(client: &Client, token: &str, password: &str) -> Answer {
    let form = format!("token={token}&email=ada%40example.com&name=%3Cb%3E&password={password}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    client
        .send("POST", "/setup", &headers, form.as_bytes())
        .await
}

pub(crate) async fn the_link_works_once(fixture: Fixture) {
    let client = fixture.client().await;
    let (token, spare) = (link(&fixture).await.unwrap(), link(&fixture).await.unwrap());
    create(client, token.clone(), "ada@example.com")
        .await
        .expect(201);
    for token in [token, spare] {
        create(client, token, "bob@example.com")
            .await
            .expect_problem(403, "setup-closed");
    }
    assert_eq!(fixture.count("staff").await, 1);
    assert!(link(&fixture).await.is_none(), "there is staff already");
}

pub(crate) async fn two_at_once_make_one_member(fixture: Fixture) {
    let client = fixture.client().await;
    let (one, two) = (link(&fixture).await.unwrap(), link(&fixture).await.unwrap());
    // Two of the same link, and one of another that a second process printed.
    let tasks: Vec<_> = [one.clone(), one, two]
        .into_iter()
        .enumerate()
        .map(|(n, token)| {
            tokio::spawn(async move { create(client, token, &format!("{n}@example.com")).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap().status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 403, 403]);
    assert_eq!(fixture.count("staff").await, 1);
}

pub(crate) async fn a_link_expires(fixture: Fixture) {
    let client = fixture.client().await;
    let token = link(&fixture).await.unwrap();
    fixture
        .write("UPDATE staff_invitations SET expires_at = now() - interval '1 second'")
        .await;
    create(client, token, "ada@example.com")
        .await
        .expect_problem(403, "setup-closed");
    assert_eq!(fixture.count("staff").await, 0);
}

pub(crate) async fn the_page_alone_uses_nothing_up(fixture: Fixture) {
    let client = fixture.client().await;
    let token = link(&fixture).await.unwrap();
    for _ in 0..2 {
        let page = client
            .get(&format!("/setup?token={token}"))
            .await
            .expect(200);
        assert!(page.body.contains(&token) && !page.body.contains("<script"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(
            page.header("content-security-policy")
                .unwrap()
                .starts_with("default-src 'none'")
        );
    }
    let short = send_form(&client, &token, "short").await.expect(422);
    assert!(
        short.body.contains("&lt;b&gt;") && !short.body.contains("<b>"),
        "{}",
        short.body
    );
    assert_eq!(fixture.count("staff").await, 0);
    send_form(&client, &token, "correct+horse+battery")
        .await
        .expect(201);
    send_form(&client, &token, "correct+horse+battery")
        .await
        .expect(403);
    assert_eq!(fixture.count("staff").await, 1);
    let broken = client
        .get("/setup?token=%22%3E%3Cscript%3E")
        .await
        .expect(403);
    assert!(!broken.body.contains("<script"));
}
