//! The keys there are.

/// One thing the service can be told.
#[derive(Debug)]
pub struct Key {
    /// Its environment variable.
    pub env: &'static str,
    /// Its name in `raptor.toml`.
    pub file: &'static str,
    /// What holds when nobody says anything.
    pub default: Option<&'static str>,
    /// What it is, with its unit.
    pub what: &'static str,
}

impl Key {
    /// Whether it is shown to nobody.
    pub(crate) fn is_secret(&self) -> bool {
        ["RAPTOR_CONTEXT_KEY", "RAPTOR_SECRET_TOKEN"].contains(&self.env)
    }

    /// Whether `--url` overrides it.
    pub(super) fn is_url(&self) -> bool {
        self.env.starts_with("DATABASE_")
    }
}

const fn key(
    env: &'static str,
    file: &'static str,
    default: Option<&'static str>,
    what: &'static str,
) -> Key {
    Key {
        env,
        file,
        default,
        what,
    }
}

/// Every key, in the order `raptor config` shows them.
pub const KEYS: &[Key] = &[
    key(
        "DATABASE_URL",
        "database_url",
        None,
        "the run-time login's database: postgres://… or sqlite:PATH; without it sqlite:./dev.db",
    ),
    key(
        "DATABASE_OWNER_URL",
        "database_owner_url",
        None,
        "the owner's database, for `migrate` and `access` alone; never read by `serve`",
    ),
    key(
        "RAPTOR_DATABASE_URL_FROM",
        "database_url_from",
        None,
        "where `serve` reads the run-time login's URL, again and again: file:PATH, env-file:PATH#NAME, command:SHELL or https://…#NAME; without it DATABASE_URL",
    ),
    key(
        "RAPTOR_SECRET_TOKEN",
        "secret_token",
        None,
        "the token that the API behind RAPTOR_DATABASE_URL_FROM asks for, where it is one",
    ),
    key(
        "RAPTOR_SECRET_INTERVAL",
        "secret_interval",
        Some("15s"),
        "how often RAPTOR_DATABASE_URL_FROM is read again; on SIGHUP and when its file changes it is at once",
    ),
    key(
        "PORT",
        "port",
        None,
        "the port to listen on, on every interface",
    ),
    key(
        "RAPTOR_ADDR",
        "addr",
        None,
        "the address and port to listen on; 127.0.0.1:8000 without it and PORT",
    ),
    key(
        "RAPTOR_ADMIN_ADDR",
        "admin_addr",
        Some("127.0.0.1:9090"),
        "the address and port of /live, /ready and /metrics, or `off`",
    ),
    key(
        "RAPTOR_PUBLIC_URL",
        "public_url",
        None,
        "what the service's address is to its users, for links: https://example.com",
    ),
    key(
        "RAPTOR_TRUSTED_PROXIES",
        "trusted_proxies",
        Some("0"),
        "how many proxies before the service add to X-Forwarded-For",
    ),
    key(
        "RAPTOR_SESSION_IDLE",
        "session_idle",
        Some("30m"),
        "how long a session lives unused, such as 30m",
    ),
    key(
        "RAPTOR_SESSION_LIFETIME",
        "session_lifetime",
        Some("12h"),
        "how long a session lives at most, such as 12h",
    ),
    key(
        "RAPTOR_REQUEST_TIMEOUT",
        "request_timeout",
        Some("30s"),
        "how long a request may take, such as 30s",
    ),
    key(
        "RAPTOR_ADDRESS_LIMIT",
        "address_limit",
        Some("100"),
        "how many log-ins, and how many sign-ups, one client address has a minute",
    ),
    key(
        "RAPTOR_SHUTDOWN_TIMEOUT",
        "shutdown_timeout",
        Some("25s"),
        "how long requests in flight may take to end after SIGTERM, such as 25s",
    ),
    key(
        "RAPTOR_MAX_CONNECTIONS",
        "max_connections",
        Some("1024"),
        "how many client connections are served at once",
    ),
    key(
        "RAPTOR_WORKERS",
        "workers",
        None,
        "how many threads run requests; one a core without it",
    ),
    key(
        "RAPTOR_POOL_SIZE",
        "pool_size",
        Some("10"),
        "how many Postgres connections or SQLite readers there are at most",
    ),
    key(
        "RAPTOR_STATEMENT_TIMEOUT",
        "statement_timeout",
        Some("30s"),
        "how long a statement may take before it is cancelled, such as 30s",
    ),
    key(
        "RAPTOR_SLOW_STATEMENT",
        "slow_statement",
        Some("200ms"),
        "from when on a statement is logged as slow, such as 200ms",
    ),
    key(
        "RAPTOR_SQLITE_DURABLE",
        "sqlite_durable",
        Some("true"),
        "whether a SQLite commit waits for the disk: true or false",
    ),
    key(
        "RAPTOR_MIGRATE_DIR",
        "migrate_dir",
        None,
        "the folder of revisions that `migrate` works with; the ones in the binary without it",
    ),
    key(
        "RAPTOR_MIGRATE_ROLE",
        "migrate_role",
        None,
        "the role that `migrate` becomes on Postgres, which then owns what is made; the login itself without it",
    ),
    key(
        "RAPTOR_PROOF_AGE",
        "proof_age",
        None,
        "how old the newest proof of rights may be (`raptor access prove --keep`) for the service to be ready, such as 7d; any, and none, without it",
    ),
    key(
        "RAPTOR_ACCESS_FILE",
        "access_file",
        None,
        "the declaration of who may do what, which raptor access works with and the proof for /ready is to be of; without it access.toml in this folder where there is one, else Raptor's own",
    ),
    key(
        "RAPTOR_CONTEXT_KEY",
        "context_key",
        None,
        "64 hexadecimal digits, a secret: what contexts of log-ins and workers are signed with, as the database knows it",
    ),
    key(
        "RAPTOR_RELEASE",
        "release",
        None,
        "what the log of migrations calls this release, such as the commit",
    ),
    key(
        "RAPTOR_LOG",
        "log",
        Some("info"),
        "what is logged, such as info,raptor_db=debug",
    ),
    key(
        "RAPTOR_LOG_FORMAT",
        "log_format",
        Some("text"),
        "text or json",
    ),
];

/// Variables that the tools beside the service read.
pub(super) const TOOLS: &[&str] = &["RAPTOR_PG_BIN"];
