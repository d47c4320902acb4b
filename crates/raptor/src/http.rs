//! The HTTP API: what it is built from, and what every route shares.
//!
//! Handlers extract, call and answer; the rules are in `customers.rs`, `sessions.rs` and `staff.rs`.

mod body;
mod caller;
mod customers;
mod layers;
mod limits;
mod measures;
mod openapi;
mod problem;
mod problems;
mod router;
mod sessions;
mod setup;
mod staff;

pub use router::router;

use crate::passwords::Passwords;
use crate::scopes::Scopes;
use crate::settings::Settings;
use raptor_db::Db;
use std::sync::Arc;

/// What handlers need; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] shares.
pub struct Parts {
    pub(crate) db: Db,
    pub(crate) settings: Settings,
    pub(crate) passwords: Passwords,
    pub(crate) scopes: Scopes,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Over a database that is at head.
    ///
    /// # Errors
    /// A cost of password hashes that cannot be.
    pub fn new(db: Db, settings: Settings) -> anyhow::Result<Self> {
        let passwords = Passwords::new(&settings)?;
        let scopes = Scopes::new(settings.context_key.clone());
        Ok(Self(Arc::new(Parts {
            db,
            settings,
            passwords,
            scopes,
        })))
    }
}
