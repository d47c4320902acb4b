//! Looks at a database and a chain, and changes neither.

use crate::chain::Chain;
use crate::error::Result;
use crate::log::Log;
use crate::report::{
    BranchRow, Branches, Current, CurrentRow, Direction, History, HistoryRow, Plan,
};
use crate::revision::Revision;
use crate::runner::{Options, pending};
use crate::target::{self, Applied, Range};
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
    Ok(if !applied.halfway.is_empty() {
        Status::Behind(chain.len() - applied.count())
    } else if !applied.unknown.is_empty() {
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
    let log = Log::new(db.engine(), options.schema.as_deref());
    let half_run = log.half_run(db).await?;
    let pending = pending(db, &log, chain, &versions).await?;
    let heads: Vec<String> = chain.heads().map(|head| head.id().to_owned()).collect();
    let rows = versions.into_iter().map(|id| {
        let revision = chain.place_of_row(&id).map(|place| chain.at(place));
        CurrentRow {
            known: revision.is_some() || chain.replaced_by(&id).is_some(),
            replaced_by: chain.replaced_by(&id).map(str::to_owned),
            head: revision.is_some_and(|revision| heads.iter().any(|head| head == revision.id())),
            title: revision
                .and_then(|revision| revision.title())
                .map(str::to_owned),
            id,
        }
    });
    Ok(Current {
        engine: db.engine().as_str(),
        versions: rows.collect(),
        pending,
        heads,
        half_run,
    })
}

/// What `upgrade` or `downgrade` would run on a database with these rows, and the rows afterwards.
///
/// ```
/// use raptor_migrate::{Chain, Direction, plan};
/// let chain = Chain::embedded(&[
///     ("1.sql", "-- raptor: id=a1\n-- raptor:up\n"),
///     ("2.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up\n"),
/// ])?;
/// let would = plan(&chain, Direction::Up, "+1", &["a1"])?;
/// assert_eq!((would.steps, would.versions), (vec!["b2".to_owned()], vec!["b2".to_owned()]));
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Target`](crate::ErrorKind::Target) and, for a downgrade,
/// [`ErrorKind::UnknownRevision`](crate::ErrorKind::UnknownRevision).
pub fn plan(chain: &Chain, direction: Direction, target: &str, versions: &[&str]) -> Result<Plan> {
    let rows: BTreeSet<String> = versions.iter().map(ToString::to_string).collect();
    let applied = Applied::of(chain, &rows);
    let places = target::plan(chain, direction, target, &applied)?;
    let mut done = applied.revisions;
    for place in &places {
        done[*place] = direction == Direction::Up;
    }
    let after = if places.is_empty() {
        rows
    } else {
        chain.effective_heads(&done)
    };
    Ok(Plan {
        steps: places
            .iter()
            .map(|place| chain.at(*place).id().to_owned())
            .collect(),
        versions: after.into_iter().collect(),
    })
}

/// Revisions of the chain, newest first: all of them, or those of a `range`, `A:B` with both ends
/// included. Either end may be missing; `current` is what the database has, and `-N` and `+N` count
/// from the other end. With `current` given, its rows are marked.
///
/// ```
/// use raptor_migrate::{Chain, history};
/// let chain = Chain::embedded(&[
///     ("1.sql", "-- raptor: id=a1\n-- Customers.\n-- raptor:up\n"),
///     ("2.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up\n"),
/// ])?;
/// let all = history(&chain, None, None)?;
/// assert_eq!(all.to_string(), "a1 -> b2 (head)\n(base) -> a1, Customers.\n");
/// assert_eq!(history(&chain, Some(":a1"), None)?.revisions.len(), 1);
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Target`](crate::ErrorKind::Target).
pub fn history(chain: &Chain, range: Option<&str>, current: Option<&Current>) -> Result<History> {
    let rows: Option<BTreeSet<String>> =
        current.map(|current| current.versions.iter().map(|row| row.id.clone()).collect());
    let places = match range {
        None => (0..chain.len()).collect(),
        Some(text) => {
            let range = Range::parse(text)?.unwrap_or(Range {
                from: Some(text),
                to: Some(text),
            });
            let applied = rows.as_ref().map(|rows| Applied::of(chain, rows));
            target::between(chain, range, applied.as_ref())?
        }
    };
    Ok(listed(chain, places.into_iter().rev(), rows.as_ref()))
}

/// The chain's heads, by id.
pub fn heads(chain: &Chain) -> History {
    listed(chain, chain.head_places().into_iter(), None)
}

/// One revision: an id, the beginning of one, a label, or any other target that names one.
///
/// # Errors
/// [`ErrorKind::Target`](crate::ErrorKind::Target) for none and for several.
pub fn show<'c>(chain: &'c Chain, target: &str) -> Result<(&'c Revision, HistoryRow)> {
    let place = target::one(chain, target)?;
    Ok((chain.at(place), HistoryRow::of(chain, place, None)))
}

/// The revisions that more than one other revises.
pub fn branches(chain: &Chain) -> Branches {
    let row = |place| HistoryRow::of(chain, place, None);
    let points = (0..chain.len()).filter(|place| chain.revised_by(*place).len() > 1);
    let branch = |point| BranchRow {
        point: row(point),
        branches: chain
            .by_ids(chain.revised_by(point).iter().copied())
            .into_iter()
            .map(row)
            .collect(),
    };
    Branches {
        branches: points.map(branch).collect(),
    }
}

fn listed(
    chain: &Chain,
    places: impl Iterator<Item = usize>,
    rows: Option<&BTreeSet<String>>,
) -> History {
    History {
        revisions: places
            .map(|place| HistoryRow::of(chain, place, rows))
            .collect(),
    }
}

async fn look(db: &Db, options: &Options) -> Result<Option<BTreeSet<String>>> {
    Versions::new(db.engine(), options.schema.as_deref())
        .peek(db)
        .await
}
