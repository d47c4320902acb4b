//! What cannot stay as it is, so that all that names it has to go before and come again after.

use super::{is_inherited, same};
use crate::catalog::{Catalog, Column, Relation, RelationKind, Routine};
use crate::generate::words::{Words, plain};
use std::collections::HashSet;

/// Names of what goes or comes anew, and columns that go, come anew or change their type.
#[derive(Debug, Default)]
pub(super) struct Loose {
    names: HashSet<String>,
    columns: HashSet<(String, String)>,
    /// Relations that go and come again.
    remade: HashSet<String>,
    /// Routines, with the types of what they take, that go and come again.
    routines: HashSet<String>,
}

impl Loose {
    pub(super) fn between(from: &Catalog, to: &Catalog) -> Self {
        let mut loose = Self::default();
        loose.add_names(from, to);
        for old in &from.relations {
            match to.relation(&old.name) {
                None => {
                    loose.names.insert(old.name.clone());
                }
                Some(new) if is_another(old, new) => loose.remake(&old.name),
                Some(new) => loose.add_columns(old, new),
            }
        }
        // What is made anew may be named by others.
        while loose.spread(from, to) {}
        loose
    }

    pub(super) fn is_remade(&self, relation: &str) -> bool {
        self.remade.contains(relation)
    }

    pub(super) fn is_remade_routine(&self, name: &str) -> bool {
        self.routines.contains(name)
    }

    pub(super) fn has_column(&self, relation: &str, column: &str) -> bool {
        let key = (relation.to_owned(), column.to_owned());
        self.columns.contains(&key)
    }

    /// Whether a definition that hangs on the relation `own` names any of it.
    pub(super) fn is_named(&self, words: &Words, own: Option<&str>) -> bool {
        self.names.iter().any(|name| words.has(name))
            || self.columns.iter().any(|(relation, column)| {
                words.has(column) && (own == Some(relation) || words.has(relation))
            })
    }

    /// Whether a definition names a relation or a column of it that goes or changes.
    pub(super) fn is_of_relations(&self, words: &Words, from: &Catalog) -> bool {
        let is_named = |name: &String| words.has(name) && from.relation(name).is_some();
        self.names.iter().any(is_named)
            || self
                .columns
                .iter()
                .any(|(relation, column)| words.has(column) && words.has(relation))
    }

    fn remake(&mut self, relation: &str) {
        self.names.insert(relation.to_owned());
        self.remade.insert(relation.to_owned());
    }

    fn add_names(&mut self, from: &Catalog, to: &Catalog) {
        for old in &from.types {
            if !to.types.iter().any(|it| it.name == old.name) {
                self.names.insert(old.name.clone());
            }
        }
        for old in &from.sequences {
            if !to.sequences.iter().any(|it| it.name == old.name) {
                self.names.insert(old.name.clone());
            }
        }
        for old in &from.routines {
            match to.routines.iter().find(|it| it.name == old.name) {
                None => {
                    self.names.insert(base(&old.name));
                }
                Some(new) if is_another_routine(old, new) => self.remake_routine(&old.name),
                Some(_) => {}
            }
        }
    }

    fn remake_routine(&mut self, name: &str) {
        self.names.insert(base(name));
        self.routines.insert(name.to_owned());
    }

    fn add_columns(&mut self, old: &Relation, new: &Relation) {
        for column in &old.columns {
            let is_loose = match new.column(&column.name) {
                None => true,
                Some(now) => is_retyped(column, now) || is_recomputed(column, now),
            };
            if is_loose {
                self.add_column(&old.name, &column.name);
            }
        }
    }

    fn add_column(&mut self, relation: &str, column: &str) {
        let key = (relation.to_owned(), column.to_owned());
        self.columns.insert(key);
    }

    /// One round; whether it found more.
    fn spread(&mut self, from: &Catalog, to: &Catalog) -> bool {
        let before = (
            self.names.len(),
            self.columns.len(),
            self.routines.len(),
            self.remade.len(),
        );
        for old in &from.relations {
            let Some(new) = to.relation(&old.name) else {
                continue;
            };
            if self.is_remade(&old.name) {
                continue;
            }
            if let Some(definition) = &old.definition {
                let is_named = self.is_named(&Words::of(definition), None);
                if is_named || !is_replaceable(old, new) {
                    self.remake(&old.name);
                }
            }
            for column in &old.columns {
                let words = column.generated.as_ref();
                let words = words.map(|it| Words::of(&it.expression));
                if words.is_some_and(|it| self.is_named(&it, Some(&old.name))) {
                    self.add_column(&old.name, &column.name);
                }
            }
        }
        for old in &from.routines {
            let is_kept = to.routines.iter().any(|it| it.name == old.name);
            if is_kept && !self.is_remade_routine(&old.name) && self.is_named(&needs(old), None) {
                self.remake_routine(&old.name);
            }
        }
        before
            != (
                self.names.len(),
                self.columns.len(),
                self.routines.len(),
                self.remade.len(),
            )
    }
}

/// What a routine cannot be made without: its text counts only where Postgres keeps it parsed.
pub(super) fn needs(routine: &Routine) -> Words {
    let mut words = Words::of(&routine.arguments);
    if let Some(result) = &routine.result {
        words.add(result);
    }
    if routine.kind == "aggregate" {
        routine.properties.0.values().for_each(|it| words.add(it));
    }
    let definition = routine.definition.as_deref().unwrap_or_default();
    if definition.contains("BEGIN ATOMIC") || definition.contains("\nRETURN ") {
        words.add(&routine.body);
    }
    words
}

/// A routine's name without what it takes.
pub(super) fn base(name: &str) -> String {
    // An open bracket in a quoted name is not expected, and would only order less well.
    plain(name.split_once('(').map_or(name, |(base, _)| base))
}

/// Whether the one can become the other only by going.
fn is_another(old: &Relation, new: &Relation) -> bool {
    let fixed = ["partition key", "server", "access method"];
    old.kind != new.kind
        || fixed
            .iter()
            .any(|it| old.properties.get(it) != new.properties.get(it))
}

fn is_another_routine(old: &Routine, new: &Routine) -> bool {
    old.kind != new.kind || old.arguments != new.arguments || old.result != new.result
}

/// Whether `CREATE OR REPLACE VIEW` does it, or nothing is to be done.
fn is_replaceable(old: &Relation, new: &Relation) -> bool {
    let facts = |it: &Column| (it.name.clone(), it.type_name.clone(), it.collation.clone());
    let olds: Vec<_> = old.columns.iter().map(facts).collect();
    let news: Vec<_> = new.columns.iter().map(facts).collect();
    let is_same = old.definition == new.definition && olds == news;
    is_same || (old.kind == RelationKind::View && news.starts_with(&olds))
}

pub(super) fn is_retyped(old: &Column, new: &Column) -> bool {
    old.type_name != new.type_name || old.collation != new.collation
}

/// Whether a column has to go and come again, as what it is computed from changes.
pub(super) fn is_recomputed(old: &Column, new: &Column) -> bool {
    let is_new = new.generated.is_some() && !same(&old.generated, &new.generated);
    is_new && !is_inherited(&new.properties)
}
