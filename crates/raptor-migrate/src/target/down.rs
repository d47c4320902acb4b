//! Downgrades: what stands on the target, and with it all that follows or depends on it.

use super::Applied;
use super::grammar::{Anchor, Target};
use super::resolve::{Below, anchor, branch, on_branch, refuse, walk_down, walk_up};
use crate::chain::{Along, Chain};
use crate::error::Result;

/// Where a downgrade ends, and on which branch alone.
struct End {
    at: Option<usize>,
    branch: Option<usize>,
}

/// The revisions to take back for `target`, in order. The target stays.
pub(crate) fn down(chain: &Chain, target: &str, applied: &Applied) -> Result<Vec<usize>> {
    let target = Target::parse(target)?;
    let end = end(chain, &target, applied)?;
    let roots = roots(chain, &target, &end)?;
    let goes = chain.after(roots, Along::All);
    let steps: Vec<usize> = (0..chain.len())
        .rev()
        .filter(|place| goes[*place] && applied.revisions[*place])
        .collect();
    match end.at {
        Some(place) if steps.is_empty() && !applied.rows.contains(&place) => {
            let id = chain.at(place).id();
            if applied.revisions[place] {
                refuse(format!(
                    "nothing of the branch after {id} is applied; it is kept by what depends on it"
                ))
            } else {
                refuse(format!(
                    "{id} is not applied, so nothing can be taken back to it"
                ))
            }
        }
        _ => Ok(steps),
    }
}

fn end(chain: &Chain, target: &Target<'_>, applied: &Applied) -> Result<End> {
    let text = target.text;
    let of_target = branch(chain, target)?;
    match (target.anchor, target.steps) {
        (_, None) => Ok(End {
            at: anchor(chain, target)?,
            branch: of_target,
        }),
        (Anchor::Here, Some(steps)) if steps >= 0 => refuse(format!(
            "a downgrade does not lead to {text}; `upgrade` does"
        )),
        (Anchor::Here, Some(steps)) => back(chain, target, steps.unsigned_abs(), applied),
        (_, Some(steps)) if steps >= 0 => {
            let from = anchor(
                chain,
                &Target {
                    branch: None,
                    ..*target
                },
            )?;
            match walk_up(chain, from, steps, of_target)? {
                None if steps > 0 => refuse(format!("{text} leads past the last revision")),
                at => Ok(End {
                    at,
                    branch: of_target,
                }),
            }
        }
        (_, Some(steps)) => {
            let Some(from) = anchor(chain, target)? else {
                return refuse(format!("{text} leads below the base"));
            };
            ended(
                chain,
                walk_down(chain, from, steps.unsigned_abs())?,
                of_target,
                text,
            )
        }
    }
}

/// `-N`, from what the database has.
fn back(chain: &Chain, target: &Target<'_>, steps: u64, applied: &Applied) -> Result<End> {
    let text = target.text;
    let of_target = branch(chain, target)?;
    let mut from = on_branch(chain, &applied.rows, of_target);
    if from.is_empty() && of_target.is_some() {
        from = on_branch(chain, &tops(chain, applied), of_target);
    }
    match (from[..].as_ref(), target.branch) {
        ([], None) => refuse("nothing is applied, so there is no step back"),
        ([], Some(branch)) => refuse(format!("nothing of the branch {branch} is applied")),
        ([one], _) => {
            // Without a branch in the target, what the one row stands on is the branch.
            let only = of_target.or(Some(*one));
            ended(chain, walk_down(chain, *one, steps)?, only, text)
        }
        (several, _) => refuse(format!(
            "{text} could mean each of {}; name a revision, or a branch as in LABEL@{text}",
            chain.names(several)
        )),
    }
}

/// The applied revisions that no applied one revises.
fn tops(chain: &Chain, applied: &Applied) -> Vec<usize> {
    let applied = &applied.revisions;
    let top = |place: &usize| {
        chain
            .revised_by(*place)
            .iter()
            .all(|child| !applied[*child])
    };
    chain.by_ids((0..chain.len()).filter(|place| applied[*place]).filter(top))
}

fn ended(chain: &Chain, below: Below, branch: Option<usize>, text: &str) -> Result<End> {
    match below {
        Below::At(place) => Ok(End {
            at: Some(place),
            branch,
        }),
        Below::Base => Ok(End { at: None, branch }),
        Below::TooFar => {
            let bases = chain.names(&chain.base_places());
            refuse(format!("{text} leads below the base ({bases})"))
        }
    }
}

/// The revisions that stand directly on the end; on a branch, those of it alone.
fn roots(chain: &Chain, target: &Target<'_>, end: &End) -> Result<Vec<usize>> {
    let roots = match end.at {
        None => chain.base_places(),
        Some(place) => chain.by_ids(chain.revised_by(place).iter().copied()),
    };
    let Some(branch) = end.branch.filter(|_| roots.len() > 1) else {
        return Ok(roots);
    };
    let line = chain.before([branch], Along::Revises);
    let there: Vec<usize> = roots.iter().copied().filter(|root| line[*root]).collect();
    if there.is_empty() {
        return refuse(format!(
            "{} leads to none of {}, which stand there; name the branch by one of them",
            target.text,
            chain.names(&roots)
        ));
    }
    Ok(there)
}
