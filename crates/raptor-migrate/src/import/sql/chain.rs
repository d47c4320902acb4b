//! Numbered files as one line of revisions.

use super::name::{Half, Name, compare};
use super::text::{self, Fit};
use crate::chain::Chain;
use crate::draft::Draft;
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::hex;
use crate::import::imported::ImportedFile;
use crate::revision::{Part, Revision, Section};
use raptor_db::Engine;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// A chain made of numbered files.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SqlChain {
    /// The migrations, in order.
    pub migrations: Vec<Migration>,
    /// One file of ours for each.
    pub files: Vec<ImportedFile>,
    /// What is to be known.
    pub remarks: Vec<String>,
}

/// One numbered file, and the revision it became.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Migration {
    /// The revision's id, made of the file's name and text.
    pub id: String,
    /// The number in the file's name.
    pub number: String,
    /// The file with the way there.
    pub file: String,
    /// What its runner may have made a checksum of.
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
}

struct Found {
    name: Name,
    file: String,
    bytes: Vec<u8>,
    down: Option<(String, Vec<u8>)>,
}

impl SqlChain {
    /// The files as a chain.
    ///
    /// # Errors
    /// As [`Chain::embedded`]; the files of [`sql`](super::sql()) make one.
    pub fn chain(&self) -> Result<Chain> {
        let files = self
            .files
            .iter()
            .map(|it| (it.name.as_str(), it.text.as_str()));
        Chain::embedded(&files.collect::<Vec<_>>())
    }

    pub(super) fn read(folder: &Path, engine: Option<Engine>) -> Result<Self> {
        let mut remarks = Vec::new();
        let found = found(folder, &mut remarks)?;
        let mut chain = Self {
            migrations: Vec::new(),
            files: Vec::new(),
            remarks,
        };
        for one in found {
            chain.add(one, engine)?;
        }
        chain.chain()?;
        Ok(chain)
    }

    fn add(&mut self, found: Found, engine: Option<Engine>) -> Result<()> {
        let file = found.file.as_str();
        let parts = text::read(file, &found.bytes)?;
        let (down, down_alone) = match &found.down {
            Some((file, bytes)) => {
                let down = text::read(file, bytes)?;
                (Some(down.up), down.alone)
            }
            None => (parts.down, false),
        };
        let engines = engine.map_or(vec![Engine::Postgres, Engine::Sqlite], |it| vec![it]);
        let up = text::fit(&parts.up, &engines);
        let down = down.map(|it| text::fit(&it, &engines));
        self.remark(file, &up, down.as_ref());
        let title = found.name.title();
        let alone =
            parts.alone || down_alone || up.alone || down.as_ref().is_some_and(|it| it.alone);
        let revision = Revision {
            file: file.to_owned(),
            id: id(&found),
            revises: self
                .migrations
                .last()
                .map(|it| it.id.clone())
                .into_iter()
                .collect(),
            depends: Vec::new(),
            replaces: None,
            labels: Vec::new(),
            transactional: !alone,
            phase: None,
            role: None,
            lock: None,
            title: Some(title.clone()).filter(|it| !it.is_empty()),
            up: sections(&up.text, engine),
            down: down.map(|it| sections(&it.text, engine)),
            irreversible: None,
            verify: Vec::new(),
            undone: Vec::new(),
        };
        let draft = Draft {
            id: revision.id.clone(),
            date: found.name.number.clone(),
            message: title,
            ..Draft::default()
        };
        let (name, _) = draft.write(&Chain::default())?;
        let text = revision.to_string();
        Revision::parse(&name, &text).map_err(|error| {
            let message = format!("as {error}");
            Error::new(ErrorKind::Format, message).in_file(file)
        })?;
        self.migrations.push(Migration {
            id: revision.id,
            number: found.name.number,
            file: found.file,
            bytes: found.bytes,
        });
        self.files.push(ImportedFile { name, text });
        Ok(())
    }

