//! Stamps: which rows the table of versions gets, with nothing run.

use super::Applied;
use super::grammar::{Anchor, Target};
use super::resolve::{anchor, branch, heads, refuse};
use crate::chain::{Along, Chain};
use crate::error::Result;
use std::collections::BTreeSet;

/// The rows after `targets` were stamped. A target takes the place of the rows that come before or
/// after it; rows of other branches stay. `base` leaves none.
pub(crate) fn stamp(
    chain: &Chain,
    targets: &[&str],
    applied: &Applied,
) -> Result<BTreeSet<String>> {
    let mut stays = vec![true; chain.len()];
    let mut tips = Vec::new();
    for text in targets {
        let target = Target::parse(text)?;
        if target.steps.is_some() {
            return refuse(format!(
                "{text} counts steps; a stamp names a revision, head, heads or base"
            ));
        }
        let of_target = branch(chain, &target)?;
        let places: Vec<usize> = match target.anchor {
            // A head that others depend on is no row.
            Anchor::Heads => {
                let rows = chain.before(heads(chain, of_target), Along::All);
                let rows = chain.effective_heads(&rows);
                rows.iter().filter_map(|id| chain.place_of(id)).collect()
            }
            _ => anchor(chain, &target)?.into_iter().collect(),
        };
        let related = match (target.anchor, of_target) {
            (Anchor::Base, None) => vec![true; chain.len()],
            (Anchor::Base, Some(branch)) => chain.lineage(branch, Along::All),
            _ => places
                .iter()
                .fold(vec![false; chain.len()], |mut all, place| {
                    let lineage = chain.lineage(*place, Along::All);
                    all.iter_mut()
                        .zip(lineage)
                        .for_each(|(all, one)| *all |= one);
                    all
                }),
        };
        stays
            .iter_mut()
            .zip(related)
            .for_each(|(stays, related)| *stays &= !related);
        tips.extend(places);
    }
    apart(chain, &tips)?;
    tips.extend(applied.rows.iter().copied().filter(|row| stays[*row]));
    Ok(chain.effective_heads(&chain.before(tips, Along::All)))
}

/// Two targets of which one stands on the other say two things at once.
fn apart(chain: &Chain, tips: &[usize]) -> Result<()> {
    for upper in tips {
        let before = chain.before([*upper], Along::All);
        if let Some(lower) = tips.iter().find(|tip| *tip != upper && before[**tip]) {
            let (upper, lower) = (chain.at(*upper).id(), chain.at(*lower).id());
            return refuse(format!(
                "{upper} stands on {lower}, so the database cannot be at both; name one of them"
            ));
        }
    }
    Ok(())
}
