//! One revision in the place of several: their texts, one after the other.

use super::Draft;
use crate::chain::{Along, Chain};
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{Dependency, Part, Replaces, Revision};
use crate::target;
use std::collections::BTreeSet;

impl Draft {
    /// The file of a revision that replaces all from `first` to `last`, both included. Its text is
    /// theirs, in order, and may be made shorter by hand; `check` proves that it comes to the same.
    ///
    /// The files of the replaced ones stay until every database is past `last`.
    ///
    /// # Errors
    /// [`ErrorKind::Target`], and [`ErrorKind::Graph`] when they do not make one piece.
    pub fn squash(&self, chain: &Chain, first: &str, last: &str) -> Result<(String, String)> {
        let (first, last) = (target::one(chain, first)?, target::one(chain, last)?);
        let before = chain.before([last], Along::Revises);
        let after = chain.after([first], Along::Revises);
        let inside: Vec<usize> = (0..chain.len())
            .filter(|place| before[*place] && after[*place])
            .collect();
        if inside.len() < 2 {
            let message = format!(
                "nothing is to be joined from {} to {}: the first comes before the last",
                chain.at(first).id(),
                chain.at(last).id()
            );
            return Err(Error::new(ErrorKind::Target, message));
        }
        let revision = self.joined(chain, &inside, last)?;
        let file = self.file(self.message.as_str());
        let text = revision.to_string();
        let mut revisions: Vec<Revision> = chain.iter().cloned().collect();
        revisions.push(Revision::parse(&file, &text)?);
        Chain::of(revisions)?;
        Ok((file, text))
    }

    fn joined(&self, chain: &Chain, inside: &[usize], last: usize) -> Result<Revision> {
        let all: Vec<&Revision> = inside.iter().map(|place| chain.at(*place)).collect();
        let ids: BTreeSet<&str> = all.iter().map(|revision| revision.id()).collect();
        let outside = |places: &[usize]| -> BTreeSet<String> {
            let ids_of = places.iter().map(|place| chain.at(*place).id());
            ids_of
                .filter(|id| !ids.contains(id))
                .map(str::to_owned)
                .collect()
        };
        let revises: BTreeSet<String> = inside
            .iter()
            .flat_map(|place| outside(chain.revises(*place)))
            .collect();
        let parents: BTreeSet<String> = inside
            .iter()
            .flat_map(|place| outside(chain.parents(*place)))
            .collect();
        let mut replaces: Vec<String> = all.iter().map(|it| it.id().to_owned()).collect();
        replaces.retain(|id| id != chain.at(last).id());
        replaces.push(chain.at(last).id().to_owned());
        let irreversible = all
            .iter()
            .find_map(|it| match (it.down(), it.irreversible()) {
                (_, Some(why)) => Some(why.to_owned()),
                (None, None) => Some(format!("{} has no way back", it.id())),
                _ => None,
            });
        let back = all
            .iter()
            .rev()
            .flat_map(|it| it.down().unwrap_or_default());
        let down: Vec<Part> = back.cloned().collect();
        let Some(role) = same(&all, |it| it.role().map(str::to_owned)) else {
            let message =
                "they run as different roles, and one revision has one; squash them apart";
            return Err(Error::new(ErrorKind::Target, message));
        };
        Ok(Revision {
            file: String::new(),
            id: self.id.clone(),
            depends: parents
                .difference(&revises)
                .cloned()
                .map(Dependency::Id)
                .collect(),
            revises: revises.into_iter().collect(),
            // They are the old files' for as long as these are there.
            labels: Vec::new(),
            replaces: Some(Replaces::Each(replaces)),
            transactional: all.iter().all(|it| it.is_transactional()),
            phase: same(&all, |it| it.phase()).flatten(),
            role,
            lock: same(&all, |it| it.lock()).flatten(),
            title: Some(self.title()).filter(|title| !title.is_empty()),
            up: all.iter().flat_map(|it| it.up()).cloned().collect(),
            down: irreversible.is_none().then_some(down),
            irreversible,
            // What held in between need not hold at the end.
            verify: chain.at(last).verify().to_vec(),
            undone: Vec::new(),
        })
    }
}

/// What all of them have, if they have the same.
fn same<T: PartialEq>(all: &[&Revision], of: impl Fn(&Revision) -> T) -> Option<T> {
    let (first, others) = all.split_first()?;
    let value = of(first);
    others.iter().all(|it| of(it) == value).then_some(value)
}
