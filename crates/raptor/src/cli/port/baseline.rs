//! The schema that a run made, as the first revision of a chain: where it goes, and what is said of it.

use super::Along;
use crate::clock;
use crate::config::Config;
use anyhow::{Result, bail};
use clap::Args;
use raptor_db::{Db, Scope, Sql, params};
use raptor_port::{Framework, Home, Mode, Plan, Settled};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct BaselineOptions {
    /// The folder that the schema is written to, as the first revision of `raptor migrate`
    /// [default: `RAPTOR_MIGRATE_DIR`, or migrations]
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_baseline")]
    migrations: Option<PathBuf>,
    /// Write no revision, and leave the table of versions alone
    #[arg(long)]
    no_baseline: bool,
}

/// What is to become of the schema as a revision.
pub(super) enum Wanted {
    /// It goes there.
    Written {
        home: Home,
        /// Whether the folder was named, so that it is an error when it does not.
        is_named: bool,
    },
    /// Nothing, and why; where it was not to be expected, that is not said.
    Not(Option<String>),
}

/// What became of it, as it is said.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Said {
    Settled {
        #[serde(flatten)]
        settled: Settled,
        /// What `raptor migrate` needs to be told, to find the schema.
        #[serde(skip)]
        schema: Option<String>,
    },
    Not {
        not_written: String,
        /// Whether it was asked for.
        #[serde(skip)]
        is_missing: bool,
    },
}

impl BaselineOptions {
    /// What is to be done, before anything is touched.
    pub(super) async fn look(&self, config: &Config, plan: &Plan, db: &Db) -> Result<Wanted> {
        let is_named = self.migrations.is_some();
        if plan.mode != Mode::Create {
            if is_named {
                bail!(
                    "--migrations is for a schema that is made here; in this plan it is there already (mode = \"existing\")"
                );
            }
            return Ok(Wanted::Not(None));
        }
        if self.no_baseline {
            return Ok(Wanted::Not(None));
        }
        if let Some(sign) = Framework::among(plan).first() {
            let table = sign.table;
            if is_named && sign.framework == Framework::Alembic {
                bail!(
                    "{} has {table}, where another chain says what the schema is; leave out --migrations",
                    plan.source
                );
            }
            if !is_named {
                let why = format!(
                    "{} has {table}, so that the application's own tool says what the schema is; --migrations FOLDER writes one all the same",
                    plan.source
                );
                return Ok(Wanted::Not(Some(why)));
            }
        }
        let folder = self.migrations.as_deref().or_else(|| config.migrate_dir());
        let folder = folder.unwrap_or(Path::new("migrations"));
        let mut options = raptor_migrate::Options::default();
        options.release = config.release().map(str::to_owned);
        match Home::look(folder, db, &plan.schema, options).await {
            Ok(home) => Ok(Wanted::Written { home, is_named }),
            Err(error) if !is_named && error.kind() == raptor_port::ErrorKind::Chain => {
                Ok(Wanted::Not(Some(elsewhere(&error))))
            }
            Err(error) if error.kind() == raptor_port::ErrorKind::Chain => {
                bail!("{error}; name another folder, or --no-baseline writes none")
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn elsewhere(error: &raptor_port::Error) -> String {
    format!("{error}; --migrations FOLDER writes it into another")
}

impl Wanted {
    /// Does it, after a run.
    pub(super) async fn settle(
        self,
        along: &Along,
        plan: &Plan,
        db: &Db,
        again: bool,
    ) -> Result<Option<Said>> {
        let (home, is_named) = match self {
            Self::Written { home, is_named } => (home, is_named),
            Self::Not(why) => {
                return Ok(why.map(|not_written| Said::Not {
                    not_written,
                    is_missing: false,
                }));
            }
        };
        let baseline = plan.baseline(&along.source(plan)?, db).await?;
        match home.settle(&baseline, db, &clock::stamp(), again).await {
            Ok(settled) => Ok(Some(Said::Settled {
                settled,
                schema: unfound(db, plan).await?,
            })),
            Err(error) if error.kind() == raptor_port::ErrorKind::Chain => Ok(Some(Said::Not {
                not_written: elsewhere(&error),
                is_missing: is_named,
            })),
            Err(error) => Err(error.into()),
        }
    }
}

/// The plan's schema, where the login does not find it first.
async fn unfound(db: &Db, plan: &Plan) -> Result<Option<String>> {
    static FIRST: Sql = Sql::new("SELECT current_schema()::text AS schema");
    let row = db.query_one(&Scope::system(), &FIRST, params! {}).await?;
    let first: Option<String> = row.get("schema")?;
    Ok((first.as_deref() != Some(&plan.schema)).then(|| plan.schema.clone()))
}

impl Said {
    /// Whether it was asked for, and is not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::Not {
                is_missing: true,
                ..
            }
        )
    }

    /// As a line.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Settled { settled, schema } => {
                let folder = settled.file.parent().unwrap_or(Path::new("."));
                let schema = schema.as_ref().map(|it| format!(" --schema {it}"));
                format!(
                    "The schema is revision {} ({}), which the database is stamped with; with its URL in DATABASE_OWNER_URL: raptor migrate check --dir {}{}\n",
                    settled.id,
                    settled.file.display(),
                    folder.display(),
                    schema.unwrap_or_default()
                )
            }
            Self::Not {
                not_written,
                is_missing: true,
            } => format!("MISSING baseline: {not_written}\n"),
            Self::Not { not_written, .. } => format!("No baseline was written: {not_written}\n"),
        }
    }
}
