//! A made-up project that Alembic migrates, in a folder of its own, and what compares databases.

use crate::fixture::Fixture;
use raptor_db::{Db, Engine, Scope, Sql, params};
use raptor_migrate::import::{Imported, Project, Proof, Source, alembic, prove};
use raptor_migrate::{Chain, Error};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The virtual environment with Alembic.
static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let made = Command::new(format!("{root}/bin/alembic")).status();
    assert!(
        made.is_ok_and(|made| made.success()),
        "bin/alembic cannot make target/alembic"
    );
    Path::new(root).join("target/alembic/bin")
});

/// The default `env.py`, without what the tests do not need.
pub(crate) const ENV: &str = "\
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
url = config.get_main_option('sqlalchemy.url')

if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(config.get_section('alembic'), prefix='sqlalchemy.', poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
";

/// A project in a folder.
pub(crate) struct Made {
    folder: tempfile::TempDir,
    pub(crate) project: Project,
}

impl Made {
    /// A project with these scripts: name and text.
    pub(crate) fn new(env: &str, scripts: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ini =
            "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = driver://nowhere\n";
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("alembic.ini", ini);
        write("migrations/env.py", env);
        for (name, text) in scripts {
            write(&format!("migrations/versions/{name}.py"), text);
        }
        let mut project = Project::at(folder.path());
        project.command = vec![PYTHON.join("alembic").display().to_string()];
        Self { folder, project }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn import(&self, sources: &[Source]) -> Result<Imported, Error> {
        alembic(&self.project, sources).await
    }
}

/// A script: its docstring, the four values, and the bodies, each of which begins a function.
pub(crate) fn script(values: &str, up: &str, down: &str) -> String {
    let indented = |body: &str| {
        body.lines()
            .map(|line| format!("    {line}\n"))
            .collect::<String>()
    };
    format!(
        "{values}\n\nimport sqlalchemy as sa\nfrom alembic import context, op\n\n\n\
         def upgrade():\n{}\n\ndef downgrade():\n{}",
        indented(up),
        indented(down)
    )
}

/// What to import for the fixture's engine; its database is the one to record in.
pub(crate) fn source(at: &Fixture) -> Source {
    match at.engine() {
        Engine::Sqlite => Source::sqlite(),
        Engine::Postgres => {
            let mut source = Source::postgres(Some(at.url()));
            source.driver = "postgresql+psycopg2".to_owned();
            source
        }
    }
}

/// Another database of the same engine.
pub(crate) async fn other(at: &Fixture) -> Fixture {
    match at.engine() {
        Engine::Sqlite => Fixture::sqlite().await,
        Engine::Postgres => Fixture::postgres().await,
    }
}

/// What compares Alembic's database, which is the first on Postgres, with ours.
pub(crate) fn compared(
    theirs: &Fixture,
    ours: &Fixture,
) -> impl AsyncFnMut(&Db, &Db) -> Result<Vec<String>, Error> {
    let urls = (theirs.url().to_owned(), ours.url().to_owned());
    async move |theirs: &Db, ours: &Db| match theirs.engine() {
        Engine::Sqlite => Ok(lines(&schema(theirs).await, &schema(ours).await)),
        Engine::Postgres => Ok(lines(&dump(&urls.0), &dump(&urls.1))),
    }
}

/// Proves a chain on the fixture's database and on another one.
pub(crate) async fn proof(made: &Made, at: &Fixture, chain: &Chain) -> Proof {
    let second = other(at).await;
    let compare = compared(at, &second);
    prove(
        &made.project,
        &source(at),
        chain,
        Some(second.url()),
        compare,
    )
    .await
    .unwrap()
}

/// SQLite's own text of everything, to the letter; but Alembic writes the constraints of a table that
/// it copies in an order that changes from run to run.
pub(crate) async fn schema(db: &Db) -> String {
    let query = Sql::dynamic(
        "SELECT type || ' ' || name || ' on ' || tbl_name || ': ' || coalesce(sql, '') FROM sqlite_schema \
         WHERE tbl_name <> 'raptor_migration_log' ORDER BY type, name",
    );
    let rows = db
        .query(&Scope::system(), &query, params! {})
        .await
        .unwrap();
    let texts = rows.iter().map(|row| row.get::<String>(0).unwrap());
    texts.map(|text| sorted(&text) + "\n").collect()
}

fn sorted(text: &str) -> String {
    let words = ["CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN", "PRIMARY"];
    let is_constraint = |line: &&str| words.iter().any(|word| line.starts_with(word));
    let lines = text.lines().map(|line| line.trim().trim_end_matches(','));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let mut constraints: Vec<&str> = lines.iter().copied().filter(is_constraint).collect();
    constraints.sort_unstable();
    let others = lines.iter().copied().filter(|line| !is_constraint(line));
    others.chain(constraints).collect::<Vec<_>>().join("\n")
}

/// What `pg_dump` writes of everything, our log aside.
pub(crate) fn dump(url: &str) -> String {
    let out = Command::new("pg_dump")
        .args([
            "--schema-only",
            "--no-owner",
            "--exclude-table=*.raptor_migration_log",
            url,
        ])
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    // The log's function, from its comment to the next one; and what differs from run to run.
    let mut kept = String::new();
    let mut is_ours = false;
    for line in text.lines() {
        if line.starts_with("-- Name:") {
            is_ours = line.contains("raptor_migration_log");
        }
        if !is_ours
            && !line.starts_with("\\")
            && !line.trim().is_empty()
            && line != "--"
            && !line.starts_with("SET ")
        {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The lines that stand on one side alone.
fn lines(theirs: &str, ours: &str) -> Vec<String> {
    if theirs == ours {
        return Vec::new();
    }
    let alone = |one: &str, other: &str, what: &str| {
        let others: Vec<&str> = other.lines().collect();
        let alone = one.lines().filter(|line| !others.contains(line));
        alone
            .map(|line| format!("{what}: {line}"))
            .collect::<Vec<_>>()
    };
    let mut all = alone(theirs, ours, "Alembic alone");
    all.extend(alone(ours, theirs, "ours alone"));
    if all.is_empty() {
        let pairs = theirs.lines().zip(ours.lines());
        let (theirs, ours) = pairs.into_iter().find(|(a, b)| a != b).unwrap();
        all.push(format!(
            "another order: {theirs:?} with Alembic where ours has {ours:?}"
        ));
    }
    all
}
