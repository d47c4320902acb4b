//! Other processes: this test program again, with one of the tests here, which run in no other way.

use crate::client::ask;
use raptor_testkit::{Options, SqliteFile, Template};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// Holds a server and a file, says where they are, and waits to be killed.
#[test]
#[ignore = "the process that another test kills"]
fn holds() {
    let template = Template::with_options(options(), |_| Ok(()));
    let database = template.database();
    let file = SqliteFile::new();
    fs::write(file.path(), "rows").unwrap();
    ask(database.owner_url(), "CREATE TABLE held (a int)");
    say(&format!(
        "{} {}",
        database.server().socket_dir().display(),
        file.path().display()
    ));
    std::thread::sleep(std::time::Duration::from_hours(1));
}

/// Fails with a row in its database.
#[test]
#[ignore = "the process that another test sees failing"]
fn fails() {
    let template = Template::with_options(options(), |_| Ok(()));
    let database = template.database();
    let file = SqliteFile::new();
    fs::write(file.path(), "rows").unwrap();
    ask(
        database.owner_url(),
        "CREATE TABLE evidence AS SELECT 42 AS answer",
    );
    panic!("on purpose");
}

/// Runs a command with a server; the arguments come in `CHILD_COMMAND`, one a line.
#[test]
#[ignore = "the process that stands for `raptor pg`"]
fn runs() {
    let command: Vec<OsString> = std::env::var("CHILD_COMMAND")
        .expect("the parent sets it")
        .lines()
        .map(OsString::from)
        .collect();
    let code = raptor_testkit::run(options(), &command).unwrap();
    std::process::exit(i32::from(code));
}

fn options() -> Options {
    Options {
        run_dir: std::env::var_os("CHILD_FOLDER").map(PathBuf::from),
        ..Options::default()
    }
}

fn say(line: &str) {
    // The harness prints on the same stream, so that ours is marked.
    let mut stdout = std::io::stdout();
    writeln!(stdout, "\nsaid: {line}").expect("the parent reads");
    stdout.flush().expect("the parent reads");
}

/// A folder that any user may work in, with this program in it: a checkout of root's is often not
/// to be entered by others.
pub(crate) struct Stage {
    folder: TempDir,
    /// Where the servers are: in memory, as they are by themselves.
    run: TempDir,
    uid: Option<u32>,
}

impl Stage {
    /// For ourselves, or for another user, which only root may ask for.
    pub(crate) fn set(uid: Option<u32>) -> Self {
        let folder = open_folder(Path::new("/tmp"));
        for name in ["cache", "tmp"] {
            let inner = folder.path().join(name);
            fs::create_dir(&inner).expect("the stage is ours");
            open(&inner);
        }
        let memory = Path::new("/dev/shm");
        let run = open_folder(if memory.is_dir() {
            memory
        } else {
            folder.path()
        });
        let program = folder.path().join("it");
        let this = std::env::current_exe().expect("we run");
        // Another process copies: a file that this one has open for writing, and with it every
        // child that is born meanwhile, could not be run.
        let linked = fs::hard_link(&this, &program).is_ok()
            || Command::new("cp")
                .args([&this, &program])
                .status()
                .is_ok_and(|status| status.success());
        assert!(linked, "room for a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
            .expect("the stage is ours");
        Self { folder, run, uid }
    }

    /// Both users that matter: us, and where we are root, one who is not.
    pub(crate) fn for_every_user() -> Vec<Self> {
        let root = rustix::process::geteuid().is_root();
        let nobody = root.then(|| Self::set(Some(65534)));
        [Self::set(None)].into_iter().chain(nobody).collect()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        if name == "run" {
            self.run.path().to_owned()
        } else {
            self.folder.path().join(name)
        }
    }

    /// What is left in a folder.
    pub(crate) fn left(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(name)).expect("the stage is ours");
        entries
            .map(|entry| {
                entry
                    .expect("the stage is ours")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }

    /// This program with one test, its folders on the stage.
    pub(crate) fn command(&self, test: &str) -> Command {
        let mut command = Command::new(self.path("it"));
        command
            .args(["--exact", "--ignored", "--nocapture", test])
            .env("CHILD_FOLDER", self.path("run"))
            .env("RAPTOR_TESTKIT_CACHE", self.path("cache").join(self.user()))
            .env("TMPDIR", self.path("tmp"))
            .env_remove("RAPTOR_TESTKIT_KEEP")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir("/");
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command
    }

    fn user(&self) -> String {
        self.uid
            .map_or_else(|| "own".to_owned(), |uid| uid.to_string())
    }

    /// Processes that have a word of ours in their command line.
    pub(crate) fn processes(&self) -> Vec<String> {
        let on = |folder: &TempDir| processes_with(&folder.path().to_string_lossy());
        [on(&self.folder), on(&self.run)].concat()
    }
}

/// A new folder that any user may work in.
fn open_folder(parent: &Path) -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("it-")
        .tempdir_in(parent)
        .expect("a temporary folder");
    open(folder.path());
    folder
}

fn open(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o1777)).expect("the stage is ours");
}

pub(crate) fn processes_with(word: &str) -> Vec<String> {
    let output = Command::new("ps")
        .args(["-A", "-ww", "-o", "pid=,stat=,args="])
        .output()
        .expect("ps is there");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(word))
        .map(str::to_owned)
        .collect()
}

/// Waits for a line that a child says.
pub(crate) fn said(child: &mut Child) -> String {
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let line = said_on(&mut stdout);
    child.stdout = Some(stdout.into_inner());
    line
}

fn said_on(stdout: &mut BufReader<ChildStdout>) -> String {
    for line in stdout.lines() {
        let line = line.expect("the stage is ours");
        if let Some(said) = line.strip_prefix("said: ") {
            return said.to_owned();
        }
    }
    panic!("the child ended without a word");
}
