//! The way on SQLite: tables are made by their text, get columns, or are built anew.
//!
//! Views and triggers are not looked at by SQLite when a table changes, so they only go and come
//! where they themselves differ. The tables that a virtual table keeps its rows in are its module's,
//! which makes and drops them with it.

mod fate;
mod order;
mod settings;

use super::name::ident;
use super::way::Way;
use super::words::Words;
use crate::catalog::{Catalog, Constraint, Relation, RelationKind};
use fate::Fate;
use std::collections::BTreeMap;

/// Relations by their names in lower case.
type Relations<'c> = BTreeMap<String, &'c Relation>;

pub(super) fn way(from: &Catalog, to: &Catalog) -> Way {
    let plan = Plan {
        from: relations(from),
        to: relations(to),
    };
    let mut way = Way::default();
    plan.drop_triggers(&mut way);
    plan.drop_views(&mut way);
    plan.drop_indexes(&mut way);
    plan.tables(&mut way);
    plan.make_views(&mut way);
    plan.make_triggers(&mut way);
    settings::write(&from.others, &to.others, &mut way);
    way
}

fn relations(catalog: &Catalog) -> Relations<'_> {
    let named = |it| (lower(&it), it);
    fn lower(it: &&Relation) -> String {
        it.name.to_ascii_lowercase()
    }
    let is_own = |it: &&Relation| it.properties.get("shadow").is_none();
    catalog.relations.iter().filter(is_own).map(named).collect()
}

struct Plan<'c> {
    from: Relations<'c>,
    to: Relations<'c>,
}

impl<'c> Plan<'c> {
    fn fate(&self, key: &str) -> Fate {
        match (self.from.get(key), self.to.get(key)) {
            (Some(_), None) => Fate::Goes,
            (Some(old), Some(new)) => Fate::between(old, new),
            _ => Fate::Comes,
        }
    }

    /// Whether a relation goes, and what hangs on it with it.
    fn goes(&self, key: &str) -> bool {
        matches!(self.fate(key), Fate::Goes | Fate::Replaced)
    }

    fn drop_triggers(&self, way: &mut Way) {
        for (key, old) in &self.from {
            for trigger in &old.triggers {
                let stays = !self.goes(key)
                    && self.has_trigger(&self.to, key, &trigger.definition, &trigger.name);
                // The name may be needed before the table goes.
                let is_wanted = !self.goes(key)
                    || self
                        .to
                        .values()
                        .any(|it| has_trigger_named(it, &trigger.name));
                if !stays && is_wanted {
                    way.run(format!("DROP TRIGGER {}", ident(&trigger.name, true)));
                }
            }
        }
    }

    fn has_trigger(&self, side: &Relations<'_>, key: &str, definition: &str, name: &str) -> bool {
        let relation = side.get(key);
        relation.is_some_and(|it| {
            it.triggers
                .iter()
                .any(|it| it.definition == definition && it.name == name)
        })
    }

    fn drop_views(&self, way: &mut Way) {
        for (key, old) in self.from.iter().rev() {
            if old.kind == RelationKind::View && self.goes(key) {
                way.run(format!("DROP VIEW {}", ident(&old.name, true)));
            }
        }
    }

    fn drop_indexes(&self, way: &mut Way) {
        let changed = |key: &str| self.fate(key) != Fate::ByHand;
        for (key, old) in self.from.iter().filter(|(key, _)| changed(key)) {
            for index in &old.indexes {
                let stays = !self.goes(key)
                    && self.has_index(&self.to, key, &index.definition, &index.name);
                let is_wanted = !self.goes(key)
                    || self.to.values().any(|it| {
                        it.indexes
                            .iter()
                            .any(|it| it.name.eq_ignore_ascii_case(&index.name))
                    });
                if !stays && is_wanted {
                    way.run(format!("DROP INDEX {}", ident(&index.name, true)));
                }
            }
        }
    }

    fn has_index(&self, side: &Relations<'_>, key: &str, definition: &str, name: &str) -> bool {
        let relation = side.get(key);
        relation.is_some_and(|it| {
            it.indexes
                .iter()
                .any(|it| it.definition == definition && it.name == name)
        })
    }

