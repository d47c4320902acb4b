//! A template that is prepared once, and the databases that tests take from it.

use crate::client;
use crate::client::{block, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::server::{Options, Server, lock};
use crate::urls::OWNER;
use crate::urls::Urls;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a closure that prepares a template returns.
pub type Prepared = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

type Prepare = dyn Fn(&Urls) -> Prepared + Send + Sync;

/// Runs a closure where it may build a runtime and block, whatever thread asks for it.
pub(crate) fn on_a_thread(prepare: impl FnOnce() -> Prepared + Send + 'static) -> Result<()> {
    std::thread::spawn(move || catch_unwind(AssertUnwindSafe(prepare)))
        .join()
        .expect("a panic is caught inside")
        .map_err(|_| Error::new(ErrorKind::Prepare, "the template's closure panicked"))?
        .map_err(|cause| {
            Error::new(
                ErrorKind::Prepare,
                format!("preparing the template: {cause}"),
            )
        })
}

/// A database that a closure prepares once per process.
pub struct Template {
    prepare: Arc<Prepare>,
    server: Mutex<Option<Arc<Server>>>,
    next: AtomicUsize,
}

impl Template {
    /// Nothing but the logins and schema `raptor`.
    pub fn empty() -> Self {
        Self::new(|_| Ok(()))
    }

    /// Prepared by a closure.
    pub fn new(prepare: impl Fn(&Urls) -> Prepared + Send + Sync + 'static) -> Self {
        Self {
            prepare: Arc::new(prepare),
            server: Mutex::new(None),
            next: AtomicUsize::new(0),
        }
    }

    /// A clean database.
    ///
    /// # Panics
    /// When there is none.
    pub fn database(&self) -> Database {
        self.take()
            .unwrap_or_else(|error| panic!("no Postgres for this test: {error}"))
    }

    fn take(&self) -> Result<Database> {
        let mut held = lock(&self.server);
        if held.is_none() {
            let server = Server::start(Options::default())?;
            let urls = server.create_database("raptor_template")?;
            let prepare = Arc::clone(&self.prepare);
            on_a_thread(move || prepare(&urls))?;
            *held = Some(Arc::new(server));
        }
        let server = Arc::clone(held.as_ref().expect("made above"));
        let name = format!("raptor_test_{}", self.next.fetch_add(1, Ordering::Relaxed));
        let place = server.place().clone();
        let statement = format!(
            "CREATE DATABASE {} TEMPLATE raptor_template OWNER {OWNER}{}",
            quoted(&name),
            server.strategy()
        );
        block(async move {
            let client = client::connect(&place, "postgres").await?;
            client
                .batch_execute(&statement)
                .await
                .map_err(|cause| Error::sql("make a database", &cause))
        })?;
        Ok(Database {
            urls: server.urls(&name),
            server,
        })
    }
}

/// A clean database for one test.
pub struct Database {
    urls: Urls,
    server: Arc<Server>,
}

impl Database {
    /// The run-time login `raptor_app`.
    pub fn url(&self) -> &str {
        self.urls.url()
    }

    /// The login `raptor_owner`.
    pub fn owner_url(&self) -> &str {
        self.urls.owner_url()
    }

    /// The superuser.
    pub fn admin_url(&self) -> &str {
        self.urls.admin_url()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.server.drop_database(self.urls.database()).ok();
        }
    }
}
