//! Connects revisions to a graph without cycles, in the order of Kahn's algorithm (1962) with the
//! smallest free id first, so that every machine applies in the same order.

use super::{Chain, squash};
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{Dependency, Revision};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Makes the chain.
pub(super) fn connect(mut revisions: Vec<Revision>) -> Result<Chain> {
    // Ids and labels are looked at before anything is left out.
    Names::of(&revisions)?;
    let Some(place) = squash::outermost(&revisions)? else {
        return graph(revisions);
    };
    let new = revisions.remove(place);
    let last = squash::last_of(&new).to_owned();
    let has_old = revisions.iter().any(|revision| revision.id() == last);
    if has_old {
        revisions
            .iter_mut()
            .for_each(|revision| squash::follow(revision, new.id(), &last));
        let old = connect(revisions)?;
        let (revisions, replaced) = squash::replace(new, &old)?;
        let mut chain = graph(revisions)?;
        chain.replaced = replaced;
        chain.old = Some(Box::new(old));
        return Ok(chain);
    }
    // The old files are gone: it is a revision like others, and known by their names too.
    let mut plain = new.clone();
    plain.replaces = None;
    revisions
        .iter_mut()
        .for_each(|revision| squash::follow(revision, &last, new.id()));
    revisions.push(plain);
    let mut chain = connect(revisions)?;
    chain.stands_for(&new)?;
    Ok(chain)
}

fn graph(revisions: Vec<Revision>) -> Result<Chain> {
    let names = Names::of(&revisions)?;
    let parents = revisions
        .iter()
        .map(|revision| names.parents(revision))
        .collect::<Result<Vec<_>>>()?;
    let order = order(&revisions, &parents)?;
    let mut slots: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
    let revisions: Vec<Revision> = order.iter().filter_map(|old| slots[*old].take()).collect();
    // The names again, now with the places that stay.
    let names = Names::of(&revisions)?;
    let mut parents = Vec::with_capacity(revisions.len());
    let mut revises = Vec::with_capacity(revisions.len());
    for revision in &revisions {
        parents.push(names.parents(revision)?);
        revises.push(names.revises(revision)?);
    }
    let owned = |names: &HashMap<&str, usize>| {
        let names = names
            .iter()
            .map(|(name, place)| ((*name).to_owned(), *place));
        names.collect()
    };
    Ok(Chain {
        by_id: owned(&names.ids),
        labels: owned(&names.labels),
        revised_by: turned(&revises),
        followed_by: turned(&parents),
        revises,
        parents,
        revisions,
        replaced: squash::Replaced::default(),
        old: None,
    })
}

/// The same edges from the other end.
fn turned(parents: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); parents.len()];
    for (child, parents) in parents.iter().enumerate() {
        parents
            .iter()
            .for_each(|parent| children[*parent].push(child));
    }
    children
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

    fn revises(&self, revision: &Revision) -> Result<Vec<usize>> {
        let place = |id: &String| {
            let parent = self.ids.get(id.as_str());
            parent
                .copied()
                .ok_or_else(|| self.unknown(revision, "revises", id))
        };
        revision.revises().iter().map(place).collect()
    }

    fn parents(&self, revision: &Revision) -> Result<Vec<usize>> {
        let mut parents = self.revises(revision)?;
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
    let children = turned(parents);
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
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
