//! Folders that live as long as the process, and not longer.
//!
//! Each is guarded from before it is there until a supervisor has taken over. It holds a `log` that
//! the supervisor keeps locked. A folder whose log can be locked has lost
//! its supervisor too (a whole machine or container was killed), and the next start sweeps it away.

use crate::account::Account;
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::scram::hex;
use rustix::fs::{Mode, OFlags};
use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Memory: nothing in these folders is meant to be durable.
const MEMORY: &str = "/dev/shm";

/// Bytes that must be free in memory before a server is put there.
const ROOM: u64 = 512 << 20;

/// A socket's path must fit 104 bytes on the strictest system; `/.s.PGSQL.65535` takes 15.
const LONGEST: usize = 88;

/// A new folder, with its log locked.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) log: File,
    guard: Guard,
}

impl Folder {
    /// Makes a folder in `parent`, or in memory if it has room, or in the temporary folder; and
    /// sweeps what dead processes of this user left in the same place.
    pub(crate) fn create(parent: Option<&Path>, account: Account) -> Result<Self> {
        let parent = match parent {
            Some(told) => told.to_owned(),
            None => choose_parent(account),
        };
        let uid = rustix::process::geteuid().as_raw();
        sweep(&parent, uid);
        let mut random = [0_u8; 6];
        getrandom::fill(&mut random)
            .map_err(|cause| Error::new(ErrorKind::Folder, format!("no random bytes: {cause}")))?;
        let name = hex(&random);
        // Made under another name first: a folder that a sweep can see has its lock already.
        let unlocked = parent.join(format!("raptor-testkit.new-{uid}-{name}"));
        let path = parent.join(format!("raptor-testkit-{uid}-{name}"));
        if path.as_os_str().len() > LONGEST {
            return Err(Error::new(
                ErrorKind::Folder,
                format!("{} is too long for a socket's path", parent.display()),
            ));
        }
        let guard = Guard::watch(&unlocked, &path)?;
        DirBuilder::new()
            .mode(0o700)
            .create(&unlocked)
            .map_err(|cause| Error::io("make", &unlocked, &cause))?;
        let log_path = unlocked.join("log");
        let log = File::create(&log_path).map_err(|cause| Error::io("make", &log_path, &cause))?;
        log.lock()
            .map_err(|cause| Error::io("lock", &log_path, &cause))?;
        account.give(&log_path)?;
        account.give(&unlocked)?;
        fs::rename(&unlocked, &path).map_err(|cause| Error::io("make", &path, &cause))?;
        Ok(Self { path, log, guard })
    }

    /// The path, which somebody else watches from now on, and the end of the guard.
    pub(crate) fn hand_over(self) -> PathBuf {
        self.guard.dismiss();
        self.path
    }
}

/// A shell that removes a folder, under both its names, unless it is dismissed: it sees our end as
/// the end of its input. A few milliseconds are a short life, but kill -9 knows no minimum.
struct Guard {
    shell: Child,
}

impl Guard {
    fn watch(unlocked: &Path, path: &Path) -> Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", "read -r word || rm -rf \"$@\"", "raptor-testkit"])
            .args([unlocked, path])
            .env_clear()
            .envs(config::program_environment())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| Error::io("run", Path::new("/bin/sh"), &cause))?;
        Ok(Self { shell })
    }

    fn dismiss(mut self) {
        if let Some(mut input) = self.shell.stdin.take() {
            // A guard that is gone already has nothing to be told.
            writeln!(input, "dismissed").ok();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // There is nobody to report a failed wait to.
        self.shell.wait().ok();
    }
}

fn choose_parent(account: Account) -> PathBuf {
    let memory = Path::new(MEMORY);
    let room = rustix::fs::statvfs(memory).map_or(0, |fs| fs.f_bavail * fs.f_frsize);
    let temporary = std::env::temp_dir();
    let fits = |folder: &Path| folder.as_os_str().len() + 40 <= LONGEST;
    if room >= ROOM && usable(memory, account) {
        memory.to_owned()
    } else if usable(&temporary, account) && fits(&temporary) {
        temporary
    } else {
        "/tmp".into()
    }
}

/// Whether `account` may reach and write the folder; asked by permission bits, and only where the
/// account is not our own.
fn usable(folder: &Path, account: Account) -> bool {
    let mode = |path: &Path| fs::metadata(path).map_or(0, |found| found.mode());
    match account {
        Account::Own => folder.is_dir(),
        Account::Other(_) => {
            mode(folder) & 0o3 == 0o3 && folder.ancestors().all(|above| mode(above) & 0o1 != 0)
        }
    }
}

/// Removes the folders of dead processes. What cannot be removed is left for the next sweep.
fn sweep(parent: &Path, uid: u32) {
    let (locked, new) = (
        format!("raptor-testkit-{uid}-"),
        format!("raptor-testkit.new-{uid}-"),
    );
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let dead = (name.starts_with(&locked) && is_unlocked(&entry.path()))
            || (name.starts_with(&new) && is_old(&entry.path()));
        if dead {
            // A folder that its own supervisor removes at this moment is gone as well.
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

fn is_unlocked(folder: &Path) -> bool {
    // The parent may be writable by all: what lies there must neither block us nor lead us away.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(folder.join("log"), flags, Mode::empty())
        .is_ok_and(|log| File::from(log).try_lock().is_ok())
}

/// A folder under its first name lives for a moment only, unless its maker died in that moment.
fn is_old(folder: &Path) -> bool {
    fs::symlink_metadata(folder)
        .and_then(|found| found.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > Duration::from_mins(1)))
}

/// How much was copied, to tell a whole copy from a torn one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Threads that copy at once: the work is the system's, file by file.
const COPIERS: usize = 4;

/// Copies a folder with all beneath it, and gives every copy to `account`.
pub(crate) fn copy_tree(from: &Path, to: &Path, account: Account) -> Result<Extent> {
    let mut files = Vec::new();
    make_folders(from, to, account, &mut files)?;
    let part = files.len().div_ceil(COPIERS).max(1);
    let copied = std::thread::scope(|scope| {
        let copiers: Vec<_> = files
            .chunks(part)
            .map(|part| scope.spawn(move || copy_files(part, account)))
            .collect();
        let join = |copier: std::thread::ScopedJoinHandle<'_, Result<u64>>| {
            copier.join().expect("copying a file does not panic")
        };
        copiers.into_iter().map(join).sum::<Result<u64>>()
    });
    Ok(Extent {
        files: files.len() as u64,
        bytes: copied?,
    })
}

/// Makes the folders, and lists which file goes where.
fn make_folders(
    from: &Path,
    to: &Path,
    account: Account,
    files: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .create(to)
        .map_err(|cause| Error::io("make", to, &cause))?;
    account.give(to)?;
    for entry in fs::read_dir(from).map_err(|cause| Error::io("read", from, &cause))? {
        let entry = entry.map_err(|cause| Error::io("read", from, &cause))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry
            .file_type()
            .map_err(|cause| Error::io("read", &source, &cause))?;
        if kind.is_dir() {
            make_folders(&source, &target, account, files)?;
        } else {
            files.push((source, target));
        }
    }
    Ok(())
}

/// Copies files, and says how many bytes.
fn copy_files(files: &[(PathBuf, PathBuf)], account: Account) -> Result<u64> {
    let mut bytes = 0;
    for (source, target) in files {
        bytes += fs::copy(source, target).map_err(|cause| Error::io("copy", source, &cause))?;
        account.give(target)?;
    }
    Ok(bytes)
}
