//! What a statement makes of what is known.

use super::columns::{add_column, add_constraint};
use super::table::{KnownIndex, KnownTable};
use super::{Key, Schema, TEMPORARY};
use crate::lint::sql::{AlterDomain, Drop, Name, Object, Rename, Statement, Table};
use crate::lint::step::Step;
use std::sync::Arc;

impl Schema {
    /// Goes past a step.
    pub(in crate::lint) fn pass(&mut self, step: &Step<'_>) {
        match &step.statement {
            Statement::CreateTable(table) if step.is_rebuild => self.rebuild(table),
            statement => self.apply(statement),
        }
    }

    fn apply(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::CreateTable(table) => self.create(table),
            Statement::AlterTable(alter) => self.alter(alter),
            Statement::CreateIndex(index) => {
                let name = match &index.name {
                    Some(name) => name.text.clone(),
                    None => format!("{}_{}_idx", index.table.name, index.columns.join("_")),
                };
                let known = KnownIndex {
                    columns: index.columns.clone(),
                    is_unique: index.is_unique,
                    is_partial: index.is_partial,
                };
                let key = self.entry(&index.table);
                self.change(&key).indexes.insert(name.clone(), known);
                self.indexes.insert(name, key);
            }
            Statement::Drop(drop) => self.drop(drop),
            Statement::Create { object, name, .. } => {
                if matches!(object, Object::View | Object::MaterializedView) {
                    self.view(name);
                } else if *object == Object::Type {
                    self.make_type(name);
                }
            }
            Statement::CreateEnum(name) => self.make_type(name),
            Statement::CreateDomain {
                name, constrained, ..
            } => {
                self.make_type(name);
                self.domains
                    .insert(name.name.clone(), constrained.is_some());
            }
            Statement::AlterDomain { name, change } => {
                if matches!(change, AlterDomain::Add { .. } | AlterDomain::SetNotNull) {
                    self.domains.insert(name.name.clone(), true);
                }
            }
            Statement::Policy(policy) if policy.is_new => {
                let key = self.entry(&policy.table);
                let command = policy.command.clone().unwrap_or_default();
                let policies = &mut self.change(&key).policies;
                policies.insert(policy.name.text.clone(), command);
            }
            Statement::Rename { object, name, to } => self.rename(*object, name, to),
            _ => {}
        }
    }

    /// The table's place; an unknown table gets one.
    pub(super) fn entry(&mut self, name: &Name) -> Key {
        if let Some(key) = self.key(name) {
            return key;
        }
        let key = key_of(name);
        self.tables
            .insert(key.clone(), Arc::new(KnownTable::unknown(name)));
        key
    }

    pub(super) fn change(&mut self, key: &Key) -> &mut KnownTable {
        let table = self.tables.entry(key.clone());
        let unknown = || {
            Arc::new(KnownTable::unknown(&Name {
                schema: None,
                name: key.0.clone(),
                at: 0,
            }))
        };
        Arc::make_mut(table.or_insert_with(unknown))
    }

    /// CREATE OR REPLACE of a view that is there makes none.
    fn view(&mut self, name: &Name) {
        if self.tables.contains_key(&key_of(name)) {
            return;
        }
        let mut view = KnownTable::unknown(name);
        view.is_view = true;
        self.put(view);
    }

    /// A type that is there already is made by nobody, whatever a DO block tries.
    fn make_type(&mut self, name: &Name) {
        if self.types.insert(name.name.clone()) {
            self.new_types.insert(name.name.clone());
        }
    }

    fn put(&mut self, table: KnownTable) {
        let key = key_of(&table.name);
        self.ever.insert(key.0.clone());
        self.new_tables.insert(key.clone());
        self.tables.insert(key, Arc::new(table));
    }

    /// The table of a SQLite rebuild: another text, the same rows.
    fn rebuild(&mut self, table: &Table<'_>) {
        let key = key_of(&table.name);
        let indexes = self.tables.get(&key).map(|old| old.indexes.clone());
        let was_new = self.new_tables.contains(&key);
        self.tables.remove(&key);
        self.create(table);
        self.change(&key).indexes = indexes.unwrap_or_default();
        if !was_new {
            self.new_tables.remove(&key);
        }
    }

    fn create(&mut self, table: &Table<'_>) {
        let mut name = table.name.clone();
        if table.is_temporary {
            name.schema = Some(TEMPORARY.to_owned());
        }
        // A table that the chain has made is there already: IF NOT EXISTS, or a DO block that asks.
        let there = self.tables.get(&key_of(&name));
        if there.is_some_and(|there| there.is_made || table.if_not_exists) {
            return;
        }
        let model = table.like.as_ref().map(|(name, _)| name);
        let model = model.or(table.partition_of.as_ref().map(|(parent, _)| parent));
        let mut known = match model.and_then(|name| self.table(name)) {
            Some(model) => KnownTable {
                is_complete: model.is_complete,
                columns: model.columns.clone(),
                ..KnownTable::unknown(&name)
            },
            None => KnownTable {
                is_complete: model.is_none() && !table.is_derived && table.inherits.is_empty(),
                ..KnownTable::unknown(&name)
            },
        };
        known.is_made = true;
        known.is_temporary = table.is_temporary;
        known.is_partitioned = table.is_partitioned;
        known.is_strict = table.is_strict;
        known.without_rowid = table.without_rowid;
        known.part_of = table
            .partition_of
            .as_ref()
            .map(|(parent, _)| parent.clone());
        for column in &table.columns {
            add_column(&mut known, column, self.engine);
        }
        for constraint in &table.constraints {
            add_constraint(&mut known, constraint, true, self.engine);
        }
        if let Some((parent, true)) = &table.partition_of {
            let parent = self.entry(parent);
            self.change(&parent).default_partition = Some(table.name.clone());
        }
        self.put(known);
    }

    fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            match drop.object {
                Object::Table | Object::ForeignTable | Object::View | Object::MaterializedView => {
                    if let Some(key) = self.key(name) {
                        self.tables.remove(&key);
                        self.new_tables.remove(&key);
                        self.indexes.retain(|_, table| *table != key);
                    }
                }
                Object::Index => {
                    if let Some(key) = self.indexes.remove(&name.name) {
                        self.change(&key).indexes.remove(&name.name);
                    }
                }
                Object::Policy => {
                    let Some(table) = &drop.on else { continue };
                    let key = self.entry(table);
                    self.change(&key).policies.remove(&name.name);
                }
                Object::Domain | Object::Type => {
                    self.domains.remove(&name.name);
                    self.types.remove(&name.name);
                    self.new_types.remove(&name.name);
                }
                _ => {}
            }
        }
    }

    fn rename(&mut self, object: Object, name: &Name, to: &Rename) {
        if object == Object::Index {
            if let Rename::To(to) = to
                && let Some(key) = self.indexes.remove(&name.name)
            {
                let indexes = &mut self.change(&key).indexes;
                let index = indexes.remove(&name.name);
                indexes.extend(index.map(|index| (to.text.clone(), index)));
                self.indexes.insert(to.text.clone(), key);
            }
            return;
        }
        if !matches!(object, Object::View | Object::MaterializedView) {
            return;
        }
        let mut moved = name.clone();
        match to {
            Rename::To(to) => moved.name.clone_from(&to.text),
            Rename::Schema(schema) => moved.schema = Some(schema.text.clone()),
            _ => return,
        }
        self.moved(name, moved);
    }

    /// The table has another name from here on; what had that name is gone.
    pub(super) fn moved(&mut self, from: &Name, to: Name) {
        let old = self.entry(from);
        let was_new = self.new_tables.remove(&old);
        let Some(table) = self.tables.remove(&old) else {
            return;
        };
        let mut table = Arc::unwrap_or_clone(table);
        let new = key_of(&to);
        self.ever.insert(new.0.clone());
        for key in self.indexes.values_mut().filter(|key| **key == old) {
            key.clone_from(&new);
        }
        table.name = to;
        self.new_tables.remove(&new);
        if was_new {
            self.new_tables.insert(new.clone());
        }
        self.tables.insert(new, Arc::new(table));
    }
}

pub(super) fn key_of(name: &Name) -> Key {
    (name.name.clone(), name.schema.clone().unwrap_or_default())
}
