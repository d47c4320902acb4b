//! A server for one command in any language.
//!
//! The command sees the server in its environment, and we end as it ends.

use crate::client::block;
use crate::error::{Error, ErrorKind, Result};
use crate::server::{Options, Server};
use crate::urls::Urls;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The database that the command finds.
const DATABASE: &str = "raptor";

/// What a shell answers when a program is not there, and when it cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// Runs a command with a throw-away Postgres, and returns the command's exit code: 128 and the
/// signal's number if a signal ended it, 127 if there is no such program, 126 if it cannot be run.
///
/// The command finds `DATABASE_URL` (login `raptor_app`), `DATABASE_OWNER_URL` (`raptor_owner`),
/// and `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER` and `PGPASSWORD` for `raptor_owner`, because in a
/// new database nobody else may do anything: over the socket, or over 127.0.0.1 if
/// [`Options::tcp`] is set. SIGINT, SIGTERM, SIGHUP and SIGQUIT are
/// passed on to it. No server and no folder is left, not even after `kill -9` of this process.
///
/// ```
/// let command = ["sh", "-c", "test -n \"$DATABASE_URL\" && exit 7"].map(Into::into);
/// assert_eq!(raptor_testkit::run(raptor_testkit::Options::default(), &command)?, 7);
/// # Ok::<(), raptor_testkit::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Command`] when the command is empty, and any other when there is no server.
pub fn run(options: Options, command: &[OsString]) -> Result<u8> {
    let (program, arguments) = command.split_first().ok_or_else(|| {
        Error::new(
            ErrorKind::Command,
            "there is no command to run; write it after `--`",
        )
    })?;
    let server = Server::start(options)?;
    let urls = server.create_database(DATABASE)?;
    let mut command = Command::new(program);
    command.args(arguments);
    tell(&mut command, &server, &urls);
    let status = block(async move {
        // Before the command starts: from here on signals are its business.
        let signals = Signals::listen()?;
        Ok::<_, std::io::Error>(match command.spawn() {
            Ok(child) => Ok(signals.pass_on(child).await?),
            Err(cause) => Err(cause),
        })
    });
    match status {
        Ok(Ok(status)) => Ok(code(status)),
        Ok(Err(cause)) => {
            let name = program.to_string_lossy();
            complain(&format!("cannot run {name}: {cause}"));
            Ok(if is_nowhere(program) {
                NOT_FOUND
            } else {
                NOT_RUNNABLE
            })
        }
        Err(cause) => Err(Error::new(
            ErrorKind::Command,
            format!("cannot wait for the command: {cause}"),
        )),
    }
}

#[expect(clippy::print_stderr, reason = "this is what a shell does")]
fn complain(words: &str) {
    eprintln!("{words}");
}

/// Whether there is no such program; a folder of the path that we may not read hides it in the
/// system's error.
fn is_nowhere(program: &OsStr) -> bool {
    let path = Path::new(program);
    if path.components().count() > 1 || path.is_absolute() {
        return !path.exists();
    }
    let folders = crate::config::search_path();
    !folders.iter().any(|folder| folder.join(path).is_file())
}

/// Puts the server into the command's environment.
fn tell(command: &mut Command, server: &Server, urls: &Urls) {
    let tcp = server.tcp_urls(DATABASE);
    let urls = tcp.as_ref().unwrap_or(urls);
    server.tell(command.as_std_mut(), DATABASE);
    command
        .env("DATABASE_URL", urls.url())
        .env("DATABASE_OWNER_URL", urls.owner_url());
}

/// The command's code, as a shell counts it.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    // The system gives eight bits of it.
    u8::try_from(code & 0xff).unwrap_or(u8::MAX)
}

/// The signals that are passed on.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    /// A terminal sends these to the command as well as to us.
    from_terminal: bool,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            from_terminal: std::io::stdin().is_terminal(),
        })
    }

    async fn pass_on(mut self, mut child: Child) -> std::io::Result<ExitStatus> {
        let pid = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        loop {
            let signal = tokio::select! {
                status = child.wait() => return status,
                _ = self.interrupt.recv() => (!self.from_terminal).then_some(Signal::INT),
                _ = self.quit.recv() => (!self.from_terminal).then_some(Signal::QUIT),
                _ = self.hang_up.recv() => Some(Signal::HUP),
                _ = self.terminate.recv() => Some(Signal::TERM),
            };
            if let (Some(pid), Some(signal)) = (pid, signal) {
                // It may have ended at this moment; the next turn sees it.
                kill_process(pid, signal).ok();
            }
        }
    }
}
