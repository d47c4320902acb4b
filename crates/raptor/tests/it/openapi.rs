//! The document, whole, and the page that shows it.

use crate::fixture::Fixture;

#[tokio::test]
async fn the_document_is_the_one_that_was_agreed() {
    let fixture = Fixture::sqlite().await;
    let answer = fixture
        .client()
        .await
        .get("/v1/openapi.json")
        .await
        .expect(200);
    let document = answer.json();
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("openapi", document);
    });
}

#[tokio::test]
async fn the_page_needs_no_internet() {
    let fixture = Fixture::sqlite().await;
    let client = fixture.client().await;
    let page = client.get("/docs/").await.expect(200);
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("connect-src 'self'")
    );
    for attribute in ["src=\"", "href=\""] {
        for link in page.body.split(attribute).skip(1) {
            let link = link.split('"').next().unwrap();
            assert!(!link.contains("//"), "{link}");
            client
                .is_there(&format!("/docs/{}", link.trim_start_matches("./")))
                .await;
        }
    }
    let start = client.get("/docs/swagger-initializer.js").await.expect(200);
    assert!(
        start.body.contains("/v1/openapi.json") && !start.body.contains("http"),
        "{}",
        start.body
    );
}
