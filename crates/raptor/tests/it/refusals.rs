//! Bad requests get problems, never a failure of the service.

use crate::client::PASSWORD;
use crate::fixture::Fixture;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Method, path, content type, body; status and kind of problem.
type Case = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static [u8],
    u16,
    &'static str,
);

const LARGE: &[u8] = &[b' '; 65 * 1024];
const GOOD: &[u8] = br#"{"email": "a@b", "password": "correct horse battery"}"#;
const PLAIN: Option<&str> = Some("text/plain");
const IS_JSON: Option<&str> = Some("application/json");

const CASES: &[Case] = &[
    ("GET", "/nowhere", None, b"", 404, "not-found"),
    ("GET", "/v1/", None, b"", 404, "not-found"),
    ("GET", "/problems/nothing", None, b"", 404, "not-found"),
    (
        "PUT",
        "/v1/customers",
        IS_JSON,
        b"{}",
        405,
        "method-not-allowed",
    ),
    ("BREW", "/v1/sessions", None, b"", 405, "method-not-allowed"),
    ("POST", "/v1/customers", IS_JSON, LARGE, 413, "too-large"),
    (
        "POST",
        "/v1/customers",
        PLAIN,
        GOOD,
        415,
        "unsupported-media-type",
    ),
    (
        "POST",
        "/v1/customers",
        None,
        GOOD,
        415,
        "unsupported-media-type",
    ),
    ("POST", "/v1/customers", IS_JSON, b"", 400, "bad-request"),
    (
        "POST",
        "/v1/customers",
        IS_JSON,
        b"{\"email\": ",
        400,
        "bad-request",
    ),
    (
        "POST",
        "/v1/customers",
        IS_JSON,
        b"\xff\xfe",
        400,
        "bad-request",
    ),
    ("POST", "/v1/customers", IS_JSON, b"[]", 422, "invalid"),
];

pub(crate) async fn every_refusal_is_a_problem(fixture: Fixture) {
    let client = fixture.client().await;
    for (method, path, kind, body, status, problem) in CASES {
        let headers: Vec<_> = kind.iter().map(|kind| ("Content-Type", *kind)).collect();
        let answer = client.send(method, path, &headers, body).await;
        let answer = answer.expect_problem(*status, problem);
        assert_eq!(
            *status == 405,
            answer.header("allow").is_some(),
            "{answer:?}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        client.get(&answer.text("/type")).await.expect(200);
    }
}

pub(crate) async fn fields_that_are_wrong_are_named(fixture: Fixture) {
    let client = fixture.client().await;
    let good = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada" });
    let cases = [
        ("/email", json!("no address")),
        ("/email", json!("a@b\u{0}")),
        ("/email", json!(format!("{}@example.com", "a".repeat(250)))),
        ("/email", json!(7)),
        ("/password", json!("short")),
        ("/password", json!("p".repeat(257))),
        ("/name", json!("")),
        ("/name", json!("a\u{0}b")),
        ("/name", json!("n".repeat(201))),
        ("/surplus", json!("field")),
    ];
    for (pointer, value) in cases {
        let mut body = good.clone();
        body[&pointer[1..]] = value;
        let refused = client
            .post("/v1/customers", &[], &body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(refused.text("/errors/0/pointer"), pointer, "{refused:?}");
    }
    let both = json!({ "email": "x", "password": "y" });
    let refused = client
        .post("/v1/customers", &[], &both)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused.json()["errors"].as_array().map(Vec::len), Some(2));
    assert!(
        !refused.body.contains("\"y\""),
        "what was sent is not repeated"
    );
    assert_eq!(fixture.count("customers").await, 0);
}

/// Small, seeded, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's constants for a linear congruential generator (MMIX).
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn value(&mut self, depth: usize) -> Value {
        let texts = [
            "",
            "\u{0}",
            "a@b",
            "\u{10ffff}",
            "'; --",
            "\u{202e}",
            "🦖",
            "null",
        ];
        match self.roll(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!(i64::MIN),
            3 => json!(1e308),
            4 => json!(texts[self.roll(texts.len())].repeat(1 + self.roll(100))),
            5 => (0..self.roll(4)).map(|_| self.value(depth - 1)).collect(),
            _ => json!({ texts[self.roll(texts.len())]: self.value(depth - 1) }),
        }
    }
}

pub(crate) async fn no_body_makes_the_service_fail(fixture: Fixture) {
    let client = fixture.client().await;
    let token = client.customer("ada@example.com").await;
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", bearer.as_str())];
    let fields = ["email", "password", "name", "setup_token", "more"];
    let paths = [
        "/v1/customers",
        "/v1/sessions",
        "/v1/staff",
        "/v1/sessions/current/reauthentication",
    ];
    let mut dice = Dice(7);
    for round in 0..200 {
        let mut body = json!({});
        for field in fields {
            if dice.roll(2) == 0 {
                body[field] = dice.value(2);
            }
        }
        let mut bytes = body.to_string().into_bytes();
        for _ in 0..dice.roll(3) {
            let at = dice.roll(bytes.len());
            bytes[at] = u8::try_from(dice.roll(256)).unwrap();
        }
        let path = paths[round % paths.len()];
        let answer = client.send("POST", path, &headers, &bytes).await;
        assert!(
            (400..500).contains(&answer.status),
            "{path} {:?}: {answer:?}",
            String::from_utf8_lossy(&bytes)
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{answer:?}"
        );
    }
    client
        .with(&token, "GET", "/v1/sessions/current")
        .await
        .expect(200);
}

pub(crate) async fn a_request_id_comes_back(fixture: Fixture) {
    let client = fixture.client().await;
    let sent = client
        .send("GET", "/nowhere", &[("X-Request-Id", "my.id-1")], b"")
        .await;
    assert_eq!(sent.expect(404).text("/instance"), "my.id-1");
    let long = "x".repeat(65);
    for bad in ["", "two words", "<script>", &long] {
        let answer = client
            .send("GET", "/nowhere", &[("X-Request-Id", bad)], b"")
            .await;
        let id = answer.expect_problem(404, "not-found").text("/instance");
        assert_ne!(id, bad);
        assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id}");
    }
}

pub(crate) async fn a_client_that_does_not_read_is_cut(fixture: Fixture) {
    const PAGE: &[u8] = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let client = fixture.client().await;
    let length = client.get("/docs/swagger-ui-bundle.js").await.body.len();
    let wanted = 10 * length;
    for reads_at_once in [true, false] {
        let mut stream = TcpStream::connect(client.address).await.unwrap();
        stream.write_all(&PAGE.repeat(10)).await.unwrap();
        if !reads_at_once {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
        let (mut got, mut room) = (0, vec![0; 1 << 20]);
        while got < wanted {
            match stream.read(&mut room).await {
                Ok(0) | Err(_) => break,
                Ok(more) => got += more,
            }
        }
        assert_eq!(got >= wanted, reads_at_once, "{got} of {wanted}");
    }
}
