//! CREATE INDEX.

use super::cursor::Cursor;
use super::word::{Ident, Name, Word};

/// An index that a statement makes.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Index<'s> {
    pub(in crate::lint) name: Option<Ident>,
    pub(in crate::lint) table: Name,
    pub(in crate::lint) columns: Vec<String>,
    pub(in crate::lint) is_unique: bool,
    pub(in crate::lint) is_concurrent: bool,
    pub(in crate::lint) if_not_exists: bool,
    /// ON ONLY: of a partitioned table, and of none of its parts.
    pub(in crate::lint) only: bool,
    pub(in crate::lint) is_partial: bool,
    /// What stands behind the table's name.
    pub(in crate::lint) tail: Vec<Word<'s>>,
}

impl<'s> Index<'s> {
    /// Reads on behind CREATE; `None` when no index is made.
    pub(super) fn read(cursor: &mut Cursor<'_, 's>) -> Option<Self> {
        let is_unique = cursor.eat("unique");
        if !cursor.eat("index") {
            return None;
        }
        let is_concurrent = cursor.eat("concurrently");
        let if_not_exists = cursor.eat_if_exists();
        let name = if cursor.is("on") {
            None
        } else {
            // SQLite has the schema before the index.
            let name = cursor.name()?;
            Some(Ident {
                text: name.name,
                at: name.at,
            })
        };
        if !cursor.eat("on") {
            return None;
        }
        let only = cursor.eat("only");
        let table = cursor.name()?;
        let tail = cursor.rest().to_vec();
        if cursor.eat("using") {
            cursor.ident();
        }
        let columns = cursor.columns();
        let is_partial = cursor.rest().iter().any(|word| word.is("where"));
        Some(Self {
            name,
            table,
            columns,
            is_unique,
            is_concurrent,
            if_not_exists,
            only,
            is_partial,
            tail,
        })
    }
}

/// REINDEX: what it is of.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Reindex {
    /// `index`, `table`, `schema`, `database` or `system`.
    pub(in crate::lint) what: String,
    pub(in crate::lint) name: Option<Name>,
    pub(in crate::lint) is_concurrent: bool,
}

impl Reindex {
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Self {
        let listed = cursor.group().unwrap_or_default();
        let what = cursor.bump().map_or_else(String::new, |word: &Word<'_>| {
            word.text.to_ascii_lowercase()
        });
        let is_concurrent =
            cursor.eat("concurrently") || listed.iter().any(|word| word.is("concurrently"));
        Self {
            what,
            name: cursor.name(),
            is_concurrent,
        }
    }
}
