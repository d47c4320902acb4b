//! `raptor migrate` as its users run it: the binary, in a folder of its own.

mod drafts;
mod interrupted;
mod numbered;
mod own_schema;
mod places;
mod unwritten;

use std::path::Path;
use std::process::{Command, Output};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("migrations")).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path().join("migrations").join(name), text).unwrap();
    }

    /// How many revisions there are.
    fn files(&self) -> usize {
        let folder = self.path().join("migrations");
        std::fs::read_dir(folder).unwrap().count()
    }

    fn run(&self, words: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_raptor"))
            .arg("migrate")
            .args(words.split(' '))
            .current_dir(self.path())
            .env_clear()
            .env("DATABASE_URL", "sqlite:x.db")
            .output()
            .unwrap()
    }

    /// Somebody changes the database by hand.
    fn change(&self, text: &str) {
        let url = format!("sqlite:{}", self.path().join("x.db").display());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let db = raptor_db::Db::open(raptor_db::Config::new(&url).unwrap())
                .await
                .unwrap();
            db.session().await.unwrap().execute_raw(text).await.unwrap();
            db.close().await;
        });
    }

    /// What it prints; it must exit with that code.
    fn says(&self, words: &str, code: i32) -> String {
        let output = self.run(words);
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words}: {out}{err}");
        if code == 2 { err } else { out }
    }
}

fn with_two() -> Folder {
    let folder = Folder::new();
    folder.file("1.sql", "-- raptor: id=a1 labels=audit\n-- The first.\n-- raptor:up\nCREATE TABLE one (id text);\n-- raptor:down\nDROP TABLE one;\n");
    folder.file("2.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up\nCREATE TABLE two (id text);\n-- raptor:down\nDROP TABLE two;\n");
    folder
}

#[test]
fn from_an_empty_folder_to_head() {
    let folder = Folder::new();
    let first = folder.says("revision -m First", 0);
    assert!(first.trim_end().ends_with("_first.sql"), "{first}");
    let made = folder.says(
        "revision -m Second --rev-id b2 --branch-label audit --json",
        0,
    );
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["id"], "b2");
    folder.says("revision -m Side --head base --rev-id c3", 0);
    assert!(
        folder
            .says("upgrade --dir migrations", 2)
            .contains("2 heads, b2, c3")
    );
    assert!(
        !folder.path().join("x.db").exists(),
        "a refused upgrade makes no file"
    );
    assert!(
        folder
            .says("revision -m More", 2)
            .contains("2 heads, b2, c3")
    );
    folder.says("revision -m Third --head audit@head --rev-id b3", 0);
    let said = folder.says("merge b2 c3 -m Join", 2);
    assert!(
        said.contains("b2 is no head, b3 revises it; a merge joins heads, and after it that is b3"),
        "{said}"
    );
    folder.says("merge audit c3 -m Join --rev-id d4", 0);
    assert!(
        folder
            .says("upgrade --dir migrations", 0)
            .contains("5 revisions run; the database is at d4.")
    );
    assert!(
        folder
            .says("upgrade --dir migrations", 0)
            .contains("Nothing to do")
    );
    assert!(
        folder
            .says("heads --dir migrations", 0)
            .contains("b3, c3 -> d4 (head) (merge), Join")
    );
    assert!(
        folder
            .says("revision -m First --rev-id b2", 2)
            .contains("there is a revision b2 already")
    );
}

#[test]
fn questions_make_no_database() {
    let folder = with_two();
    for words in [
        "current --dir migrations",
        "history -i --dir migrations",
        "check --dir migrations",
        "downgrade base --dir migrations",
    ] {
        assert!(folder.says(words, 2).contains("does not exist"), "{words}");
    }
    for words in [
        "upgrade nothing --dir migrations",
        "upgrade +5 --dir migrations",
        "upgrade a1:b2 --dir migrations",
    ] {
        folder.says(words, 2);
    }
    assert!(!folder.path().join("x.db").exists());
    assert_eq!(
        folder.says("history --dir migrations", 0),
        "a1 -> b2 (head)\n(base) -> a1 [audit], The first.\n"
    );
    assert_eq!(
        folder.says("history -r :a1 --dir migrations", 0),
        "(base) -> a1 [audit], The first.\n"
    );
    assert_eq!(folder.says("branches --dir migrations", 0), "");
    assert!(
        folder
            .says("show audit --dir migrations", 0)
            .contains("CREATE TABLE one")
    );
    assert!(
        folder
            .says("check --no-database --dir migrations", 0)
            .contains("All holds of the chain: 2 revisions.")
    );
}

