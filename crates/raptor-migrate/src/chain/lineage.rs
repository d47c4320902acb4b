//! Who comes before and after whom, along `revises` alone or along `depends` as well.

use super::Chain;
use crate::error::{Error, ErrorKind, Result};

/// Which edges count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Along {
    /// `revises`: the branch itself.
    Revises,
    /// `revises` and `depends`: what must be applied before.
    All,
}

impl Chain {
    /// For each revision, whether it is one of `tips` or comes before one of them.
    pub(crate) fn before(&self, tips: impl IntoIterator<Item = usize>, along: Along) -> Vec<bool> {
        self.reach(tips, |place| match along {
            Along::Revises => &self.revises[place],
            Along::All => &self.parents[place],
        })
    }

    /// For each revision, whether it is one of `roots` or comes after one of them.
    pub(crate) fn after(&self, roots: impl IntoIterator<Item = usize>, along: Along) -> Vec<bool> {
        self.reach(roots, |place| match along {
            Along::Revises => &self.revised_by[place],
            Along::All => &self.followed_by[place],
        })
    }

    fn reach<'c>(
        &'c self,
        from: impl IntoIterator<Item = usize>,
        next: impl Fn(usize) -> &'c [usize],
    ) -> Vec<bool> {
        let mut within = vec![false; self.len()];
        let mut open: Vec<usize> = from.into_iter().collect();
        while let Some(place) = open.pop() {
            if !std::mem::replace(&mut within[place], true) {
                open.extend(next(place));
            }
        }
        within
    }

    /// For each revision, whether it is on one branch with `place`: before it, after it, or itself.
    pub(crate) fn lineage(&self, place: usize, along: Along) -> Vec<bool> {
        let before = self.before([place], along);
        let after = self.after([place], along);
        before.iter().zip(after).map(|(a, b)| *a || b).collect()
    }

    /// The revision that a branch is named by: its id, the beginning of its id, or a label.
    pub(crate) fn branch(&self, name: &str) -> Result<usize> {
        match self.labels.get(name) {
            Some(place) => Ok(*place),
            None => self.found(name, |_| true)?.ok_or_else(|| {
                let labels = self.label_names();
                let known = match labels[..] {
                    [] => "there are no labels".to_owned(),
                    _ => format!("the labels are {}", labels.join(", ")),
                };
                let message =
                    format!("no revision's id is {name:?} or begins so, and no label is; {known}");
                Error::new(ErrorKind::Target, message)
            }),
        }
    }

    pub(crate) fn has_label(&self, name: &str) -> bool {
        self.labels.contains_key(name)
    }

    /// All labels, in order.
    pub(crate) fn label_names(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = self.labels.keys().map(String::as_str).collect();
        labels.sort_unstable();
        labels
    }

    /// The revisions that revise `place`.
    pub(crate) fn revised_by(&self, place: usize) -> &[usize] {
        &self.revised_by[place]
    }

    /// The revisions that revise `place` or depend on it.
    pub(crate) fn followed_by(&self, place: usize) -> &[usize] {
        &self.followed_by[place]
    }

    /// The revisions that `place` revises.
    pub(crate) fn revises(&self, place: usize) -> &[usize] {
        &self.revises[place]
    }

    /// The places of the revisions that no other revises, by id.
    pub(crate) fn head_places(&self) -> Vec<usize> {
        self.by_ids((0..self.len()).filter(|place| self.revised_by[*place].is_empty()))
    }

    /// The places of the revisions that revise no other, by id.
    pub(crate) fn base_places(&self) -> Vec<usize> {
        self.by_ids((0..self.len()).filter(|place| self.revises[*place].is_empty()))
    }

    /// Places in the order of their ids.
    pub(crate) fn by_ids(&self, places: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut places: Vec<usize> = places.into_iter().collect();
        places.sort_by_key(|place| self.at(*place).id());
        places
    }

    /// The ids, as they stand in a message.
    pub(crate) fn names(&self, places: &[usize]) -> String {
        let ids: Vec<&str> = places.iter().map(|place| self.at(*place).id()).collect();
        ids.join(", ")
    }
}
