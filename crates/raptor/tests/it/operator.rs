//! An operator: a folder, a server with an empty database, and the command line.

use crate::client::Client;
use raptor_testkit::{Options, Server, Urls};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A folder, and a server with an empty database.
pub(crate) struct Operator {
    folder: tempfile::TempDir,
    pub(crate) urls: Urls,
    _server: Server,
}

/// A service, ended with the test.
pub(crate) struct Service {
    child: Child,
    pub(crate) client: Client,
    /// The listener of health and metrics.
    pub(crate) admin: Client,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Operator {
    /// With this declaration in its folder.
    pub(crate) fn with(file: &str) -> Self {
        let operator = Self::new();
        std::fs::write(operator.path().join("access.toml"), file).unwrap();
        operator
    }

    pub(crate) fn new() -> Self {
        let server = Server::start(Options::default()).unwrap();
        let urls = server.create_database("access").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            urls,
            _server: server,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raptor"));
        command.args(words).current_dir(self.path());
        command.env("DATABASE_URL", self.urls.url());
        command.env("DATABASE_OWNER_URL", self.urls.owner_url());
        command.env_remove("RAPTOR_CONTEXT_KEY");
        command
    }

    /// A service, on ports of its own; what is set to nothing is not set.
    pub(crate) fn serve(&self, environment: &[(&str, &str)]) -> Service {
        let mut command = self.command(&["serve"]);
        command.env("RAPTOR_ADDR", "127.0.0.1:0");
        command.env("RAPTOR_ADMIN_ADDR", "127.0.0.1:0");
        command.envs(environment.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut client = || {
            let line = lines.next().unwrap().unwrap();
            let address = line.split("http://").nth(1).unwrap();
            let end = address.find([' ', '/']).unwrap();
            Client {
                address: address[..end].parse().unwrap(),
            }
        };
        let (client, admin) = (client(), client());
        Service {
            child,
            client,
            admin,
        }
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(&[&["access"], words].concat())
            .output()
            .unwrap()
    }

    /// What it says on both streams with a key, after it has ended with `code`.
    pub(crate) fn says_with(&self, key: &str, words: &[&str], code: i32) -> String {
        let mut command = self.command(words);
        let output = command.env("RAPTOR_CONTEXT_KEY", key).output().unwrap();
        said(&output, words, code)
    }

    /// What it says on both streams, after it has ended with `code`.
    pub(crate) fn says(&self, words: &[&str], code: i32) -> String {
        said(&self.run(words), words, code)
    }

    pub(crate) fn on(&self, text: &str) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let config = raptor_db::Config::new(self.urls.owner_url()).unwrap();
            let db = raptor_db::Db::open(config).await.unwrap();
            let session = db.session().await.unwrap();
            session.execute_raw(text).await.unwrap();
        });
    }
}

pub(crate) fn said(output: &Output, words: &[&str], code: i32) -> String {
    let said = [output.stdout.clone(), output.stderr.clone()].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
    said
}
