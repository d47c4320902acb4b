//! The files of a folder as what their runner would run, one after the other: for whoever wants the
//! database that they make, and no chain.

use super::folder::{Found, Listed, bytes, listed};
use super::text::{self, Half};
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::hex;
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// What a folder's runner would run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scripts {
    /// The files, in order.
    pub scripts: Vec<Script>,
    /// What is to be known, such as files that were passed over.
    pub remarks: Vec<String>,
}

/// The way there of one file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Script {
    /// The file, below the folder.
    pub file: String,
    /// What it runs.
    pub text: String,
    half: Half,
}

/// Reads a folder of `.sql` files, in the order and with the marks that [`sql`](super::sql()) knows:
/// numbered ones by their numbers, without their ways back. Where no file has a number, all are taken by
/// their names, digits in them by value.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// std::fs::write(folder.join("10_notes.sql"), "CREATE TABLE notes (id);")?;
/// std::fs::write(folder.join("9_users.sql"), "CREATE TABLE users (id);")?;
/// std::fs::write(folder.join("9_users.down.sql"), "DROP TABLE users;")?;
/// let all = raptor_migrate::import::scripts(folder)?;
/// assert_eq!(all.scripts[0].file, "9_users.sql");
/// assert_eq!(all.scripts[1].place(13), "10_notes.sql:1:14");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`] for what cannot be read, [`ErrorKind::Graph`] for numbers that are there twice and
/// for a file without one among others, [`ErrorKind::Format`] for a text that is none.
pub fn scripts(folder: impl AsRef<Path>) -> Result<Scripts> {
    let folder = folder.as_ref();
    let mut remarks = Vec::new();
    let Listed {
        ups,
        mut unnumbered,
    } = listed(folder, &mut remarks)?;
    unnumbered.retain(|(file, _)| {
        let is_back = file.to_ascii_lowercase().ends_with(".down.sql");
        !is_back && !file.starts_with('.')
    });
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    match (ups.is_empty(), unnumbered.first()) {
        (false, Some((file, _))) => {
            let message = "it has no number, and others have one, so that nothing says when it runs; number it, or move it away";
            return Err(Error::new(ErrorKind::Graph, message).in_file(file));
        }
        (true, None) => {
            let message = format!("there are no .sql files in {}", folder.display());
            return Err(Error::new(ErrorKind::Io, message));
        }
        (true, Some(_)) => {
            unnumbered.sort_by(|(one, _), (other, _)| by_name(one, other));
            for (file, path) in unnumbered {
                let path: PathBuf = path;
                files.push((file, bytes(&path)?));
            }
        }
        (false, None) => {
            let file = |it: Found| (it.file, it.bytes);
            files.extend(ups.into_iter().map(file));
        }
    }
    let mut scripts = Vec::with_capacity(files.len());
    for (file, bytes) in files {
        let text = text::read(&file, &bytes)?;
        remarks.extend(text.remarks);
        scripts.push(Script {
            file,
            text: text.up.text.clone(),
            half: text.up,
        });
    }
    Ok(Scripts { scripts, remarks })
}

impl Scripts {
    /// SHA-256 of all that is run, in hexadecimal: the same for every checkout.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for script in &self.scripts {
            for part in [&script.file, &script.text] {
                hash.update(part.len().to_be_bytes());
                hash.update(part);
            }
        }
        hex(&hash.finalize())
    }
}

impl Script {
    /// `file:line:column` of a place of its text, in bytes from the start.
    pub fn place(&self, at: usize) -> String {
        let place = self.half.place(at);
        format!("{}:{}:{}", self.file, place.line, place.column)
    }
}

/// Names as people order them: digits by their value.
fn by_name(one: &str, other: &str) -> Ordering {
    let stem = |name: &'_ str| name.rfind('.').unwrap_or(name.len());
    let mut ones = parts(&one[..stem(one)]);
    let mut others = parts(&other[..stem(other)]);
    loop {
        let order = match (ones.next(), others.next()) {
            (None, None) => return one.cmp(other),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) if is_number(a) && is_number(b) => {
                let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
                a.len().cmp(&b.len()).then_with(|| a.cmp(b))
            }
            (Some(a), Some(b)) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn is_number(part: &str) -> bool {
    part.starts_with(|sign: char| sign.is_ascii_digit())
}

/// A name cut where digits begin and end.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        // A cut beside a digit is none inside of a character.
        .filter_map(|part| std::str::from_utf8(part).ok())
}

#[cfg(test)]
mod tests {
    use super::by_name;

    #[test]
    fn digits_count_by_their_value() {
        let mut names = ["b.sql", "a10.sql", "a9.sql", "ä.sql", "a09.sql", "a.sql"];
        names.sort_by(|one, other| by_name(one, other));
        assert_eq!(
            names,
            ["a.sql", "a09.sql", "a9.sql", "a10.sql", "b.sql", "ä.sql"]
        );
    }
}
