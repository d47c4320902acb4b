//! A template that is prepared once per process, and handed out as clean copies.

use crate::cluster::{Cluster, Prepare};
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::server::{Options, lock};
use crate::urls::Urls;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex};

/// What a closure that prepares a template returns.
pub type Prepared = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A database that a closure prepares once per process; tests take clean clones of it.
///
/// Make it a `static` behind a [`LazyLock`]. Each template has a server of its own, so that the
/// roles of one are not the other's.
///
/// A clone is reset when a test wrote rows or drew from sequences, seed rows included. It is
/// thrown away, and another one is ready, when the test ran DDL, changed the database's settings,
/// left a connection, prepared transaction or large object, or wrote very much. When it changed
/// roles they are put right, or, where other tests are at work, the next test gets a new server.
/// All of this is seen from the server's own counters, exactly, whatever client the test used.
/// Before Postgres 15 those counters are not exact, and every clone is thrown away.
///
/// ```no_run
/// use raptor_testkit::Template;
/// use std::sync::LazyLock;
///
/// static SHOP: LazyLock<Template> = LazyLock::new(|| {
///     Template::new(|urls| {
///         let status = std::process::Command::new("psql")
///             .args(["-c", "CREATE TABLE orders (id bigint)", urls.owner_url()])
///             .status()?;
///         if status.success() { Ok(()) } else { Err("psql failed".into()) }
///     })
/// });
///
/// let (one, two) = (SHOP.database(), SHOP.database());
/// assert_ne!(one.url(), two.url());
/// ```
#[derive(Clone)]
pub struct Template {
    inner: Arc<Inner>,
}

struct Inner {
    prepare: Arc<Prepare>,
    options: Options,
    warm: bool,
    /// The server in use; a closure or server that failed once fails every test alike.
    cluster: Mutex<Option<Result<Arc<Cluster>>>>,
}

impl Template {
    /// Nothing but the logins and schema `raptor`. All of a process are one.
    pub fn empty() -> Self {
        static EMPTY: LazyLock<Template> = LazyLock::new(|| Template::new(|_| Ok(())));
        EMPTY.clone()
    }

    /// A template of its own. The closure runs at first use, and again if a test spoils the server
    /// for those after it; on a thread of its own, so that it may build a runtime and block.
    pub fn new(prepare: impl Fn(&Urls) -> Prepared + Send + Sync + 'static) -> Self {
        Self::with_options(Options::default(), prepare)
    }

    /// [`new`](Self::new), on servers that are not like any other: another version, more settings,
    /// a TCP port.
    pub fn with_options(
        options: Options,
        prepare: impl Fn(&Urls) -> Prepared + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                prepare: Arc::new(prepare),
                options,
                warm: false,
                cluster: Mutex::new(None),
            }),
        }
    }

    /// The same template with sessions that are handed on from test to test, which saves each of
    /// them the start of a server process: often the most expensive part of a test.
    ///
    /// The URLs then lead to a socket of ours in front of the server's. A client that closes leaves
    /// its session; it is emptied with `DISCARD ALL` and serves the next client with the same login
    /// and settings on the same clone. What tests of connections themselves look at is different
    /// then: process ids repeat, and a changed password is not noticed. Those take a template that
    /// is not warm.
    #[must_use]
    pub fn warm(&self) -> Self {
        Self {
            inner: Arc::new(Inner {
                prepare: Arc::clone(&self.inner.prepare),
                options: self.inner.options.clone(),
                warm: true,
                cluster: Mutex::new(None),
            }),
        }
    }

    /// A clean database.
    ///
    /// # Panics
    /// When there is none to be had, with the reason: a missing Postgres fails a test, it never
    /// skips it.
    pub fn database(&self) -> Database {
        self.try_database()
            .unwrap_or_else(|error| panic!("no Postgres for this test: {error}"))
    }

    /// [`database`](Self::database) for callers that are no tests.
    ///
    /// # Errors
    /// Any [`ErrorKind`]: no server, no folder, or the closure's own error.
    pub fn try_database(&self) -> Result<Database> {
        loop {
            let cluster = self.cluster()?;
            if let Some(clone) = cluster.take()? {
                return Ok(Database::new(clone, cluster));
            }
            let mut held = lock(&self.inner.cluster);
            // Another test may have put a new one in place already.
            held.take_if(|held| held.as_ref().is_ok_and(|held| Arc::ptr_eq(held, &cluster)));
        }
    }

    fn cluster(&self) -> Result<Arc<Cluster>> {
        let mut held = lock(&self.inner.cluster);
        let inner = &self.inner;
        held.get_or_insert_with(|| {
            Cluster::start(inner.options.clone(), inner.warm, &inner.prepare)
        })
        .clone()
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}

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
