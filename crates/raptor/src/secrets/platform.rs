//! Configuration variables of a platform, in the shape of Heroku's API: GET answers a JSON object of all of them, PATCH
//! takes those that change. (Heroku Platform API reference, "Config Vars".)

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use ureq::http::StatusCode;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The version of the API that this is written for.
const ACCEPT: &str = "application/vnd.heroku+json; version=3";

/// One variable.
pub(super) struct Platform {
    url: String,
    name: String,
    token: String,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.url, self.name)
    }
}

/// Trusts what this machine trusts.
static AGENT: LazyLock<ureq::Agent> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    let owned = found
        .certs
        .iter()
        .map(|it| Certificate::from_der(it).to_owned());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(owned.collect())))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        // What is asked with a token is not asked of somebody else.
        .max_redirects(0)
        .user_agent("raptor")
        .build()
        .new_agent()
});

impl Platform {
    pub(super) fn new(url: &str, name: &str, token: Option<&str>) -> Result<Self> {
        let here = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        ensure!(
            url.starts_with("https://") || here.iter().any(|it| url.starts_with(it)),
            "{url} would send a credential in plain text: write https://…"
        );
        let host = url.split("://").nth(1).unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        ensure!(
            !host.contains('@'),
            "what is asked with a token has no login in its URL"
        );
        let Some(token) = token else {
            bail!("RAPTOR_SECRET_TOKEN is not set: the token that the platform's API asks for");
        };
        ensure!(
            token.bytes().all(|it| it.is_ascii_graphic()),
            "RAPTOR_SECRET_TOKEN holds what no token holds"
        );
        Ok(Self {
            url: url.to_owned(),
            name: name.to_owned(),
            token: format!("Bearer {token}"),
        })
    }

    pub(super) fn read(&self) -> Result<String> {
        let request = AGENT.get(&self.url).header("Accept", ACCEPT);
        let answer = request.header("Authorization", &self.token).call();
        let variables = self.variables(answer)?;
        let value = variables.get(&self.name).and_then(Value::as_str);
        let value = value.with_context(|| format!("there is no variable {}", self.name))?;
        Ok(value.to_owned())
    }

    pub(super) fn write(&self, url: &str) -> Result<()> {
        let request = AGENT.patch(&self.url).header("Accept", ACCEPT);
        let request = request.header("Authorization", &self.token);
        let body = json!({ &self.name: url }).to_string();
        let answer = request.content_type("application/json").send(body);
        self.variables(answer).map(drop)
    }

    /// The variables that came back. What an answer holds is not told: it is full of secrets.
    fn variables(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Map<String, Value>> {
        let mut answer = answer?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                bail!("{}: RAPTOR_SECRET_TOKEN is not taken", answer.status())
            }
            status => bail!("it answered {status}"),
        }
        let text = answer.body_mut().read_to_string()?;
        match serde_json::from_str(&text) {
            Ok(Value::Object(variables)) => Ok(variables),
            _ => bail!("it answered with what is no JSON object"),
        }
    }
}
