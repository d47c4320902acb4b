//! What the API is told, once at the start.

use raptor_access::ContextKey;
use std::net::SocketAddr;
use std::time::Duration;

/// How the API behaves; the defaults are those of `raptor config`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a session lives unused.
    pub session_idle: Duration,
    /// How long a session lives at most.
    pub session_lifetime: Duration,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// What the service's address is to its users, without a slash at its end.
    pub public_url: Option<String>,
    /// How many proxies before the service add to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Log-ins, and sign-ups, that one client address has a minute.
    pub address_limit: i64,
    /// Log-ins that one e-mail address has in five minutes.
    pub email_limit: i64,
    /// Memory of one password hash, in KiB.
    pub password_memory: u32,
    /// Passes over that memory.
    pub password_passes: u32,
    /// What contexts are signed with, where policies guard rows.
    pub context_key: Option<ContextKey>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_idle: Duration::from_mins(30),
            session_lifetime: Duration::from_hours(12),
            request_timeout: Duration::from_secs(30),
            public_url: None,
            trusted_proxies: 0,
            address_limit: 100,
            email_limit: 10,
            // OWASP's choice for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes.
            password_memory: 19 * 1024,
            password_passes: 2,
            context_key: None,
        }
    }
}

impl Settings {
    /// With the address listened on as the public one, unless another was given.
    #[must_use]
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.public_url
            .get_or_insert_with(|| format!("http://{address}"));
        self
    }

    /// Whether users reach the service over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }
}
