//! What this chain does not have and the database does: the log holds what it stands on, and its way
//! back.

use super::Options;
use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::log::{Log, Logged};
use crate::revision::Revision;
use crate::target::Applied;
use crate::version::Versions;
use raptor_db::Db;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The chain, and with rows that it does not know also what the log has of them.
pub(super) async fn with_logged<'c>(
    db: &Db,
    chain: &'c Chain,
    options: &Options,
) -> Result<Cow<'c, Chain>> {
    let schema = options.schema.as_deref();
    let rows = Versions::new(db.engine(), schema)
        .peek(db)
        .await?
        .unwrap_or_default();
    let Applied {
        unknown, halfway, ..
    } = Applied::of(chain, &rows);
    if let Some(row) = halfway.first() {
        return chain.old_way(row).map(|(old, _)| Cow::Borrowed(old));
    }
    if unknown.is_empty() {
        return Ok(Cow::Borrowed(chain));
    }
    let logged = Log::new(db.engine(), schema).read(db).await?;
    // Without its file the refusal that follows names it.
    Ok(lent(chain, &logged, unknown)?.map_or(Cow::Borrowed(chain), Cow::Owned))
}

/// What of the chain is applied, on a database with rows that it does not know; none where the log
/// does not say what these stand on.
pub(crate) fn applied_below(
    chain: &Chain,
    logged: &Logged,
    rows: &BTreeSet<String>,
) -> Option<Vec<bool>> {
    let Applied { unknown, .. } = Applied::of(chain, rows);
    let lent = lent(chain, logged, unknown).ok().flatten()?;
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

/// The chain with what the log has of the revisions `unknown`, and of those that they stand on.
fn lent(chain: &Chain, logged: &Logged, unknown: Vec<String>) -> Result<Option<Chain>> {
    let files = logged.files();
    let mut revisions: Vec<Revision> = chain.iter().cloned().collect();
    let mut known: BTreeSet<String> = revisions.iter().map(|it| it.id().to_owned()).collect();
    let mut open = unknown;
    while let Some(id) = open.pop() {
        if known.contains(&id) {
            continue;
        }
        let Some(text) = files.get(id.as_str()) else {
            return Ok(None);
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
    Chain::of(revisions).map(Some).map_err(|error| {
        Error::new(
            error.kind(),
            format!("this chain and what the log has do not fit together: {error}"),
        )
    })
}
