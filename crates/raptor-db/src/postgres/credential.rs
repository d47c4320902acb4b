//! Who logs in: asked at every new connection, so that a rotation needs no restart.

use crate::error::Result;
use std::fmt;
use std::pin::Pin;

/// A login. The password is in no `Debug`.
#[derive(Clone)]
pub struct Credential {
    /// The login's name; a rotation may change it too.
    pub user: String,
    /// Its password, if it has one.
    pub password: Option<String>,
    /// Counts up with every rotation; connections of an older generation are replaced when they
    /// come back to the pool.
    pub generation: u64,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("user", &self.user)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Where credentials come from: a file, a vault, the environment of a platform.
pub trait CredentialProvider: Send + Sync {
    /// The credential for a new connection.
    fn credential(&self) -> Pin<Box<dyn Future<Output = Result<Credential>> + Send + '_>>;

    /// The newest generation known, without waiting: asked at every checkout.
    fn generation(&self) -> u64;

    /// The server refused the credential of a generation: whether there is a newer one by now, which is tried then. By
    /// itself there is none.
    fn refused(&self, generation: u64) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(self.generation() > generation))
    }
}
