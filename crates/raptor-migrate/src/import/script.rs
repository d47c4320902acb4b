//! The scripts of a versions folder, read without Python: the values that make the graph, and the
//! first words of the docstring. What a script does is not looked at here.

mod literal;
mod module;
mod tokens;

use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use literal::Value;
use module::{Known, NAMES};
use std::path::{Path, PathBuf};

/// One script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) path: PathBuf,
    /// The path as messages name it.
    pub(super) file: String,
    pub(super) id: String,
    pub(super) revises: Vec<String>,
    pub(super) depends: Vec<String>,
    pub(super) labels: Vec<String>,
    pub(super) title: Option<String>,
    /// The day it was made on, `YYYYMMDD`, if its docstring says so.
    pub(super) date: Option<String>,
}

/// A script, or where it needs Python to be read.
#[derive(Debug)]
pub(super) enum Read {
    Script(Script),
    Opaque(Opaque),
}

/// A script that assigns something which is no literal.
#[derive(Debug, Clone)]
pub(super) struct Opaque {
    pub(super) path: PathBuf,
    pub(super) file: String,
    /// `file:line:column: what`.
    pub(super) why: String,
}

/// What Python says of a script.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct Described {
    pub(super) path: PathBuf,
    pub(super) id: String,
    pub(super) revises: Vec<String>,
    pub(super) depends: Vec<String>,
    pub(super) labels: Vec<String>,
    pub(super) doc: String,
}

impl Script {
    pub(super) fn described(file: String, by: Described) -> Self {
        let (title, date) = about(&by.doc);
        Self {
            path: by.path,
            file,
            id: by.id,
            revises: by.revises,
            depends: by.depends,
            labels: by.labels,
            title,
            date,
        }
    }
}

/// Reads one script, whose name is `file` in messages.
pub(super) fn read(path: &Path, file: &str) -> Result<Read> {
    let bytes = std::fs::read(path).map_err(|error| {
        Error::new(ErrorKind::Io, format!("the file cannot be read: {error}"))
            .with_source(error)
            .in_file(file)
    })?;
    Ok(of_bytes(path, file, &bytes))
}

fn of_bytes(path: &Path, file: &str, bytes: &[u8]) -> Read {
    let opaque = |place: Place, what: &str| {
        Read::Opaque(Opaque {
            path: path.to_owned(),
            file: file.to_owned(),
            why: format!("{file}:{}:{}: {what}", place.line, place.column),
        })
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return opaque(Place::START, "the file is not UTF-8");
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(module) = module::read(text) else {
        return opaque(Place::START, "the file cannot be read without Python");
    };
    for (known, name) in module.values.iter().zip(NAMES) {
        if let Known::Opaque(place) = known {
            return opaque(*place, &format!("`{name}` is no literal"));
        }
    }
    let [revision, down, depends, labels] = module.values;
    let id = match revision {
        Known::Literal(Value::Text(id)) => id,
        Known::Absent => match legacy(path) {
            Some(id) => id,
            None => return opaque(Place::START, "`revision` is not assigned"),
        },
        _ => return opaque(Place::START, "`revision` is no string"),
    };
    let (title, date) = about(module.doc.as_deref().unwrap_or_default());
    Read::Script(Script {
        path: path.to_owned(),
        file: file.to_owned(),
        id,
        revises: names(down),
        depends: names(depends),
        labels: names(labels),
        title,
        date,
    })
}

/// Before 0.2 the file's name was the id.
fn legacy(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let is_hex = !stem.is_empty() && stem.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    is_hex.then(|| stem.to_owned())
}

fn names(known: Known) -> Vec<String> {
    match known {
        Known::Literal(Value::Text(name)) => vec![name],
        Known::Literal(Value::Several(names)) => names,
        Known::Literal(Value::None) | Known::Absent | Known::Opaque(_) => Vec::new(),
    }
}

/// Title and day, as Alembic's template writes them into a docstring.
fn about(doc: &str) -> (Option<String>, Option<String>) {
    let title = doc.lines().map(str::trim).find(|line| !line.is_empty());
    let is_key = |line: &&str| {
        ["Revision ID:", "Revises:", "Create Date:"]
            .iter()
            .all(|key| !line.starts_with(key))
    };
    let date = doc
        .lines()
        .find_map(|line| line.trim().strip_prefix("Create Date:"));
    (
        title.filter(is_key).map(str::to_owned),
        date.and_then(|date| day(date.trim())),
    )
}

/// `2020-01-31 …` as `20200131`.
fn day(date: &str) -> Option<String> {
    let day = date.get(..10)?;
    let is_day = day.char_indices().all(|(at, c)| match at {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    });
    is_day.then(|| day.replace('-', ""))
}

#[cfg(test)]
mod tests;
