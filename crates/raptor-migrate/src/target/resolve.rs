//! From words to revisions: names, heads, and steps along a branch.

use super::grammar::{Anchor, Target};
use crate::chain::{Along, Chain};
use crate::error::{Error, ErrorKind, Result};

/// A target that cannot be followed.
pub(super) fn refuse<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::Target, message))
}

/// The branch that the target names.
pub(super) fn branch(chain: &Chain, target: &Target<'_>) -> Result<Option<usize>> {
    target.branch.map(|name| chain.branch(name)).transpose()
}

/// Those of `places` that are on the branch; all of them without one.
pub(super) fn on_branch(chain: &Chain, places: &[usize], branch: Option<usize>) -> Vec<usize> {
    let Some(branch) = branch else {
        return places.to_vec();
    };
    let lineage = chain.lineage(branch, Along::Revises);
    places
        .iter()
        .copied()
        .filter(|place| lineage[*place])
        .collect()
}

/// The heads that a target means by `heads`.
pub(super) fn heads(chain: &Chain, branch: Option<usize>) -> Vec<usize> {
    on_branch(chain, &chain.head_places(), branch)
}

/// The revision that an anchor names; `None` is the base, below every revision.
pub(super) fn anchor(chain: &Chain, target: &Target<'_>) -> Result<Option<usize>> {
    let branch = branch(chain, target)?;
    match target.anchor {
        Anchor::Here | Anchor::Base => Ok(None),
        Anchor::Head | Anchor::Heads => match heads(chain, branch)[..] {
            [] => Ok(None),
            [head] => Ok(Some(head)),
            ref heads => refuse(several_heads(chain, heads, target)),
        },
        Anchor::Name(name) => named(chain, name, branch, target).map(Some),
    }
}

pub(super) fn several_heads(chain: &Chain, heads: &[usize], target: &Target<'_>) -> String {
    let all = match target.branch {
        Some(branch) => format!("{branch}@heads"),
        None => "heads".to_owned(),
    };
    let (of, whose) = match target.branch {
        Some(branch) => ("branch", format!(" {branch}")),
        None => ("chain", String::new()),
    };
    format!(
        "the {of}{whose} has {} heads, {}; say which one, or `{all}` for all",
        heads.len(),
        chain.names(heads)
    )
}

fn named(chain: &Chain, name: &str, branch: Option<usize>, target: &Target<'_>) -> Result<usize> {
    let place = match branch {
        Some(branch) if !chain.has_label(name) => {
            let lineage = chain.lineage(branch, Along::Revises);
            chain.place_among(name, |place| lineage[place])?
        }
        _ => chain.branch(name)?,
    };
    if let Some(branch) = branch
        && !chain.lineage(branch, Along::Revises)[place]
    {
        return refuse(format!(
            "{} is not on the branch {}",
            chain.at(place).id(),
            target.branch.unwrap_or_default()
        ));
    }
    Ok(place)
}

/// Goes up from `from`, one child at a time; `None` is below the bases. Answers `None` when the
/// branch ends before.
pub(super) fn walk_up(
    chain: &Chain,
    from: Option<usize>,
    steps: i64,
    branch: Option<usize>,
) -> Result<Option<usize>> {
    let mut at = from;
    for _ in 0..steps {
        let next = match at {
            None => chain.base_places(),
            Some(place) => chain.by_ids(chain.revised_by(place).iter().copied()),
        };
        match on_branch(chain, &next, branch)[..] {
            [] => return Ok(None),
            [one] => at = Some(one),
            ref several => {
                let from = at.map_or("the base", |place| chain.at(place).id());
                return refuse(format!(
                    "after {from} there are {}; say which one, by its id or as LABEL@+N",
                    chain.names(several)
                ));
            }
        }
    }
    Ok(at)
}

/// Where a walk down ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    At(usize),
    /// Below a base.
    Base,
    /// There are not so many.
    TooFar,
}

/// Goes down from `from`, one parent at a time.
pub(super) fn walk_down(chain: &Chain, from: usize, steps: u64) -> Result<Below> {
    let mut at = Below::At(from);
    for _ in 0..steps {
        let Below::At(place) = at else {
            return Ok(Below::TooFar);
        };
        at = match chain.revises(place) {
            [] => Below::Base,
            [one] => Below::At(*one),
            several => {
                return refuse(format!(
                    "{} merges {}; say which of them, by its id",
                    chain.at(place).id(),
                    chain.names(&chain.by_ids(several.iter().copied()))
                ));
            }
        };
    }
    Ok(at)
}
