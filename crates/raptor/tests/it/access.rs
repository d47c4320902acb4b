//! `raptor access` as an operator meets it: planned, applied, proved, and a hole found.

use raptor_testkit::{Options, Server, Urls};
use std::path::Path;
use std::process::{Command, Output};

const FILE: &str = r#"version = 1
schema = "raptor"
[roles.raptor_owner]
is = "owner"
logins = ["raptor_owner"]
[roles.raptor_app]
is = "app"
logins = ["raptor_app"]
settings = { search_path = "raptor, pg_catalog" }
[tables.notes]
grant.raptor_app = "select, insert (body)"
"#;

struct Bed {
    folder: tempfile::TempDir,
    urls: Urls,
    _server: Server,
}

impl Bed {
    fn new() -> Self {
        let server = Server::start(Options::default()).unwrap();
        let urls = server.create_database("access").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("access.toml"), FILE).unwrap();
        Self {
            folder,
            urls,
            _server: server,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raptor"));
        command.arg("access").args(words).current_dir(self.path());
        command.env("DATABASE_URL", self.urls.url());
        command.env("DATABASE_OWNER_URL", self.urls.owner_url());
        command.env_remove("RAPTOR_CONTEXT_KEY");
        command.output().unwrap()
    }

    /// What it says on both streams, after it has ended with `code`.
    fn says(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    }

    fn on(&self, text: &str) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let config = raptor_db::Config::new(self.urls.owner_url()).unwrap();
            let db = raptor_db::Db::open(config).await.unwrap();
            let session = db.session().await.unwrap();
            session.execute_raw(text).await.unwrap();
        });
    }
}

#[test]
fn declared_applied_and_proved() {
    let bed = Bed::new();
    let missing = bed.says(&["plan"], 2);
    assert!(
        missing.contains("access.toml: line 10, column 9: there is no raptor.notes"),
        "{missing}"
    );
    bed.on("CREATE TABLE raptor.notes (id bigint GENERATED ALWAYS AS IDENTITY, body text); GRANT ALL ON raptor.notes TO raptor_app");
    let plan = bed.says(&["plan"], 0);
    assert!(
        plan.contains("-- raptor_app has truncate on table raptor.notes, which is not declared\nREVOKE TRUNCATE ON TABLE \"raptor\".\"notes\" FROM \"raptor_app\";\n")
            && plan.contains("statements; `raptor access apply` runs them in one transaction."),
        "{plan}"
    );
    assert!(
        bed.says(&["drift"], 1)
            .contains("things are not as declared")
    );
    assert!(bed.says(&["apply"], 0).contains(" statements done."));
    assert!(bed.says(&["plan"], 0).contains("nothing is to be done"));
    assert!(bed.says(&["drift"], 0).contains("No drift"));
    let proof = bed.says(&["prove"], 0);
    assert!(
        proof.contains("The declaration holds.")
            && proof
                .contains("residual risk       raptor_app, raptor_owner: change its own password"),
        "{proof}"
    );
    bed.on("GRANT DELETE ON raptor.notes TO PUBLIC");
    let proof = bed.says(&["prove"], 1);
    assert!(
        proof.contains("HOLE                raptor_app: delete on table raptor.notes: DELETE FROM"),
        "{proof}"
    );
    let told: serde_json::Value =
        serde_json::from_slice(&bed.run(&["prove", "--json"]).stdout).unwrap();
    assert_eq!(
        (&told["holds"], &told["counts"]["hole"]),
        (&false.into(), &2.into())
    );
    bed.says(&["apply"], 0);
    let why = bed.says(&["explain", "raptor_app", "DELETE FROM notes"], 1);
    assert!(why.contains("raptor_app may not: permission denied for table notes\nraptor.notes: raptor_app may select, insert (body) (line 11, column 20)"), "{why}");
}

#[test]
fn what_cannot_be_tried_is_not_green() {
    let bed = Bed::new();
    bed.on("CREATE TABLE raptor.notes (id bigint, body text)");
    let file = FILE.replace(
        "logins = [\"raptor_app\"]",
        "logins = [\"raptor_app\", \"raptor_app_b\"]",
    );
    std::fs::write(bed.path().join("access.toml"), file).unwrap();
    bed.says(&["apply"], 0);
    let proof = bed.says(&["prove"], 1);
    assert!(
        proof.contains(
            "NOT TRIED           raptor_app_b: everything: no credential was given for it"
        ),
        "{proof}"
    );
    std::fs::write(
        bed.path().join("logins.toml"),
        "raptor_app_b = \"postgres://raptor_app_b:hunter2@127.0.0.1:1/x\nand more",
    )
    .unwrap();
    let said = bed.says(&["prove", "--logins", "logins.toml"], 2);
    assert!(
        said.contains("logins.toml is no list of logins") && !said.contains("hunter2"),
        "{said}"
    );
    let schema: serde_json::Value = serde_json::from_str(&bed.says(&["schema"], 0)).unwrap();
    assert_eq!(schema["title"], "access.toml");
}
