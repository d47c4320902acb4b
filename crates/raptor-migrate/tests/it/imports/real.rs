//! Chains of applications that others wrote, imported and proved. `bin/import-real` prepares them
//! and says where they are; it takes minutes, so it is no part of the other tests.

use super::project::{compared, other};
use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::Direction;
use raptor_migrate::import::{Imported, NoteKind, Project, Source, UrlBy, alembic, prove};
use serde::Deserialize;
use std::collections::BTreeSet;
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
        println!("== {} on {}", case.name, case.engine());
        differing += match runtime.block_on(one(case)) {
            Ok(differing) => differing,
            Err(why) => {
                println!("   {why}");
                1
            }
        };
        println!("   ({} s)\n", started.elapsed().as_secs());
    }
    assert_eq!(
        differing, 0,
        "comparisons with differences, or chains that could not be compared"
    );
}

impl Case {
    fn engine(&self) -> Engine {
        match self.driver.starts_with("sqlite") {
            true => Engine::Sqlite,
            false => Engine::Postgres,
        }
    }

    fn project(&self) -> Project {
        let mut project = Project::at(&self.folder);
        project.folder.clone_from(&self.folder);
        project.config.clone_from(&self.config);
        project.versions.clone_from(&self.versions);
        project.command.clone_from(&self.command);
        project.url = match self.url.as_str() {
            "ini" => UrlBy::Ini,
            name => UrlBy::Variable(name.to_owned()),
        };
        project
    }

    fn source(&self, at: &Fixture) -> Source {
        let mut source = match self.engine() {
            Engine::Sqlite => Source::sqlite(),
            Engine::Postgres => Source::postgres(Some(at.url())),
        };
        source.driver.clone_from(&self.driver);
        let before = self.before.as_ref();
        source.before = before.map(|path| std::fs::read_to_string(path).unwrap());
        source
    }

    /// Keeps the files and the whole report, to be looked at.
    fn keep(&self, imported: &Imported) -> PathBuf {
        let folder = self.folder.join(format!("chain-{}", self.engine()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        for file in &imported.files {
            std::fs::write(folder.join(&file.name), &file.text).unwrap();
        }
        std::fs::write(folder.join("report.txt"), imported.to_string()).unwrap();
        folder
    }
}

/// Imports a chain and proves it; answers how many comparisons found a difference.
#[expect(clippy::print_stdout, reason = "its answer is what it prints")]
async fn one(case: &Case) -> Result<usize, String> {
    let at = Fixture::of(case.engine()).await;
    let (project, source) = (case.project(), case.source(&at));
    let imported = alembic(&project, std::slice::from_ref(&source))
        .await
        .map_err(|error| format!("NOT IMPORTED: {error}"))?;
    println!("   {} revisions", imported.files.len());
    println!("   all files: {}", case.keep(&imported).display());
    said(&imported);
    let second = other(&at).await;
    let chain = imported.chain().unwrap();
    let compare = compared(&at, &second);
    let proof = prove(&project, &source, &chain, Some(second.url()), compare)
        .await
        .map_err(|error| format!("NOT PROVED: {error}"))?;
    let count = |direction| {
        let steps = proof.steps.iter().filter(|it| it.direction == direction);
        steps
            .map(|it| it.revision.as_str())
            .collect::<BTreeSet<_>>()
            .len()
    };
    println!(
        "   compared: {} up, {} down",
        count(Direction::Up),
        count(Direction::Down)
    );
    for line in proof.to_string().lines() {
        println!("   {line}");
    }
    Ok(proof.differing() + usize::from(proof.stopped.is_some()))
}

/// What was not taken as offline mode writes it, and what stays to be done by hand.
#[expect(clippy::print_stdout, reason = "its answer is what it prints")]
fn said(imported: &Imported) {
    let ids = |kind| {
        let ids = imported.noted(kind);
        (ids.len(), ids.into_iter().collect::<Vec<_>>().join(" "))
    };
    let (count, recorded) = ids(NoteKind::Recorded);
    println!("   recorded, as offline mode fails or writes something else ({count}): {recorded}");
    let kinds = [
        (NoteKind::Reads, "by hand, as they decide in Python by rows"),
        (NoteKind::ByHand, "by hand, as they build a table anew"),
        (NoteKind::Offline, "taken from offline mode"),
        (NoteKind::Unproven, "not compared with what runs"),
        (NoteKind::Dropped, "with statements left out"),
        (NoteKind::Irreversible, "without a way back"),
    ];
    for (kind, what) in kinds {
        let (count, _) = ids(kind);
        println!("   {what} ({count}){}", if count == 0 { "" } else { ":" });
        for note in imported.notes.iter().filter(|note| note.kind == kind) {
            println!("     {} {}: {}", note.revision, note.direction, note.text);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests have no configuration of their own"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