    fn remark(&mut self, file: &str, up: &Fit, down: Option<&Fit>) {
        let left_out: Vec<&str> = [Some(up), down]
            .into_iter()
            .flatten()
            .flat_map(|it| it.left_out.iter().map(String::as_str))
            .collect();
        if !left_out.is_empty() {
            let words = left_out.join(", ");
            self.remarks.push(format!(
                "{file}: {words} left out, as the runner begins and ends transactions."
            ));
        }
        if up.alone || down.is_some_and(|it| it.alone) {
            self.remarks.push(format!(
                "{file}: it runs outside a transaction, statement by statement (tx=off)."
            ));
        }
    }
}

/// Twelve hexadecimal digits of the hash of the name and the text; the same for every checkout.
fn id(found: &Found) -> String {
    let text = String::from_utf8_lossy(&found.bytes).replace("\r\n", "\n");
    let digest = Sha256::digest(format!("{}\0{text}", found.file));
    hex(&digest)[..12].to_owned()
}

fn sections(text: &str, engine: Option<Engine>) -> Vec<Part> {
    let section = |engine: Option<Engine>, text: &str| {
        Part::Sql(Section {
            engine,
            text: text.to_owned(),
            statements: Vec::new(),
        })
    };
    match engine {
        None => vec![section(None, text)],
        Some(engine) => {
            let of = |it: Engine| section(Some(it), if it == engine { text } else { "" });
            vec![of(Engine::Postgres), of(Engine::Sqlite)]
        }
    }
}

/// The numbered files of a folder, in order, ways back beside their ways there.
fn found(folder: &Path, remarks: &mut Vec<String>) -> Result<Vec<Found>> {
    let mut ups: Vec<Found> = Vec::new();
    let mut downs: BTreeMap<String, (String, Vec<u8>)> = BTreeMap::new();
    for (file, bytes) in files(folder)? {
        let Some(name) = Name::of(&file) else {
            remarks.push(format!("{file} has no number and was passed over."));
            continue;
        };
        if name.half == Half::Down {
            if let Some((first, _)) = downs.insert(name.number.clone(), (file.clone(), bytes)) {
                return Err(twice(&first, &file, "a way back"));
            }
            continue;
        }
        ups.push(Found {
            name,
            file,
            bytes,
            down: None,
        });
    }
    ups.sort_by(|a, b| compare(&a.name.number, &b.name.number).then_with(|| a.file.cmp(&b.file)));
    for pair in ups.windows(2) {
        if compare(&pair[0].name.number, &pair[1].name.number).is_eq() {
            return Err(twice(&pair[0].file, &pair[1].file, "a number"));
        }
        if pair[0].file > pair[1].file {
            remarks.push(format!(
                "{} comes before {} by its number, and behind it by its name.",
                pair[0].file, pair[1].file
            ));
        }
    }
    for one in &mut ups {
        one.down = downs.remove(&one.name.number);
    }
    if let Some((number, (file, _))) = downs.pop_first() {
        let message = format!("it takes back number {number}, which no file has");
        return Err(Error::new(ErrorKind::Graph, message).in_file(&file));
    }
    if ups.is_empty() {
        let message = format!("there are no numbered .sql files in {}", folder.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    Ok(ups)
}

fn twice(first: &str, second: &str, what: &str) -> Error {
    let message = format!(
        "{first} has {what} of the same number; one of them has to have another, before it is imported"
    );
    Error::new(ErrorKind::Graph, message).in_file(second)
}

/// The `.sql` files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let unreadable = |what: &Path, error: std::io::Error| {
        let message = format!("{} cannot be read: {error}", what.display());
        Error::new(ErrorKind::Io, message).with_source(error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let is_sql = path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("sql"));
        if is_sql && !path.is_dir() {
            let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((name.into_owned(), bytes));
        }
    }
    files.sort();
    Ok(files)
}

impl fmt::Display for SqlChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.migrations.len();
        let plural = if count == 1 { "" } else { "s" };
        writeln!(f, "{count} file{plural} taken over.")?;
        for migration in &self.migrations {
            writeln!(f, "  {} {}", migration.id, migration.file)?;
        }
        self.remarks.iter().try_for_each(|it| writeln!(f, "{it}"))
    }
}