    fn tables(&self, way: &mut Way) {
        let is_table = |it: &Relation| it.kind != RelationKind::View;
        // Those that others point at come first, and go last.
        let mut old = order::by_foreign_keys(&self.from);
        old.reverse();
        let mut there: Relations<'_> = self.from.clone();
        let mut drop = |way: &mut Way, key: &str| {
            let old = self.from[key];
            way.gone(format!("table {} goes with its rows", old.name));
            there.remove(key);
            pointed_at(old, &there, way);
            way.run(format!("DROP TABLE {}", ident(&old.name, true)));
        };
        // A virtual table takes the names of other tables too: it goes first, and comes last.
        let is_virtual = |it: &Relation| it.kind == RelationKind::VirtualTable;
        let goes_first = |key: &str| match self.fate(key) {
            Fate::Replaced => true,
            Fate::Goes => is_virtual(self.from[key]),
            _ => false,
        };
        for key in &old {
            if is_table(self.from[key.as_str()]) && goes_first(key) {
                drop(way, key);
            }
        }
        let (last, first): (Vec<_>, Vec<_>) = order::by_foreign_keys(&self.to)
            .into_iter()
            .filter(|key| is_table(self.to[key.as_str()]))
            .partition(|key| is_virtual(self.to[key.as_str()]));
        for key in &first {
            self.make_table(key, way);
        }
        for key in &old {
            let goes = self.fate(key) == Fate::Goes && !goes_first(key);
            if is_table(self.from[key.as_str()]) && goes {
                drop(way, key);
            }
        }
        for key in &last {
            self.make_table(key, way);
        }
    }

    fn make_table(&self, key: &str, way: &mut Way) {
        let new = self.to[key];
        let fate = self.fate(key);
        fate.carry_out(self.from.get(key).copied(), new, way);
        if fate != Fate::ByHand {
            self.make_indexes(key, new, way);
        }
    }

    fn make_indexes(&self, key: &str, new: &Relation, way: &mut Way) {
        let is_there = |name: &str, definition: &str| {
            !self.goes(key) && self.has_index(&self.from, key, definition, name)
        };
        for index in &new.indexes {
            if !is_there(&index.name, &index.definition) {
                let text = index.text.as_ref().unwrap_or(&index.definition);
                way.run(text.clone());
                let has_rows = !matches!(self.fate(key), Fate::Comes | Fate::Replaced);
                if index.unique && has_rows {
                    way.note(format!(
                        "table {}, index {}: rows that are the same in it stop it, and are to be mended before",
                        new.name, index.name
                    ));
                }
            }
        }
    }

    fn make_views(&self, way: &mut Way) {
        for (key, new) in &self.to {
            if new.kind == RelationKind::View
                && matches!(self.fate(key), Fate::Comes | Fate::Replaced)
            {
                match &new.text {
                    Some(text) => way.run(text.clone()),
                    None => way.note(format!("view {}: its text is not known", new.name)),
                }
            }
        }
    }

    fn make_triggers(&self, way: &mut Way) {
        for (key, new) in &self.to {
            for trigger in &new.triggers {
                let is_there = !self.goes(key)
                    && self.has_trigger(&self.from, key, &trigger.definition, &trigger.name);
                if !is_there {
                    let text = trigger.text.as_ref().unwrap_or(&trigger.definition);
                    way.run(text.clone());
                }
            }
        }
    }
}

/// Says that rows of others may keep a table from going: SQLite would act on them.
fn pointed_at(old: &Relation, there: &Relations<'_>, way: &mut Way) {
    let parent = old.name.to_ascii_lowercase();
    for child in there.values() {
        let acts = |it: &Constraint| {
            let definition = it.definition.to_ascii_lowercase();
            let words = definition
                .split_once("references")
                .map(|(_, it)| Words::of(it));
            it.kind == "foreign key"
                && words.is_some_and(|it| it.has(&parent))
                && ["cascade", "set null", "set default"]
                    .iter()
                    .any(|action| definition.contains(&format!("on delete {action}")))
        };
        if child.constraints.iter().any(acts) {
            way.note(format!(
                "table {}: while rows of {} point at it and its key acts ON DELETE, it is not dropped; empty {} before, or take what points out of it",
                old.name, child.name, child.name
            ));
        }
    }
}

fn has_trigger_named(relation: &Relation, name: &str) -> bool {
    let mut triggers = relation.triggers.iter();
    triggers.any(|it| it.name.eq_ignore_ascii_case(name))
}
