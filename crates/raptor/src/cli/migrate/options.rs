//! Which chain, which database, and how the answer is printed.

use crate::chain;
use crate::config::{Config, duration};
use anyhow::{Context, Result};
use clap::Args;
use raptor_db::{Db, Engine};
use raptor_migrate::Chain;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Of the commands that read the chain alone.
#[derive(Args)]
pub(crate) struct Options {
    /// A folder of revisions of your own, instead of `RAPTOR_MIGRATE_DIR` or the ones in the binary
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The revisions in the binary, whatever folder of revisions is here
    #[arg(long, conflicts_with = "dir")]
    built_in: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Of the commands that ask or change a database.
#[derive(Args)]
pub(crate) struct Where {
    #[command(flatten)]
    options: Options,
    /// Postgres: the schema to work in, made if it is missing [default: raptor, or with --dir the login's own]
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
}

/// Of the commands that run revisions.
#[derive(Args)]
pub(crate) struct Running {
    #[command(flatten)]
    at: Where,
    /// Postgres: the role to become, which then owns what is made, instead of `RAPTOR_MIGRATE_ROLE`
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Refuse a database with revisions that this chain does not know, instead of leaving it alone
    #[arg(long)]
    strict: bool,
    /// Accept that the file of this applied revision has been changed
    #[arg(long, value_name = "ID")]
    allow_edited: Vec<String>,
    /// How long to wait while another deployer migrates
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration::parse)]
    lock_wait: Duration,
    /// How long all of it may take
    #[arg(long, value_name = "TIME", default_value = "50m", value_parser = duration::parse)]
    budget: Duration,
}

impl Running {
    pub(super) fn at(&self) -> &Where {
        &self.at
    }

    pub(super) fn runner(&self, config: &Config) -> raptor_migrate::Options {
        let mut options = self.at.runner(config);
        if self.role.is_some() {
            options.role.clone_from(&self.role);
        }
        options.strict = self.strict;
        options.allow_edited.clone_from(&self.allow_edited);
        options.lock_wait = self.lock_wait;
        options.budget = self.budget;
        options
    }
}

/// What says how the answer is printed.
pub(super) trait Folder {
    fn json(&self) -> bool;
}

impl Folder for Options {
    fn json(&self) -> bool {
        self.json
    }
}

impl Folder for Where {
    fn json(&self) -> bool {
        self.options.json
    }
}

impl Options {
    fn folder<'o>(&'o self, config: &'o Config) -> Option<&'o Path> {
        let folder = self.dir.as_deref().or_else(|| config.migrate_dir());
        folder.filter(|_| !self.built_in)
    }

    pub(super) fn chain(&self, config: &Config) -> Result<Cow<'static, Chain>> {
        Ok(match self.folder(config) {
            Some(folder) => {
                let chain = Chain::from_dir(folder)?;
                anyhow::ensure!(
                    !chain.is_empty(),
                    "the folder {} holds no revision (a file `*.sql` that begins with `-- raptor: id=…`)",
                    folder.display()
                );
                Cow::Owned(chain)
            }
            None => {
                anyhow::ensure!(
                    self.built_in || !holds_others(),
                    "{FOLDER}/ here holds revisions that are not in this binary: --dir {FOLDER} or RAPTOR_MIGRATE_DIR={FOLDER} takes those, --built-in the ones in the binary"
                );
                Cow::Borrowed(chain::chain())
            }
        })
    }
}

/// Someone who has a folder of other revisions here may well mean that one.
fn holds_others() -> bool {
    let is_known = |id: &str| chain::chain().iter().any(|it| it.id() == id);
    Chain::from_dir(Path::new(FOLDER)).is_ok_and(|there| !there.iter().all(|it| is_known(it.id())))
}

/// Where revisions are written to, when nothing says where.
const FOLDER: &str = "migrations";

/// The folder that revisions are written to.
pub(super) fn written_to<'f>(dir: Option<&'f Path>, config: &'f Config) -> &'f Path {
    dir.or_else(|| config.migrate_dir())
        .unwrap_or(Path::new(FOLDER))
}

impl Where {
    pub(super) fn chain(&self, config: &Config) -> Result<Cow<'static, Chain>> {
        self.options.chain(config)
    }

    pub(super) fn runner(&self, config: &Config) -> raptor_migrate::Options {
        let mut options = match self.options.folder(config) {
            Some(_) => raptor_migrate::Options::default(),
            None => chain::options(),
        };
        if let Some(schema) = &self.schema {
            options.schema = Some(schema.clone());
        }
        options.role = config.migrate_role().map(str::to_owned);
        options.release = config.release().map(str::to_owned);
        options
    }

    /// The database; an SQLite file is not made.
    pub(super) async fn open(&self, config: &Config) -> Result<Db> {
        open(config, false).await
    }

    /// The database; an SQLite file is made when it is missing.
    pub(super) async fn open_or_make(&self, config: &Config) -> Result<Db> {
        open(config, true).await
    }
}

async fn open(config: &Config, create: bool) -> Result<Db> {
    let mut database = config.database(config.migration_url())?;
    database.create = create;
    Db::open(database).await.context("cannot open the database")
}

/// An engine, by its name.
pub(super) fn engine(text: &str) -> Result<Engine, String> {
    match text {
        "postgres" => Ok(Engine::Postgres),
        "sqlite" => Ok(Engine::Sqlite),
        _ => Err("there are two engines, postgres and sqlite".to_owned()),
    }
}

/// Whether the database is an SQLite file that is not there.
pub(super) fn is_missing(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<raptor_db::Error>();
    error.is_some_and(|error| error.kind() == raptor_db::ErrorKind::NotFound)
}

/// Whose privileges were too few, and whose are needed.
pub(super) fn owned(config: &Config, error: raptor_migrate::Error) -> anyhow::Error {
    let error = anyhow::Error::from(error);
    // Row security and roles that may not be taken are refused to owners too.
    let is_of_an_owner = |cause: &raptor_db::Error| {
        let message = cause.message();
        cause.kind() == raptor_db::ErrorKind::Permission
            && (message.starts_with("permission denied for")
                || message.starts_with("must be owner"))
    };
    let is_refused = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<raptor_db::Error>())
        .any(is_of_an_owner);
    if is_refused && !config.has_owner() {
        return error.context(
            "this login may not migrate; DATABASE_OWNER_URL is not set, and is to name the owner's",
        );
    }
    let is_unwritable = |cause: &raptor_db::Error| {
        let code = cause.code().and_then(|code| code.strip_prefix("sqlite:"));
        // The lowest byte is the kind: SQLITE_READONLY.
        code.and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|code| code & 0xff == 8)
    };
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
    if causes.any(is_unwritable) {
        let file = config.migration_url();
        let message = format!(
            "this user may not write the SQLite database {file}, or the folder that it is in, where its -wal and -shm files stand"
        );
        return error.context(message);
    }
    error
}
