//! One throw-away Postgres: started from a copy, on a socket of its own, gone with the process.
//!
//! It knows nothing of templates and tests; [`Template`](crate::Template) is built on it.

pub(crate) mod initial;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::cache;
use crate::client::{self, block, quoted};
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::folder::Folder;
use crate::supervisor::Supervisor;
use crate::urls::{OWNER, Place, Urls};
use initial::EMPTY;
use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// Variables that would lead libpq past those we set.
const MISLEADING: [&str; 3] = ["PGHOSTADDR", "PGSERVICE", "PGOPTIONS"];

/// Postgres's own port; a socket in a folder of its own needs no other.
const PORT: u16 = 5432;

/// How long a server may take to answer. A slow machine under load takes a few seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a server shall be like.
///
/// ```
/// let options = raptor_testkit::Options {
///     tcp: true,
///     settings: vec![("statement_timeout".into(), "5s".into())],
///     ..raptor_testkit::Options::default()
/// };
/// assert!(options.bin_dir.is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Also listen on 127.0.0.1, on a free port.
    pub tcp: bool,
    /// Further lines of `postgresql.conf`, name and plain value; they win over ours.
    pub settings: Vec<(String, String)>,
    /// Lines of `pg_hba.conf` before ours, so that they win.
    pub hba: Vec<String>,
    /// The folder that holds `postgres` and `initdb`; else it is looked for.
    pub bin_dir: Option<PathBuf>,
    /// Where initialised data directories are kept; else the user's cache folder.
    pub cache_dir: Option<PathBuf>,
    /// Where the server's folder is made; else memory (`/dev/shm`) if it has room, else the
    /// temporary folder.
    pub run_dir: Option<PathBuf>,
}

/// A running Postgres with the logins `raptor_app`, `raptor_owner` and the superuser `postgres`.
///
/// Dropping it ends it and removes its folder. So does the end of the process, whatever ended it:
/// a supervisor (a `/bin/sh` beside it) holds a pipe from this process, and its end is the signal.
///
/// ```no_run
/// use raptor_testkit::{Options, Server};
///
/// let server = Server::start(Options { tcp: true, ..Options::default() })?;
/// let urls = server.create_database("orders")?;
/// println!("psql '{}'", urls.owner_url());
/// # Ok::<(), raptor_testkit::Error>(())
/// ```
pub struct Server {
    place: Place,
    tcp: bool,
    major: u32,
    binaries: Binaries,
    supervisor: Mutex<Supervisor>,
    admin: Mutex<Arc<Client>>,
}

impl Server {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// Any [`ErrorKind`] up to [`ErrorKind::Server`]: no server program, no user to run it as, no
    /// folder, or a server that does not come up, with its last words.
    pub fn start(options: Options) -> Result<Self> {
        let binaries = Binaries::find(options.bin_dir.as_deref())?;
        let account = Account::choose()?;
        let folder = Folder::create(options.run_dir.as_deref(), account)?;
        let mut supervisor = Supervisor::watch(folder, &binaries.postgres(), account)?;
        let socket_dir = supervisor.folder().to_owned();
        let data = socket_dir.join("data");
        let cached = cache::copy_to(&data, &binaries, account, &options)?;
        let port = if options.tcp { free_port()? } else { PORT };
        configure(&data, &socket_dir, port, &options)?;
        supervisor.start()?;
        let place = Place {
            socket_dir,
            port,
            password: cached.password.clone(),
        };
        let admin = wait_until_up(&place, &mut supervisor).map_err(|error| {
            let cache = cached.entry().display();
            Error::new(
                error.kind(),
                format!("{error}\n(started from a copy of {cache}, which may be removed)"),
            )
        })?;
        Ok(Self {
            place,
            tcp: options.tcp,
            major: cached.major,
            binaries,
            supervisor: Mutex::new(supervisor),
            admin: Mutex::new(Arc::new(admin)),
        })
    }

