//! Chains of applications that others wrote, imported and proved. `bin/import-real` prepares them
//! and says where they are; it takes minutes, so it is no part of the other tests.

use super::project::{compared, other};
use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::import::{NoteKind, Project, Source, UrlBy, alembic, prove};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Instant;

/// One chain of an application, on one engine.
#[derive(Deserialize)]
struct Case {
    name: String,
    folder: PathBuf,
    command: Vec<String>,
    config: Option<PathBuf>,
    #[serde(default)]
    versions: Vec<PathBuf>,
    /// `ini`, or the name of a variable.
    url: String,
    driver: String,
    /// A file with what is there before the first revision.
    before: Option<PathBuf>,
}

#[test]
#[ignore = "bin/import-real runs it, with applications to import"]
fn applications_are_the_same() {
    let path = setting("RAPTOR_IMPORT_REAL").expect("bin/import-real sets it");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut differing = 0;
    for case in &cases {
        let started = Instant::now();
        let is_sqlite = case.driver.starts_with("sqlite");
        println!(
            "== {} on {}",
            case.name,
            if is_sqlite { "sqlite" } else { "postgres" }
        );
        differing += runtime.block_on(one(case, is_sqlite));
        println!("   ({} s)\n", started.elapsed().as_secs());
    }
    assert_eq!(
        differing, 0,
        "comparisons with differences, or chains that could not be compared"
    );
}

#[expect(clippy::print_stdout, reason = "its answer is what it prints")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn one(case: &Case, is_sqlite: bool) -> usize {
    let at = if is_sqlite {
        Fixture::sqlite().await
    } else {
        Fixture::postgres().await
    };
    let mut project = Project::at(&case.folder);
    project.folder.clone_from(&case.folder);
    project.config.clone_from(&case.config);
    project.versions.clone_from(&case.versions);
    project.command.clone_from(&case.command);
    project.url = match case.url.as_str() {
        "ini" => UrlBy::Ini,
        name => UrlBy::Variable(name.to_owned()),
    };
    let mut source = match at.engine() {
        Engine::Sqlite => Source::sqlite(),
        Engine::Postgres => Source::postgres(Some(at.url())),
    };
    source.driver.clone_from(&case.driver);
    let before = case.before.as_ref();
    source.before = before.map(|path| std::fs::read_to_string(path).unwrap());
    let imported = match alembic(&project, std::slice::from_ref(&source)).await {
        Ok(imported) => imported,
        Err(error) => {
            println!("   NOT IMPORTED: {error}");
            return 1;
        }
    };
    let folder = case.folder.join("raptor-chain");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    for file in &imported.files {
        std::fs::write(folder.join(&file.name), &file.text).unwrap();
    }
    std::fs::write(folder.join("report.txt"), imported.to_string()).unwrap();
    let count = |kind| imported.noted(kind).len();
    println!(
        "   revisions {}, recorded {}, of which look at rows {}, unproven {}, irreversible {}; all notes in {}",
        imported.files.len(),
        count(NoteKind::Recorded),
        count(NoteKind::Reads),
        count(NoteKind::Unproven),
        count(NoteKind::Irreversible),
        folder.join("report.txt").display(),
    );
    let second = other(&at).await;
    let chain = imported.chain().unwrap();
    let compare = compared(&at, &second);
    let proof = prove(&project, &source, &chain, Some(second.url()), compare).await;
    let proof = match proof {
        Ok(proof) => proof,
        Err(error) => {
            println!("   NOT PROVED: {error}");
            return 1;
        }
    };
    print!(
        "{}",
        proof
            .to_string()
            .lines()
            .map(|line| format!("   {line}\n"))
            .collect::<String>()
    );
    proof.differing() + usize::from(proof.stopped.is_some())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests have no configuration of their own"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
