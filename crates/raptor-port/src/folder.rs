//! A folder of `.sql` files in the place of a file: run once, in their order, on a new SQLite file, which
//! is the source from then on.
//!
//! The file stands beside the plan as long as the folder is the same. To run the folder each time would
//! make other rows each time, where a row has the moment or a random number in it: nothing could go on
//! where it was, and nothing be proved.

use crate::error::{Error, ErrorKind, Result};
use raptor_db::SqliteScripts;
use raptor_migrate::import::{Scripts, scripts};
use std::io;
use std::path::{Path, PathBuf};

/// How much of the fingerprint stands in the file's name.
const DIGITS: usize = 12;

/// A folder of `.sql` files, with or without rows.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let schema = folder.path().join("schema");
/// # std::fs::create_dir(&schema)?;
/// std::fs::write(schema.join("001_notes.sql"), "CREATE TABLE notes (id INTEGER PRIMARY KEY);")?;
/// let files = raptor_port::Folder::read(&schema)?;
/// let file = files.file(&folder.path().join("port.toml"))?;
/// let reader = raptor_db::Snapshot::open(&file, 1)?.take().expect("one");
/// assert!(raptor_port::Source::read(&reader)?.table("notes").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    scripts: Scripts,
}

impl Folder {
    /// Reads the files: numbered ones in the order of their numbers, without those that lead back, and
    /// where none has a number all of them by their names.
    ///
    /// # Errors
    /// [`ErrorKind::Source`], naming the file.
    pub fn read(path: &Path) -> Result<Self> {
        let scripts = scripts(path).map_err(|error| {
            let message = format!("{}: {error}", path.display());
            Error::new(ErrorKind::Source, message)
        })?;
        Ok(Self {
            path: path.to_owned(),
            scripts,
        })
    }

    /// What is to be known of the files, such as those that were passed over.
    pub fn remarks(&self) -> &[String] {
        &self.scripts.remarks
    }

    /// The SQLite file that they make, beside `plan` and named after it; the one that is there, where it was
    /// made of the same files. One that was made of others goes.
    ///
    /// # Errors
    /// [`ErrorKind::Source`], with file, line and what SQLite says; [`ErrorKind::Io`].
    pub fn file(&self, plan: &Path) -> Result<PathBuf> {
        let hash = self.scripts.fingerprint();
        let made = Made::beside(plan);
        let path = made.path(&hash[..DIGITS]);
        if path.exists() {
            return Ok(path);
        }
        let unfinished = made.path("unfinished");
        let failed = |error| Error::io(&format!("{} cannot be written", path.display()), &error);
        gone(&unfinished).map_err(failed)?;
        let run = self.run(&unfinished);
        if run.is_err() {
            gone(&unfinished).map_err(failed)?;
        }
        run?;
        std::fs::rename(&unfinished, &path).map_err(failed)?;
        made.forget_all_but(&path).map_err(failed)?;
        Ok(path)
    }

    fn run(&self, path: &Path) -> Result<()> {
        let new = SqliteScripts::begin(path).map_err(Error::source_file)?;
        for script in &self.scripts.scripts {
            new.run(&script.text).map_err(|error| {
                let place = script.place(error.at);
                let place = self.path.join(place);
                let message = format!("{}: {}", place.display(), error.message);
                Error::new(ErrorKind::Source, message)
            })?;
        }
        new.end().map_err(Error::source_file)
    }
}

/// The files that are made beside a plan: `port.0123456789ab.db`.
struct Made {
    folder: PathBuf,
    /// `port.`
    begin: String,
}

impl Made {
    fn beside(plan: &Path) -> Self {
        let stem = plan.file_stem().unwrap_or_default().to_string_lossy();
        Self {
            folder: plan.parent().unwrap_or(Path::new("")).to_owned(),
            begin: format!("{stem}."),
        }
    }

    fn path(&self, middle: &str) -> PathBuf {
        self.folder.join(format!("{}{middle}.db", self.begin))
    }

    fn forget_all_but(&self, kept: &Path) -> io::Result<()> {
        let here = Path::new(".");
        let folder = match self.folder.as_os_str().is_empty() {
            true => here,
            false => &self.folder,
        };
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            if Some(name.as_os_str()) != kept.file_name() && self.is_one(&name.to_string_lossy()) {
                gone(&folder.join(name))?;
            }
        }
        Ok(())
    }

    fn is_one(&self, name: &str) -> bool {
        let middle = name
            .strip_prefix(&self.begin)
            .and_then(|it| it.strip_suffix(".db"));
        middle.is_some_and(|it| it.len() == DIGITS && it.bytes().all(|it| it.is_ascii_hexdigit()))
    }
}

fn gone(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
