//! The product's own chain of revisions, embedded in the binary.

use anyhow::{Context, Result};
use raptor_db::Db;
use raptor_migrate::{Chain, Options, Status};
use std::fmt;
use std::sync::LazyLock;

/// The schema that the product lives in on Postgres.
const SCHEMA: &str = "raptor";

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../migrations/", $name)))),+]
    };
}

/// Every file of `migrations/`; a test compares the two.
const FILES: &[(&str, &str)] = files![
    "20261125_5e1b7c90d2a4_customers_sessions_staff.sql",
    "20261127_b3f09a6e71c4_token_proofs.sql",
];

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    Chain::embedded(FILES).expect("the tests have read the chain that this binary holds")
});

/// The chain in this binary.
pub(crate) fn chain() -> &'static Chain {
    &CHAIN
}

/// The names of the files in this binary.
pub fn revisions() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

/// How the product's databases are migrated.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.schema = Some(SCHEMA.to_owned());
    options
}

/// Brings a database to head; answers how many revisions were run.
///
/// # Errors
/// What the chain fails with.
pub async fn migrate_all(db: &Db) -> Result<usize> {
    let ran = raptor_migrate::upgrade(db, chain(), "head", &options(), |_| {})
        .await
        .context("cannot bring the database to head")?;
    Ok(ran.steps.len())
}

/// How a database stands to this binary.
pub(crate) struct Standing(Status);

impl Standing {
    /// Whether this binary can serve from it: at head, or migrated by a newer release, which has to
    /// keep the one before it alive.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.0, Status::AtHead | Status::Ahead(_))
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Status::AtHead => f.write_str("at head"),
            Status::Ahead(unknown) => write!(
                f,
                "ahead of this release: a newer one migrated the database to {}",
                unknown.join(", ")
            ),
            Status::Behind(count) => {
                write!(f, "the database is {count} revision(s) behind this release")
            }
            Status::Empty => f.write_str("the database is empty: no revision is applied"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// How a database stands to this binary: one SELECT.
///
/// # Errors
/// When the version table cannot be read.
pub(crate) async fn status(db: &Db) -> Result<Standing> {
    let status = raptor_migrate::status(db, chain(), &options()).await?;
    Ok(Standing(status))
}
