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
    match direction {
        // A newer release has been here, and what its revisions stand on is not known.
        Direction::Up if !applied.unknown.is_empty() => {
            Target::parse(target)?;
            Ok(Vec::new())
        }
        Direction::Up => up(chain, target, applied),
        Direction::Down if !applied.unknown.is_empty() => {
            let message = format!(
                "the database has {}, which this chain does not know; only a release that has it can take it back",
                applied.unknown.join(", ")
            );
            Err(Error::new(ErrorKind::UnknownRevision, message))
        }
        Direction::Down => down(chain, target, applied),
    }
}

/// What a database has, seen from a chain.
pub(crate) struct Applied {
    /// For each revision of the chain, whether it is applied.
    pub(crate) revisions: Vec<bool>,
    /// The rows that the chain knows, by id.
    pub(crate) rows: Vec<usize>,
    /// The rows that it does not know.
    pub(crate) unknown: Vec<String>,
}

impl Applied {
    pub(crate) fn of(chain: &Chain, versions: &BTreeSet<String>) -> Self {
        let rows: Vec<usize> = versions
            .iter()
            .filter_map(|id| chain.place_of(id))
            .collect();
        Self {
            revisions: chain.before(rows.iter().copied(), Along::All),
            rows,
            unknown: versions
                .iter()
                .filter(|id| chain.place_of(id).is_none())
                .cloned()
                .collect(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.revisions.iter().filter(|applied| **applied).count()
    }
}