#[test]
fn there_and_back() {
    let folder = with_two();
    folder.says("upgrade +1 --dir migrations", 0);
    folder.says("current --check-heads --dir migrations", 1);
    folder.says("upgrade --dir migrations", 0);
    assert_eq!(
        folder.says("current --check-heads --dir migrations", 0),
        "b2 (head)\n"
    );
    assert_eq!(
        folder.says("history -i -r current: --dir migrations", 0),
        "a1 -> b2 (head) (current)\n"
    );
    folder.says("downgrade -1 --dir migrations", 0);
    assert!(
        folder
            .says("stamp heads --dir migrations", 0)
            .contains("is at b2; nothing was run")
    );
    let sql = folder.says("downgrade b2:a1 --sql --dir migrations", 0);
    assert!(
        sql.contains("-- Running downgrade b2 -> a1") && sql.contains("DROP TABLE two;"),
        "{sql}"
    );
    let sql = folder.says(
        "upgrade --sql --url postgres://nowhere/x --schema app --dir migrations",
        0,
    );
    assert!(
        sql.contains("SET LOCAL search_path = \"app\", pg_catalog;"),
        "{sql}"
    );
    folder.file("1.sql", "-- raptor: id=a1 labels=audit\n-- raptor:up\nCREATE TABLE one (id integer);\n-- raptor:down\nDROP TABLE one;\n");
    assert!(
        folder
            .says("check --dir migrations", 1)
            .contains("edited: 1.sql: revision a1")
    );
    assert!(
        folder
            .says("upgrade --dir migrations", 2)
            .contains("--allow-edited a1")
    );
    folder.says("upgrade --allow-edited a1 --dir migrations", 0);
    folder.says("check --no-drift --dir migrations", 0);
}

#[test]
fn an_unknown_row_is_a_newer_release() {
    let folder = with_two();
    folder.says("upgrade --dir migrations", 0);
    std::fs::remove_file(folder.path().join("migrations/2.sql")).unwrap();
    assert!(
        folder
            .says("upgrade --dir migrations", 0)
            .contains("ahead of this release")
    );
    assert!(
        folder
            .says("upgrade --strict --dir migrations", 2)
            .contains("b2")
    );
    assert!(
        folder
            .says("stamp a1 --dir migrations", 2)
            .contains("--purge")
    );
    // Its way back is in the database.
    assert!(
        folder
            .says("downgrade a1 --dir migrations", 0)
            .contains("down b2 -> a1")
    );
}

/// Whoever reads JSON learns of errors too, and of what ran before.
#[test]
fn an_error_is_json_too() {
    let folder = with_two();
    folder.file(
        "3.sql",
        "-- raptor: id=c3 revises=b2\n-- raptor:up\nDROP TABLE nothing;\n",
    );
    let output = folder.run("upgrade --dir migrations --json");
    assert_eq!(output.status.code(), Some(2));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["steps"][1]["id"], "b2");
    assert!(
        value["error"].as_str().unwrap().contains("3.sql:3:1"),
        "{value}"
    );
    // Said once, and with what a half run revision has done.
    folder.file(
        "3.sql",
        "-- raptor: id=c3 revises=b2 tx=off\n-- raptor:up\nINSERT INTO two VALUES ('a');\nDROP TABLE nowhere;\n",
    );
    let output = folder.run("upgrade --dir migrations --json");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = value["error"].as_str().unwrap();
    assert_eq!(said.matches("no such table").count(), 1, "{said}");
    let half = &value["steps"][0];
    assert_eq!(
        (&half["id"], &half["direction"], &half["half_run"]),
        (&"c3".into(), &"up".into(), &true.into()),
        "{value}"
    );
    assert_eq!(half["statements"], 1, "{value}");
    let output = folder.run("show nothing --dir migrations --json");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        value["error"].as_str().unwrap().contains("nothing"),
        "{value}"
    );
}

