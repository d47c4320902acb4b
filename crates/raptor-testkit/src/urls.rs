//! Where one database is reached, and by whom.
//!
//! Only spells URLs; it opens no connection.

use std::fmt;
use std::path::{Path, PathBuf};

/// The run-time login.
pub(crate) const APP: &str = "raptor_app";
/// The login that owns the database.
pub(crate) const OWNER: &str = "raptor_owner";
/// The superuser.
pub(crate) const ADMIN: &str = "postgres";

/// A server's address, as a client needs it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) socket_dir: PathBuf,
    pub(crate) port: u16,
    pub(crate) password: String,
}

impl Place {
    /// `postgres://LOGIN:PASSWORD@/DATABASE?host=/socket/dir&port=…`, which libpq, tokio-postgres,
    /// psycopg, pgx and node-postgres all read.
    pub(crate) fn socket_url(&self, login: &str, database: &str) -> String {
        format!(
            "postgres://{login}:{}@/{}?host={}&port={}",
            self.password,
            escape(database),
            escape_path(&self.socket_dir),
            self.port
        )
    }

    /// `postgres://LOGIN:PASSWORD@127.0.0.1:PORT/DATABASE`.
    pub(crate) fn tcp_url(&self, login: &str, database: &str) -> String {
        format!(
            "postgres://{login}:{}@127.0.0.1:{}/{}",
            self.password,
            self.port,
            escape(database)
        )
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("socket_dir", &self.socket_dir)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Where one throw-away database is reached. Its `Debug` shows no password.
///
/// ```no_run
/// let server = raptor_testkit::Server::shared();
/// let urls = server.create_database("orders")?;
/// assert!(urls.url().starts_with("postgres://raptor_app:"));
/// assert!(urls.url().contains("@/orders?host="));
/// # Ok::<(), raptor_testkit::Error>(())
/// ```
#[derive(Clone)]
pub struct Urls {
    database: String,
    app: String,
    owner: String,
    admin: String,
}

impl Urls {
    pub(crate) fn over_socket(place: &Place, database: &str) -> Self {
        Self::spelt(database, |login| place.socket_url(login, database))
    }

    pub(crate) fn over_tcp(place: &Place, database: &str) -> Self {
        Self::spelt(database, |login| place.tcp_url(login, database))
    }

    fn spelt(database: &str, url: impl Fn(&str) -> String) -> Self {
        Self {
            database: database.to_owned(),
            app: url(APP),
            owner: url(OWNER),
            admin: url(ADMIN),
        }
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The run-time login `raptor_app`: it may do only what it has been granted.
    pub fn url(&self) -> &str {
        &self.app
    }

    /// The login `raptor_owner`: owns the database and schema `raptor`, may create roles, and is
    /// not superuser, as on a managed host.
    pub fn owner_url(&self) -> &str {
        &self.owner
    }

    /// The superuser.
    pub fn admin_url(&self) -> &str {
        &self.admin
    }
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urls")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

fn escape_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    escape_bytes(path.as_os_str().as_bytes(), b"/")
}

fn escape(text: &str) -> String {
    escape_bytes(text.as_bytes(), b"")
}

/// Percent-encodes all but RFC 3986's unreserved characters and those of `also`.
fn escape_bytes(bytes: &[u8], also: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_survives_odd_names_and_its_debug_hides_the_password() {
        let place = Place {
            socket_dir: "/dev/shm/a b".into(),
            port: 5432,
            password: "secret".to_owned(),
        };
        let urls = Urls::over_socket(&place, "odd/näme");
        let read: tokio_postgres::Config = urls.owner_url().parse().unwrap();
        assert_eq!(read.get_dbname(), Some("odd/näme"));
        assert_eq!(read.get_user(), Some(OWNER));
        let host = tokio_postgres::config::Host::Unix("/dev/shm/a b".into());
        assert_eq!(read.get_hosts(), [host]);
        assert!(!format!("{urls:?}{place:?}").contains("secret"));
    }
}
