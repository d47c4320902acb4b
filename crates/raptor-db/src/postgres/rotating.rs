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

/// Where a credential is kept: a file, a command's answer, a platform's API.
pub trait SecretSource: Send + Sync {
    /// The credential as a URL, of which user and password count.
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
        let (user, password) = login(&source.read().await?)?;
        Ok(Arc::new(Self {
            source,
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
    /// The source's own, and [`ErrorKind::Auth`] or whatever else the new credential is refused with: the old one stays
    /// in use.
    pub async fn refresh(&self) -> Result<Refreshed> {
        let _one = self.reading.lock().await;
        let (user, password) = login(&self.source.read().await?)?;
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
        tracing::info!(user, generation, "another database credential is in use");
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

/// User and password of a URL.
fn login(url: &str) -> Result<(String, Option<String>)> {
    let address = Address::parse(url.trim())?;
    let Some(user) = address.driver.get_user() else {
        let message = "the secret is a URL without a user";
        return Err(Error::new(ErrorKind::Configuration, message));
    };
    let password = address.driver.get_password();
    let password = password.map(|it| String::from_utf8_lossy(it).into_owned());
    Ok((user.to_owned(), password))
}
