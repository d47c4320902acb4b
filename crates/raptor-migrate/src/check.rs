//! What is wrong with a chain, and with a database that stands on it. It changes neither.

use crate::chain::Chain;
use crate::error::Result;
use crate::log::{self, Log};
use crate::report::{Checked, Finding};
use crate::runner::Options;
use crate::target::Applied;
use crate::version::Versions;
use raptor_db::{Db, timestamptz_text};

/// Looks for what stops an upgrade or should: several heads; and with a database rows that the
/// chain does not know, files that are not what was applied, and a log that was changed.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database) when the database cannot be asked.
pub async fn check(db: Option<&Db>, chain: &Chain, options: &Options) -> Result<Checked> {
    let mut findings = Vec::new();
    let heads: Vec<&str> = chain.heads().map(|head| head.id()).collect();
    if heads.len() > 1 {
        let message = format!(
            "the chain has {} heads, {}, so that `upgrade head` is refused; `raptor migrate merge` joins them",
            heads.len(),
            heads.join(", ")
        );
        findings.push(Finding::new("heads", None, message));
    }
    if let Some(db) = db {
        database(db, chain, options, &mut findings).await?;
    }
    Ok(Checked {
        revisions: chain.len(),
        database: db.is_some(),
        findings,
    })
}

async fn database(
    db: &Db,
    chain: &Chain,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let schema = options.schema.as_deref();
    let rows = Versions::new(db.engine(), schema)
        .peek(db)
        .await?
        .unwrap_or_default();
    let log = Log::new(db.engine(), schema);
    let logged = log.read(db).await?;
    let applied = Applied::of(chain, &rows);
    for id in &applied.unknown {
        let message = format!(
            "the database has {id}, which this chain does not know: a newer release has been here, or another chain"
        );
        findings.push(Finding::new("unknown", None, message));
    }
    if let Some((position, wrong)) = logged.broken() {
        let message = format!("raptor_migration_log, position {position}: {wrong}");
        findings.push(Finding::new("log", None, message));
    }
    let bodies = log.bodies(db).await?;
    let noted = log::applied(&bodies);
    for (revision, _) in chain
        .iter()
        .zip(applied.revisions)
        .filter(|(_, applied)| *applied)
    {
        match noted.get(revision.id()) {
            Some((at, body)) if *body != revision.fingerprint() => {
                let message = format!(
                    "its file is not what was applied on {}",
                    timestamptz_text(*at)
                );
                findings.push(Finding::new("edited", Some(revision), message));
            }
            _ => {}
        }
    }
    Ok(())
}
