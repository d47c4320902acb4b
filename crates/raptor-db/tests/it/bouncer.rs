//! A real PgBouncer, in transaction mode, before the test server.
//!
//! Debian's 1.18 does not track prepared statements, which is what the fall-back is for. It runs
//! under the server's own user, since it refuses root, and a shell beside it ends it when this
//! process ends, however that happens.

use raptor_testkit::Database;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) struct Bouncer {
    folder: PathBuf,
    /// Its standard input is the life line.
    _keeper: Child,
}

const PORT: u16 = 6432;

impl Bouncer {
    /// One for each server of this process, with as many connections as tests have at a time.
    pub(crate) fn shared(database: &Database) -> Arc<Self> {
        static SHARED: Mutex<BTreeMap<String, Arc<Bouncer>>> = Mutex::new(BTreeMap::new());
        let (_, server, _) = parts(database.url());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Arc::new(Self::start(database.url(), 8, "max_client_conn = 500"));
        Arc::clone(shared.entry(server).or_insert_with(start))
    }

    /// Starts one before the server of `url`, with `servers` connections for each database.
    pub(crate) fn start(url: &str, servers: usize, settings: &str) -> Self {
        let program = find();
        let (password, folder_of_server, port) = parts(url);
        let folder = tempfile::Builder::new()
            .prefix("raptor-bouncer-")
            .tempdir()
            .unwrap()
            .keep();
        let owner = std::fs::metadata(&folder_of_server).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let place = folder.display();
        let config = format!(
            "[databases]\n* = host={folder_of_server} port={port} pool_size={servers}\n[pgbouncer]\n\
             unix_socket_dir = {place}\nlisten_port = {PORT}\nauth_type = scram-sha-256\nauth_file = {place}/users\n\
             pool_mode = transaction\nlogfile = {place}/log\npidfile = {place}/pid\nserver_lifetime = 3600\n{settings}\n"
        );
        let users: String = ["raptor_app", "raptor_owner"]
            .map(|login| format!("\"{login}\" \"{password}\"\n"))
            .concat();
        write(&folder.join("config"), &config);
        write(&folder.join("users"), &users);
        let mut keeper = Command::new("/bin/sh");
        keeper
            .args([
                "-c",
                "\"$1\" -q \"$2/config\" & read -r _; kill $!; wait; rm -rf \"$2\"",
            ])
            .arg("keeper")
            .arg(program)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let own = std::fs::metadata(&folder).unwrap().uid();
        if own == 0 {
            for path in [&folder, &folder.join("config"), &folder.join("users")] {
                std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
            }
            keeper.uid(owner.uid()).gid(owner.gid());
        }
        // In a group of its own, so that Ctrl-C reaches it through the life line only.
        keeper.process_group(0);
        #[expect(
            clippy::zombie_processes,
            reason = "it ends with this process, which never waits for it"
        )]
        let keeper = keeper.spawn().unwrap();
        let socket = folder.join(format!(".s.PGSQL.{PORT}"));
        for _ in 0..1_000 {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                return Self {
                    folder,
                    _keeper: keeper,
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("PgBouncer does not come up; its log:\n{log}");
    }

    /// The same login and database, by way of this pooler.
    pub(crate) fn url(&self, url: &str) -> String {
        let (base, _) = url.split_once('?').unwrap();
        format!("{base}?host={}&port={PORT}", self.folder.display())
    }
}

fn write(path: &Path, text: &str) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, mode).unwrap();
}

fn find() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder: PathBuf| folder.join("pgbouncer"))
        .find(|program| program.exists())
        .unwrap_or_else(|| {
            panic!("the conformance tests need PgBouncer and find none in PATH or /usr/sbin; bin/test installs it")
        })
}

/// Password, socket folder and port of the test kit's URL.
fn parts(url: &str) -> (String, String, String) {
    let (login, rest) = url.split_once('@').unwrap();
    let password = login.rsplit(':').next().unwrap();
    let (_, query) = rest.split_once('?').unwrap();
    let value = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(name));
        let text = found.unwrap_or_default();
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let password = percent_encoding::percent_decode_str(password);
    let password = password.decode_utf8().unwrap().into_owned();
    (password, value("host="), value("port="))
}
