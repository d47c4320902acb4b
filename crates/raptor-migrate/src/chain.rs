//! All revisions as one graph. Made whole or refused; what stands here needs no database.

mod folder;
mod graph;
mod lineage;
mod squash;
#[cfg(test)]
mod tests;

pub(crate) use lineage::Along;

use crate::error::{Error, ErrorKind, Result};
use crate::revision::Revision;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// All revisions, in an order in which each can be applied.
///
/// ```
/// use raptor_migrate::Chain;
/// let chain = Chain::embedded(&[
///     ("2.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up\n"),
///     ("1.sql", "-- raptor: id=a1\n-- raptor:up\n"),
/// ])?;
/// let ids: Vec<_> = chain.iter().map(|revision| revision.id()).collect();
/// assert_eq!(ids, ["a1", "b2"]);
/// assert_eq!(chain.heads().map(|head| head.id()).collect::<Vec<_>>(), ["b2"]);
/// assert_eq!(chain.revision("b")?.id(), "b2");
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// Parents before children; among those that are free, the smaller id first.
    revisions: Vec<Revision>,
    by_id: HashMap<String, usize>,
    labels: HashMap<String, usize>,
    /// What each revises, as places in `revisions`.
    revises: Vec<Vec<usize>>,
    /// What must be applied before: `revises` and `depends`, each once.
    parents: Vec<Vec<usize>>,
    /// The other way round.
    revised_by: Vec<Vec<usize>>,
    followed_by: Vec<Vec<usize>>,
    replaced: squash::Replaced,
    /// The chain before revisions were replaced, while the files of these are there.
    old: Option<Box<Chain>>,
}

impl Chain {
    /// Reads files whose names and texts are at hand, for example embedded in the binary.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for a file, [`ErrorKind::Graph`] for the whole.
    pub fn embedded(files: &[(&str, &str)]) -> Result<Self> {
        let revisions = files
            .iter()
            .map(|(file, text)| Revision::parse(file, text))
            .collect::<Result<Vec<_>>>()?;
        graph::connect(revisions)
    }

    pub(crate) fn of(revisions: Vec<Revision>) -> Result<Self> {
        graph::connect(revisions)
    }

    /// Reads every `*.sql` file of a folder, not of the folders in it. Hidden files are others'.
    ///
    /// # Errors
    /// As [`Chain::embedded`], and [`ErrorKind::Io`], also for a folder whose name ends like that.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self> {
        graph::connect(folder::read(folder.as_ref())?)
    }

    /// The revisions, parents before children; ids break ties.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.revisions.iter()
    }

    /// How many revisions there are.
    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The revisions that no other revises, by id.
    pub fn heads(&self) -> impl Iterator<Item = &Revision> {
        self.head_places().into_iter().map(|place| self.at(place))
    }

    /// The revisions that revise no other, by id.
    pub fn bases(&self) -> impl Iterator<Item = &Revision> {
        self.base_places().into_iter().map(|place| self.at(place))
    }

    /// The revision with that id, or the only one whose id begins so.
    ///
    /// # Errors
    /// [`ErrorKind::Target`] for none and for several, which are named.
    pub fn revision(&self, id_or_prefix: &str) -> Result<&Revision> {
        self.place(id_or_prefix).map(|place| &self.revisions[place])
    }

    pub(crate) fn place(&self, id_or_prefix: &str) -> Result<usize> {
        self.place_among(id_or_prefix, |_| true)
    }

    /// As [`Chain::place`]; a beginning is only looked for `among` some.
    pub(crate) fn place_among(
        &self,
        id_or_prefix: &str,
        among: impl Fn(usize) -> bool,
    ) -> Result<usize> {
        self.found(id_or_prefix, among)?.ok_or_else(|| {
            let message = format!("no revision's id is {id_or_prefix:?} or begins so");
            Error::new(ErrorKind::Target, message)
        })
    }

    /// As [`Chain::place_among`]; `None` where no id fits. The last of replaced revisions means the
    /// one that replaces them: a database that is at either has the same.
    fn found(&self, id_or_prefix: &str, among: impl Fn(usize) -> bool) -> Result<Option<usize>> {
        if let Some(place) = self.by_id.get(id_or_prefix) {
            return Ok(Some(*place));
        }
        let fits = self.by_ids((0..self.len()).filter(|place| {
            let id = self.at(*place).id();
            !id_or_prefix.is_empty() && id.starts_with(id_or_prefix) && among(*place)
        }));
        let message = match fits[..] {
            [place] => return Ok(Some(place)),
            [] => return self.standing_in(id_or_prefix),
            ref several => format!(
                "{id_or_prefix:?} is the beginning of {} ids: {}",
                several.len(),
                self.names(several)
            ),
        };
        Err(Error::new(ErrorKind::Target, message))
    }

    pub(crate) fn place_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn at(&self, place: usize) -> &Revision {
        &self.revisions[place]
    }

    /// The rows of the table of versions when exactly `applied` is applied: what is applied and no
    /// applied revision follows, neither by `revises` nor by `depends`.
    pub(crate) fn effective_heads(&self, applied: &[bool]) -> BTreeSet<String> {
        let mut followed = vec![false; self.len()];
        for (child, parents) in self.parents.iter().enumerate() {
            if applied[child] {
                parents.iter().for_each(|parent| followed[*parent] = true);
            }
        }
        (0..self.len())
            .filter(|place| applied[*place] && !followed[*place])
            .map(|place| self.revisions[place].id.clone())
            .collect()
    }

    pub(crate) fn parents(&self, place: usize) -> &[usize] {
        &self.parents[place]
    }
}
