//! Alembic in a process of its own, step by step: what each step gives to the database is told.
//!
//! The folder `recorder/` goes on the process's PYTHONPATH. Its `sitecustomize` replaces Alembic's
//! plan by steps that are asked for over a socket, so that one start of Python does for a whole
//! chain, in any order. It needs a Unix.

mod output;
mod tape;

pub(super) use tape::{Event, Failure, Hello, Take};

use super::project::Project;
use super::scratch::At;
use super::script::Described;
use super::throwaway::{File, Folder};
use crate::error::{Error, ErrorKind, Result};
use crate::report::Direction;
use output::Output;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tape::Message;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;

const FILES: [(&str, &str); 9] = [
    (
        "sitecustomize.py",
        include_str!("recorder/sitecustomize.py"),
    ),
    (
        "raptor_recorder/__init__.py",
        include_str!("recorder/raptor_recorder/__init__.py"),
    ),
    (
        "raptor_recorder/migration.py",
        include_str!("recorder/raptor_recorder/migration.py"),
    ),
    (
        "raptor_recorder/on_asyncpg.py",
        include_str!("recorder/raptor_recorder/on_asyncpg.py"),
    ),
    (
        "raptor_recorder/on_psycopg.py",
        include_str!("recorder/raptor_recorder/on_psycopg.py"),
    ),
    (
        "raptor_recorder/on_psycopg2.py",
        include_str!("recorder/raptor_recorder/on_psycopg2.py"),
    ),
    (
        "raptor_recorder/on_sqlite.py",
        include_str!("recorder/raptor_recorder/on_sqlite.py"),
    ),
    (
        "raptor_recorder/tape.py",
        include_str!("recorder/raptor_recorder/tape.py"),
    ),
    (
        "raptor_recorder/wrap.py",
        include_str!("recorder/raptor_recorder/wrap.py"),
    ),
];

/// What Alembic is to do with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// `--sql`: it touches none.
    Offline,
    Online,
}

/// A running Alembic that waits for its next step.
pub(super) struct Recorder {
    child: Child,
    output: Output,
    lines: Lines<BufReader<OwnedReadHalf>>,
    answers: OwnedWriteHalf,
    hello: Hello,
    is_over: bool,
    patience: Duration,
    /// The copy of the .ini, and the folder with the socket.
    _kept: (Option<File>, Folder),
}

impl Recorder {
    /// Starts the project's Alembic on a database, or on none.
    pub(super) async fn start(project: &Project, at: &At, mode: Mode) -> Result<Self> {
        let folder = Folder::create()?;
        for (name, text) in FILES {
            folder.write(name, text)?;
        }
        let socket = folder.path().join("line");
        let listener = UnixListener::bind(&socket).map_err(|error| {
            let message = format!("no socket can be made at {}: {error}", socket.display());
            Error::new(ErrorKind::Io, message).with_source(error)
        })?;
        let (mut child, copy) = spawn(project, &at.url, mode, &folder)?;
        let output = Output::of(&mut child);
        let stream = tokio::select! {
            biased;
            accepted = listener.accept() => accepted.map(|(stream, _)| stream).map_err(broken)?,
            ended = child.wait() => {
                return Err(never_began(&ended.map_err(broken)?, &output).await);
            }
            () = tokio::time::sleep(project.patience) => return Err(impatient(project.patience)),
        };
        let (reader, answers) = stream.into_split();
        let mut recorder = Self {
            child,
            output,
            lines: BufReader::new(reader).lines(),
            answers,
            hello: Hello::default(),
            is_over: false,
            patience: project.patience,
            _kept: (copy, folder),
        };
        match recorder.receive().await? {
            Some(Message::Hello(hello)) => recorder.hello = hello,
            other => return Err(recorder.astray(other).await),
        }
        at.is_meant(&recorder.hello, mode)?;
        recorder.answer("{\"go\":true}").await?;
        recorder.ready().await?;
        Ok(recorder)
    }

    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// What Python says of every script.
    pub(super) async fn scripts(&mut self) -> Result<Vec<Described>> {
        self.answer("{\"scripts\":true}").await?;
        match self.receive().await? {
            Some(Message::Scripts { scripts }) => {
                self.ready().await?;
                Ok(scripts)
            }
            other => Err(self.astray(other).await),
        }
    }

    /// Brings SQLite's file back to what another one holds; answers whether that worked.
    pub(super) async fn restore(&mut self, kept: &Path, file: &Path) -> Result<bool> {
        let answer = serde_json::json!({ "restore": [kept, file] });
        self.answer(&answer.to_string()).await?;
        match self.receive().await? {
            Some(Message::Restored { ok }) => {
                self.ready().await?;
                Ok(ok)
            }
            other => Err(self.astray(other).await),
        }
    }

