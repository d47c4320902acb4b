//! Ranges `A:B`: for `--sql`, which runs from one revision to another, and for `history`.

use super::grammar::{Anchor, Target};
use super::resolve::{anchor, branch, heads, refuse};
use super::{Applied, up};
use crate::chain::{Along, Chain};
use crate::error::Result;
use std::collections::BTreeSet;

/// `A:B`; each end may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range<'t> {
    pub(crate) from: Option<&'t str>,
    pub(crate) to: Option<&'t str>,
}

impl<'t> Range<'t> {
    /// `None` for a text that is no range.
    pub(crate) fn parse(text: &'t str) -> Result<Option<Self>> {
        let Some((from, to)) = text.split_once(':') else {
            return Ok(None);
        };
        if to.contains(':') {
            return refuse(format!("{text:?} is no range: it has more than one colon"));
        }
        let end = |end: &'t str| Some(end).filter(|end| !end.is_empty());
        Ok(Some(Self {
            from: end(from),
            to: end(to),
        }))
    }

    /// The rows that a database at the beginning of the range has.
    pub(crate) fn rows(&self, chain: &Chain) -> Result<BTreeSet<String>> {
        let tips = match self.from {
            None => Vec::new(),
            Some(from) => standing(chain, from)?,
        };
        Ok(chain.effective_heads(&chain.before(tips, Along::All)))
    }
}

/// The revisions that a target names by itself.
pub(crate) fn standing(chain: &Chain, text: &str) -> Result<Vec<usize>> {
    let target = Target::parse(text)?;
    if target.anchor == Anchor::Here {
        return refuse(format!(
            "{text} counts from a database, and there is none here"
        ));
    }
    up::tips(chain, &target, &Applied::of(chain, &BTreeSet::new()))
}

/// The one revision that a target names by itself.
pub(crate) fn one(chain: &Chain, text: &str) -> Result<usize> {
    match standing(chain, text)?[..] {
        [place] => Ok(place),
        [] => refuse(format!("{text} names no revision")),
        ref several => refuse(format!(
            "{text} names {}; say which one",
            chain.names(several)
        )),
    }
}

/// The revisions of a range of `history`, both ends included, in the chain's order. `current` is
/// what the database has, and `-N` and `+N` count from the other end.
pub(crate) fn between(
    chain: &Chain,
    range: Range<'_>,
    applied: Option<&Applied>,
) -> Result<Vec<usize>> {
    let mut to = end(chain, range.to.unwrap_or("heads"), applied)?;
    let mut from = match range.from {
        None => Some(Vec::new()),
        Some(from) => end(chain, from, applied)?,
    };
    if to.is_none() && from.is_none() {
        return refuse("one end of a range of steps is a revision");
    }
    let steps = |text: Option<&str>| {
        text.and_then(|text| Target::parse(text).ok()?.steps)
            .unwrap_or(0)
    };
    if from.is_none() {
        let start = to.clone().unwrap_or_default();
        from = Some(shifted(chain, &start, steps(range.from))?);
    }
    if to.is_none() {
        let start = from.clone().unwrap_or_default();
        to = Some(shifted(chain, &start, steps(range.to))?);
    }
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    let wanted = chain.before(to, Along::All);
    if from.is_empty() {
        return Ok((0..chain.len()).filter(|place| wanted[*place]).collect());
    }
    let had = chain.before(from.iter().copied(), Along::All);
    let after = chain.after(from.iter().copied(), Along::Revises);
    let is_in =
        |place: &usize| from.contains(place) || wanted[*place] && !had[*place] && after[*place];
    Ok((0..chain.len()).filter(is_in).collect())
}

/// The revisions at one end; `None` when it counts from the other end.
fn end(chain: &Chain, text: &str, applied: Option<&Applied>) -> Result<Option<Vec<usize>>> {
    if text == "current" {
        return match applied {
            Some(applied) => Ok(Some(applied.rows.clone())),
            None => refuse("`current` needs a database"),
        };
    }
    let target = Target::parse(text)?;
    if target.anchor == Anchor::Here && target.branch.is_none() {
        return Ok(None);
    }
    if target.steps.is_none() && target.anchor != Anchor::Heads {
        return Ok(Some(anchor(chain, &target)?.into_iter().collect()));
    }
    if target.steps.is_none() {
        return Ok(Some(heads(chain, branch(chain, &target)?)));
    }
    standing(chain, text).map(Some)
}

/// So many steps up or down from each; a walk that leaves the chain stops at its end.
fn shifted(chain: &Chain, from: &[usize], steps: i64) -> Result<Vec<usize>> {
    let mut places: BTreeSet<usize> = from.iter().copied().collect();
    for _ in 0..steps.unsigned_abs().min(chain.len() as u64) {
        let next: BTreeSet<usize> = places
            .iter()
            .flat_map(|place| {
                if steps > 0 {
                    chain.revised_by(*place)
                } else {
                    chain.revises(*place)
                }
            })
            .copied()
            .collect();
        if next.is_empty() {
            break;
        }
        places = next;
    }
    Ok(places.into_iter().collect())
}
