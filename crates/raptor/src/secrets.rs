//! Where a credential is kept that is rotated while services run: a file, a line of an environment file, a command, or
//! a platform's API.
//!
//! It is named as `file:PATH`, `env-file:PATH#NAME`, `command:SHELL` or `https://…#NAME`. Nothing here knows what a
//! credential is good for.

mod command;
mod file;
mod platform;

use anyhow::{Result, bail, ensure};
use raptor_access::SecretStore;
use raptor_db::{ErrorKind, SecretSource};
use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

/// A place where a credential is kept. Its `Debug` shows no token.
#[derive(Clone)]
pub(crate) struct Secret(Arc<Place>);

enum Place {
    /// A file that holds nothing else.
    File(PathBuf),
    /// The line `NAME=` of a file.
    EnvironmentFile(PathBuf, String),
    /// What a shell prints with `read` behind it, and takes with `write`.
    Command(String),
    /// A platform's API of configuration variables.
    Platform(platform::Platform),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Place::File(path) => write!(f, "file:{}", path.display()),
            Place::EnvironmentFile(path, name) => write!(f, "env-file:{}#{name}", path.display()),
            // What stands behind may hold a vault's own secret.
            Place::Command(shell) => {
                let word = shell.split_whitespace().next().unwrap_or_default();
                write!(f, "command:{word} …")
            }
            Place::Platform(platform) => write!(f, "{platform}"),
        }
    }
}

impl Secret {
    /// Reads where it is; `token` is what a platform knows us by.
    ///
    /// # Errors
    /// What names no place, with those that there are.
    pub(crate) fn at(text: &str, token: Option<&str>) -> Result<Self> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let named = || rest.rsplit_once('#').filter(|(_, name)| !name.is_empty());
        let place = match scheme {
            "file" if !rest.is_empty() => Place::File(rest.into()),
            "env-file" => {
                let Some((path, name)) = named() else {
                    bail!("write env-file:PATH#NAME, where a line of the file is NAME=…");
                };
                Place::EnvironmentFile(path.into(), name.to_owned())
            }
            "command" if !rest.is_empty() => Place::Command(rest.to_owned()),
            "https" | "http" => {
                let Some((url, name)) = text.rsplit_once('#').filter(|(_, it)| !it.is_empty())
                else {
                    bail!(
                        "write https://…#NAME, such as https://api.heroku.com/apps/APP/config-vars#DATABASE_URL"
                    );
                };
                Place::Platform(platform::Platform::new(url, name, token)?)
            }
            _ => bail!(
                "write file:PATH, env-file:PATH#NAME, command:SHELL or https://…#NAME, with a URL of Postgres in it"
            ),
        };
        ensure!(
            !text.contains('\0'),
            "a place has no NUL character in its name"
        );
        Ok(Self(Arc::new(place)))
    }

    /// The file that holds it, where one does.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &*self.0 {
            Place::File(path) | Place::EnvironmentFile(path, _) => Some(path),
            Place::Command(_) | Place::Platform(_) => None,
        }
    }

    /// Does something that waits, on a thread of its own.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        verb: &'static str,
        work: impl FnOnce(&Place) -> Result<T> + Send + 'static,
    ) -> raptor_db::Result<T> {
        let place = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&place)).await;
        let done = done.map_err(anyhow::Error::from).flatten();
        done.map_err(|error| {
            let message = format!("{self} cannot be {verb}: {error:#}");
            raptor_db::Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl SecretSource for Secret {
    fn read(&self) -> Pin<Box<dyn Future<Output = raptor_db::Result<String>> + Send + '_>> {
        Box::pin(self.on_a_thread("read", |place| {
            let text = match place {
                Place::File(path) => file::read(path)?,
                Place::EnvironmentFile(path, name) => file::read_line(path, name)?,
                Place::Command(shell) => command::read(shell)?,
                Place::Platform(platform) => platform.read()?,
            };
            let text = text.trim();
            ensure!(!text.is_empty(), "it is empty");
            Ok(text.to_owned())
        }))
    }
}

impl SecretStore for Secret {
    fn publish<'s>(
        &'s self,
        url: &'s str,
    ) -> Pin<Box<dyn Future<Output = raptor_db::Result<()>> + Send + 's>> {
        let url = url.to_owned();
        Box::pin(self.on_a_thread("written", move |place| match place {
            Place::File(path) => file::write(path, &format!("{url}\n")),
            Place::EnvironmentFile(path, name) => file::write_line(path, name, &url),
            Place::Command(shell) => command::write(shell, &url),
            Place::Platform(platform) => platform.write(&url),
        }))
    }
}

#[cfg(test)]
mod tests;
