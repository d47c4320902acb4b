//! Revisions that replace others: `replaces=A..B`, or all of them by name.
//!
//! A database that has none of the replaced ones runs the new revision instead; one that has all of
//! them, up to the last, counts as having it; one that stands in between first goes to the last on
//! the old way. So the old files stay until every database is past them. A revision that replaced
//! others can be replaced in turn.

use super::{Along, Chain};
use crate::error::{Error, ErrorKind, Result};
use crate::revision::{Dependency, Replaces, Revision};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is replaced, and by what.
#[derive(Debug, Clone, Default)]
pub(super) struct Replaced {
    /// Each replaced id that is known, with the id that replaces it.
    by: BTreeMap<String, String>,
    /// The last of each replaced ones, with the id that stands for it.
    last: HashMap<String, String>,
}

/// The place of a revision that replaces others, such that no other replaces it.
pub(super) fn outermost(revisions: &[Revision]) -> Result<Option<usize>> {
    let mut found: Option<(usize, usize)> = None;
    let named = |id: &str| {
        let mut all = revisions.iter().filter_map(Revision::replaces);
        all.any(|replaces| match replaces {
            Replaces::Range(first, last) => first == id || last == id,
            Replaces::Each(ids) => ids.iter().any(|it| it == id),
        })
    };
    for (place, revision) in revisions.iter().enumerate() {
        let Some(replaces) = revision.replaces() else {
            continue;
        };
        let size = ids(revision, replaces, revisions)?.len();
        if !named(revision.id()) && found.is_none_or(|(_, largest)| size > largest) {
            found = Some((place, size));
        }
    }
    Ok(found.map(|(place, _)| place))
}

/// The last revision that `new` replaces.
pub(super) fn last_of(new: &Revision) -> &str {
    match new.replaces() {
        Some(Replaces::Range(_, last)) => last,
        Some(Replaces::Each(ids)) => ids.last().map_or("", String::as_str),
        None => "",
    }
}

/// Puts `new` in the place of what it replaces in `old`: the revisions that are left, and what is
/// replaced now.
pub(super) fn replace(new: Revision, old: &Chain) -> Result<(Vec<Revision>, Replaced)> {
    let mut replaced = old.replaced.clone();
    let Some(replaces) = new.replaces() else {
        return Ok((Vec::new(), replaced));
    };
    let gone = ids(&new, replaces, &old.revisions)?;
    for id in &gone {
        // What it replaces may itself have replaced others, and be known by the last of these.
        let id = replaced.standing(id).to_owned();
        if id == new.id() {
            return Err(wrong(&new, "it replaces itself"));
        }
        if let Some(other) = replaced.by.insert(id.clone(), new.id().to_owned()) {
            return Err(wrong(
                &new,
                format!("it replaces {id}, and so does {other}"),
            ));
        }
    }
    let last = replaced.standing(last_of(&new)).to_owned();
    replaced.last.insert(last.clone(), new.id().to_owned());
    is_closed(&new, &last, &replaced, &old.revisions)?;
    let is_gone = |revision: &&Revision| {
        replaced
            .by
            .get(revision.id())
            .is_some_and(|by| by == new.id())
    };
    let labels: Vec<&String> = old
        .iter()
        .filter(is_gone)
        .flat_map(Revision::labels)
        .collect();
    let mut left: Vec<Revision> = old.iter().filter(|it| !is_gone(it)).cloned().collect();
    for revision in &mut left {
        follow(revision, &last, new.id());
        for on in &mut revision.depends {
            if matches!(&*on, Dependency::Label(label) if labels.contains(&label)) {
                *on = Dependency::Id(new.id().to_owned());
            }
        }
    }
    left.push(new);
    Ok((left, replaced))
}

/// Lets the revision stand on `to` where it stood on `from`.
pub(super) fn follow(revision: &mut Revision, from: &str, to: &str) {
    let depends = revision.depends.iter_mut().filter_map(|on| match on {
        Dependency::Id(id) => Some(id),
        Dependency::Label(_) => None,
    });
    for id in revision
        .revises
        .iter_mut()
        .chain(depends)
        .filter(|id| *id == from)
    {
        to.clone_into(id);
    }
}

