//! What goes before anything comes, dependants first.

use super::needs::order;
use super::table::is_own;
use super::tables::{
    NOT_NULL, brings, column_of_kept, comes_anew, constraint_goes, index_goes, leave, parent,
};
use super::view::{is_view, word};
use super::{Sides, column, forced, hanging, is_inherited, last, numbers, q, routine, sequence};
use crate::catalog::{Column, Relation};
use crate::generate::way::Way;
use crate::generate::words::Words;

pub(super) fn first(sides: &Sides<'_>, way: &mut Way) {
    forced::off(sides, way);
    hanging::drop(sides, way);
    last::drop_statistics(sides, way);
    views(sides, way);
    for is_foreign in [true, false] {
        constraints(sides, is_foreign, way);
    }
    indexes(sides, way);
    leave(sides, way);
    left(sides, way);
    sequence::let_go(sides, way);
    defaults(sides, way);
    numbers::drop(sides, way);
    routine::drop_some(sides, true, way);
    tables(sides, way);
    columns(sides, way);
    routine::drop_some(sides, false, way);
}

/// Those that others name come last.
fn in_order<'c>(
    relations: &[&'c Relation],
    words: impl Fn(&Relation) -> Words,
) -> Vec<&'c Relation> {
    let words: Vec<Words> = relations.iter().map(|it| words(it)).collect();
    let names = relations.iter().map(|it| it.name.as_str());
    let nodes: Vec<_> = names.zip(&words).collect();
    let places = order(&nodes);
    places.into_iter().rev().map(|it| relations[it]).collect()
}

fn views(sides: &Sides<'_>, way: &mut Way) {
    let views: Vec<_> = sides.dropped().filter(|it| is_view(it)).collect();
    let words = |it: &Relation| Words::of(it.definition.as_deref().unwrap_or_default());
    for view in in_order(&views, words) {
        way.run(format!("DROP {} {}", word(view), q(&view.name)));
    }
}

fn constraints(sides: &Sides<'_>, is_foreign: bool, way: &mut Way) {
    for (old, _) in sides.kept() {
        for constraint in &old.constraints {
            let is_due = (constraint.kind == "foreign key") == is_foreign
                && is_own(constraint)
                && constraint.properties.get("inherited").is_none()
                && constraint.kind != NOT_NULL
                && constraint_goes(sides, old, constraint);
            if let Some(name) = constraint.name.as_ref().filter(|_| is_due) {
                way.run(format!(
                    "ALTER TABLE {} DROP CONSTRAINT {}",
                    q(&old.name),
                    q(name)
                ));
            }
        }
    }
}

/// What a table had from a parent that it left, or had of its own beside it.
fn left(sides: &Sides<'_>, way: &mut Way) {
    for (old, new) in sides.kept() {
        let (table, has_left) = (q(&old.name), brings(new, old));
        for it in &old.constraints {
            let is_due = match it.properties.get("inherited") {
                Some("yes") => has_left && it.kind != "trigger",
                Some(_) => is_own(it),
                None => false,
            };
            let is_due = is_due && it.kind != NOT_NULL && constraint_goes(sides, old, it);
            if let Some(name) = it.name.as_ref().filter(|_| is_due) {
                // It went with the parent's, perhaps.
                let name = q(name);
                way.run(format!(
                    "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
                ));
            }
        }
        for it in old.indexes.iter().filter(|_| has_left) {
            let was_parents = is_inherited(&it.properties) && !it.of_constraint;
            if was_parents && index_goes(sides, old, it) {
                way.run(format!("DROP INDEX IF EXISTS {}", q(&it.name)));
            }
        }
    }
}

fn indexes(sides: &Sides<'_>, way: &mut Way) {
    for (old, _) in sides.kept() {
        for index in &old.indexes {
            let is_own = !index.of_constraint && !is_inherited(&index.properties);
            if is_own && index_goes(sides, old, index) {
                way.run(format!("DROP INDEX {}", q(&index.name)));
            }
        }
    }
}

fn defaults(sides: &Sides<'_>, way: &mut Way) {
    for (old, new) in sides.kept().filter(|(old, _)| !is_view(old)) {
        for was in &old.columns {
            let now = new.column(&was.name);
            if let Some(now) = now
                && column::loses_default(sides, old, was, now)
            {
                let (table, column) = (q(&old.name), q(&was.name));
                way.run(format!(
                    "ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT"
                ));
            }
        }
    }
}

fn tables(sides: &Sides<'_>, way: &mut Way) {
    let tables: Vec<_> = sides.dropped().filter(|it| !is_view(it)).collect();
    let words = |it: &Relation| {
        let mut words = Words::default();
        for name in ["inherits", "of type"] {
            words.add(it.properties.get(name).unwrap_or_default());
        }
        for constraint in &it.constraints {
            words.add(&parent(constraint).unwrap_or_default());
        }
        for column in &it.columns {
            words.add(&column.type_name);
        }
        words
    };
    let tables = in_order(&tables, words);
    for (place, table) in tables.iter().enumerate() {
        for constraint in &table.constraints {
            // Keys that go round in a circle.
            let points_back = parent(constraint)
                .is_some_and(|parent| tables[..place].iter().any(|it| it.name == parent));
            if points_back && let Some(name) = &constraint.name {
                let table = q(&table.name);
                way.run(format!("ALTER TABLE {table} DROP CONSTRAINT {}", q(name)));
            }
        }
    }
    for table in tables {
        let kind = table.kind;
        way.gone(format!("{kind} {} goes with its rows", table.name));
        way.run(format!("DROP {} {}", word(table), q(&table.name)));
    }
}

fn columns(sides: &Sides<'_>, way: &mut Way) {
    for (old, new) in sides.kept().filter(|(old, _)| !is_view(old)) {
        // What is computed from a column goes before it.
        let (computed, plain): (Vec<_>, Vec<_>) =
            old.columns.iter().partition(|it| it.generated.is_some());
        for was in computed.into_iter().chain(plain) {
            let now = new.column(&was.name);
            let goes = now.is_none_or(|now| comes_anew(sides, old, was, now));
            // It goes with the parent's, if the table has not left the parent.
            let is_parents = is_inherited(&was.properties)
                && column_of_kept(sides.from, old, new, &was.name).is_some();
            if goes && !is_parents {
                column_goes(old, was, now.is_some(), way);
            }
        }
    }
}

fn column_goes(old: &Relation, was: &Column, is_computed: bool, way: &mut Way) {
    if was.generated.is_none() {
        let why = if is_computed {
            ", as it is computed from now on"
        } else {
            ""
        };
        way.gone(format!(
            "table {}: column {} goes with what it holds{why}",
            old.name, was.name
        ));
    }
    way.run(format!(
        "ALTER TABLE {} DROP COLUMN {}",
        q(&old.name),
        q(&was.name)
    ));
}
