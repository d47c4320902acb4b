//! A new data directory: locale, settings, logins, and the empty database that others start from.
//!
//! Runs `initdb` and the server's single-user mode; starts no server.

use crate::account::{self, Account};
use crate::binaries::Binaries;
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::scram;
use crate::urls::{ADMIN, APP, OWNER};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The database that holds nothing but schema `raptor`.
pub(crate) const EMPTY: &str = "raptor_empty";

/// Settings of every server. Nothing survives a crash, because nothing is meant to; all that a
/// statement can see is as in production.
pub(crate) const SETTINGS: &str = "
# Throw-away: no durability, no housekeeping that would stir between two tests.
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
max_replication_slots = 0
min_wal_size = 16MB
max_wal_size = 256MB
checkpoint_timeout = 1d
# Small and quick to start; segments are files in the folder, so that none is ever left elsewhere.
shared_buffers = 64MB
max_connections = 200
dynamic_shared_memory_type = mmap
huge_pages = off
jit = off
update_process_title = off
# The same on every machine.
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
datestyle = 'ISO, MDY'
track_counts = on
logging_collector = off
log_destination = stderr
";

/// The superuser needs no password on a socket that only its folder's owner can reach; all others
/// need theirs everywhere, as in production.
const HBA: &str = "\
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
";

/// How characters are classed, best first. Order is always by code point.
const CTYPES: [&str; 2] = ["C.UTF-8", "C"];

/// Makes `data` in the folder and returns the password of its logins.
pub(crate) fn data_directory(
    folder: &Path,
    binaries: &Binaries,
    account: Account,
) -> Result<String> {
    let data = folder.join("data");
    initdb(&data, binaries, account)?;
    let conf = data.join("postgresql.conf");
    let base = fs::read_to_string(&conf).map_err(|cause| Error::io("read", &conf, &cause))?;
    write(&conf, &format!("{base}{SETTINGS}"))?;
    write(&data.join("pg_hba.conf"), HBA)?;
    let no_random = |cause| Error::new(ErrorKind::Folder, format!("no random bytes: {cause}"));
    let password = scram::new_password().map_err(no_random)?;
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(no_random)?;
    let stored = scram::verifier(&password, salt);
    let statements = logins(&stored);
    single_user(&data, binaries, account, "postgres", &statements)?;
    let schema = [format!("CREATE SCHEMA raptor AUTHORIZATION {OWNER};")];
    single_user(&data, binaries, account, EMPTY, &schema)?;
    Ok(password)
}

fn logins(stored: &str) -> Vec<String> {
    vec![
        format!("ALTER ROLE {ADMIN} PASSWORD '{stored}';"),
        format!("CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{stored}';"),
        // By the owner, who may change since Postgres 16 what it made.
        format!("SET ROLE {OWNER};"),
        format!("CREATE ROLE {APP} LOGIN PASSWORD '{stored}';"),
        "RESET ROLE;".to_owned(),
        format!("ALTER ROLE {OWNER} SET search_path = raptor, pg_catalog;"),
        format!("ALTER ROLE {APP} SET search_path = raptor, pg_catalog;"),
        format!("CREATE DATABASE {EMPTY} OWNER {OWNER};"),
    ]
}

/// Tries the locales in turn.
fn initdb(data: &Path, binaries: &Binaries, account: Account) -> Result<()> {
    let mut words = String::new();
    for ctype in CTYPES {
        let ctype = format!("--lc-ctype={ctype}");
        let arguments = [
            "-N",
            "-U",
            ADMIN,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--wal-segsize=1",
            "--locale=C",
            &ctype,
            "-D",
        ];
        let output = program(&binaries.initdb(), &arguments, data, account, "")?;
        if output.status.success() {
            return Ok(());
        }
        words = last_words(&output);
        fs::remove_dir_all(data).ok();
    }
    Err(Error::new(
        ErrorKind::Program,
        format!("{} failed: {words}", binaries.initdb().display()),
    ))
}

/// Runs statements, one per line, in a server that serves nobody else.
fn single_user(
    data: &Path,
    binaries: &Binaries,
    account: Account,
    database: &str,
    statements: &[String],
) -> Result<()> {
    let arguments = ["--single", database, "-D"];
    let input = statements.join("\n");
    let output = program(&binaries.postgres(), &arguments, data, account, &input)?;
    // This mode goes on after an error and ends well; only its words tell.
    let told = String::from_utf8_lossy(&output.stderr).contains("ERROR:");
    if output.status.success() && !told {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Program,
        format!("postgres --single failed: {}", last_words(&output)),
    ))
}

/// Runs a program of Postgres on a data directory. Those that make one want their user to have a
/// name; a user without, as containers like to run, has one in a user namespace.
fn program(
    program: &Path,
    arguments: &[&str],
    data: &Path,
    account: Account,
    input: &str,
) -> Result<Output> {
    let finish = |mut command: Command| {
        command.args(arguments).arg(data);
        account.put_on(&mut command);
        fed(&mut command, data, input)
    };
    let output = finish(Command::new(program))?;
    let nameless =
        String::from_utf8_lossy(&output.stderr).contains("could not look up effective user ID");
    if nameless {
        finish(named(program)?)
    } else {
        Ok(output)
    }
}

/// A program in a user namespace (util-linux's `unshare`) where our id reads as one with a name.
fn named(program: &Path) -> Result<Command> {
    let ids = account::any_named().ok_or_else(|| {
        Error::new(
            ErrorKind::Account,
            "initdb needs a user with a name, and /etc/passwd has none but root",
        )
    })?;
    let mut command = Command::new("unshare");
    command
        .arg("--user")
        .arg(format!("--map-user={}", ids.uid))
        .arg(format!("--map-group={}", ids.gid))
        .arg(program);
    Ok(command)
}

/// Runs a command with an input and without our environment.
fn fed(command: &mut Command, data: &Path, input: &str) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |cause: std::io::Error| {
        Error::new(ErrorKind::Program, format!("cannot run {name}: {cause}"))
    };
    let mut child = command
        .env_clear()
        .envs(config::program_environment())
        .current_dir(data.parent().unwrap_or(data))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A program that ends before it has read all of it says why by itself.
    stdin.write_all(input.as_bytes()).ok();
    drop(stdin);
    child.wait_with_output().map_err(failed)
}

fn last_words(output: &Output) -> String {
    let words = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = words.lines().filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(6)..].join("\n");
    format!("{}\n{last}", output.status)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|cause| Error::io("write", path, &cause))
}
