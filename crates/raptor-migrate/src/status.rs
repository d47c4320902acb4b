//! Looks at a database and a chain, and changes neither.

use crate::chain::Chain;
use crate::error::Result;
use crate::report::{Current, CurrentRow, History, HistoryRow};
use crate::runner::Options;
use crate::target::Applied;
use crate::version::Versions;
use raptor_db::Db;
use std::collections::BTreeSet;

/// How a database stands to a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Every revision of the chain is applied.
    AtHead,
    /// That many revisions of the chain are not applied.
    Behind(usize),
    /// The database has these revisions, which the chain does not know: a newer release migrated it.
    Ahead(Vec<String>),
    /// No revision is applied.
    Empty,
}

/// How `db` stands to `chain`: one SELECT, with any login that may read `alembic_version`.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub async fn status(db: &Db, chain: &Chain, options: &Options) -> Result<Status> {
    let versions = look(db, options).await?.unwrap_or_default();
    let applied = Applied::of(chain, &versions);
    Ok(if !applied.unknown.is_empty() {
        Status::Ahead(applied.unknown)
    } else {
        match chain.len() - applied.count() {
            0 => Status::AtHead,
            _ if versions.is_empty() => Status::Empty,
            behind => Status::Behind(behind),
        }
    })
}

/// What `db` has, row by row.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database).
pub async fn current(db: &Db, chain: &Chain, options: &Options) -> Result<Current> {
    let versions = look(db, options).await?.unwrap_or_default();
    let applied = Applied::of(chain, &versions);
    let heads: Vec<String> = chain.heads().map(|head| head.id().to_owned()).collect();
    let rows = versions.into_iter().map(|id| {
        let revision = chain.place_of(&id).map(|place| chain.at(place));
        CurrentRow {
            known: revision.is_some(),
            head: heads.contains(&id),
            title: revision
                .and_then(|revision| revision.title())
                .map(str::to_owned),
            id,
        }
    });
    Ok(Current {
        engine: db.engine().as_str(),
        versions: rows.collect(),
        pending: applied
            .unknown
            .is_empty()
            .then(|| chain.len() - applied.count()),
        heads,
    })
}

/// The chain, newest first.
///
/// ```
/// use raptor_migrate::{Chain, history};
/// let chain = Chain::embedded(&[
///     ("1.sql", "-- raptor: id=a1\n-- Customers.\n-- raptor:up\n"),
///     ("2.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up\n"),
/// ])?;
/// assert_eq!(history(&chain).to_string(), "a1 -> b2 (head)\n(base) -> a1, Customers.\n");
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
pub fn history(chain: &Chain) -> History {
    let heads: BTreeSet<&str> = chain.heads().map(|head| head.id()).collect();
    let row = |revision: &crate::Revision| HistoryRow {
        id: revision.id().to_owned(),
        revises: revision.revises().to_vec(),
        depends: revision.depends().iter().map(ToString::to_string).collect(),
        labels: revision.labels().to_vec(),
        title: revision.title().map(str::to_owned),
        file: revision.file().to_owned(),
        head: heads.contains(revision.id()),
    };
    History {
        revisions: chain.iter().rev().map(row).collect(),
    }
}

async fn look(db: &Db, options: &Options) -> Result<Option<BTreeSet<String>>> {
    Versions::new(db.engine(), options.schema.as_deref())
        .peek(db)
        .await
}