/// What is no regular file would be read without end; hidden files are others'.
#[cfg(unix)]
#[test]
fn odd_files_in_the_folder() {
    let folder = with_two();
    folder.file(".hidden.sql", "what an editor left");
    folder.file("3.SQL", "-- raptor: id=c3 revises=b2\n-- raptor:up\n");
    assert!(folder.says("heads --dir migrations", 0).contains("c3"));
    let path = folder.path().join("migrations/4.sql");
    std::fs::create_dir_all(folder.path().join("migrations/old")).unwrap();
    folder.says("heads --dir migrations", 0);
    std::fs::create_dir(&path).unwrap();
    let said = folder.says("heads --dir migrations", 2);
    assert!(
        said.contains("4.sql: it is a folder, and a revision is a file; move it away"),
        "{said}"
    );
    std::fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink("old", &path).unwrap();
    let said = folder.says("heads --dir migrations", 2);
    assert!(said.contains("4.sql: it is a folder"), "{said}");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("migrations/4.sql")).unwrap();
    assert!(
        folder
            .says("heads --dir migrations", 2)
            .contains("4.sql: it is no regular file")
    );
}

#[test]
fn several_become_one() {
    let folder = with_two();
    folder.says("upgrade --dir migrations", 0);
    folder.says("squash a1..b2 -m Start --rev-id s1", 0);
    assert!(
        folder
            .says("upgrade --dir migrations", 0)
            .contains("Nothing to do")
    );
    assert_eq!(
        folder.says("current --dir migrations", 0),
        "b2 (head) (replaced by s1), Start\n"
    );
    assert_eq!(
        folder.says("history --dir migrations", 0),
        "(base) -> s1 (head), Start\n"
    );
    assert!(folder.says("squash a1 -m Start", 2).contains("FIRST..LAST"));
}

#[test]
fn drift_is_found_on_a_throw_away_database() {
    let folder = with_two();
    folder.says("upgrade --dir migrations", 0);
    folder.says("check --dir migrations", 0);
    folder.change("ALTER TABLE one ADD COLUMN more text; DROP TABLE two;");
    let said = folder.says("check --dir migrations", 1);
    assert!(
        said.contains("drift: table one, column more is in the database and not in the chain"),
        "{said}"
    );
    assert!(
        said.contains("drift: table two is in the chain and not in the database"),
        "{said}"
    );
    folder.says("check --no-drift --dir migrations", 0);
}

#[test]
fn a_rehearsal_leads_there_and_back() {
    let folder = with_two();
    folder.says("upgrade +1 --dir migrations", 0);
    let said = folder.says("rehearse --dir migrations", 0);
    assert!(
        said.contains("b2 (2.sql,")
            && said.contains("All holds: 1 revision, up, down and up again"),
        "{said}"
    );
    folder.file("3.sql", "-- raptor: id=c3 revises=b2\n-- raptor:up\nCREATE TABLE three (id text);\nCREATE INDEX i ON one (id);\n-- raptor:down\nDROP TABLE three;\n");
    let said = folder.says("rehearse --dir migrations", 1);
    assert!(
        said.contains("after the way back: table one, index i is after and not before"),
        "{said}"
    );
    assert!(
        said.contains("the second way up: it fails: 3.sql:4:1: revision c3"),
        "{said}"
    );
    let said = folder.says(
        "rehearse --from base --dir migrations --url postgres://nowhere/x",
        1,
    );
    assert!(
        said.contains("line 4: CREATE INDEX i ON one (id)\n        SHARE on one"),
        "{said}"
    );
}