    /// Whether Alembic has ended, as a revision failed.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Runs one revision.
    pub(super) async fn step(&mut self, id: &str, direction: Direction) -> Result<Take> {
        let is_up = direction == Direction::Up;
        let step = serde_json::json!({ "step": id, "up": is_up });
        self.answer(&step.to_string()).await?;
        let mut take = Take::default();
        loop {
            match self.receive().await? {
                Some(Message::End(end)) => {
                    if end.goes_on() {
                        self.ready().await?;
                    }
                    self.is_over = !end.goes_on();
                    take.failure = end.failure();
                    return Ok(take);
                }
                Some(Message::Several) => return Err(several()),
                message => match message.map(Event::of) {
                    Some(Ok(event)) => take.events.push(event),
                    Some(Err(other)) => return Err(self.astray(Some(other)).await),
                    None => return Err(self.astray(None).await),
                },
            }
        }
    }

    /// Lets Alembic end, which commits what its env.py did not commit before; answers what it ended
    /// badly with.
    pub(super) async fn finish(mut self) -> Result<Option<String>> {
        self.answer("{}").await?;
        while let Some(message) = self.receive().await? {
            if matches!(message, Message::Several) {
                return Err(several());
            }
        }
        let ended = tokio::time::timeout(self.patience, self.child.wait()).await;
        let status = ended
            .map_err(|_| impatient(self.patience))?
            .map_err(broken)?;
        if status.success() {
            return Ok(None);
        }
        Ok(Some(self.output.last_words().await))
    }

    /// Waits until it asks for the next step: the one before is committed.
    async fn ready(&mut self) -> Result<()> {
        match self.receive().await? {
            Some(Message::Next) => Ok(()),
            other => Err(self.astray(other).await),
        }
    }

    async fn receive(&mut self) -> Result<Option<Message>> {
        let line = tokio::time::timeout(self.patience, self.lines.next_line()).await;
        let Some(line) = line
            .map_err(|_| impatient(self.patience))?
            .map_err(broken)?
        else {
            return Ok(None);
        };
        serde_json::from_str(&line).map(Some).map_err(|error| {
            let start: String = line.chars().take(200).collect();
            let message = format!("what Alembic's process tells cannot be read ({error}): {start}");
            Error::new(ErrorKind::Unsupported, message).with_source(error)
        })
    }

    async fn answer(&mut self, line: &str) -> Result<()> {
        let line = format!("{line}\n");
        let sent = self.answers.write_all(line.as_bytes()).await;
        match sent {
            Ok(()) => Ok(()),
            Err(_) => Err(self.astray(None).await),
        }
    }

    /// Alembic ended, or told something that does not belong there.
    async fn astray(&mut self, message: Option<Message>) -> Error {
        if matches!(message, Some(Message::Several)) {
            return several();
        }
        let what = match message {
            None => {
                // It may still be on its way out.
                let _ = tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await;
                format!(
                    "Alembic ended in between: {}",
                    self.output.last_words().await
                )
            }
            Some(other) => format!("Alembic's process told {other:?} out of turn"),
        };
        Error::new(ErrorKind::Unsupported, what)
    }
}

fn spawn(
    project: &Project,
    url: &str,
    mode: Mode,
    folder: &Folder,
) -> Result<(Child, Option<File>)> {
    let arguments: &[&str] = match mode {
        Mode::Offline => &["upgrade", "heads", "--sql"],
        Mode::Online => &["upgrade", "heads"],
    };
    let (mut command, copy) = project.command(url, arguments)?;
    command
        .env("PYTHONPATH", python_path(folder.path()))
        .env("RAPTOR_RECORDER", folder.path().join("line"))
        // The order of sets, and with it some of what Alembic writes, is the same in every run.
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command.spawn().map_err(|error| {
        let program = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let message = format!(
            "{program} cannot be started: {error}; say what starts the project's own Alembic, as --alembic \"poetry run alembic\""
        );
        Error::new(ErrorKind::Io, message).with_source(error)
    })?;
    Ok((child, copy))
}

async fn never_began(status: &std::process::ExitStatus, output: &Output) -> Error {
    let message = if status.success() {
        "Alembic ended and asked for no step: its env.py must run the migrations, and the command must pass \
         PYTHONPATH on to Python"
            .to_owned()
    } else {
        let why = output.last_words().await;
        format!("Alembic failed before it ran a revision: {why}")
    };
    Error::new(ErrorKind::Unsupported, message)
}

fn several() -> Error {
    let message = "its env.py runs migrations more than once in one run, as for several databases; \
                   import one database at a time, with an env.py or a setting that runs that one";
    Error::new(ErrorKind::Unsupported, message)
}

fn broken(error: std::io::Error) -> Error {
    let message = format!("the line to Alembic's process broke: {error}");
    Error::new(ErrorKind::Io, message).with_source(error)
}

fn impatient(patience: Duration) -> Error {
    let message = format!("Alembic's process said nothing for {patience:?}");
    Error::new(ErrorKind::OutOfTime, message)
}

/// Our folder before those that are there.
fn python_path(ours: &Path) -> std::ffi::OsString {
    #[expect(
        clippy::disallowed_methods,
        reason = "it is handed on to a child, with one folder more; nothing is configured by it"
    )]
    let there = std::env::var_os("PYTHONPATH").filter(|it| !it.is_empty());
    let mut path = ours.as_os_str().to_owned();
    if let Some(there) = there {
        path.push(":");
        path.push(there);
    }
    path
}
