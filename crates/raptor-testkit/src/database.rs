//! The database of one test, from the moment it is handed out until the test has ended.

use crate::cluster::{CloneDatabase, Cluster};
use crate::server::Server;
use crate::urls::Urls;
use std::sync::Arc;

/// A clean database for one test, taken from a [`Template`](crate::Template).
///
/// Dropping it gives it back at once; on a thread of ours it is then reset for another test, or
/// thrown away if the test did more than write rows. Connections may close shortly after it (a
/// second at most), so that the order in which a test drops things does not matter.
///
/// If the test panics, the database is left as it is and the `psql` line that opens it is printed
/// to standard error; its server then stays for ten minutes after the process has ended
/// (`RAPTOR_TESTKIT_KEEP` sets other seconds, 0 keeps nothing).
///
/// ```no_run
/// use raptor_testkit::Template;
///
/// let template = Template::empty();
/// let database = template.database();
/// assert!(database.owner_url().starts_with("postgres://raptor_owner:"));
/// ```
pub struct Database {
    /// None only while it is dropped.
    clone: Option<CloneDatabase>,
    cluster: Arc<Cluster>,
}

impl Database {
    pub(crate) fn new(clone: CloneDatabase, cluster: Arc<Cluster>) -> Self {
        Self {
            clone: Some(clone),
            cluster,
        }
    }

    /// All URLs of this database.
    pub fn urls(&self) -> &Urls {
        self.clone
            .as_ref()
            .expect("it is there until it is dropped")
            .urls()
    }

    /// The URL of the run-time login `raptor_app`.
    pub fn url(&self) -> &str {
        self.urls().url()
    }

    /// The URL of the login `raptor_owner`, which owns the database and is not superuser.
    pub fn owner_url(&self) -> &str {
        self.urls().owner_url()
    }

    /// The superuser's URL.
    pub fn admin_url(&self) -> &str {
        self.urls().admin_url()
    }

    /// The server it is on, which other tests are on, too.
    pub fn server(&self) -> &Server {
        self.cluster.server()
    }

    /// Keeps it as if the test had panicked: for a test that fails by returning an error.
    pub fn keep(mut self) {
        self.leave();
    }

    #[expect(clippy::print_stderr, reason = "a failing test says where its data is")]
    fn leave(&mut self) {
        let Some(clone) = self.clone.take() else {
            return;
        };
        let server = self.cluster.server();
        // Spelt without the password, which the superuser does not need on the socket.
        let line = format!(
            "{} -h {} -p {} -U postgres {}",
            server.binaries().psql().display(),
            server.socket_dir().display(),
            server.port(),
            clone.urls().database()
        );
        match self.cluster.keep() {
            Some((time, pid)) => eprintln!(
                "kept for {} s after the end of the process, or until `kill -INT {pid}`: {line}",
                time.as_secs()
            ),
            None => eprintln!("this test's database is not kept"),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.leave();
        } else if let Some(clone) = self.clone.take() {
            self.cluster.give_back(clone);
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(self.urls()).finish()
    }
}