/// Nothing is said of a way back that there is not.
#[test]
fn a_rehearsal_says_what_it_could_show() {
    let folder = with_two();
    folder.file("3.sql", "-- raptor: id=c3 revises=b2\n-- raptor:up\nCREATE TABLE three (id text);\n-- raptor:down irreversible \"the rows are gone\"\n");
    let said = folder.says("rehearse --from base --dir migrations", 0);
    assert!(
        said.ends_with("    not taken back: the rows are gone\nUp holds: 3 revisions on sqlite.\nNo way back was shown; the way down ended at c3, which has no way back, so nothing is known of the way back of 2 revisions before it.\n"),
        "{said}"
    );
    folder.file("4.sql", "-- raptor: id=d4 revises=c3\n-- raptor:up\nCREATE TABLE four (id text);\n-- raptor:down\nDROP TABLE four;\n");
    folder.file(
        "3.sql",
        "-- raptor: id=c3 revises=b2\n-- raptor:up\nCREATE TABLE three (id text);\n",
    );
    let said = folder.says("rehearse --from b2 --dir migrations", 0);
    assert!(
        said.contains("not taken back: it has no `-- raptor:down` section")
            && said.ends_with("Up holds: 2 revisions on sqlite.\nDown and up again holds for d4; the way down ended at c3, which has no way back.\n"),
        "{said}"
    );
    // What does not lead back is found above it all the same.
    folder.file(
        "4.sql",
        "-- raptor: id=d4 revises=c3\n-- raptor:up\nCREATE TABLE four (id text);\n-- raptor:down\n",
    );
    let said = folder.says("rehearse --from b2 --dir migrations", 1);
    assert!(said.ends_with("It does not hold.\n"), "{said}");
}

/// A revision that comes to something else than those that it replaces is told.
#[test]
fn a_squash_is_proved() {
    let folder = with_two();
    folder.says("squash a1..b2 -m Start --rev-id s1", 0);
    folder.says("check --no-database --dir migrations", 0);
    let files = std::fs::read_dir(folder.path().join("migrations")).unwrap();
    let squash = files
        .map(|file| file.unwrap().path())
        .find(|path| path.to_str().unwrap().contains("s1"))
        .unwrap();
    let text = std::fs::read_to_string(&squash).unwrap();
    std::fs::write(
        &squash,
        text.replace(
            "CREATE TABLE two (id text)",
            "CREATE TABLE two (id text NOT NULL)",
        ),
    )
    .unwrap();
    let said = folder.says("check --no-database --dir migrations", 1);
    assert!(
        said.contains("squash: on sqlite: table two, column id")
            && said.contains("squash: on postgres: table two, column id"),
        "{said}"
    );
}

#[test]
fn what_is_dangerous_is_found() {
    let folder = with_two();
    assert!(
        folder
            .says("lint --dir migrations", 0)
            .contains("warning table-without-primary-key")
    );
    folder.file("3.sql", "-- raptor: id=c3 revises=b2\n-- raptor:up postgres\nDROP TABLE two;\n-- raptor:up sqlite\nDROP TABLE two;\n");
    let said = folder.says("lint -r c3: --dir migrations", 1);
    assert!(
        said.starts_with("3.sql:3:") && said.contains("error drop-table: revision c3"),
        "{said}"
    );
    assert!(
        folder
            .says("lint --leave-out nothing --dir migrations", 2)
            .contains("--rules")
    );
    assert!(
        folder
            .says("lint -r a1 --strict --dir migrations", 1)
            .contains("warning")
    );
    let both = folder.says(
        "lint -r c3: --engine sqlite --no-down --locks --dir migrations",
        1,
    );
    assert!(!both.contains("ACCESS EXCLUSIVE"), "{both}");
    let locks = folder.says("lint -r c3: --engine postgres --locks --dir migrations", 1);
    assert!(
        locks.starts_with("3.sql:3:1: ACCESS EXCLUSIVE on two"),
        "{locks}"
    );
    assert!(
        folder
            .says("lint --engine mysql --dir migrations", 2)
            .contains("postgres and sqlite")
    );
    assert!(folder.says("lint --rules", 0).lines().count() > 40);
}

/// The product's own chain: nothing dangerous, and it leads there and back on both engines.
#[test]
fn the_products_chain_holds() {
    let folder = Folder::new();
    assert!(folder.says("lint", 0).starts_with("Nothing was found"));
    for url in ["sqlite:y.db", "postgres://nowhere/y"] {
        folder.says(&format!("rehearse --from base --url {url}"), 0);
    }
}
