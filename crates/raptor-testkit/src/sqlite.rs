//! Throw-away SQLite files: the same fixture for the other engine.
//!
//! Knows files only and never opens one: whoever takes a file decides how SQLite is used.

use crate::account::Account;
use crate::error::{Error, Result};
use crate::folder::{Folder, copy_tree};
use crate::supervisor::Supervisor;
use crate::template::Prepared;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

/// The file's name in its folder.
const FILE: &str = "test.db";

/// A path for a SQLite database in a folder of its own. The file itself does not exist until
/// something opens it.
///
/// Dropping it removes the folder; so does the end of the process, whatever ended it. In a test
/// that panics the file is copied into the temporary folder instead, and named on standard error.
///
/// ```
/// let file = raptor_testkit::SqliteFile::new();
/// assert_eq!(file.url(), format!("sqlite:{}", file.path().display()));
/// let path = file.path().to_owned();
/// std::fs::write(&path, "")?;
/// drop(file);
/// assert!(!path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SqliteFile {
    folder: PathBuf,
    path: PathBuf,
    url: String,
}

impl SqliteFile {
    /// A path with nothing at it.
    ///
    /// # Panics
    /// When no folder can be made.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each one is another folder")]
    pub fn new() -> Self {
        Self::make(None).unwrap_or_else(|error| panic!("no SQLite file for this test: {error}"))
    }

    /// A new folder, or a copy of one.
    fn make(template: Option<&Path>) -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = home()?.join(number.to_string());
        match template {
            Some(template) => copy_tree(template, &folder, Account::Own).map(drop)?,
            None => {
                fs::create_dir(&folder).map_err(|cause| Error::io("make", &folder, &cause))?;
            }
        }
        let path = folder.join(FILE);
        let url = format!("sqlite:{}", path.display());
        Ok(Self { folder, path, url })
    }

    /// `sqlite:PATH`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the file is or will be.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SqliteFile {
    #[expect(clippy::print_stderr, reason = "a failing test says where its data is")]
    fn drop(&mut self) {
        if std::thread::panicking() && self.path.exists() {
            let name = self
                .folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let kept = std::env::temp_dir()
                .join(format!("raptor-testkit-kept-{}-{name}", std::process::id()));
            match copy_tree(&self.folder, &kept, Account::Own) {
                Ok(_) => eprintln!("kept: sqlite3 '{}'", kept.join(FILE).display()),
                Err(error) => eprintln!("the SQLite file could not be kept: {error}"),
            }
        }
        // What stays here goes with the process.
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// A SQLite database that a closure prepares once per process.
///
/// ```
/// use raptor_testkit::SqliteTemplate;
///
/// let template = SqliteTemplate::new(|url| {
///     let path = url.strip_prefix("sqlite:").expect("that is how it begins");
///     std::fs::write(path, "prepared")?;
///     Ok(())
/// });
/// let (one, two) = (template.database(), template.database());
/// assert_ne!(one.path(), two.path());
/// assert_eq!(std::fs::read_to_string(two.path())?, "prepared");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct SqliteTemplate {
    prepare: Arc<dyn Fn(&str) -> Prepared + Send + Sync>,
    prepared: OnceLock<Result<SqliteFile>>,
}

impl SqliteTemplate {
    /// The closure gets the `sqlite:PATH` of a file that is not there yet; it runs once, at first
    /// use, on a thread of its own, so that it may build a runtime and block. It must have closed
    /// the file, or at least committed, when it returns.
    pub fn new(prepare: impl Fn(&str) -> Prepared + Send + Sync + 'static) -> Self {
        Self {
            prepare: Arc::new(prepare),
            prepared: OnceLock::new(),
        }
    }

    /// A copy of the prepared file.
    ///
    /// # Panics
    /// When the closure failed, or no folder can be made.
    pub fn database(&self) -> SqliteFile {
        let prepared = self.prepared.get_or_init(|| {
            let file = SqliteFile::make(None)?;
            let (prepare, url) = (Arc::clone(&self.prepare), file.url.clone());
            crate::template::on_a_thread(move || prepare(&url))?;
            // The index of the write-ahead log belongs to the processes that have the file open.
            fs::remove_file(file.folder.join(format!("{FILE}-shm"))).ok();
            Ok(file)
        });
        prepared
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|file| SqliteFile::make(Some(&file.folder)))
            .unwrap_or_else(|error| panic!("no SQLite file for this test: {error}"))
    }
}

impl std::fmt::Debug for SqliteTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteTemplate").finish_non_exhaustive()
    }
}

/// The folder of all SQLite files of this process, under a watch that never starts a server.
fn home() -> Result<&'static Path> {
    static HOME: LazyLock<Result<Supervisor>> = LazyLock::new(|| {
        let folder = Folder::create(None, Account::Own)?;
        Supervisor::watch(folder, Path::new("no server"), Account::Own)
    });
    HOME.as_ref().map(Supervisor::folder).map_err(Clone::clone)
}
