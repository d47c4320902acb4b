//! The small shell process that ends the server when we end, whatever ends us.
//!
//! It is the server's parent and holds the read end of a pipe from us; `supervisor.sh` says the
//! rest. It is in a process group of its own, so that Ctrl-C reaches us and not it.

use crate::account::Account;
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::folder::Folder;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// A running supervisor. Dropping it ends the server and waits until its folder is gone, unless the
/// server is kept for a while.
pub(crate) struct Supervisor {
    child: Child,
    pipe: Option<ChildStdin>,
    folder: PathBuf,
    kept: bool,
}

impl Supervisor {
    /// Starts the watch over a folder; the server comes with [`start`](Self::start).
    pub(crate) fn watch(folder: Folder, postgres: &Path, account: Account) -> Result<Self> {
        let log = folder
            .log
            .try_clone()
            .map_err(|cause| Error::io("hand over", &folder.path, &cause))?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", include_str!("supervisor.sh"), "raptor-testkit"])
            .arg(&folder.path)
            .arg(postgres)
            .env_clear()
            .envs(config::program_environment())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::from(log))
            .stderr(Stdio::piped());
        account.put_on(&mut command);
        let mut child = command.spawn().map_err(|cause| {
            Error::new(
                ErrorKind::Account,
                format!("cannot run /bin/sh as {account:?}: {cause}"),
            )
        })?;
        let pipe = child.stdin.take();
        Ok(Self {
            child,
            pipe,
            folder: folder.hand_over(),
            kept: false,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the server on `data` in the folder.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.say("start")
    }

    /// Lets the server stay for a time after we have ended.
    pub(crate) fn keep(&mut self, time: Duration) -> Result<()> {
        self.kept = true;
        self.say(&format!("keep {}", time.as_secs()))
    }

    /// The server's last words if it has ended by itself.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        let mut words = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            // A read that fails leaves what was read; the status is told anyway.
            stderr.read_to_string(&mut words).ok();
        }
        Some(format!("{status}\n{}", words.trim_end()))
    }

    fn say(&mut self, line: &str) -> Result<()> {
        let pipe = self.pipe.as_mut().expect("the pipe is taken in drop alone");
        writeln!(pipe, "{line}").map_err(|cause| {
            Error::new(
                ErrorKind::Server,
                format!("the server's supervisor is gone: {cause}"),
            )
        })
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.pipe.take());
        if !self.kept {
            // There is nobody to report a failed wait to; the supervisor cleans up regardless.
            self.child.wait().ok();
        }
    }
}
