//! `raptor migrate import alembic`: takes a project's chain over, and proves it.

use super::{counted, must_be_empty, write};
use crate::cli::migrate::options::{engine, written_to};
use crate::cli::migrate::scratch::Scratch;
use crate::cli::terminal;
use crate::config::Config;
use anyhow::Result;
use clap::Args;
use raptor_db::Engine;
use raptor_migrate::import::{self, Imported, Project, Proof, Source, UrlBy};
use raptor_migrate::{Chain, DifferenceKind, Options, catalog};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct FromAlembic {
    /// Its alembic.ini or pyproject.toml, or the folder that holds it, env.py or the scripts
    project: PathBuf,
    /// The folder that the files are written to; it is made, and must hold no revision
    /// [default: `RAPTOR_MIGRATE_DIR`, or migrations]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The engines to write sections for
    #[arg(
        long,
        value_name = "ENGINE",
        value_delimiter = ',',
        default_value = "postgres,sqlite",
        value_parser = engine
    )]
    engine: Vec<Engine>,
    /// What starts the project's own Alembic, such as `poetry run alembic`
    #[arg(long, value_name = "COMMAND")]
    alembic: Option<String>,
    /// The environment variable by which the project takes the database's URL, instead of its ini
    #[arg(long, value_name = "NAME", conflicts_with = "url_argument")]
    url_variable: Option<String>,
    /// The name of the argument `-x NAME=URL` by which the project takes it
    #[arg(long, value_name = "NAME")]
    url_argument: Option<String>,
    /// How the URL for Postgres begins in the project, such as postgresql+psycopg2
    #[arg(long, value_name = "DRIVER")]
    postgres_driver: Option<String>,
    /// Write the files without proving that they come to the same
    #[arg(long)]
    no_proof: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What was taken over, and how it compares.
#[derive(Serialize)]
struct Report<'r> {
    imported: &'r Imported,
    proofs: &'r [Proof],
}

impl FromAlembic {
    pub(super) async fn run(&self, config: &Config) -> Result<ExitCode> {
        let folder = written_to(self.dir.as_deref(), config);
        must_be_empty(folder)?;
        let project = self.project();
        let mut scratch = Vec::new();
        let mut sources = Vec::new();
        for &engine in &self.engine {
            let databases = Scratch::new(engine)?;
            sources.push(self.source(&databases, engine).await?);
            scratch.push(databases);
        }
        let imported = import::alembic(&project, &sources).await.map_err(hinted)?;
        let chain = imported.chain()?;
        let mut proofs = Vec::new();
        for (databases, source) in scratch.iter().zip(&sources).filter(|_| !self.no_proof) {
            proofs.push(proved(&project, databases, source, &chain).await?);
        }
        write(folder, &imported.files)?;
        self.tell(folder, &imported, &proofs)?;
        Ok(ExitCode::from(u8::from(!proofs.iter().all(Proof::holds))))
    }

    fn project(&self) -> Project {
        let mut project = Project::at(&self.project);
        if let Some(command) = &self.alembic {
            project.command = command.split_whitespace().map(str::to_owned).collect();
        }
        if let Some(name) = &self.url_variable {
            project.url = UrlBy::Variable(name.clone());
        } else if let Some(name) = &self.url_argument {
            project.url = UrlBy::Argument(name.clone());
        } else if project.command.iter().any(|word| word.contains("{url}")) {
            project.url = UrlBy::Command;
        }
        project
    }

    async fn source(&self, databases: &Scratch, engine: Engine) -> Result<Source> {
        if engine == Engine::Sqlite {
            return Ok(Source::sqlite());
        }
        let url = databases.url("theirs", None).await?;
        let mut source = Source::postgres(Some(&url));
        if let Some(driver) = &self.postgres_driver {
            source.driver.clone_from(driver);
        }
        Ok(source)
    }

    fn tell(&self, folder: &Path, imported: &Imported, proofs: &[Proof]) -> Result<()> {
        if self.json {
            let report = Report { imported, proofs };
            return terminal::json(&report);
        }
        terminal::answer(imported)?;
        proofs.iter().try_for_each(terminal::answer)?;
        terminal::answer(format_args!(
            "Written to {}: {}.\n",
            folder.display(),
            counted(imported.files.len())
        ))
    }
}

/// What the project's own driver is, Alembic does not say.
fn hinted(error: raptor_migrate::Error) -> anyhow::Error {
    let is_driver = error.to_string().contains("No module named 'psycopg");
    let error = anyhow::Error::from(error);
    if is_driver {
        return error.context(
            "the project takes another driver for Postgres; name it, as --postgres-driver postgresql+psycopg2",
        );
    }
    error
}

/// Alembic on one database, Raptor on another, compared after every revision.
async fn proved(
    project: &Project,
    databases: &Scratch,
    source: &Source,
    chain: &Chain,
) -> Result<Proof> {
    let ours = match source.engine {
        Engine::Postgres => Some(databases.url("ours", None).await?),
        Engine::Sqlite => None,
    };
    let compare = async |theirs: &raptor_db::Db, ours: &raptor_db::Db| {
        let options = Options::default();
        let (theirs, ours) = (
            catalog(theirs, &options).await?,
            catalog(ours, &options).await?,
        );
        let differences = theirs.differences_ignoring(&ours, &[DifferenceKind::Owner]);
        let sentence =
            |it: &raptor_migrate::Difference| it.between("with Alembic", "with Raptor").to_string();
        Ok(differences.iter().map(sentence).collect())
    };
    Ok(import::prove(project, source, chain, ours.as_deref(), compare).await?)
}
