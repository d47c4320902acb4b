//! Runs what is pending on a throw-away database: up, down, and up again.
//!
//! It writes to the database that it is given and to no other, and so must get one that nobody
//! needs.

use crate::catalog::{Catalog, DifferenceKind, catalog};
use crate::chain::Chain;
use crate::error::Result;
use crate::report::{Direction, Rehearsal, Rehearsed};
use crate::runner::{Options, Rehearser, upgrade};
use crate::target::{self, Applied};
use raptor_db::Db;
use std::collections::BTreeSet;

/// Rehearses the upgrade of a database with the rows `from` to `target`, on `db`, which must be
/// empty and is written to.
///
/// The chain is first brought to `from`. Then each pending revision runs up; on Postgres it is seen
/// which locks each statement takes and which tables it rewrites. Each is taken back, newest first,
/// and the schema compared with what it was; then all run up again, and the schema is compared with
/// that after the first time. A revision without a way back ends the way down.
///
/// # Errors
/// As [`upgrade`]: a revision that fails here would fail there.
pub async fn rehearse(
    db: &Db,
    chain: &Chain,
    from: &[&str],
    target: &str,
    options: &Options,
) -> Result<Rehearsal> {
    for id in from {
        let (chain, id) = match chain.to_row(id) {
            Ok(found) => found,
            Err(error) if chain.replaced_by(id).is_some() => return Err(error),
            // The beginning of an id is no row.
            Err(_) => (chain, *id),
        };
        upgrade(db, chain, id, options, |_| {}).await?;
    }
    let rows: BTreeSet<String> = from.iter().map(ToString::to_string).collect();
    let applied = Applied::of(chain, &rows);
    let places = target::plan(chain, Direction::Up, target, &applied)?;
    let rehearser = Rehearser::new(db, chain, options);

    let mut revisions = Vec::new();
    let mut before: Vec<Catalog> = Vec::new();
    for place in &places {
        before.push(catalog(db, options).await?);
        let (row, statements) = rehearser.up(*place).await?;
        revisions.push(Rehearsed {
            id: row.id,
            file: row.file,
            took_ms: row.took_ms,
            irreversible: None,
            taken_back: false,
            left: Vec::new(),
            statements,
        });
    }
    let top = catalog(db, options).await?;
    let mut back = Vec::new();
    let mut known = BTreeSet::new();
    for (number, place) in places.iter().enumerate().rev() {
        if let Some(why) = chain.at(*place).no_way_back() {
            revisions[number].irreversible = Some(why);
            break;
        }
        // A way back that fails is what a rehearsal is for.
        if let Err(error) = rehearser.down(*place).await {
            revisions[number].left = vec![format!("it fails: {error}")];
            break;
        }
        back.push(*place);
        revisions[number].taken_back = true;
        let now = catalog(db, options).await?;
        let mut left = sentences(&before[number], &now);
        // What a later revision left behind is that one's.
        left.retain(|sentence| known.insert(sentence.clone()));
        revisions[number].left = left;
    }
    let again = again(&rehearser, db, &back, &top, options).await?;
    Ok(Rehearsal {
        engine: db.engine().as_str(),
        from: from.iter().map(ToString::to_string).collect(),
        to: rehearser.rows().await?,
        revisions,
        again,
    })
}

/// Runs up once more what was taken back; what differs from the first time.
async fn again(
    rehearser: &Rehearser<'_>,
    db: &Db,
    back: &[usize],
    top: &Catalog,
    options: &Options,
) -> Result<Vec<String>> {
    for place in back.iter().rev() {
        if let Err(error) = rehearser.up(*place).await {
            return Ok(vec![format!("it fails: {error}")]);
        }
    }
    Ok(sentences(top, &catalog(db, options).await?))
}

fn sentences(wanted: &Catalog, found: &Catalog) -> Vec<String> {
    let differences = wanted.differences_ignoring(found, &[DifferenceKind::Order]);
    differences
        .iter()
        .map(|difference| difference.between("before", "after").to_string())
        .collect()
}
