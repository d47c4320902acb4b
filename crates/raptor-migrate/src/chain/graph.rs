//! Connects revisions to a graph without cycles, in the order of Kahn's algorithm (1962) with the
//! smallest free id first, so that every machine applies in the same order.

use super::Chain;
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{Dependency, Revision};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Makes the chain.
pub(super) fn connect(revisions: Vec<Revision>) -> Result<Chain> {
    let names = Names::of(&revisions)?;
    let parents = revisions
        .iter()
        .map(|revision| names.parents(revision))
        .collect::<Result<Vec<_>>>()?;
    let order = order(&revisions, &parents)?;
    let mut new_place = vec![0; revisions.len()];
    for (new, old) in order.iter().enumerate() {
        new_place[*old] = new;
    }
    let mut slots: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
    let revisions: Vec<Revision> = order.iter().filter_map(|old| slots[*old].take()).collect();
    let parents = order
        .iter()
        .map(|old| {
            parents[*old]
                .iter()
                .map(|parent| new_place[*parent])
                .collect()
        })
        .collect();
    let by_id = revisions
        .iter()
        .enumerate()
        .map(|(place, revision)| (revision.id.clone(), place))
        .collect();
    Ok(Chain {
        revisions,
        by_id,
        parents,
    })
}

/// Ids and labels, which share one space of names.
struct Names<'r> {
    ids: HashMap<&'r str, usize>,
    labels: HashMap<&'r str, usize>,
}

impl<'r> Names<'r> {
    fn of(revisions: &'r [Revision]) -> Result<Self> {
        let mut ids = HashMap::new();
        for (place, revision) in revisions.iter().enumerate() {
            if let Some(first) = ids.insert(revision.id(), place) {
                let other = revisions[first].file();
                return Err(wrong(revision, format!("{other} has the same id")));
            }
        }
        let mut labels = HashMap::new();
        for (place, revision) in revisions.iter().enumerate() {
            for label in revision.labels() {
                if let Some(at) = ids.get(label.as_str()) {
                    let message =
                        format!("the label {label} is an id, in {}", revisions[*at].file());
                    return Err(wrong(revision, message));
                }
                if let Some(first) = labels.insert(label.as_str(), place) {
                    let message = format!("{} has the label {label} too", revisions[first].file());
                    return Err(wrong(revision, message));
                }
            }
        }
        Ok(Self { ids, labels })
    }

    fn parents(&self, revision: &Revision) -> Result<Vec<usize>> {
        let mut parents = Vec::new();
        for id in revision.revises() {
            let parent = self.ids.get(id.as_str());
            parents.push(*parent.ok_or_else(|| self.unknown(revision, "revises", id))?);
        }
        for dependency in revision.depends() {
            let parent = match dependency {
                Dependency::Id(id) => self.ids.get(id.as_str()),
                Dependency::Label(label) => self.labels.get(label.as_str()),
            };
            let name = dependency.to_string();
            parents.push(*parent.ok_or_else(|| self.unknown(revision, "depends on", &name))?);
        }
        parents.sort_unstable();
        parents.dedup();
        Ok(parents)
    }

    fn unknown(&self, revision: &Revision, how: &str, name: &str) -> Error {
        let mut message = format!("it {how} {name}, which no file has");
        let fits: Vec<&str> = self
            .ids
            .keys()
            .copied()
            .filter(|id| id.starts_with(name))
            .collect();
        if let [id] = fits[..] {
            message = format!("{message}; write the whole id {id}");
        }
        wrong(revision, message)
    }
}

fn order(revisions: &[Revision], parents: &[Vec<usize>]) -> Result<Vec<usize>> {
    let mut children = vec![Vec::new(); revisions.len()];
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, parents) in parents.iter().enumerate() {
        parents
            .iter()
            .for_each(|parent| children[*parent].push(child));
    }
    let mut free: BinaryHeap<Reverse<(&str, usize)>> = (0..revisions.len())
        .filter(|place| missing[*place] == 0)
        .map(|place| Reverse((revisions[place].id(), place)))
        .collect();
    let mut order = Vec::with_capacity(revisions.len());
    while let Some(Reverse((_, place))) = free.pop() {
        order.push(place);
        for child in &children[place] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                free.push(Reverse((revisions[*child].id(), *child)));
            }
        }
    }
    if order.len() == revisions.len() {
        return Ok(order);
    }
    Err(cycle(revisions, parents, &missing))
}

/// Walks from parent to parent among what could not be ordered, until one comes again.
fn cycle(revisions: &[Revision], parents: &[Vec<usize>], missing: &[usize]) -> Error {
    let stuck = |place: &usize| missing[*place] > 0;
    let mut walk: Vec<usize> = Vec::new();
    let mut at = (0..revisions.len())
        .filter(stuck)
        .min_by_key(|place| revisions[*place].id());
    while let Some(place) = at {
        if let Some(first) = walk.iter().position(|walked| *walked == place) {
            walk.drain(..first);
            walk.push(place);
            break;
        }
        walk.push(place);
        at = parents[place].iter().copied().find(|parent| stuck(parent));
    }
    let ids: Vec<&str> = walk.iter().map(|place| revisions[*place].id()).collect();
    let first = walk
        .first()
        .map_or(&revisions[0], |place| &revisions[*place]);
    wrong(
        first,
        format!("it comes before itself: {}", ids.join(" after ")),
    )
}

fn wrong(revision: &Revision, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Graph, message)
        .in_file(revision.file())
        .in_revision(revision.id())
}
