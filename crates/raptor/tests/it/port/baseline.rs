//! The schema that a run made is the first revision of a chain, which makes the same one anew.

use super::{Bed, SMALL};
use raptor_db::{Config, Db};
use raptor_migrate::{Catalog, DifferenceKind, Options, catalog};
use std::process::Stdio;
use std::time::Duration;

/// Everything that is known to go wrong, in one file.
const TRAPS: &str = include_str!("../../../../raptor-port/tests/it/traps.sql");

impl Bed {
    /// Does its schema differ from the one of `other`?
    fn is_like(&self, other: &str, name: Option<&str>) {
        let (one, other) = (schema(self.urls.owner_url(), name), schema(other, name));
        let found = other.differences_ignoring(&one, &[DifferenceKind::Owner]);
        assert!(found.is_empty(), "{found:#?}");
        assert!(!one.relations.is_empty());
    }
}

fn schema(url: &str, schema: Option<&str>) -> Catalog {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = Db::open(Config::new(url).unwrap()).await.unwrap();
        let mut options = Options::default();
        options.schema = schema.map(str::to_owned);
        let catalog = catalog(&db, &options).await.unwrap();
        db.close().await;
        catalog
    })
}

#[test]
fn the_chain_makes_the_same_schema() {
    let bed = Bed::new(TRAPS);
    bed.says("plan app.db", 0);
    let told = bed.says("run", 0);
    let files = bed.files("migrations");
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(
        told.contains(&format!("(migrations/{}), which", files[0])),
        "{told}"
    );
    // It is up to date, and as the chain says.
    let told = bed.migrate("upgrade head --dir migrations --schema public", 0);
    assert!(told.starts_with("Nothing to do"), "{told}");
    bed.migrate("check --dir migrations --schema public", 0);
    // What no one has translated is told, and nothing else.
    let told = bed.migrate("lint --dir migrations", 1);
    for error in [
        "view odd_view is to be written by hand",
        "trigger odd on tree is to be written by hand",
        "No revision makes nowhere on SQLite",
        "3 errors and",
    ] {
        assert!(told.contains(error), "{error}: {told}");
    }
    // An empty database gets the same, and is empty again afterwards.
    let empty = bed.server.create_database("empty").unwrap();
    let at =
        |url: &str, words: &str| format!("{words} --dir migrations --schema public --url {url}");
    bed.migrate(&at(empty.owner_url(), "upgrade head"), 0);
    bed.is_like(empty.owner_url(), Some("public"));
    bed.migrate(&at(empty.owner_url(), "downgrade base"), 0);
    assert!(
        schema(empty.owner_url(), Some("public"))
            .relations
            .is_empty()
    );
    // On SQLite, the chain makes what the file has.
    bed.migrate("upgrade head --dir migrations --url sqlite:new.db", 0);
    let path = |name: &str| format!("sqlite:{}", bed.path().join(name).display());
    let (new, old) = (schema(&path("new.db"), None), schema(&path("app.db"), None));
    assert_eq!(new.differences(&old), []);
    bed.migrate("downgrade base --dir migrations --url sqlite:new.db", 0);
    assert!(schema(&path("new.db"), None).relations.is_empty());
}

#[test]
fn the_schema_alone_for_an_empty_target() {
    let bed = Bed::new(SMALL);
    bed.says("plan app.db --schema books", 0);
    let told = bed.says("run --schema-only --migrations revisions", 0);
    assert!(
        told.contains("raptor migrate check --dir revisions --schema books"),
        "{told}"
    );
    let first = bed.files("revisions");
    bed.migrate("check --dir revisions --schema books", 0);
    // The rows come over later, into the same schema.
    bed.says("run --again --migrations revisions", 0);
    assert_eq!(bed.files("revisions"), first);
    bed.migrate("check --dir revisions --schema books", 0);
    // Another schema takes the place of the first, and of no file that somebody wrote.
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    let plan = plan.replace(
        "done = { type = \"boolean\"",
        "done = { type = \"smallint\"",
    );
    std::fs::write(&path, plan).unwrap();
    let answer = bed.says("run --again --migrations revisions --json", 0);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let second = bed.files("revisions");
    assert_eq!((second.len(), second == first), (1, false));
    assert_eq!(
        answer["baseline"]["file"],
        format!("revisions/{}", second[0])
    );
    bed.migrate("check --dir revisions --schema books", 0);
    // The chain goes on from there, and is not touched any more.
    bed.migrate("revision --dir revisions -m more", 0);
    let said = bed.says("run --again --migrations revisions", 2);
    assert!(said.contains("has 2 revisions already"), "{said}");
    assert_eq!(bed.files("revisions").len(), 2);
}

#[test]
fn what_is_anothers_gets_no_revision() {
    let bed = Bed::new(&format!(
        "{SMALL} CREATE TABLE schema_migrations (version TEXT);"
    ));
    bed.says("plan app.db", 0);
    let told = bed.says("run", 0);
    assert!(
        told.contains("No baseline was written: app.db has schema_migrations"),
        "{told}"
    );
    assert_eq!(bed.files("migrations"), [""; 0]);
    // A folder of other files: nothing is done where it was named, and said where it was not.
    let other = bed.path().join("migrations");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("0001_notes.sql"), "CREATE TABLE notes (id int);").unwrap();
    let said = bed.says("run --again --migrations migrations", 2);
    assert!(
        said.contains("has .sql files that are no revisions") && said.contains("0001_notes.sql"),
        "{said}"
    );
    // It was asked for.
    bed.says("run --migrations revisions", 0);
    assert_eq!(bed.files("revisions").len(), 1);
    bed.migrate("check --dir revisions --schema public", 0);
    // A database that is another chain's.
    bed.on(
        bed.urls.owner_url(),
        "UPDATE public.alembic_version SET version_num = 'a1'",
    );
    let said = bed.says("run --migrations more", 2);
    assert!(said.contains("its alembic_version has a1"), "{said}");
    assert_eq!(bed.files("more"), [""; 0]);
    bed.says("run --no-baseline", 0);
}

/// However often it is killed, there is one file, and the database is at it.
#[test]
fn a_killed_run_writes_it_once() {
    let bed = Bed::new(TRAPS);
    bed.says("plan app.db", 0);
    for wait in (0..).map(|turn| 300 + 60 * turn) {
        let mut run = bed.command("run --offline");
        run.stdout(Stdio::null()).stderr(Stdio::null());
        let mut run = run.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        run.kill().unwrap();
        run.wait().unwrap();
    }
    bed.says("run --offline", 0);
    let files = bed.files("migrations");
    assert_eq!(files.len(), 1, "{files:?}");
    bed.migrate("check --dir migrations --schema public", 0);
    // Killed when the file was written, and the database not stamped.
    bed.on(bed.urls.owner_url(), "DELETE FROM public.alembic_version");
    bed.says("run --offline", 0);
    assert_eq!(bed.files("migrations"), files);
    bed.migrate("check --dir migrations --schema public", 0);
}
