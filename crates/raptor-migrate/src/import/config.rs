//! Where a project keeps its scripts: what an `alembic.ini` or the `[tool.alembic]` of a
//! `pyproject.toml` says, or a folder itself.

pub(super) mod ini;
mod pyproject;

use super::project::Project;
use super::script::{self, Read};
use crate::error::{Error, ErrorKind, Result};
use pyproject::Value;
use std::path::{Path, PathBuf};

/// Where the scripts are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Locations {
    Folders {
        folders: Vec<PathBuf>,
        deep: bool,
    },
    /// Inside a Python package, which only Python finds.
    Package(String),
}

/// Where `project` keeps its scripts.
pub(super) fn locations(project: &Project) -> Result<Locations> {
    if !project.versions.is_empty() {
        return Ok(Locations::Folders {
            folders: project.versions.clone(),
            deep: project.recursive,
        });
    }
    let Some(config) = &project.config else {
        let message = "neither a configuration of Alembic nor a folder of its scripts is given";
        return Err(Error::new(ErrorKind::Io, message));
    };
    let settings = Settings::read(config, &project.folder)?;
    let listed = settings.version_locations();
    let places = if listed.is_empty() {
        let Some(location) = settings.text("script_location") else {
            let message = "there is no `script_location` in it";
            return Err(Error::new(ErrorKind::Format, message).in_file(&shown(config)));
        };
        if is_package(&location) {
            return Ok(Locations::Package(location));
        }
        vec![format!("{location}/versions")]
    } else {
        listed
    };
    if let Some(package) = places.iter().find(|place| is_package(place)) {
        return Ok(Locations::Package(package.clone()));
    }
    let folders = places.iter().map(|place| project.folder.join(place));
    Ok(Locations::Folders {
        folders: folders.collect(),
        deep: settings.is_true("recursive_version_locations"),
    })
}

/// `package:path`, and no drive letter.
fn is_package(location: &str) -> bool {
    !Path::new(location).is_absolute() && location.contains(':')
}

/// The scripts of folders, by path.
pub(super) fn scripts(folders: &[PathBuf], deep: bool) -> Result<Vec<Read>> {
    let mut paths = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        list(folder, folder, deep, &mut paths)?;
    }
    if paths.is_empty() {
        let folders: Vec<String> = folders.iter().map(|folder| shown(folder)).collect();
        let message = format!(
            "there are no scripts in {}; name the folder that holds them",
            folders.join(", ")
        );
        return Err(Error::new(ErrorKind::Io, message));
    }
    // A folder that is listed twice is read once.
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|(path, _)| seen.insert(std::fs::canonicalize(path).unwrap_or(path.clone())));
    paths
        .iter()
        .map(|(path, file)| script::read(path, file))
        .collect()
}

fn list(root: &Path, folder: &Path, deep: bool, paths: &mut Vec<(PathBuf, String)>) -> Result<()> {
    let unreadable = |error: std::io::Error| {
        let message = format!("the folder {} cannot be read: {error}", folder.display());
        Error::new(ErrorKind::Io, message).with_source(error)
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut entries = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(unreadable)?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if deep && !name.ends_with("__pycache__") {
                list(root, &path, deep, paths)?;
            }
        } else if name.ends_with(".py") && !name.starts_with("__init__") && !name.starts_with(".#")
        {
            let file = path.strip_prefix(root).unwrap_or(&path);
            paths.push((path.clone(), shown(file)));
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// What the `.ini` says, and behind it the `pyproject.toml`, as Alembic asks them.
struct Settings {
    ini: Option<Source>,
    toml: Option<Source>,
}

struct Source {
    text: String,
    here: String,
}

impl Source {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(ErrorKind::Io, format!("the file cannot be read: {error}"))
                .with_source(error)
                .in_file(&shown(path))
        })?;
        let absolute = std::path::absolute(path).unwrap_or(path.to_owned());
        Ok(Self {
            text,
            here: absolute.parent().map(shown).unwrap_or_default(),
        })
    }

    fn filled(&self, text: &str) -> String {
        let here = |name: &str| (name == "here").then(|| self.here.clone());
        ini::filled(text, &here, 0)
    }
}

impl Settings {
    fn read(config: &Path, folder: &Path) -> Result<Self> {
        if is_toml(config) {
            return Ok(Self {
                ini: None,
                toml: Some(Source::read(config)?),
            });
        }
        let beside = folder.join("pyproject.toml");
        Ok(Self {
            ini: Some(Source::read(config)?),
            toml: beside
                .is_file()
                .then(|| Source::read(&beside))
                .transpose()?,
        })
    }

    fn text(&self, key: &str) -> Option<String> {
        let ini = self.ini.as_ref();
        let value = ini.and_then(|ini| ini::value(&ini.text, &ini.here, key));
        value.or_else(|| match self.toml(key)? {
            (toml, Value::Text(text)) => Some(toml.filled(&text)),
            _ => None,
        })
    }

    fn toml(&self, key: &str) -> Option<(&Source, Value)> {
        let toml = self.toml.as_ref()?;
        pyproject::value(&toml.text, key).map(|value| (toml, value))
    }

    fn is_true(&self, key: &str) -> bool {
        match self.text(key) {
            Some(text) => text == "true",
            None => matches!(self.toml(key), Some((_, Value::Bool(true)))),
        }
    }

    fn version_locations(&self) -> Vec<String> {
        let Some(listed) = self.text("version_locations").filter(|it| !it.is_empty()) else {
            return match self.toml("version_locations") {
                Some((toml, Value::Several(items))) => {
                    items.iter().map(|it| toml.filled(it)).collect()
                }
                _ => Vec::new(),
            };
        };
        let separator = self
            .text("path_separator")
            .or_else(|| self.text("version_path_separator"));
        // The template of old had a comment behind the value.
        let word = separator
            .as_deref()
            .map(|it| it.split(" #").next().unwrap_or(it).trim());
        let cuts: &[char] = match word {
            Some("os" | ":") => &[':'],
            Some(";") => &[';'],
            Some("newline") => &['\n'],
            Some("space") => &[' '],
            _ => &[' ', ',', '\n'],
        };
        let items = listed.split(cuts).map(str::trim);
        items
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

pub(super) fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "toml")
}
