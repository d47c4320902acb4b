//! What the service is told: by the command line, the environment, `raptor.toml` or not at all.
//!
//! This is the one place that reads the environment. Every key stands in [`KEYS`], so that
//! `raptor config` can show all of them, with where each value came from and no secret.

pub(crate) mod duration;
mod key;

pub use key::{KEYS, Key};

use crate::hex;
use crate::proofs;
use crate::secrets::Secret;
use crate::settings::Settings;
use anyhow::{Context, Result, bail, ensure};
use raptor_access::ContextKey;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The file that is read when it exists and no other is named.
const FILE: &str = "raptor.toml";

/// The longest time that anything may be told to take.
const MOST: Duration = Duration::from_hours(24 * 3_650);

/// The database when nothing names another.
pub(crate) const EMBEDDED_URL: &str = "sqlite:./dev.db";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An option of the command line, such as `--url`.
    CommandLine(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// The configuration file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine(option) => f.write_str(option),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One key's value in force.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The key.
    pub key: &'static Key,
    /// Its value; `None` when there is none, not even a default.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// All values in force. Its `Debug` shows none of them: some are secrets.
pub(crate) struct Config {
    entries: Vec<Entry>,
    unknown: Vec<String>,
    is_plain: bool,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

/// What the command line overrides.
#[derive(Debug, Default, Clone)]
pub(crate) struct Overrides {
    /// `--url`: the database, whichever login the command would take otherwise.
    pub url: Option<String>,
    /// `--config`: another file than `raptor.toml`.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads the environment and the file.
    ///
    /// # Errors
    /// A file that is named and missing, is no TOML, or holds a key that is none.
    pub(crate) fn load(overrides: &Overrides) -> Result<Self> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let file = match &overrides.file {
            Some(path) => Some((path.clone(), read(path)?)),
            None if Path::new(FILE).exists() => Some((FILE.into(), read(Path::new(FILE))?)),
            None => None,
        };
        Self::from_sources(overrides, &environment, file)
    }

    /// As [`Config::load`], from given sources.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub(crate) fn from_sources(
        overrides: &Overrides,
        environment: &BTreeMap<String, String>,
        file: Option<(PathBuf, String)>,
    ) -> Result<Self> {
        let (path, mut table) = match file {
            Some((path, text)) => {
                let table = text
                    .parse::<toml::Table>()
                    .with_context(|| format!("{} is no TOML", path.display()))?;
                (path, table)
            }
            None => (PathBuf::new(), toml::Table::new()),
        };
        let mut entries = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            let in_file = table.remove(key.file).map(|value| plain(&path, key, value));
            let given = environment.get(key.env).filter(|value| !value.is_empty());
            let (value, origin) = match (&overrides.url, given, in_file.transpose()?) {
                (Some(url), _, _) if key.is_url() => {
                    (Some(url.clone()), Origin::CommandLine("--url"))
                }
                (_, Some(value), _) => (Some(value.clone()), Origin::Environment(key.env)),
                (_, None, Some(value)) => (Some(value), Origin::File(path.clone())),
                (_, None, None) => (key.default.map(str::to_owned), Origin::Default),
            };
            entries.push(Entry { key, value, origin });
        }
        if let Some(stranger) = table.keys().next() {
            let known: Vec<_> = KEYS.iter().map(|key| key.file).collect();
            bail!(
                "{} has the key {stranger:?}, which is none; there are {}",
                path.display(),
                known.join(", ")
            );
        }
        let known =
            |name: &str| key::TOOLS.contains(&name) || KEYS.iter().any(|key| key.env == name);
        let unknown = environment
            .keys()
            .filter(|name| name.starts_with("RAPTOR_") && !known(name))
            .cloned()
            .collect();
        let is_plain = environment
            .get("NO_COLOR")
            .is_some_and(|value| !value.is_empty());
        Ok(Self {
            entries,
            unknown,
            is_plain,
        })
    }

    /// Every key with its value in force.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// `RAPTOR_…` variables that no key has: most likely misspelt.
    pub(crate) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Whether colour is unwanted (<https://no-color.org>).
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    fn entry(&self, env: &str) -> &Entry {
        self.entries
            .iter()
            .find(|entry| entry.key.env == env)
            .expect("every key asked for stands in KEYS")
    }

    fn text(&self, env: &str) -> Option<&str> {
        self.entry(env).value.as_deref()
    }

    fn parsed<T>(&self, env: &str, parse: impl Fn(&str) -> Result<T>) -> Result<T> {
        let entry = self.entry(env);
        let value = entry.value.as_deref().unwrap_or_default();
        parse(value).with_context(|| {
            format!(
                "{} is {value:?} (from {}): {}",
                entry.key.env, entry.origin, entry.key.what
            )
        })
    }

    fn number<T>(&self, env: &str, allowed: RangeInclusive<T>) -> Result<T>
    where
        T: FromStr + PartialOrd + Display,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        self.parsed(env, |text| {
            let number = text.parse()?;
            if allowed.contains(&number) {
                return Ok(number);
            }
            bail!("it must be from {} to {}", allowed.start(), allowed.end());
        })
    }

    /// At least `least`, and at most ten years.
    fn time(&self, env: &str, least: Duration) -> Result<Duration> {
        self.parsed(env, |text| {
            let time = duration::parse(text)?;
            if (least..=MOST).contains(&time) {
                return Ok(time);
            }
            bail!("it must be at least {least:?} and at most ten years");
        })
    }

    /// The run-time login's URL; the embedded SQLite file when nothing names another.
    pub(crate) fn database_url(&self) -> &str {
        self.text("DATABASE_URL").unwrap_or(EMBEDDED_URL)
    }

    /// Whether nothing names a database, so that the embedded one is meant.
    pub(crate) fn is_embedded(&self) -> bool {
        self.text("DATABASE_URL").is_none() && self.text("RAPTOR_DATABASE_URL_FROM").is_none()
    }

    /// Where the run-time login's URL is read again and again, if it is.
    ///
    /// # Errors
    /// What names no place.
    pub(crate) fn database_secret(&self) -> Result<Option<Secret>> {
        let entry = self.entry("RAPTOR_DATABASE_URL_FROM");
        let secret = entry.value.as_deref().map(|it| self.secret_at(it));
        secret
            .transpose()
            .with_context(|| format!("{} (from {})", entry.key.env, entry.origin))
    }

    /// A place where a credential is kept.
    ///
    /// # Errors
    /// What names no place.
    pub(crate) fn secret_at(&self, place: &str) -> Result<Secret> {
        Secret::at(place, self.text("RAPTOR_SECRET_TOKEN"))
    }

    /// How often it is read.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn secret_interval(&self) -> Result<Duration> {
        self.time("RAPTOR_SECRET_INTERVAL", Duration::from_secs(1))
    }

    /// Refuses to take the embedded database for the one that `serve` is told of elsewhere.
    ///
    /// # Errors
    /// When nothing says which database is meant.
    pub(crate) fn check_owner(&self) -> Result<()> {
        ensure!(
            self.has_owner() || self.text("DATABASE_URL").is_some() || self.is_embedded(),
            "RAPTOR_DATABASE_URL_FROM is for `serve` alone: set DATABASE_OWNER_URL to the owner's database, or name one with --url"
        );
        Ok(())
    }

    /// The URL that migrations take: the owner's where there is one.
    pub(crate) fn migration_url(&self) -> &str {
        self.text("DATABASE_OWNER_URL")
            .unwrap_or_else(|| self.database_url())
    }

    /// Whether an owner is named.
    pub(crate) fn has_owner(&self) -> bool {
        self.text("DATABASE_OWNER_URL").is_some()
    }

    /// The folder of revisions, instead of the ones in the binary.
    pub(crate) fn migrate_dir(&self) -> Option<&Path> {
        self.text("RAPTOR_MIGRATE_DIR").map(Path::new)
    }

    /// The role that migrations become on Postgres.
    pub(crate) fn migrate_role(&self) -> Option<&str> {
        self.text("RAPTOR_MIGRATE_ROLE")
    }

    /// How old the newest proof of rights may be, if that counts.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    fn proof_age(&self) -> Result<Option<Duration>> {
        let is_set = self.text("RAPTOR_PROOF_AGE").is_some();
        is_set
            .then(|| self.time("RAPTOR_PROOF_AGE", Duration::from_secs(1)))
            .transpose()
    }

    /// The declaration of who may do what, where it is not the product's own.
    pub(crate) fn access_file(&self) -> Option<PathBuf> {
        const HERE: &str = "access.toml";
        let here = || Path::new(HERE).exists().then_some(HERE);
        let named = self.text("RAPTOR_ACCESS_FILE");
        named.or_else(here).map(PathBuf::from)
    }

    /// The proof of rights that the service is to have, where it is to have one.
    ///
    /// # Errors
    /// A time that cannot be read, a declaration that cannot.
    pub(crate) fn proof(&self) -> Result<Option<proofs::Wanted>> {
        let age = self.proof_age()?;
        let wanted = age.map(|age| proofs::Wanted::new(age, self.access_file()));
        wanted.transpose()
    }

    /// What contexts are signed with, where that is known.
    ///
    /// # Errors
    /// What is no key; it is not shown.
    pub(crate) fn context_key(&self) -> Result<Option<ContextKey>> {
        let Some(text) = self.text("RAPTOR_CONTEXT_KEY") else {
            return Ok(None);
        };
        let origin = &self.entry("RAPTOR_CONTEXT_KEY").origin;
        let key = hex::key(text).with_context(|| format!(
            "RAPTOR_CONTEXT_KEY (from {origin}) is no key: 64 hexadecimal digits, as `raptor access key new` makes them"
        ))?;
        ensure!(
            key.iter().any(|it| *it != key[0]),
            "RAPTOR_CONTEXT_KEY (from {origin}) is the same byte 32 times, which anybody guesses: `raptor access key new` makes one"
        );
        Ok(Some(ContextKey::new(key)))
    }

    /// What this release is called.
    pub(crate) fn release(&self) -> Option<&str> {
        self.text("RAPTOR_RELEASE")
    }

    /// The database as the service uses it.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn database(&self, url: &str) -> Result<raptor_db::Config> {
        let mut database = raptor_db::Config::new(url)?;
        database.pool_size = self.number("RAPTOR_POOL_SIZE", 1..=1_000)?;
        database.statement_timeout =
            self.time("RAPTOR_STATEMENT_TIMEOUT", Duration::from_millis(1))?;
        database.slow_statement = self.time("RAPTOR_SLOW_STATEMENT", Duration::ZERO)?;
        database.durable = self.parsed("RAPTOR_SQLITE_DURABLE", |text| Ok(text.parse()?))?;
        Ok(database)
    }

    /// How the API behaves.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let public_url = self
            .text("RAPTOR_PUBLIC_URL")
            .map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &public_url
            && !url.starts_with("https://")
            && !url.starts_with("http://")
        {
            bail!("RAPTOR_PUBLIC_URL is {url:?}: write https://… or http://…");
        }
        Ok(Settings {
            session_idle: self.time("RAPTOR_SESSION_IDLE", Duration::from_secs(1))?,
            session_lifetime: self.time("RAPTOR_SESSION_LIFETIME", Duration::from_secs(1))?,
            request_timeout: self.time("RAPTOR_REQUEST_TIMEOUT", Duration::from_millis(1))?,
            public_url,
            trusted_proxies: self.number("RAPTOR_TRUSTED_PROXIES", 0..=100)?,
            address_limit: self.number("RAPTOR_ADDRESS_LIMIT", 1..=1_000_000_000)?,
            context_key: self.context_key()?,
            ..Settings::default()
        })
    }

    /// Where the API listens. `PORT` means every interface, as a platform expects.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        if self.text("RAPTOR_ADDR").is_some() || self.text("PORT").is_none() {
            let address = self.text("RAPTOR_ADDR").unwrap_or("127.0.0.1:8000");
            return self.parsed("RAPTOR_ADDR", |_| Ok(address.parse()?));
        }
        let port = self.number("PORT", 0..=u16::MAX)?;
        Ok(SocketAddr::from(([0, 0, 0, 0], port)))
    }

    /// Where the admin listener listens; `None` when it is switched off.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn admin_address(&self) -> Result<Option<SocketAddr>> {
        self.parsed("RAPTOR_ADMIN_ADDR", |text| match text {
            "off" => Ok(None),
            _ => Ok(Some(text.parse()?)),
        })
    }

    /// How long requests in flight may take to end after SIGTERM.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn shutdown_timeout(&self) -> Result<Duration> {
        self.time("RAPTOR_SHUTDOWN_TIMEOUT", Duration::ZERO)
    }

    /// How many connections are served at once.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn max_connections(&self) -> Result<usize> {
        self.number("RAPTOR_MAX_CONNECTIONS", 1..=1_000_000)
    }

    /// Threads that run requests; `None` means one a core.
    ///
    /// # Errors
    /// A value that cannot be read, named with its origin.
    pub(crate) fn workers(&self) -> Result<Option<usize>> {
        match self.text("RAPTOR_WORKERS") {
            None => Ok(None),
            Some(_) => self.number("RAPTOR_WORKERS", 1..=1_024).map(Some),
        }
    }

    /// What is logged, in `tracing`'s filter language.
    pub(crate) fn log_filter(&self) -> &str {
        self.text("RAPTOR_LOG").unwrap_or("info")
    }

    /// Whether each log line is a JSON object.
    ///
    /// # Errors
    /// A word that is neither `text` nor `json`.
    pub(crate) fn logs_json(&self) -> Result<bool> {
        self.parsed("RAPTOR_LOG_FORMAT", |text| match text {
            "text" => Ok(false),
            "json" => Ok(true),
            _ => bail!("write text or json"),
        })
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A TOML value as the text that the environment would hold.
fn plain(path: &Path, key: &Key, value: toml::Value) -> Result<String> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(answer) => Ok(answer.to_string()),
        other => bail!(
            "{}: {} is {}, not a text, number or bool",
            path.display(),
            key.file,
            other.type_str()
        ),
    }
}

#[cfg(test)]
mod tests;