/// Only the last replaced revision may be followed from outside, and what one of them stands on
/// outside, the new one stands on too.
fn is_closed(new: &Revision, last: &str, replaced: &Replaced, all: &[Revision]) -> Result<()> {
    let is_gone = |id: &str| replaced.by.get(id).is_some_and(|by| by == new.id());
    for revision in all {
        for parent in parents(revision) {
            if is_gone(revision.id()) == is_gone(parent) {
                continue;
            }
            if is_gone(parent) && parent != last {
                let new = new.id();
                let message = format!(
                    "it stands on {parent}, which {new} replaces; only the last replaced revision may be followed"
                );
                return Err(wrong(revision, message));
            }
            let stands = parents(new).any(|it| replaced.standing(it) == parent);
            if is_gone(revision.id()) && !stands {
                let message = format!(
                    "it replaces {}, which stands on {parent}, and does not itself",
                    revision.id()
                );
                return Err(wrong(new, message));
            }
        }
    }
    Ok(())
}

/// The ids that are replaced, the last at the end.
fn ids(new: &Revision, replaces: &Replaces, all: &[Revision]) -> Result<Vec<String>> {
    let (first, last) = match replaces {
        Replaces::Each(ids) => return Ok(ids.clone()),
        Replaces::Range(first, last) => (first.as_str(), last.as_str()),
    };
    // Whoever follows the last of replaced revisions follows the one that replaces them.
    let stands_on = |id: &str| -> Vec<&str> {
        let of_it = all
            .iter()
            .filter(|it| it.id() == id)
            .flat_map(Revision::revises);
        let direct: Vec<&str> = of_it.map(String::as_str).collect();
        let for_them = all
            .iter()
            .filter(|it| it.replaces().is_some() && direct.contains(&last_of(it)));
        let for_them: Vec<&str> = for_them.map(Revision::id).collect();
        direct.into_iter().chain(for_them).collect()
    };
    let known = |id: &str| all.iter().any(|it| it.id() == id);
    if !known(last) {
        // The files are gone; the ends are all that is known.
        let ends = [first.to_owned(), last.to_owned()];
        return Ok(ends[usize::from(first == last)..].to_vec());
    }
    let before = |from: &str| {
        let mut found = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(id) = open.pop() {
            if found.insert(id.clone()) {
                open.extend(stands_on(&id).into_iter().map(str::to_owned));
            }
        }
        found
    };
    let under_last = before(last);
    if !under_last.contains(first) {
        let message =
            format!("it replaces {first}..{last}, and {first} does not come before {last}");
        return Err(wrong(new, message));
    }
    let between = under_last
        .iter()
        .filter(|id| *id != last && *id != new.id());
    let mut ids: Vec<String> = between
        .filter(|id| before(id).contains(first))
        .cloned()
        .collect();
    ids.push(last.to_owned());
    Ok(ids)
}

fn parents(revision: &Revision) -> impl Iterator<Item = &str> {
    let depends = revision.depends().iter().filter_map(Dependency::id);
    revision.revises().iter().map(String::as_str).chain(depends)
}

fn wrong(revision: &Revision, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Graph, message)
        .in_file(revision.file())
        .in_revision(revision.id())
}

impl Replaced {
    /// The id that stands for this one: its own, unless it is the last of replaced ones.
    fn standing<'i>(&'i self, id: &'i str) -> &'i str {
        let mut id = id;
        while let Some(new) = self.last.get(id) {
            id = new;
        }
        id
    }
}

impl Chain {
    /// Lets a revision be known by the names of those whose files are gone.
    pub(super) fn stands_for(&mut self, new: &Revision) -> Result<()> {
        let Some(replaces) = new.replaces() else {
            return Ok(());
        };
        for id in ids(new, replaces, &self.revisions)? {
            if let Some(other) = self.replaced.by.insert(id.clone(), new.id().to_owned()) {
                return Err(wrong(new, format!("it replaces {id}, and so does {other}")));
            }
        }
        let last = last_of(new).to_owned();
        self.replaced.last.insert(last, new.id().to_owned());
        if let Some(place) = self.place_of(new.id()) {
            self.revisions[place].replaces.clone_from(&new.replaces);
        }
        match &mut self.old {
            Some(old) => old.stands_for(new),
            None => Ok(()),
        }
    }

    /// Whether a revision replaces others.
    pub(crate) fn replaces_any(&self) -> bool {
        !self.replaced.by.is_empty()
    }

    /// The id that replaces this one, if one does.
    pub(crate) fn replaced_by(&self, id: &str) -> Option<&str> {
        self.replaced.by.get(id).map(String::as_str)
    }

