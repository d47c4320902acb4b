//! Credentials that change while the service runs: read again from where they are kept, tried, and only then taken.
//!
//! It watches nothing by itself: whoever serves calls [`RotatingCredentials::refresh`] on a signal, when a file has
//! changed, and now and then. A server that refuses the credential has it read again.

use super::address::Address;
use super::connect::Connector;
use super::credential::{Credential, CredentialProvider};
use crate::config::{Config, Target};
use crate::error::{Error, ErrorKind, Result};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_postgres::config::Host;

/// Where a credential is kept: a file, a command's answer, a platform's API.
pub trait SecretSource: Send + Sync {
    /// The credential as a URL, of which user and password count; servers and database are those of the one before.
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>>;
}

/// Credentials that are read again, tried and taken while the service runs.
///
/// ```no_run
/// # use raptor_db::{Config, Db, RotatingCredentials, SecretSource};
/// # use std::sync::Arc;
/// # async fn open(source: Arc<dyn SecretSource>) -> raptor_db::Result<()> {
/// let config = Config::new("postgres://db.example/app")?;
/// let credentials = RotatingCredentials::open(&config, source).await?;
/// let db = Db::open(config.with_credentials(credentials.clone())).await?;
/// // On a signal, when a file has changed, now and then:
/// credentials.refresh().await?;
/// # db.close().await;
/// # Ok(())
/// # }
/// ```
pub struct RotatingCredentials {
    source: Arc<dyn SecretSource>,
    config: Config,
    address: Address,
    /// Where the first one led, and all others must.
    place: String,
    current: Mutex<Credential>,
    /// One reads at a time: whoever waits finds what was read.
    reading: tokio::sync::Mutex<()>,
}

/// What came of reading a credential again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refreshed {
    /// It is the one that is used already.
    Same,
    /// Another one, which the server takes; new connections use it.
    Adopted {
        /// The login.
        user: String,
        /// How often it has changed.
        generation: u64,
    },
}

impl fmt::Debug for RotatingCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatingCredentials")
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

impl RotatingCredentials {
    /// Reads the first credential; the database is that of `config`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where `config` is of SQLite or the source holds no URL; the source's own.
    pub async fn open(config: &Config, source: Arc<dyn SecretSource>) -> Result<Arc<Self>> {
        let Target::Postgres(address) = &config.target else {
            let message = "credentials are of Postgres; SQLite has none";
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        let Secret {
            user,
            password,
            place,
        } = Secret::read(&*source).await?;
        Ok(Arc::new(Self {
            source,
            place,
            config: config.clone(),
            address: (**address).clone(),
            current: Mutex::new(Credential {
                user,
                password,
                generation: 1,
            }),
            reading: tokio::sync::Mutex::default(),
        }))
    }

    /// Reads the credential again. Another one is tried with a connection of its own, and taken when the server lets it
    /// in; connections of the old one are replaced when they come back to the pool.
    ///
    /// # Errors
    /// The source's own, [`ErrorKind::Configuration`] where it leads to another database, and [`ErrorKind::Auth`] or whatever else the new credential is refused with: the old one stays
    /// in use.
    pub async fn refresh(&self) -> Result<Refreshed> {
        let _one = self.reading.lock().await;
        let Secret {
            user,
            password,
            place,
        } = Secret::read(&*self.source).await?;
        if place != self.place {
            let message = format!(
                "the credential leads to {place} now, and to {} before: connections would be of two databases at once; \
                 restart to go there",
                self.place
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let current = self.current();
        if (&current.user, &current.password) == (&user, &password) {
            return Ok(Refreshed::Same);
        }
        let mut address = self.address.clone();
        address.driver.user(&user);
        if let Some(password) = &password {
            address.driver.password(password);
        }
        let mut config = self.config.clone();
        config.credentials = None;
        let probe = Connector::new(address, config)?;
        Box::pin(probe.connect()).await?;
        let generation = current.generation + 1;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Credential {
            user: user.clone(),
            password,
            generation,
        };
        tracing::debug!(user, generation, "another database credential is in use");
        Ok(Refreshed::Adopted { user, generation })
    }

    /// The login that new connections use.
    pub fn user(&self) -> String {
        self.current().user
    }

    fn current(&self) -> Credential {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

impl CredentialProvider for RotatingCredentials {
    fn credential(&self) -> Pin<Box<dyn Future<Output = Result<Credential>> + Send + '_>> {
        Box::pin(async { Ok(self.current()) })
    }

    fn generation(&self) -> u64 {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.generation
    }

    fn refused(&self, generation: u64) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let is_newest = || self.generation() <= generation;
            // Whoever waited for somebody else's reading finds it done, also where the next one is published before the
            // server knows it.
            if is_newest()
                && let Err(error) = self.refresh().await
                && is_newest()
            {
                tracing::warn!(%error, "the credential is refused, and none that is good was found in its place");
            }
            !is_newest()
        })
    }
}

/// What a source holds: who logs in, and where.
struct Secret {
    user: String,
    password: Option<String>,
    place: String,
}

impl Secret {
    async fn read(source: &dyn SecretSource) -> Result<Self> {
        let address = Address::parse(source.read().await?.trim())?;
        let driver = &address.driver;
        let Some(user) = driver.get_user() else {
            let message = "the secret is a URL without a user";
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        let password = driver.get_password();
        Ok(Self {
            user: user.to_owned(),
            password: password.map(|it| String::from_utf8_lossy(it).into_owned()),
            place: place(driver),
        })
    }
}

/// Servers and database, as they are told.
fn place(driver: &tokio_postgres::Config) -> String {
    let names = driver.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let addresses = driver.get_hostaddrs().iter().map(ToString::to_string);
    let hosts: Vec<String> = names.chain(addresses).collect();
    let ports: Vec<String> = driver.get_ports().iter().map(ToString::to_string).collect();
    let ports = match ports.is_empty() {
        true => "5432".to_owned(),
        false => ports.join(","),
    };
    let database = driver.get_dbname().unwrap_or_default();
    format!("{}:{ports}/{database}", hosts.join(","))
}
