//! A `PgBouncer` in transaction mode before a server of this kit: what most services have between them and Postgres.
//!
//! It runs under the server's own user, since it refuses root, and a shell beside it ends it when this process ends,
//! however that happens.

use crate::account::Account;
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::urls::{APP, OWNER};
use percent_encoding::percent_decode_str;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PORT: u16 = 6432;

/// A `PgBouncer` in transaction mode, for the logins of a [`Urls`](crate::Urls). It ends with this process.
///
/// ```no_run
/// use raptor_testkit::{Bouncer, Server};
///
/// let server = Server::shared();
/// let urls = server.create_database("orders")?;
/// let bouncer = Bouncer::start(urls.url(), 4, "")?;
/// assert!(bouncer.url(urls.url()).contains("&port=6432"));
/// # Ok::<(), raptor_testkit::Error>(())
/// ```
pub struct Bouncer {
    folder: PathBuf,
    /// Its standard input is the life line.
    _keeper: Child,
}

impl Bouncer {
    /// Starts one before the server of `url`, a URL of this kit over a socket, with `servers` connections for each
    /// login and database, and further lines of its configuration.
    ///
    /// # Errors
    /// [`ErrorKind::NoServer`] where there is no `PgBouncer`; [`ErrorKind::Folder`], [`ErrorKind::Server`].
    pub fn start(url: &str, servers: usize, settings: &str) -> Result<Self> {
        let program = find()?;
        let server = Parts::of(url)?;
        let folder = std::env::temp_dir().join(format!("raptor-bouncer-{}", unique()));
        fs::create_dir(&folder).map_err(|error| Error::io("make", &folder, &error))?;
        let place = folder.display();
        let config = format!(
            "[databases]\n* = host={} port={} pool_size={servers}\n[pgbouncer]\n\
             unix_socket_dir = {place}\nlisten_port = {PORT}\nauth_type = scram-sha-256\nauth_file = {place}/users\n\
             pool_mode = transaction\nlogfile = {place}/log\npidfile = {place}/pid\nserver_lifetime = 3600\n{settings}\n",
            server.folder, server.port
        );
        let user = |login: &str| format!("\"{login}\" \"{}\"\n", server.password);
        write(&folder.join("config"), &config)?;
        write(&folder.join("users"), &[APP, OWNER].map(user).concat())?;
        let readable = fs::set_permissions(&folder, Permissions::from_mode(0o755));
        readable.map_err(|error| Error::io("open", &folder, &error))?;
        let keeper = keep(&program, &folder)?;
        let socket = folder.join(format!(".s.PGSQL.{PORT}"));
        for _ in 0..1_000 {
            if UnixStream::connect(&socket).is_ok() {
                return Ok(Self {
                    folder,
                    _keeper: keeper,
                });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        let message = format!("PgBouncer does not come up; its log:\n{log}");
        Err(Error::new(ErrorKind::Server, message))
    }

    /// The same login and database, by way of this pooler.
    pub fn url(&self, url: &str) -> String {
        let base = url.split_once('?').map_or(url, |(base, _)| base);
        format!("{base}?host={}&port={PORT}", self.folder.display())
    }
}

impl std::fmt::Debug for Bouncer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Bouncer");
        shown.field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A name that no other has.
fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{number}", std::process::id())
}

/// Starts the program, under the account that servers of this kit run as.
fn keep(program: &Path, folder: &Path) -> Result<Child> {
    let account = Account::choose()?;
    for path in [folder, &folder.join("config"), &folder.join("users")] {
        account.give(path)?;
    }
    let mut keeper = Command::new("/bin/sh");
    keeper
        .args([
            "-c",
            "\"$1\" -q \"$2/config\" & read -r _; kill $!; wait; rm -rf \"$2\"",
        ])
        .arg("keeper")
        .arg(program)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    account.put_on(&mut keeper);
    // In a group of its own, so that Ctrl-C reaches it through the life line only.
    keeper.process_group(0);
    let started = keeper.spawn();
    started.map_err(|error| {
        let message = format!("PgBouncer cannot be started: {error}");
        Error::new(ErrorKind::Program, message)
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    let written = fs::write(path, text);
    let written = written.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o600)));
    written.map_err(|error| Error::io("write", path, &error))
}

fn find() -> Result<PathBuf> {
    let folders = config::search_path().into_iter();
    let folders = folders.chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let mut programs = folders.map(|folder: PathBuf| folder.join("pgbouncer"));
    programs.find(|program| program.exists()).ok_or_else(|| {
        Error::new(
            ErrorKind::NoServer,
            "no PgBouncer was found in PATH or /usr/sbin; install one (Debian, Ubuntu: `apt-get install pgbouncer`)",
        )
    })
}

/// What a URL of this kit has.
struct Parts {
    password: String,
    folder: String,
    port: String,
}

impl Parts {
    fn of(url: &str) -> Result<Self> {
        let parts = || {
            let (login, rest) = url.split_once('@')?;
            let (_, query) = rest.split_once('?')?;
            let value = |name: &str| {
                let found = query.split('&').find_map(|pair| pair.strip_prefix(name));
                found.and_then(decoded)
            };
            Some(Self {
                password: decoded(login.rsplit(':').next()?)?,
                folder: value("host=")?,
                port: value("port=")?,
            })
        };
        parts().ok_or_else(|| {
            let message =
                "PgBouncer is put before a URL of this kit over a socket, and this is none";
            Error::new(ErrorKind::Server, message)
        })
    }
}

/// A text without its percent signs.
fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}
