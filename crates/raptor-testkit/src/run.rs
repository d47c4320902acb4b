//! A server for one command in any language.

use crate::client;
use crate::error::{Error, ErrorKind, Result};
use crate::server::{Options, Server};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use tokio::signal::unix::{SignalKind, signal};

/// The database that the command gets.
const DATABASE: &str = "raptor";

/// Runs a command with a throw-away server and answers its exit code, or 128 and the signal that
/// ended it.
///
/// `DATABASE_URL` (login `raptor_app`), `DATABASE_OWNER_URL` (login `raptor_owner`), and libpq's
/// `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE` (the owner) are set. SIGTERM and
/// SIGHUP are handed on; so is SIGINT, unless the terminal sends it to both.
///
/// ```
/// let command = ["sh", "-c", "test -n \"$DATABASE_URL\" && exit 7"].map(Into::into);
/// assert_eq!(raptor_testkit::run(raptor_testkit::Options::default(), &command)?, 7);
/// # Ok::<(), raptor_testkit::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Command`] when it cannot be started, and whatever keeps the server from starting.
pub fn run(options: Options, command: &[OsString]) -> Result<u8> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new(ErrorKind::Command, "there is no command to run"));
    };
    let server = Server::start(options.clone())?;
    let urls = server.create_database(DATABASE)?;
    let host = if options.tcp {
        "127.0.0.1".into()
    } else {
        server.socket_dir().as_os_str().to_owned()
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("DATABASE_URL", urls.url())
        .env("DATABASE_OWNER_URL", urls.owner_url())
        .env("PGHOST", host)
        .env("PGPORT", server.port().to_string())
        .env("PGUSER", crate::urls::OWNER)
        .env("PGPASSWORD", &server.place().password)
        .env("PGDATABASE", DATABASE)
        .stdin(Stdio::inherit());
    let status = client::block(async move { supervised(command).await }).map_err(|cause| {
        Error::new(
            ErrorKind::Command,
            format!("cannot run {}: {cause}", program.display()),
        )
    })?;
    drop(server);
    Ok(code(status))
}

async fn supervised(command: Command) -> std::io::Result<ExitStatus> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut child = tokio::process::Command::from(command).spawn()?;
    let at_terminal = std::io::IsTerminal::is_terminal(&std::io::stdin());
    loop {
        let received = tokio::select! {
            status = child.wait() => return status,
            _ = terminate.recv() => rustix::process::Signal::TERM,
            _ = hang_up.recv() => rustix::process::Signal::HUP,
            // Ctrl-C reaches the command by itself.
            _ = interrupt.recv() => if at_terminal { continue } else { rustix::process::Signal::INT },
        };
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
            // It may have ended this very moment.
            let _ = rustix::process::kill_process(pid, received);
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)
}
