//! Takes back what this chain does not have: the database's log holds the way back.

use super::Options;
use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::log::Log;
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
    let files = logged.files();
    let mut revisions: Vec<Revision> = chain.iter().cloned().collect();
    let mut known: BTreeSet<String> = revisions.iter().map(|it| it.id().to_owned()).collect();
    let mut open = unknown;
    while let Some(id) = open.pop() {
        if known.contains(&id) {
            continue;
        }
        // Without its file the refusal that follows names it.
        let Some(text) = files.get(id.as_str()) else {
            return Ok(Cow::Borrowed(chain));
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
    Chain::of(revisions).map(Cow::Owned).map_err(|error| {
        Error::new(
            error.kind(),
            format!("this chain and what the log has do not fit together: {error}"),
        )
    })
}
