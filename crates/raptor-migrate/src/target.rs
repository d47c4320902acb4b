//! What a target means for a database: which revisions run, and in which order.
//!
//! It plans and touches nothing. What it plans depends on the chain and the applied ids alone. The
//! grammar is Alembic's 1.20; where Alembic guesses or fails, the refusal names the choices.

mod down;
mod grammar;
mod range;
mod resolve;
mod stamp;
mod up;

pub(crate) use grammar::Target;
pub(crate) use range::{Range, between, one, standing};
pub(crate) use stamp::stamp;

use down::down;
use grammar::Anchor;
use resolve::{anchor, branch, refuse};
use up::up;

use crate::chain::{Along, Chain};
use crate::error::{Error, ErrorKind, Result};
use crate::report::Direction;
use std::collections::BTreeSet;

/// The revisions to run for `target`, in order.
///
/// # Errors
/// [`ErrorKind::Target`], and [`ErrorKind::UnknownRevision`] for a downgrade of a database that has
/// rows which the chain does not know. An upgrade of such a database runs nothing.
pub(crate) fn plan(
    chain: &Chain,
    direction: Direction,
    target: &str,
    applied: &Applied,
) -> Result<Vec<usize>> {
    if let Some(row) = applied.halfway.first() {
        // Whoever runs goes the old way first; whoever plans alone is told.
        let (_, last) = chain.old_way(row)?;
        let message = format!(
            "the database is at {row}, among replaced revisions; `upgrade {last}` brings it past them first"
        );
        return Err(Error::new(ErrorKind::Target, message));
    }
    match direction {
        // A newer release has been here, and what its revisions stand on is not known.
        Direction::Up if !applied.unknown.is_empty() => {
            Target::parse(target)?;
            Ok(Vec::new())
        }
        Direction::Up => up(chain, target, applied),
        Direction::Down if !applied.unknown.is_empty() => {
            let message = format!(
                "the database has {}, which this chain does not know: only its file, or a log that holds it, can take it back",
                applied.unknown.join(", ")
            );
            Err(Error::new(ErrorKind::UnknownRevision, message))
        }
        Direction::Down => down(chain, target, applied),
    }
}

/// Refuses an upgrade of a database at `row`, among replaced revisions, to a target that the chain
/// does not have, or that counts steps: it goes to the last of them before all else.
pub(crate) fn leads_past_replaced(chain: &Chain, target: &str, row: &str) -> Result<()> {
    let parsed = Target::parse(target)?;
    if parsed.anchor == Anchor::Here {
        let (new, last) = chain.stand_in(row);
        return refuse(format!(
            "{target} would count from {row}, one of the revisions that {new} replaces; the database goes to {last} first: \
             name {new}, or what comes after it"
        ));
    }
    branch(chain, &parsed)?;
    match parsed.anchor {
        Anchor::Name(_) => anchor(chain, &parsed).map(drop),
        _ => Ok(()),
    }
}

/// Refuses a downgrade of a database at `row`, among replaced revisions, to what replaces them or
/// comes after that: it was never there.
pub(crate) fn is_below_stand_in(chain: &Chain, target: &str, row: &str) -> Result<()> {
    let parsed = Target::parse(target)?;
    let name = match parsed.anchor {
        Anchor::Name(name) => Some(name),
        _ => None,
    };
    let (new, last) = chain.stand_in(row);
    let after = chain.after(chain.place_of(new), Along::All);
    let old = chain.old_way(row).ok();
    let has = |name: &str| old.is_some_and(|(old, _)| old.branch(name).is_ok());
    let is_whole = parsed.steps.is_none();
    let named = parsed.branch.map(|name| (name, has(name)));
    let named = named
        .into_iter()
        .chain(name.map(|name| (name, has(name) && !is_whole)));
    for (name, can_be) in named {
        if let Ok(place) = chain.place(name)
            && after[place]
            && !can_be
        {
            let leads = match old {
                Some(_) => format!("`upgrade {new}` leads to {last}, which is the same as {new}"),
                None => {
                    format!("a release that has their files leads to {last}, which is the same")
                }
            };
            return refuse(format!(
                "the database is at {row}, one of the revisions that {new} replaces, and not at {} yet, so nothing can be taken back to it; {leads}",
                chain.at(place).id()
            ));
        }
    }
    Ok(())
}

/// What a database has, seen from a chain.
pub(crate) struct Applied {
    /// For each revision of the chain, whether it is applied.
    pub(crate) revisions: Vec<bool>,
    /// The rows that the chain knows, by id.
    pub(crate) rows: Vec<usize>,
    /// The rows that it does not know.
    pub(crate) unknown: Vec<String>,
    /// The rows among revisions that others replace, before the last of them.
    pub(crate) halfway: Vec<String>,
}

impl Applied {
    pub(crate) fn of(chain: &Chain, versions: &BTreeSet<String>) -> Self {
        let rows: Vec<usize> = versions
            .iter()
            .filter_map(|id| chain.place_of_row(id))
            .collect();
        let halfway = chain.halfway(versions).into_iter().map(str::to_owned);
        let halfway: Vec<String> = halfway.collect();
        let is_unknown = |id: &&String| chain.place_of_row(id).is_none() && !halfway.contains(id);
        Self {
            revisions: chain.before(rows.iter().copied(), Along::All),
            rows,
            unknown: versions.iter().filter(is_unknown).cloned().collect(),
            halfway,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.revisions.iter().filter(|applied| **applied).count()
    }
}