    /// The revision that stands for a replaced one whose id is this or begins so; `None` where none
    /// was replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Target`] for one before the last, which no database can be at once it is past
    /// them, and for several.
    pub(super) fn standing_in(&self, id_or_prefix: &str) -> Result<Option<usize>> {
        let begins = |id: &&String| !id_or_prefix.is_empty() && id.starts_with(id_or_prefix);
        let fits: Vec<&str> = match self.replaced.by.get_key_value(id_or_prefix) {
            Some((id, _)) => vec![id],
            None => self
                .replaced
                .by
                .keys()
                .filter(begins)
                .map(String::as_str)
                .collect(),
        };
        let message = match fits[..] {
            [] => return Ok(None),
            [id] => match self.place_of_row(id) {
                Some(place) => return Ok(Some(place)),
                None => {
                    let (new, last) = self.stand_in(id);
                    format!(
                        "{id} was replaced by {new}, with all up to {last}, and is no place of its own any more; \
                         name {new}, a revision before it, or base"
                    )
                }
            },
            ref several => format!(
                "{id_or_prefix:?} is the beginning of {} ids of replaced revisions: {}",
                several.len(),
                several.join(", ")
            ),
        };
        Err(Error::new(ErrorKind::Target, message))
    }

    /// The revision of this chain that replaces `id`, and the last of those that it replaces.
    pub(crate) fn stand_in<'c>(&'c self, id: &'c str) -> (&'c str, &'c str) {
        let mut new = self.replaced.standing(id);
        while let Some(by) = self.replaced.by.get(new) {
            new = by;
        }
        let last = self.replaced.last.iter().find(|(_, by)| *by == new);
        (new, last.map_or("", |(last, _)| last.as_str()))
    }

    /// The revisions without those that stand for replaced ones at which rows are, and what follows
    /// them: none of these is applied.
    pub(crate) fn without_stand_ins(&self, rows: &[String]) -> Vec<Revision> {
        let new = rows.iter().map(|row| self.stand_in(row).0);
        let gone = self.after(new.filter_map(|id| self.place_of(id)), Along::All);
        let left = self.iter().zip(gone).filter(|(_, gone)| !gone);
        left.map(|(revision, _)| revision.clone()).collect()
    }

    /// The place of a row's revision. The last of replaced ones is the one that replaces them.
    pub(crate) fn place_of_row(&self, id: &str) -> Option<usize> {
        self.place_of(self.replaced.standing(id))
    }

    /// The rows that stand among replaced revisions, before the last of them.
    pub(crate) fn halfway<'r>(&self, rows: &'r BTreeSet<String>) -> Vec<&'r str> {
        let is_halfway = |id: &&String| {
            let id = self.replaced.standing(id);
            self.place_of(id).is_none() && self.replaced.by.contains_key(id)
        };
        rows.iter().filter(is_halfway).map(String::as_str).collect()
    }

    /// The chain as it was before revisions were replaced, as long as the old files are there.
    pub fn unsquashed(&self) -> Option<&Self> {
        self.old.as_deref()
    }

    /// The chain on which a row is reached, and its id there: itself, or for a row among replaced
    /// revisions the old one.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRevision`] when the old files are gone, or nobody knows the row.
    pub(crate) fn to_row<'c>(&'c self, row: &'c str) -> Result<(&'c Self, &'c str)> {
        if let Some(place) = self.place_of_row(row) {
            return Ok((self, self.at(place).id()));
        }
        match self.unsquashed() {
            Some(old) => old.to_row(row),
            None => {
                let message = match self.replaced_by(row) {
                    Some(_) => return self.old_way(row).map(|(old, _)| (old, row)),
                    None => format!("no file has the revision {row}"),
                };
                Err(Error::new(ErrorKind::UnknownRevision, message))
            }
        }
    }

    /// For a row among replaced revisions: the chain with the old ones, and the id there that all of
    /// them lead to.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownRevision`] when the old files are gone.
    pub(crate) fn old_way(&self, row: &str) -> Result<(&Self, &str)> {
        let (new, last) = self.stand_in(row);
        let is_known = |old: &&Self| {
            let rows = BTreeSet::from([row.to_owned()]);
            old.place_of_row(row).is_some() || !old.halfway(&rows).is_empty()
        };
        let old = self.unsquashed().filter(is_known);
        let way = old.and_then(|old| Some((old, old.at(old.place_of_row(last)?).id())));
        way.ok_or_else(|| {
            let message = format!(
                "the database is at {row}, one of the revisions that {new} replaces, and their files are not here any more; \
                 a release that has them brings the database to {last} first, or `downgrade` takes it back by what the log has"
            );
            Error::new(ErrorKind::UnknownRevision, message)
        })
    }
}
