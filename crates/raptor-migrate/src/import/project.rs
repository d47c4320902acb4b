//! A project that Alembic migrates: where it is, how its Alembic is started, and how it is told
//! which database to use.

use super::config::{ini, is_toml};
use super::throwaway::File;
use crate::error::{Error, ErrorKind, Result};
use raptor_db::Engine;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// A project that Alembic migrates.
///
/// ```
/// use raptor_migrate::import::{Project, UrlBy};
/// let mut project = Project::at("shop/alembic.ini");
/// project.command = vec!["poetry".into(), "run".into(), "alembic".into()];
/// project.url = UrlBy::Variable("DATABASE_URL".into());
/// assert_eq!(project.folder, std::path::Path::new("shop"));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Project {
    /// The folder in which Alembic is started.
    pub folder: PathBuf,
    /// What starts the project's own Alembic: a program and its first arguments. `{url}` and
    /// `{config}` in them are filled in. `-c`, `-x` and `upgrade …` follow. It must pass its
    /// environment on.
    pub command: Vec<String>,
    /// Its `alembic.ini` or `pyproject.toml`.
    pub config: Option<PathBuf>,
    /// The folders that hold its scripts, when the configuration does not say so.
    pub versions: Vec<PathBuf>,
    /// Whether the folders in [`Project::versions`] hold scripts in folders of theirs, too.
    pub recursive: bool,
    /// How the URL of a database reaches it.
    pub url: UrlBy,
    /// How long one revision may take, and the start of Alembic; 10 min.
    pub patience: Duration,
}

/// How the URL of a database reaches a project. It is `SQLAlchemy`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlBy {
    /// `sqlalchemy.url`, in a copy of the `.ini` beside the original, which is removed again.
    Ini,
    /// An environment variable of that name.
    Variable(String),
    /// `-x NAME=URL`.
    Argument(String),
    /// The command has `{url}` in it.
    Command,
}

impl Project {
    /// The project at a path: its `alembic.ini` or `pyproject.toml`, the folder that holds one of
    /// them, the folder with `env.py`, or the folder of its scripts.
    pub fn at(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let ini = path.join("alembic.ini");
        let toml = path.join("pyproject.toml");
        let has_table =
            std::fs::read_to_string(&toml).is_ok_and(|it| it.contains("[tool.alembic]"));
        let versions = path.join("versions");
        let (config, versions) = if path.is_file() || path.extension().is_some() {
            (Some(path.to_owned()), Vec::new())
        } else if ini.is_file() {
            (Some(ini), Vec::new())
        } else if has_table {
            (Some(toml), Vec::new())
        } else if path.join("env.py").is_file() {
            (None, vec![versions])
        } else {
            (None, vec![path.to_owned()])
        };
        let folder = match &config {
            Some(config) => config.parent().unwrap_or(Path::new("")).to_owned(),
            None => path.to_owned(),
        };
        Self {
            folder,
            command: vec!["alembic".to_owned()],
            config,
            versions,
            recursive: false,
            url: UrlBy::Ini,
            patience: Duration::from_mins(10),
        }
    }

    /// The command that runs `arguments` on the database at `url`; the file must live as long.
    pub(super) fn command(&self, url: &str, arguments: &[&str]) -> Result<(Command, Option<File>)> {
        let copy = match (&self.url, &self.config) {
            (UrlBy::Ini, Some(config)) => Some(with_url(config, url)?),
            (UrlBy::Ini, None) => {
                let message = "no alembic.ini or pyproject.toml is there, by which Alembic would get the database's URL; name it \
                               instead of the folder, or say how the project takes the URL (--url-variable, --url-argument)";
                return Err(Error::new(ErrorKind::Io, message));
            }
            _ => None,
        };
        let mut configs: Vec<PathBuf> = Vec::new();
        if let Some(config) = self
            .config
            .as_deref()
            .filter(|it| copy.is_none() || is_toml(it))
        {
            configs.push(absolute(config));
        }
        configs.extend(copy.as_ref().map(|copy| absolute(copy.path())));
        let shown: Vec<String> = configs.iter().map(|it| it.display().to_string()).collect();
        let is_placed = self.command.iter().any(|word| word.contains("{config}"));
        let mut words = self.command.iter().map(|word| {
            word.replace("{url}", url)
                .replace("{config}", shown.last().map_or("", String::as_str))
        });
        let Some(program) = words.next() else {
            let message = "the command that starts Alembic is empty";
            return Err(Error::new(ErrorKind::Io, message));
        };
        let mut command = Command::new(program);
        command.args(words);
        for config in shown.iter().filter(|_| !is_placed) {
            command.args(["-c", config]);
        }
        match &self.url {
            UrlBy::Argument(name) => drop(command.args(["-x", &format!("{name}={url}")])),
            UrlBy::Variable(name) => drop(command.env(name, url)),
            UrlBy::Ini | UrlBy::Command => {}
        }
        command.args(arguments);
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        Ok((command, copy))
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or(path.to_owned())
}

/// A copy of an `.ini` with another URL, beside it, as what it says may be relative to it.
fn with_url(config: &Path, url: &str) -> Result<File> {
    let folder = config.parent().unwrap_or(Path::new(""));
    let ini = if is_toml(config) {
        folder.join("alembic.ini")
    } else {
        config.to_owned()
    };
    let text = match std::fs::read_to_string(&ini) {
        Err(error) if is_toml(config) && error.kind() == std::io::ErrorKind::NotFound => {
            String::new()
        }
        text => text.map_err(|error| {
            Error::new(ErrorKind::Io, format!("the file cannot be read: {error}"))
                .with_source(error)
                .in_file(&ini.display().to_string())
        })?,
    };
    File::create(folder, "ini", &ini::with_url(&text, url))
}

/// A database's URL as `SQLAlchemy` writes it, for `driver`, such as `postgresql+psycopg`.
pub(super) fn sqlalchemy(engine: Engine, driver: &str, url: &str) -> String {
    let (_, rest) = url.split_once(':').unwrap_or(("", url));
    match engine {
        Engine::Postgres => format!("{driver}:{rest}"),
        Engine::Sqlite => format!("{driver}:///{rest}"),
    }
}
