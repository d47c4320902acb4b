//! `import alembic`: the whole way from a project's scripts to files of ours.

use super::choice::{Heard, Problems};
use super::config::{self, Locations};
use super::graph::graph;
use super::imported::{Imported, ImportedFile, Note};
use super::project::Project;
use super::recorder::{Hello, Mode, Recorder};
use super::scratch::At;
use super::script::{self, Described, Read, Script};
use super::source::Source;
use super::takes::{self, Takes};
use super::written::{self, Sides};
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Planned;
use crate::report::Direction;
use crate::steps::Steps;
use raptor_db::Engine;
use std::collections::BTreeMap;
use std::path::Path;

/// Takes over the chain of a project that Alembic migrates; nothing is written to the project.
///
/// The graph is read from the scripts without Python. The SQL is what the project's own Alembic
/// writes with `--sql`, compared with what it really does to a throw-away database, and recorded
/// there where the two differ or offline mode fails. [`prove`](super::prove) compares the outcome.
///
/// ```no_run
/// # async fn example() -> raptor_migrate::Result<()> {
/// use raptor_migrate::import::{Project, Source, alembic};
/// let imported = alembic(&Project::at("shop"), &[Source::sqlite()]).await?;
/// for file in &imported.files {
///     std::fs::write(format!("migrations/{}", file.name), &file.text).expect("the folder is there");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Io`] for what cannot be read or started, [`ErrorKind::Graph`] for scripts that make
/// no graph, [`ErrorKind::Format`] for ids that cannot be kept, [`ErrorKind::Unsupported`] for what
/// cannot be taken over, each revision named, and [`ErrorKind::Database`].
pub async fn alembic(project: &Project, sources: &[Source]) -> Result<Imported> {
    if sources.is_empty() {
        let message = "name an engine to import for: postgres, sqlite or both";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let mut remarks = Vec::new();
    let scripts = scripts(project, &sources[0], &mut remarks).await?;
    let (chain, by_id) = graph(scripts)?;
    let mut notes = Vec::new();
    let mut problems = Problems::default();
    let mut sides: Vec<Vec<Sides>> = chain.iter().map(|_| Vec::new()).collect();
    for source in sources {
        let (offline, online) = heard(project, source, &chain).await?;
        if let Some(takes) = online.as_ref().or(offline.as_ref().ok()) {
            about_versions(source, &takes.hello, &mut remarks);
        }
        let mut heard = Heard {
            engine: source.engine,
            offline,
            online,
            notes: &mut notes,
            problems: &mut problems,
        };
        for (place, revision) in chain.iter().enumerate() {
            let up = heard.choose(place, revision, Direction::Up);
            let down = heard.choose(place, revision, Direction::Down);
            sides[place].push(Sides {
                engine: source.engine,
                up,
                down,
            });
        }
    }
    stop_at(problems.told())?;
    let files = files(&chain, &by_id, &sides, &mut notes)?;
    about_engines(sources, &mut remarks);
    Ok(Imported {
        engines: sources
            .iter()
            .map(|source| source.engine.as_str())
            .collect(),
        files,
        notes,
        remarks,
    })
}

/// What offline mode writes, and what is recorded where there is a database for it. One of them may
/// be missing.
async fn heard(
    project: &Project,
    source: &Source,
    chain: &Chain,
) -> Result<(Result<Takes, String>, Option<Takes>)> {
    let offline = takes::offline(project, source, chain).await;
    if source.engine == Engine::Postgres && source.scratch.is_none() {
        return Ok((Ok(offline?), None));
    }
    let online = takes::online(project, source, chain).await?;
    Ok((offline.map_err(|error| error.to_string()), Some(online)))
}

fn about_versions(source: &Source, hello: &Hello, remarks: &mut Vec<String>) {
    let table = &hello.version_table;
    if table == "alembic_version" && hello.version_schema.is_none() {
        return;
    }
    let schema = hello.version_schema.as_ref();
    let schema = schema.map(|it| format!("{it}.")).unwrap_or_default();
    remarks.push(format!(
        "On {} the project keeps its versions in {schema}{table}; a database that it migrated has to be stamped once \
         with what stands there.",
        source.engine
    ));
}

fn about_engines(sources: &[Source], remarks: &mut Vec<String>) {
    for source in sources.iter().filter(|source| source.before.is_some()) {
        remarks.push(format!(
            "On {} the chain does not begin with nothing: what was made before its first revision is not part of it.",
            source.engine
        ));
    }
    if let [source] = sources {
        let other = match source.engine {
            Engine::Postgres => Engine::Sqlite,
            Engine::Sqlite => Engine::Postgres,
        };
        remarks.push(format!(
            "Only {} was imported: the sections for {other} are empty, and on {other} the chain makes nothing.",
            source.engine
        ));
    }
}

fn stop_at(problems: Vec<String>) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, problems.join("\n")))
}

