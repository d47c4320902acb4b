//! `raptor migrate import sql`: numbered files become a chain, and a database is taken over.

use super::{counted, held, must_be_empty, write};
use crate::cli::migrate::options::{engine, written_to};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Context, Result, bail};
use clap::Args;
use raptor_db::{Db, Engine};
use raptor_migrate::import::{self, Adopted, OldState, OldTable, SqlChain};
use raptor_migrate::{Chain, Options};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct FromSql {
    /// The folder of numbered files: `0001_name.sql`, 1.up.sql and 1.down.sql, `V1__name.sql`, …
    files: PathBuf,
    /// The folder that the revisions are written to; with --adopt it may hold them already
    /// [default: `RAPTOR_MIGRATE_DIR`, or migrations]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The engine that the files are written for; without it the SQL is for both
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    engine: Option<Engine>,
    /// Take the database over too: what its runner applied is recorded, and nothing is run
    #[arg(long)]
    adopt: bool,
    /// With --adopt: show what would be taken over, and change nothing; exit with 1 when it cannot be
    #[arg(long, requires = "adopt")]
    dry_run: bool,
    /// The table in which the runner keeps what it applied, when it is not found by itself
    #[arg(long, value_name = "TABLE", requires = "adopt")]
    table: Option<String>,
    /// Its column with the number, file or name of a migration
    #[arg(long, value_name = "COLUMN", requires = "adopt")]
    column: Option<String>,
    /// Its column with a checksum of the file
    #[arg(long, value_name = "COLUMN", requires = "adopt")]
    checksum: Option<String>,
    /// Its column that the rows are ordered by
    #[arg(long, value_name = "COLUMN", requires = "adopt")]
    order: Option<String>,
    /// Accept migrations that were applied in another order than that of the files
    #[arg(long, requires = "adopt")]
    any_order: bool,
    /// Accept files that were changed after they were applied
    #[arg(long, requires = "adopt")]
    any_checksum: bool,
    /// Accept that nothing is applied, though the database has tables that the files make
    #[arg(long, requires = "adopt")]
    empty_is_base: bool,
    /// Postgres: the schema that `alembic_version` goes to, made if it is missing [default: the login's own]
    #[arg(long, value_name = "SCHEMA", requires = "adopt")]
    schema: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What was done.
#[derive(Serialize)]
struct Report<'r> {
    chain: &'r SqlChain,
    /// Whether the files were written, and were not there before.
    written: bool,
    state: Option<OldState>,
    adopted: Option<Adopted>,
}

impl FromSql {
    pub(super) async fn run(&self, config: &Config) -> Result<ExitCode> {
        let chain = import::sql(&self.files, self.engine)?;
        let folder = written_to(self.dir.as_deref(), config);
        if !self.adopt {
            must_be_empty(folder)?;
            write(folder, &chain.files)?;
            return self.tell(&chain, Some(folder), None, None);
        }
        let is_there = match held(folder)? {
            Some(there) => agrees(folder, &there, &chain)?,
            None => false,
        };
        let old = self.old_table();
        let db = self.open(config).await?;
        let options = self.options(config);
        if self.dry_run {
            let state = import::old_state(&db, &chain, &old, &options).await;
            db.close().await;
            let state = state?;
            let can_be = state.can_be_adopted(&old);
            self.tell(&chain, None, Some(state), None)?;
            return Ok(ExitCode::from(u8::from(!can_be)));
        }
        let written = match is_there {
            true => None,
            false => Some(write(folder, &chain.files)?),
        };
        let adopted = import::adopt(&db, &chain, &old, &options).await;
        db.close().await;
        match adopted {
            Ok(adopted) => {
                let written = (!is_there).then_some(folder);
                self.tell(&chain, written, None, Some(adopted))
            }
            Err(error) => {
                // A database that cannot be taken over leaves no files behind.
                if let Some(written) = written {
                    written.take_away();
                }
                Err(error.into())
            }
        }
    }

    async fn open(&self, config: &Config) -> Result<Db> {
        let mut database = config.database(config.migration_url())?;
        if let Some(engine) = self.engine.filter(|it| *it != database.engine()) {
            bail!(
                "the files are for {engine}, and the database is on {}; name the database with --url",
                database.engine()
            );
        }
        database.create = false;
        Db::open(database).await.context("cannot open the database")
    }

    fn old_table(&self) -> OldTable {
        let mut old = OldTable::default();
        old.table.clone_from(&self.table);
        old.column.clone_from(&self.column);
        old.checksum.clone_from(&self.checksum);
        old.order.clone_from(&self.order);
        old.any_order = self.any_order;
        old.any_checksum = self.any_checksum;
        old.empty_is_base = self.empty_is_base;
        old
    }

    fn options(&self, config: &Config) -> Options {
        let mut options = Options::default();
        options.schema.clone_from(&self.schema);
        options.role = config.migrate_role().map(str::to_owned);
        options.release = config.release().map(str::to_owned);
        options
    }

    fn tell(
        &self,
        chain: &SqlChain,
        written: Option<&Path>,
        state: Option<OldState>,
        adopted: Option<Adopted>,
    ) -> Result<ExitCode> {
        if self.json {
            let report = Report {
                chain,
                written: written.is_some(),
                state,
                adopted,
            };
            terminal::json(&report)?;
            return Ok(ExitCode::SUCCESS);
        }
        terminal::answer(chain)?;
        if let Some(folder) = written {
            let count = counted(chain.files.len());
            terminal::answer(format_args!("Written to {}: {count}.\n", folder.display()))?;
        }
        if let Some(state) = state {
            terminal::answer(state)?;
            terminal::answer("No file was written, and no table was changed.\n")?;
        }
        if let Some(adopted) = adopted {
            terminal::answer(adopted)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The folder's revisions may be more, and none of these may be missing or another.
fn agrees(folder: &Path, there: &Chain, chain: &SqlChain) -> Result<bool> {
    for migration in &chain.migrations {
        if !there.iter().any(|it| it.id() == migration.id) {
            bail!(
                "{} holds revisions, and none is {} ({}): it was not made from these files, or they were changed since; name another folder with --dir",
                folder.display(),
                migration.id,
                migration.file
            );
        }
    }
    Ok(true)
}
