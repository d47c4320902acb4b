//! What this chain does not have and the database does, or has replaced without keeping the files: the
//! log holds what it stands on, and its way back.

use super::Options;
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Log, Logged};
use crate::revision::Revision;
use crate::target::{self, Applied};
use crate::version::Versions;
use raptor_db::Db;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Neither the files nor the log have the way back of a replaced revision.
fn nowhere(chain: &Chain, row: &str, id: &str) -> Error {
    let (new, _) = chain.stand_in(row);
    let message = format!(
        "the database is at {row}, one of the revisions that {new} replaces, and neither a file nor the log has the way back of {id}; \
         a release that has their files takes it back"
    );
    Error::new(ErrorKind::UnknownRevision, message)
}

/// The chain, and with rows that it does not know also what the log has of them.
pub(super) async fn with_logged<'c>(
    db: &Db,
    chain: &'c Chain,
    target: &str,
    options: &Options,
) -> Result<Cow<'c, Chain>> {
    let schema = options.schema.as_deref();
    let rows = Versions::new(db.engine(), schema)
        .peek(db)
        .await?
        .unwrap_or_default();
    let applied = Applied::of(chain, &rows);
    if let Some(row) = applied.halfway.first() {
        target::is_below_stand_in(chain, target, row)?;
        if let Ok((old, _)) = chain.old_way(row) {
            return Ok(Cow::Borrowed(old));
        }
    }
    if applied.unknown.is_empty() && applied.halfway.is_empty() {
        return Ok(Cow::Borrowed(chain));
    }
    let logged = Log::new(db.engine(), schema).read(db).await?;
    match (lent(chain, &logged, &applied)?, applied.halfway.first()) {
        (Ok(chain), _) => Ok(Cow::Owned(chain)),
        (Err(id), Some(row)) => Err(nowhere(chain, row, &id)),
        // Without its file the refusal that follows names it.
        (Err(_), None) => Ok(Cow::Borrowed(chain)),
    }
}

/// What of the chain is applied, on a database with rows that it does not know; none where the log
/// does not say what these stand on.
pub(crate) fn applied_below(
    chain: &Chain,
    logged: &Logged,
    rows: &BTreeSet<String>,
) -> Option<Vec<bool>> {
    let lent = lent(chain, logged, &Applied::of(chain, rows)).ok()?.ok()?;
    let applied = Applied::of(&lent, rows).revisions;
    let is_applied = |id: &str| lent.place_of(id).is_some_and(|place| applied[place]);
    Some(chain.iter().map(|it| is_applied(it.id())).collect())
}

/// How many revisions of the chain are not applied; none where nothing says so.
pub(crate) async fn pending(
    db: &Db,
    log: &Log,
    chain: &Chain,
    rows: &BTreeSet<String>,
) -> Result<Option<usize>> {
    let applied = Applied::of(chain, rows);
    if applied.unknown.is_empty() {
        return Ok(Some(chain.len() - applied.count()));
    }
    let below = applied_below(chain, &log.read(db).await?, rows);
    Ok(below.map(|below| below.iter().filter(|applied| !**applied).count()))
}

/// The chain with what the log has of the applied revisions that it lacks, and of those that they stand
/// on; or the id of one that the log lacks too.
fn lent(chain: &Chain, logged: &Logged, applied: &Applied) -> Result<Result<Chain, String>> {
    let files = logged.files();
    let mut revisions = chain.without_stand_ins(&applied.halfway);
    let mut known: BTreeSet<String> = revisions.iter().map(|it| it.id().to_owned()).collect();
    let mut open: Vec<String> = applied.unknown.clone();
    open.extend(applied.halfway.iter().cloned());
    while let Some(id) = open.pop() {
        if known.contains(&id) {
            continue;
        }
        let Some(text) = files.get(id.as_str()) else {
            return Ok(Err(id));
        };
        let name = format!("raptor_migration_log ({id})");
        let revision = Revision::parse(&name, text).map_err(|error| error.in_revision(&id))?;
        open.extend(revision.revises().iter().cloned());
        open.extend(
            revision
                .depends()
                .iter()
                .filter_map(|on| on.id().map(str::to_owned)),
        );
        known.insert(id);
        revisions.push(revision);
    }
    Chain::of(revisions).map(Ok).map_err(|error| {
        Error::new(
            error.kind(),
            format!("this chain and what the log has do not fit together: {error}"),
        )
    })
}
