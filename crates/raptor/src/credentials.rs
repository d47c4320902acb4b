//! The run-time login's credential, read again while the service runs: on SIGHUP, when its file has changed, now and
//! then, and when the server refuses it.

use crate::config::Config;
use crate::login;
use crate::secrets::Secret;
use anyhow::{Context, Result};
use raptor_db::{Db, ErrorKind, Refreshed, RotatingCredentials, SecretSource};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};

/// How often is looked whether the file has changed.
const LOOK: Duration = Duration::from_millis(500);

/// How soon one that was not taken is tried again, for the first time; then ever later.
const AGAIN: Duration = Duration::from_millis(500);

/// Where it comes from, and how often it is read.
pub(crate) struct Credentials {
    rotating: Arc<RotatingCredentials>,
    path: Option<PathBuf>,
    interval: Duration,
}

/// A place whose credential is looked at before anybody uses it: one that is too strong is as bad later as at the start.
struct Checked {
    secret: Secret,
    config: raptor_db::Config,
    is_checked: bool,
    /// The last one that was looked at.
    known: Mutex<String>,
}

impl SecretSource for Checked {
    fn read(&self) -> Pin<Box<dyn Future<Output = raptor_db::Result<String>> + Send + '_>> {
        Box::pin(async {
            let url = self.secret.read().await?;
            let is_known = || *self.known.lock().unwrap_or_else(PoisonError::into_inner) == url;
            if self.is_checked && !is_known() {
                self.look_at(&url).await?;
                url.clone_into(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
            }
            Ok(url)
        })
    }
}

impl Checked {
    async fn look_at(&self, url: &str) -> raptor_db::Result<()> {
        let mut config = self.config.clone();
        config.pool_size = 1;
        let db = Db::open(config.with_url(url)?).await?;
        let excess = login::excess(&db).await;
        db.close().await;
        let why = match excess {
            Ok(excess) if excess.is_empty() => return Ok(()),
            Ok(excess) => excess.join(", "),
            Err(error) => format!("{error:#}"),
        };
        let message = format!("the credential in {} is not taken: {why}", self.secret);
        Err(raptor_db::Error::new(ErrorKind::Configuration, message))
    }
}

impl Credentials {
    /// The database of the service, and its credentials where they are read again.
    ///
    /// # Errors
    /// What cannot be read.
    pub(crate) async fn open(
        config: &Config,
        insecure_owner: bool,
    ) -> Result<(raptor_db::Config, Option<Self>)> {
        let Some(secret) = config.database_secret()? else {
            return Ok((config.database(config.database_url())?, None));
        };
        let place = secret.to_string();
        let url = secret.read().await?;
        let database = config.database(&url);
        let database = database.with_context(|| format!("what {place} holds"))?;
        let path = secret.path().map(PathBuf::from);
        let checked = Checked {
            secret,
            config: database.clone(),
            is_checked: !insecure_owner,
            // That one is looked at by whoever opens it.
            known: Mutex::new(url),
        };
        let rotating = RotatingCredentials::open(&database, Arc::new(checked)).await?;
        let credentials = Self {
            rotating: Arc::clone(&rotating),
            path,
            interval: config.secret_interval()?,
        };
        Ok((database.with_credentials(rotating), Some(credentials)))
    }

    /// Reads it again whenever there is a reason to, until the process ends.
    ///
    /// # Errors
    /// When the system takes no handler of SIGHUP.
    pub(crate) fn watch(self, db: Db) -> Result<impl Future<Output = ()>> {
        let mut hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be heard")?;
        let mut tick = tokio::time::interval(self.interval);
        Ok(async move {
            tick.tick().await;
            let mut again = None;
            loop {
                let soon = async {
                    match again {
                        Some(wait) => tokio::time::sleep(wait).await,
                        None => std::future::pending().await,
                    }
                };
                let why = tokio::select! {
                    _ = hangup.recv() => "SIGHUP",
                    () = self.changed() => "its file has changed",
                    _ = tick.tick() => "it is time",
                    () = soon => "it was not taken",
                };
                let refreshed = self.rotating.refresh().await;
                // One that is published before the server knows it is good in a moment.
                again = refreshed
                    .is_err()
                    .then(|| again.map_or(AGAIN, |it| it * 2).min(self.interval));
                match refreshed {
                    Ok(Refreshed::Adopted { user, generation }) => {
                        tracing::info!(
                            why,
                            user,
                            generation,
                            "the database credential was rotated"
                        );
                    }
                    Ok(_) => tracing::debug!(why, "the database credential is the same"),
                    Err(error) => tracing::warn!(
                        why,
                        %error,
                        "the database credential was read again and is not taken; the one before stays in use"
                    ),
                }
                // Also of a credential that was taken when the server refused the one before.
                db.shed_idle().await;
            }
        })
    }

    /// Waits until the file is another one than now.
    async fn changed(&self) {
        let Some(path) = &self.path else {
            return std::future::pending().await;
        };
        let stamp = || -> Option<(SystemTime, u64)> {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        let before = stamp();
        while stamp() == before {
            tokio::time::sleep(LOOK).await;
        }
    }
}