    /// A server for all of this process, started at first use with [`Options::default`].
    ///
    /// # Panics
    /// When it cannot be started: a missing Postgres fails a test, it never skips it.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Server> = LazyLock::new(|| {
            Server::start(Options::default())
                .unwrap_or_else(|error| panic!("no Postgres for this process: {error}"))
        });
        &SHARED
    }

    /// The folder that holds the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.place.socket_dir
    }

    /// The port: in the socket's name, and on 127.0.0.1 if [`Options::tcp`] was set.
    pub fn port(&self) -> u16 {
        self.place.port
    }

    /// The server's major version, as 15.
    pub fn major_version(&self) -> u32 {
        self.major
    }

    /// The superuser's URL of a database, over the socket.
    pub fn admin_url(&self, database: &str) -> String {
        self.urls(database).admin_url().to_owned()
    }

    /// The URLs of a database, over the socket.
    pub fn urls(&self, database: &str) -> Urls {
        Urls::over_socket(&self.place, database)
    }

    /// The URLs of a database over 127.0.0.1, if [`Options::tcp`] was set.
    pub fn tcp_urls(&self, database: &str) -> Option<Urls> {
        self.tcp.then(|| Urls::over_tcp(&self.place, database))
    }

    /// Has a command find a database as libpq does, as `raptor_owner`: `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER` and
    /// `PGPASSWORD`, over 127.0.0.1 if [`Options::tcp`] was set, otherwise over the socket.
    pub fn tell(&self, command: &mut std::process::Command, database: &str) {
        for name in MISLEADING {
            command.env_remove(name);
        }
        let host = match self.tcp {
            true => "127.0.0.1".into(),
            false => self.place.socket_dir.clone().into_os_string(),
        };
        command
            .env("PGHOST", host)
            .env("PGPORT", self.place.port.to_string())
            .env("PGDATABASE", database)
            .env("PGUSER", OWNER)
            .env("PGPASSWORD", &self.place.password);
    }

    /// Makes a database that `raptor_owner` owns, with nothing in it but schema `raptor`.
    ///
    /// # Errors
    /// [`ErrorKind::Sql`], as when there is one of that name.
    pub fn create_database(&self, name: &str) -> Result<Urls> {
        let statement = format!(
            "CREATE DATABASE {} TEMPLATE {EMPTY} OWNER {OWNER}{}",
            quoted(name),
            self.strategy()
        );
        self.execute(&format!("make database {name}"), statement)?;
        Ok(self.urls(name))
    }

    /// Ends a database, with all connections to it.
    ///
    /// # Errors
    /// [`ErrorKind::Sql`], as when there is none of that name.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", quoted(name));
        self.execute(&format!("drop database {name}"), statement)
    }

    /// Ends the server with all its connections and starts it again on the same data and address.
    ///
    /// # Errors
    /// [`ErrorKind::Server`] when it does not come back.
    pub fn restart(&self) -> Result<()> {
        let folder = self.socket_dir();
        let again = folder.join("again");
        fs::write(&again, "").map_err(|cause| Error::io("write", &again, &cause))?;
        let ended = self
            .pid()
            .map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::INT));
        if !matches!(ended, Some(Ok(()))) {
            return Err(Error::new(ErrorKind::Server, "the server is gone already"));
        }
        // The supervisor takes the mark away when it starts the server anew.
        let begun = Instant::now();
        while again.exists() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(2));
        }
        let admin = wait_until_up(&self.place, &mut lock(&self.supervisor))?;
        *lock(&self.admin) = Arc::new(admin);
        Ok(())
    }

    /// Lets the server stay for a while after the process has ended. Says for how long, and the
    /// server's process id.
    pub(crate) fn keep(&self) -> Option<(Duration, i32)> {
        let time = config::keep();
        let pid = self.pid()?;
        let kept = !time.is_zero() && lock(&self.supervisor).keep(time).is_ok();
        kept.then(|| (time, pid.as_raw_nonzero().get()))
    }

    fn pid(&self) -> Option<rustix::process::Pid> {
        let written = fs::read_to_string(self.socket_dir().join("pid")).ok()?;
        rustix::process::Pid::from_raw(written.trim().parse().ok()?)
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// How `CREATE DATABASE` copies: files are quicker than log where nothing is flushed.
    pub(crate) fn strategy(&self) -> &'static str {
        if self.major >= 15 {
            " STRATEGY file_copy"
        } else {
            ""
        }
    }

    fn execute(&self, doing: &str, statement: String) -> Result<()> {
        let client = Arc::clone(&lock(&self.admin));
        let done = block(async move { client.batch_execute(&statement).await });
        done.map_err(|cause| Error::sql(doing, &cause))
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("place", &self.place)
            .field("major", &self.major)
            .finish_non_exhaustive()
    }
}

/// A test that panicked elsewhere has not broken what these locks guard.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|cause| Error::new(ErrorKind::Server, format!("no free port: {cause}")))
}

/// Writes the address and the caller's settings behind those of the cached directory.
fn configure(data: &Path, socket_dir: &Path, port: u16, options: &Options) -> Result<()> {
    let quote = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"));
    let socket = quote(&socket_dir.to_string_lossy());
    let listen = if options.tcp { "127.0.0.1" } else { "" };
    let mut lines = format!(
        "port = {port}\nunix_socket_directories = {socket}\nlisten_addresses = '{listen}'\n"
    );
    for (name, value) in &options.settings {
        writeln!(lines, "{name} = {}", quote(value)).expect("a String takes all text");
    }
    let conf = data.join("postgresql.conf");
    OpenOptions::new()
        .append(true)
        .open(&conf)
        .and_then(|mut file| std::io::Write::write_all(&mut file, lines.as_bytes()))
        .map_err(|cause| Error::io("write", &conf, &cause))?;
    if options.hba.is_empty() {
        return Ok(());
    }
    let hba = data.join("pg_hba.conf");
    let ours = fs::read_to_string(&hba).map_err(|cause| Error::io("read", &hba, &cause))?;
    fs::write(&hba, format!("{}\n{ours}", options.hba.join("\n")))
        .map_err(|cause| Error::io("write", &hba, &cause))
}

/// Connects as soon as the server lets us.
fn wait_until_up(place: &Place, supervisor: &mut Supervisor) -> Result<Client> {
    let begun = Instant::now();
    loop {
        let there = place.clone();
        let cause = match block(async move { client::try_connect(&there, "postgres").await }) {
            Ok(client) => return Ok(client),
            Err(cause) => cause,
        };
        if let Some(words) = supervisor.ended() {
            let told = format!("the Postgres server ended at its start: {words}");
            return Err(Error::new(ErrorKind::Server, told));
        }
        if begun.elapsed() > PATIENCE {
            let told = format!("the Postgres server does not answer: {cause}");
            return Err(Error::new(ErrorKind::Server, told));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
