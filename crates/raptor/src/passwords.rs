//! Passwords: Argon2id (RFC 9106) in a bounded number of threads.
//!
//! A hash costs tens of milliseconds and megabytes on purpose. As many run at once as there are
//! cores, a few wait, and the rest are turned away: a flood of log-ins must not take the memory.

use crate::settings::Settings;
use anyhow::{Result, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// How many may wait for each one that runs.
const WAITING_PER_SLOT: usize = 16;

/// Why no answer came.
#[derive(Debug)]
pub(crate) enum PasswordError {
    /// The queue is full.
    Busy,
    /// Our own fault.
    Failed(anyhow::Error),
}

/// The pool of hashes.
#[derive(Clone)]
pub(crate) struct Passwords(Arc<Pool>);

struct Pool {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    /// A hash of no password: what an unknown customer's is compared with, so that the answer takes
    /// the same time.
    dummy: String,
}

impl Passwords {
    /// With the settings' cost.
    ///
    /// # Errors
    /// A cost that Argon2 does not take.
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let params = Params::new(settings.password_memory, settings.password_passes, 1, None)
            .map_err(|error| anyhow!("the cost of a password hash: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash(&argon2, "nobody's password")?;
        let slots = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self(Arc::new(Pool {
            argon2,
            slots: Arc::new(Semaphore::new(slots)),
            waiting: AtomicUsize::new(0),
            most_waiting: slots * WAITING_PER_SLOT,
            dummy,
        })))
    }

    /// The hash of a new password, in PHC's string format.
    pub(crate) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let pool = Arc::clone(&self.0);
        self.run(move || hash(&pool.argon2, &password)).await
    }

    /// Whether a password is the one of `known`; with no hash known, false after the same work.
    pub(crate) async fn verify(
        &self,
        known: Option<String>,
        password: String,
    ) -> Result<bool, PasswordError> {
        let pool = Arc::clone(&self.0);
        self.run(move || {
            let is_known = known.is_some();
            let text = known.unwrap_or_else(|| pool.dummy.clone());
            let parsed = PasswordHash::new(&text)
                .map_err(|error| anyhow!("a stored password hash: {error}"))?;
            Ok(pool
                .argon2
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
                && is_known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let queue = Waiting::enter(&self.0).ok_or(PasswordError::Busy)?;
        let permit = Arc::clone(&self.0.slots)
            .acquire_owned()
            .await
            .map_err(|error| PasswordError::Failed(error.into()))?;
        drop(queue);
        // The permit goes along: a caller that goes away does not make room while the hash runs.
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(permit);
            answer
        });
        done.await
            .map_err(|error| PasswordError::Failed(error.into()))?
            .map_err(PasswordError::Failed)
    }
}

/// One place in the queue.
struct Waiting<'p>(&'p Pool);

impl<'p> Waiting<'p> {
    fn enter(pool: &'p Pool) -> Option<Self> {
        let before = pool.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(pool);
        (before < pool.most_waiting).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String> {
    argon2
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow!("a password cannot be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        let settings = Settings {
            password_memory: 64,
            password_passes: 1,
            ..Settings::default()
        };
        Passwords::new(&settings).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_alone_is_right() {
        let passwords = cheap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(
            passwords
                .verify(Some(hash.clone()), "correct horse".into())
                .await
                .unwrap()
        );
        assert!(!passwords.verify(Some(hash), "wrong".into()).await.unwrap());
        assert!(
            !passwords
                .verify(None, "nobody's password".into())
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let passwords = cheap();
        let held = passwords.0.slots.available_permits();
        let permits = Arc::clone(&passwords.0.slots)
            .acquire_many_owned(u32::try_from(held).unwrap())
            .await
            .unwrap();
        let waiting: Vec<_> = (0..passwords.0.most_waiting)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.hash("a".into()).await })
            })
            .collect();
        while passwords.0.waiting.load(Ordering::Relaxed) < passwords.0.most_waiting {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            passwords.hash("b".into()).await,
            Err(PasswordError::Busy)
        ));
        drop(permits);
        for task in waiting {
            assert!(task.await.unwrap().is_ok());
        }
    }
}
