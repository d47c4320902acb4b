//! Chains of applications that others wrote, imported and proved. `bin/import-real` prepares them
//! and says where they are; it takes minutes, so it is no part of the other tests.

use super::project::{compared, other};
use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::Direction;
use raptor_migrate::import::{Imported, NoteKind, Project, Source, UrlBy, alembic, prove};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    // Two at once: each waits for its Python or its database half of the time.
    let next = AtomicUsize::new(0);
    let differing: usize = std::thread::scope(|scope| {
        let (next, cases) = (&next, &cases);
        let work = move || {
            let mine = || cases.get(next.fetch_add(1, Ordering::Relaxed));
            std::iter::from_fn(mine).map(told).sum::<usize>()
        };
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().map(|it| it.join().unwrap()).sum()
    });
    assert_eq!(
        differing, 0,
        "comparisons with differences, or chains that could not be compared"
    );
}

/// What counts against a chain, and what its own downgrades explain.
struct Verdict {
    failing: usize,
    own: usize,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.failing, self.own) {
            (0, 0) => f.write_str("EQUAL after every revision, up and down and all the way down"),
            (0, own) => write!(
                f,
                "EQUAL after every revision, up and down; {own} differences all the way down, or applied again, each \
                 behind a downgrade that was seen not to lead back with Alembic itself"
            ),
            (failing, _) => write!(f, "NOT EQUAL: {failing} that nothing explains"),
        }
    }
}

/// Imports and proves one, and prints what came out; answers how much counts against it.
#[expect(clippy::print_stdout, reason = "its answer is what it prints")]
fn told(case: &Case) -> usize {
    let started = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut out = format!("== {} on {}\n", case.name, case.engine());
    let verdict = runtime.block_on(one(case, &mut out)).unwrap_or_else(|why| {
        writeln!(out, "   {why}").unwrap();
        Verdict { failing: 1, own: 0 }
    });
    println!("{out}   {verdict} ({} s)\n", started.elapsed().as_secs());
    verdict.failing
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

/// Imports a chain and proves it.
async fn one(case: &Case, out: &mut String) -> Result<Verdict, String> {
    let at = Fixture::of(case.engine()).await;
    let (project, source) = (case.project(), case.source(&at));
    let imported = alembic(&project, std::slice::from_ref(&source))
        .await
        .map_err(|error| format!("NOT IMPORTED: {error}"))?;
    writeln!(out, "   {} revisions", imported.files.len()).unwrap();
    writeln!(out, "   all files: {}", case.keep(&imported).display()).unwrap();
    said(&imported, out);
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
    writeln!(
        out,
        "   compared: {} up, {} down",
        count(Direction::Up),
        count(Direction::Down)
    )
    .unwrap();
    for line in proof.to_string().lines() {
        writeln!(out, "   {line}").unwrap();
    }
    writeln!(
        out,
        "   {} revisions, {} comparisons: {} differing or not applied again by ours, and {} that no downgrade of its own explains; {} recorded, \
         {} decide in Python, {} files with lines to do by hand, {} downgrades do not lead back",
        imported.files.len(),
        proof.steps.len() + proof.way_down.len(),
        proof.differing() + proof.differing_on_the_way_down() + proof.failing_again(),
        proof.unexplained(),
        imported.noted(NoteKind::Recorded).len(),
        imported.noted(NoteKind::Reads).len(),
        imported.unfinished(),
        proof.not_back.len()
    )
    .unwrap();
    // A difference is the application's own only behind a downgrade that was seen not to lead back.
    let all = proof.differing_on_the_way_down() + proof.failing_again();
    let failing = proof.differing() + proof.unexplained() + usize::from(proof.stopped.is_some());
    Ok(Verdict {
        failing,
        own: all - proof.unexplained(),
    })
}

/// What was not taken as offline mode writes it, and what stays to be done by hand.
fn said(imported: &Imported, out: &mut String) {
    let ids = |kind| {
        let ids = imported.noted(kind);
        (ids.len(), ids.into_iter().collect::<Vec<_>>().join(" "))
    };
    let (count, recorded) = ids(NoteKind::Recorded);
    writeln!(
        out,
        "   recorded, as offline mode fails or writes something else ({count}): {recorded}"
    )
    .unwrap();
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
        writeln!(
            out,
            "   {what} ({count}){}",
            if count == 0 { "" } else { ":" }
        )
        .unwrap();
        for note in imported.notes.iter().filter(|note| note.kind == kind) {
            writeln!(
                out,
                "     {} {}: {}",
                note.revision, note.direction, note.text
            )
            .unwrap();
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
