//! What a target means for a database: which revisions run, and in which order.
//!
//! It plans and touches nothing. What it plans depends on the chain and the applied ids alone.

use crate::chain::Chain;
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeSet;

/// What a database has, seen from a chain.
pub(crate) struct Applied {
    /// For each revision of the chain, whether it is applied.
    pub(crate) revisions: Vec<bool>,
    /// Rows that the chain does not know.
    pub(crate) unknown: Vec<String>,
}

impl Applied {
    pub(crate) fn of(chain: &Chain, versions: &BTreeSet<String>) -> Self {
        let known = versions.iter().filter_map(|id| chain.place_of(id));
        Self {
            revisions: chain.closure(known),
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

/// The revisions to apply for `target`, in order.
pub(crate) fn up(chain: &Chain, target: &str, applied: &Applied) -> Result<Vec<usize>> {
    let tips: Vec<usize> = match target {
        "heads" => chain
            .heads()
            .filter_map(|head| chain.place_of(head.id()))
            .collect(),
        "head" => {
            let heads: Vec<&str> = chain.heads().map(|head| head.id()).collect();
            if heads.len() > 1 {
                let message = format!(
                    "the chain has {} heads, {}; say which one, or `heads` for all",
                    heads.len(),
                    heads.join(", ")
                );
                return Err(Error::new(ErrorKind::Target, message));
            }
            heads
                .iter()
                .filter_map(|head| chain.place_of(head))
                .collect()
        }
        "base" => {
            let message = "`base` is no target of an upgrade; it is one of `downgrade`";
            return Err(Error::new(ErrorKind::Target, message));
        }
        id => vec![chain.place(id)?],
    };
    let wanted = chain.closure(tips);
    Ok((0..chain.len())
        .filter(|place| wanted[*place] && !applied.revisions[*place])
        .collect())
}

/// The revisions to take back for `target`, in order.
pub(crate) fn down(chain: &Chain, target: &str, applied: &Applied) -> Result<Vec<usize>> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Target, message));
    let goes: Vec<bool> = match target {
        "base" => applied.revisions.clone(),
        "-1" => {
            let heads = chain.effective_heads(&applied.revisions);
            let mut goes = vec![false; chain.len()];
            match heads.len() {
                0 => return refuse("nothing is applied, so there is no step back".to_owned()),
                1 => {}
                _ => {
                    let heads: Vec<_> = heads.into_iter().collect();
                    let heads = heads.join(", ");
                    return refuse(format!("`-1` could mean each of {heads}; name a revision"));
                }
            }
            heads
                .iter()
                .filter_map(|head| chain.place_of(head))
                .for_each(|place| goes[place] = true);
            goes
        }
        "head" | "heads" => {
            return refuse(format!(
                "`{target}` is no target of a downgrade; `upgrade` leads there"
            ));
        }
        id => {
            let place = chain.place(id)?;
            if !applied.revisions[place] {
                let id = chain.at(place).id();
                return refuse(format!(
                    "{id} is not applied, so nothing can be taken back to it"
                ));
            }
            chain.descendants(place)
        }
    };
    let steps: Vec<usize> = (0..chain.len())
        .rev()
        .filter(|place| goes[*place] && applied.revisions[*place])
        .collect();
    linear(chain, &steps, applied)?;
    Ok(steps)
}

/// A downgrade follows one line: below a branch or a merge it would have to guess.
fn linear(chain: &Chain, steps: &[usize], applied: &Applied) -> Result<()> {
    let mut children = vec![0_usize; chain.len()];
    for place in (0..chain.len()).filter(|place| applied.revisions[*place]) {
        for parent in chain.parents(place) {
            children[*parent] += 1;
        }
    }
    for step in steps {
        let parents = chain.parents(*step);
        let branches = children[*step] > 1 || parents.iter().any(|parent| children[*parent] > 1);
        if parents.len() > 1 || branches {
            let message =
                "the way back leads through a branch or a merge; a downgrade follows one line only";
            return Err(Error::new(ErrorKind::Target, message).in_revision(chain.at(*step).id()));
        }
    }
    let bases = steps
        .iter()
        .filter(|step| chain.parents(**step).is_empty())
        .count();
    if bases > 1 {
        let message = "several bases are applied; a downgrade follows one line only";
        return Err(Error::new(ErrorKind::Target, message));
    }
    Ok(())
}