/// The scripts, those with values that are no literals read by Python.
async fn scripts(
    project: &Project,
    source: &Source,
    remarks: &mut Vec<String>,
) -> Result<Vec<Script>> {
    let mut described = None;
    let reads = match config::locations(project)? {
        Locations::Folders { folders, deep } => config::scripts(&folders, deep)?,
        Locations::Package(package) => {
            let scripts = ask(project, source).await.map_err(|error| {
                let what = format!(
                    "{package} is inside a package, which Python has to find; name the folder of the scripts itself, or \
                     mend what hindered it"
                );
                error.because(ErrorKind::Unsupported, &what)
            })?;
            let files = scripts
                .iter()
                .map(|it| (it.path.clone(), file_name(&it.path)));
            let reads = files.map(|(path, file)| script::read(&path, &file));
            let reads = reads.collect::<Result<Vec<_>>>()?;
            described = Some(scripts);
            reads
        }
    };
    let mut scripts = Vec::new();
    for read in reads {
        let opaque = match read {
            Read::Script(script) => {
                scripts.push(script);
                continue;
            }
            Read::Opaque(opaque) => opaque,
        };
        if described.is_none() {
            let asked = ask(project, source).await.map_err(|error| {
                let what = format!(
                    "{}; Python was to say what it is, and could not be asked",
                    opaque.why
                );
                error.because(ErrorKind::Unsupported, &what)
            });
            described = Some(asked?);
        }
        let real = std::fs::canonicalize(&opaque.path).unwrap_or(opaque.path);
        let all = described.iter().flatten();
        let Some(by) = all.clone().find(|it| it.path == real) else {
            let message = format!("{}, and Python does not know the file", opaque.why);
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        remarks.push(format!("{}; Python was asked.", opaque.why));
        scripts.push(Script::described(opaque.file, by.clone()));
    }
    Ok(scripts)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

async fn ask(project: &Project, source: &Source) -> Result<Vec<Described>> {
    let mut recorder = Recorder::start(project, &At::nowhere(source), Mode::Offline).await?;
    recorder.scripts().await
}

/// The files, each of which is read again, and all of which make a chain that can run.
fn files(
    chain: &Chain,
    scripts: &BTreeMap<String, Script>,
    sides: &[Vec<Sides>],
    notes: &mut Vec<Note>,
) -> Result<Vec<ImportedFile>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for (revision, sides) in chain.iter().zip(sides) {
        match written::file(revision, &scripts[revision.id()], sides, notes) {
            Ok(file) => files.push(file),
            Err(error) => problems.push(format!("{}: {error}", revision.file())),
        }
    }
    stop_at(problems)?;
    let texts: Vec<(&str, &str)> = files
        .iter()
        .map(|it| (it.name.as_str(), it.text.as_str()))
        .collect();
    let made = Chain::embedded(&texts)?;
    let engines: Vec<Engine> = sides.iter().flatten().map(|side| side.engine).collect();
    let mut problems = Vec::new();
    for (place, revision) in made.iter().enumerate() {
        for engine in [Engine::Postgres, Engine::Sqlite]
            .iter()
            .filter(|it| engines.contains(it))
        {
            for direction in [Direction::Up, Direction::Down] {
                let planned = Planned::new(&made, place, direction, *engine, &Steps::new());
                match planned.map(drop) {
                    Err(error) if error.kind() != ErrorKind::Irreversible => {
                        problems.push(format!(
                            "{}: {error}",
                            chain.revision(revision.id())?.file()
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
    stop_at(problems)?;
    Ok(files)
}
