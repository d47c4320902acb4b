//! What the chain has made so far: tables, columns, constraints, indexes and policies.
//!
//! It is read off the statements alone. Of a table that the chain did not make only that is known
//! what the chain did to it.

mod alter;
mod apply;
mod columns;
mod table;

pub(super) use table::{Foreign, KnownColumn, KnownIndex, KnownKind, KnownTable};

use super::sql::Name;
use raptor_db::Engine;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A table's name and schema; the schema is empty where none was written.
type Key = (String, String);

/// The schema of temporary tables, which stand before all others of their name.
const TEMPORARY: &str = "pg_temp";

/// What is known.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    engine: Engine,
    /// Shared between the states of a chain, of which most change one table.
    tables: BTreeMap<Key, Arc<KnownTable>>,
    /// The table of each index that was made with a name.
    indexes: BTreeMap<String, Key>,
    /// Domains, and whether they demand something.
    domains: BTreeMap<String, bool>,
    /// All types that were made, domains and enums among them.
    types: BTreeSet<String>,
    /// The names of all tables that ever were made.
    ever: BTreeSet<String>,
    /// What this direction of this revision has made.
    new_tables: BTreeSet<Key>,
    new_types: BTreeSet<String>,
}

impl Schema {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            tables: BTreeMap::new(),
            indexes: BTreeMap::new(),
            domains: BTreeMap::new(),
            types: BTreeSet::new(),
            ever: BTreeSet::new(),
            new_tables: BTreeSet::new(),
            new_types: BTreeSet::new(),
        }
    }

    /// From here on another revision, or another direction: what is there is not new any more.
    pub(super) fn begin(&mut self) {
        self.new_tables.clear();
        self.new_types.clear();
        self.tables.retain(|(_, schema), _| schema != TEMPORARY);
    }

    /// The table that a name means. A name without a schema means one that was made without, or
    /// else any of that name.
    fn key(&self, name: &Name) -> Option<Key> {
        let temporary = (name.name.clone(), TEMPORARY.to_owned());
        if name.schema.is_none() && self.tables.contains_key(&temporary) {
            return Some(temporary);
        }
        let schema = name.schema.clone().unwrap_or_default();
        let exact = (name.name.clone(), schema);
        if self.tables.contains_key(&exact) {
            return Some(exact);
        }
        let first = (name.name.clone(), String::new());
        let mut same = self.tables.range(first..);
        let (key, _) = same.next().filter(|((it, _), _)| *it == name.name)?;
        (name.schema.is_none() || key.1.is_empty()).then(|| key.clone())
    }

    pub(super) fn table(&self, name: &Name) -> Option<&KnownTable> {
        let key = self.key(name)?;
        self.tables.get(&key).map(|table| &**table)
    }

    /// Whether this direction of this revision made the table.
    pub(super) fn is_new(&self, name: &Name) -> bool {
        self.key(name)
            .is_some_and(|key| self.new_tables.contains(&key))
    }

    pub(super) fn is_new_type(&self, name: &str) -> bool {
        self.new_types.contains(name)
    }

    /// The table of an index, and the index where it is known.
    pub(super) fn index(&self, name: &str) -> Option<(&KnownTable, Option<&KnownIndex>)> {
        let table = self.tables.get(self.indexes.get(name)?)?;
        Some((table, table.indexes.get(name)))
    }

    /// Whether a domain of that name demands something of its values.
    pub(super) fn demands(&self, domain: &str) -> bool {
        self.domains.get(domain).copied().unwrap_or(false)
    }

    /// The foreign keys of other tables that point at a table.
    pub(super) fn children(&self, parent: &Name) -> Vec<(&KnownTable, &Foreign)> {
        let mut children = Vec::new();
        for table in self.tables.values() {
            let others = !table.name.may_be(parent);
            let keys = table
                .foreign_keys()
                .filter(|key| others && key.parent.may_be(parent));
            children.extend(keys.map(|key| (&**table, key)));
        }
        children
    }

    /// Whether a table of that name ever was made; or none at all, so that nothing is known.
    pub(super) fn was_made(&self, name: &str) -> bool {
        self.ever.is_empty() || self.ever.contains(name)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &KnownTable> {
        self.tables.values().map(|table| &**table)
    }
}
