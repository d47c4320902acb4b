//! Takes back what this chain does not have, or has replaced without keeping the files: the database's
//! log holds the way back.

use super::Options;
use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::log::Log;
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
    let mut open = applied.unknown;
    if let Some(row) = applied.halfway.first() {
        target::is_below_stand_in(chain, target, row)?;
        if let Ok((old, _)) = chain.old_way(row) {
            return Ok(Cow::Borrowed(old));
        }
        // Their files are gone; the log has what was applied of them.
        open.extend(applied.halfway.iter().cloned());
    }
    if open.is_empty() {
        return Ok(Cow::Borrowed(chain));
    }
    let logged = Log::new(db.engine(), schema).read(db).await?;
    let files = logged.files();
    let mut revisions = chain.without_stand_ins(&applied.halfway);
    let mut known: BTreeSet<String> = revisions.iter().map(|it| it.id().to_owned()).collect();
    while let Some(id) = open.pop() {
        if known.contains(&id) {
            continue;
        }
        // Without its file the refusal that follows names it.
        let Some(text) = files.get(id.as_str()) else {
            return match applied.halfway.first() {
                None => Ok(Cow::Borrowed(chain)),
                Some(row) => Err(nowhere(chain, row, &id)),
            };
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
