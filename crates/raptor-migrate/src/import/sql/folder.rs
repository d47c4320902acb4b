//! The numbered files of a folder, in the order of their numbers. What is passed over is named.

use super::name::{Half, Name, compare};
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A numbered file, and the one that takes it back.
pub(super) struct Found {
    pub(super) name: Name,
    /// As messages name it: below the folder, with slashes.
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
    pub(super) down: Option<(String, Vec<u8>)>,
    /// Whether what stands beside it says that it runs outside a transaction.
    pub(super) alone: bool,
}

/// The numbered files of a folder, in order, ways back beside their ways there.
pub(super) fn found(folder: &Path, remarks: &mut Vec<String>) -> Result<Vec<Found>> {
    let Listed { ups, unnumbered } = listed(folder, remarks)?;
    let passed_over =
        |(file, _): &(String, PathBuf)| format!("{file} has no number and was passed over.");
    remarks.extend(unnumbered.iter().map(passed_over));
    if ups.is_empty() {
        let message = format!("there are no numbered .sql files in {}", folder.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    Ok(ups)
}

/// What a folder has of `.sql` files.
pub(super) struct Listed {
    /// The numbered ones, as [`found`] has them.
    pub(super) ups: Vec<Found>,
    /// Those without a number, by name.
    pub(super) unnumbered: Vec<(String, PathBuf)>,
}

/// The `.sql` files of a folder; other files are named in `remarks`.
pub(super) fn listed(folder: &Path, remarks: &mut Vec<String>) -> Result<Listed> {
    let mut ups: Vec<Found> = Vec::new();
    let mut unnumbered = Vec::new();
    let mut downs: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    for path in entries(folder)? {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            match diesel(&path, &file)? {
                Some(found) => {
                    others(&path, &file, remarks)?;
                    ups.push(found);
                }
                None => remarks.push(format!("{file} is a folder and was passed over.")),
            }
            continue;
        }
        let is_sql = path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("sql"));
        if !is_sql {
            remarks.push(format!("{file} is no .sql file and was passed over."));
            continue;
        }
        let Some(name) = Name::of(&file) else {
            unnumbered.push((file, path));
            continue;
        };
        let bytes = bytes(&path)?;
        if name.half == Half::Down {
            if let Some((first, _)) = downs.insert(name.number.clone(), (file.clone(), bytes)) {
                return Err(twice(&first, &file, "takes back"));
            }
            continue;
        }
        ups.push(Found {
            name,
            file,
            bytes,
            down: None,
            alone: false,
        });
    }
    in_order(&mut ups, remarks)?;
    pair(&mut ups, downs)?;
    Ok(Listed { ups, unnumbered })
}

fn in_order(ups: &mut [Found], remarks: &mut Vec<String>) -> Result<()> {
    ups.sort_by(|a, b| compare(&a.name.number, &b.name.number).then_with(|| a.file.cmp(&b.file)));
    for pair in ups.windows(2) {
        if compare(&pair[0].name.number, &pair[1].name.number).is_eq() {
            return Err(twice(&pair[0].file, &pair[1].file, "has"));
        }
        if pair[0].file > pair[1].file {
            remarks.push(format!(
                "{} comes before {} by its number, and behind it by its name.",
                pair[0].file, pair[1].file
            ));
        }
    }
    Ok(())
}

fn pair(ups: &mut [Found], mut downs: BTreeMap<String, (String, Vec<u8>)>) -> Result<()> {
    for one in ups {
        let number = downs
            .keys()
            .find(|it| compare(it, &one.name.number).is_eq())
            .cloned();
        let Some(down) = number.and_then(|number| downs.remove(&number)) else {
            continue;
        };
        if let Some((first, _)) = &one.down {
            return Err(twice(first, &down.0, "takes back"));
        }
        one.down = Some(down);
    }
    match downs.pop_first() {
        Some((number, (file, _))) => {
            let message = format!("it takes back number {number}, which no file has");
            Err(Error::new(ErrorKind::Graph, message).in_file(&file))
        }
        None => Ok(()),
    }
}

/// A folder as diesel has them: `2024-01-01-120000_users` with `up.sql` and perhaps `down.sql`.
fn diesel(path: &Path, folder: &str) -> Result<Option<Found>> {
    let up = path.join("up.sql");
    let (Some(name), true) = (Name::of_folder(folder), up.is_file()) else {
        return Ok(None);
    };
    let down = path.join("down.sql");
    let down = match down.is_file() {
        true => Some((format!("{folder}/down.sql"), bytes(&down)?)),
        false => None,
    };
    let settings = path.join("metadata.toml");
    let mut alone = false;
    if settings.is_file() {
        let text = String::from_utf8_lossy(&bytes(&settings)?).replace([' ', '\t'], "");
        alone = text
            .lines()
            .any(|it| it.starts_with("run_in_transaction=false"));
    }
    Ok(Some(Found {
        name,
        file: format!("{folder}/up.sql"),
        bytes: bytes(&up)?,
        down,
        alone,
    }))
}

/// What else stands in such a folder.
fn others(path: &Path, folder: &str, remarks: &mut Vec<String>) -> Result<()> {
    for path in entries(path)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !["up.sql", "down.sql", "metadata.toml"].contains(&&*name) {
            remarks.push(format!("{folder}/{name} was passed over."));
        }
    }
    Ok(())
}

fn twice(first: &str, second: &str, what: &str) -> Error {
    let message = format!(
        "{first} {what} the same number; one of them has to have another, before it is imported"
    );
    Error::new(ErrorKind::Graph, message).in_file(second)
}

fn unreadable(what: &Path, error: std::io::Error) -> Error {
    let message = format!("{} cannot be read: {error}", what.display());
    Error::new(ErrorKind::Io, message).with_source(error)
}

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| unreadable(path, error))
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        entries.push(entry.map_err(|error| unreadable(folder, error))?.path());
    }
    entries.sort();
    Ok(entries)
}
