//! What a test has done to its clone.

/// The reset that a clone needs, if a reset will do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No table or sequence was written.
    Untouched,
    /// Some tables and sequences were written, and nothing else.
    Dirty(Dirty),
    /// More than a reset mends: DDL, the database's own settings, an open connection, a prepared
    /// transaction, a large object, or more rows than a new clone costs.
    Spoilt,
    /// Something that belongs to the whole server was changed, by this test or another.
    RolesTouched,
}

/// Places in the layout's lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Dirty {
    pub(crate) tables: Vec<usize>,
    pub(crate) sequences: Vec<usize>,
}
