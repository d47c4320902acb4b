//! Upgrades: what a target needs and the database does not have.

use super::Applied;
use super::grammar::{Anchor, Target};
use super::resolve::{
    Below, anchor, branch, heads, on_branch, refuse, several_heads, walk_down, walk_up,
};
use crate::chain::{Along, Chain};
use crate::error::Result;

/// The revisions to apply for `target`, in order.
pub(crate) fn up(chain: &Chain, target: &str, applied: &Applied) -> Result<Vec<usize>> {
    let tips = tips(chain, &Target::parse(target)?, applied)?;
    let wanted = chain.before(tips, Along::All);
    Ok((0..chain.len())
        .filter(|place| wanted[*place] && !applied.revisions[*place])
        .collect())
}

/// The revisions that `target` means, with nothing said of what comes before them.
pub(super) fn tips(chain: &Chain, target: &Target<'_>, applied: &Applied) -> Result<Vec<usize>> {
    match (target.anchor, target.steps) {
        (Anchor::Heads, None) => Ok(heads(chain, branch(chain, target)?)),
        (Anchor::Head, None) => match heads(chain, branch(chain, target)?) {
            several if several.len() > 1 => refuse(several_heads(chain, &several, target)),
            one => Ok(one),
        },
        (_, None) => Ok(anchor(chain, target)?.into_iter().collect()),
        (Anchor::Here, Some(steps)) => here(chain, target, steps, applied).map(|tip| vec![tip]),
        (_, Some(steps)) => beside(chain, target, steps),
    }
}

/// `+N`, from what the database has.
fn here(chain: &Chain, target: &Target<'_>, steps: i64, applied: &Applied) -> Result<usize> {
    let text = target.text;
    if steps <= 0 {
        return refuse(format!(
            "an upgrade does not lead to {text}; `downgrade` does"
        ));
    }
    let branch = branch(chain, target)?;
    let starts = match branch {
        None => applied.rows.clone(),
        Some(_) => starts(chain, branch, applied),
    };
    let start = match starts[..] {
        [] => None,
        [one] => Some(one),
        ref several => {
            let rows = chain.names(several);
            return refuse(format!(
                "{text} could go on from each of {rows}; say which branch, as LABEL@{text} or ID+N"
            ));
        }
    };
    match walk_up(chain, start, steps, branch)? {
        Some(tip) => Ok(tip),
        None => {
            let from = start.map_or("the base", |place| chain.at(place).id());
            refuse(format!("there are no {steps} revisions after {from}"))
        }
    }
}

/// Where the database is on a branch: its rows there, or else the last applied ones there.
fn starts(chain: &Chain, branch: Option<usize>, applied: &Applied) -> Vec<usize> {
    let rows = on_branch(chain, &applied.rows, branch);
    if !rows.is_empty() {
        return rows;
    }
    let all: Vec<usize> = (0..chain.len())
        .filter(|place| applied.revisions[*place])
        .collect();
    let there = on_branch(chain, &all, branch);
    let followed = |place: &usize| {
        there
            .iter()
            .any(|other| chain.parents(*other).contains(place))
    };
    chain.by_ids(there.iter().copied().filter(|place| !followed(place)))
}

/// `ID+N` and `ID-N`, wherever the database is.
fn beside(chain: &Chain, target: &Target<'_>, steps: i64) -> Result<Vec<usize>> {
    let text = target.text;
    if steps > 0 {
        // The anchor need not be on the branch; the way up from it keeps to the branch.
        let from = anchor(
            chain,
            &Target {
                branch: None,
                ..*target
            },
        )?;
        return match walk_up(chain, from, steps, branch(chain, target)?)? {
            Some(tip) => Ok(vec![tip]),
            None => refuse(format!("{text} leads past the last revision")),
        };
    }
    let Some(from) = anchor(chain, target)? else {
        return refuse(format!("{text} leads below the base"));
    };
    match walk_down(chain, from, steps.unsigned_abs())? {
        Below::At(tip) => Ok(vec![tip]),
        Below::Base => Ok(Vec::new()),
        Below::TooFar => refuse(format!("{text} leads below the base")),
    }
}
