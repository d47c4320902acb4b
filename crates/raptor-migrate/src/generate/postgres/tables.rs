//! Tables: those that come, and what comes to and changes about those that stay.

mod keys;
mod not_null;
mod settle;
mod typed;

pub(super) use keys::{constraint_goes, foreign_keys, index_goes, parent};
pub(super) use not_null::{KIND as NOT_NULL, told as told_not_null};
pub(super) use settle::{after, constraint_comment, indexes};

use super::needs::{Unit, Units};
use super::table::{constraint_text, create, is_inside, is_own};
use super::view::is_view;
use super::{Sides, column, is_inherited, loose, options, q};
use crate::catalog::{Column, Constraint, Relation};
use crate::generate::way::Way;

pub(super) fn write(sides: &Sides<'_>, units: &mut Units, way: &mut Way) {
    for new in sides.to.relations.iter().filter(|it| !is_view(it)) {
        let old = sides.before(&new.name);
        let mut unit = Unit::new(&new.name);
        match old {
            Some(old) => change(sides, old, new, &mut unit, way),
            None => make(sides, new, &mut unit),
        }
        indexes(sides, old, new, &mut unit);
        after(sides, old, new, &mut unit, way);
        units.add(unit);
    }
}

fn make(sides: &Sides<'_>, new: &Relation, unit: &mut Unit) {
    create(new, unit);
    let table = table(new);
    for constraint in new.constraints.iter().filter(|it| is_own(it)) {
        if !is_inside(constraint) && constraint.kind != "foreign key" {
            unit.run_needing(format!(
                "ALTER TABLE {table} ADD {}",
                constraint_text(constraint)
            ));
        }
    }
    for it in &new.columns {
        let mut clauses = Vec::new();
        if is_inherited(&it.properties)
            && let Some(parent) = parents_column(sides, new, it)
        {
            clauses.extend(own_default(&parent, it));
        }
        let parent = parents_column(sides, new, it);
        clauses.extend(column::settings(parent.as_ref(), it));
        alter(&table, it, clauses, unit);
    }
}

/// The column that a column is inherited from.
fn parents_column(sides: &Sides<'_>, child: &Relation, column: &Column) -> Option<Column> {
    let parents = super::sequence::names(child.properties.get("inherits")?);
    let mut parents = parents.iter().filter_map(|it| sides.to.relation(it));
    parents.find_map(|it| it.column(&column.name)).cloned()
}

/// What is not as the parent has it.
fn own_default(parent: &Column, column: &Column) -> Vec<String> {
    let mut clauses = Vec::new();
    if parent.default != column.default {
        clauses.push(match &column.default {
            Some(default) => format!("SET DEFAULT {default}"),
            None => "DROP DEFAULT".to_owned(),
        });
    }
    if column.not_null && !parent.not_null {
        clauses.push("SET NOT NULL".to_owned());
    }
    clauses
}

fn alter(table: &str, column: &Column, clauses: Vec<String>, unit: &mut Unit) {
    for clause in clauses {
        let column = q(&column.name);
        let kind = if clause.starts_with("OPTIONS ") {
            "FOREIGN TABLE"
        } else {
            "TABLE"
        };
        unit.run_needing(format!(
            "ALTER {kind} {table} ALTER COLUMN {column} {clause}"
        ));
    }
}

fn table(relation: &Relation) -> String {
    q(&relation.name)
}

fn change(sides: &Sides<'_>, old: &Relation, new: &Relation, unit: &mut Unit, way: &mut Way) {
    let table = table(new);
    join(old, new, unit, way);
    columns(sides, old, new, unit, way);
    typed::join(sides, old, new, unit, way);
    not_null::settle(sides, old, new, unit);
    let is_due = |it: &&Constraint| is_own(it) && it.kind != "foreign key" && it.kind != NOT_NULL;
    for constraint in new.constraints.iter().filter(is_due) {
        let was = old.constraints.iter().find(|it| it.name == constraint.name);
        match was {
            Some(was) if !constraint_goes(sides, old, was) => {
                if !was.validated && constraint.validated {
                    let name = q(constraint.name.as_deref().unwrap_or_default());
                    unit.run(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"));
                }
            }
            _ => unit.run_needing(format!(
                "ALTER TABLE {table} ADD {}",
                constraint_text(constraint)
            )),
        }
    }
    let (was, is) = (
        |it: &str| old.properties.get(it),
        |it: &str| new.properties.get(it),
    );
    if was("persistence") != is("persistence") {
        let word = if is("persistence").is_some() {
            "UNLOGGED"
        } else {
            "LOGGED"
        };
        unit.run(format!("ALTER TABLE {table} SET {word}"));
    }
    for (name, prefix) in [("options", ""), ("toast options", "toast.")] {
        for clause in options::changes(prefix, was(name), is(name)) {
            unit.run(format!("ALTER TABLE {table} {clause}"));
        }
    }
    let foreign = options::foreign_changes(was("server options"), is("server options"));
    if let Some(clause) = foreign {
        unit.run(format!("ALTER FOREIGN TABLE {table} {clause}"));
    }
    if was("tablespace") != is("tablespace") {
        way.note(format!(
            "table {}: its tablespace differs, and is to be changed by hand",
            new.name
        ));
    }
}

fn columns(sides: &Sides<'_>, old: &Relation, new: &Relation, unit: &mut Unit, way: &mut Way) {
    let table = table(new);
    let mut came = Vec::new();
    for it in &new.columns {
        let was = old.column(&it.name);
        let inherits = is_inherited(&it.properties);
        if let Some(was) = was.filter(|was| !comes_anew(sides, old, was, it)) {
            let clauses = match parents_change(sides, new, it) {
                true if inherits => Vec::new(),
                _ => column::alter(sides, new, was, it, way),
            };
            alter(&table, it, clauses, unit);
        } else if !inherits {
            if was.is_none() {
                came.push((it.name.as_str(), it.type_name.as_str()));
            }
            if it.not_null
                && it.default.is_none()
                && it.generated.is_none()
                && it.identity.is_none()
            {
                way.note(format!(
                    "table {}, column {}: it refuses NULL and has no default, so a table with rows needs values for it first",
                    new.name, it.name
                ));
            }
            unit.run_needing(format!(
                "ALTER TABLE {table} ADD COLUMN {}",
                column::text(new, it)
            ));
            alter(&table, it, column::settings(None, it), unit);
        }
    }
    let gone = old
        .columns
        .iter()
        .filter(|it| new.column(&it.name).is_none());
    way.renames(
        &new.name,
        gone.map(|it| (it.name.as_str(), it.type_name.as_str())),
        &came,
    );
}

/// Whether a column of a table that stays goes and comes again.
fn comes_anew(sides: &Sides<'_>, old: &Relation, was: &Column, is: &Column) -> bool {
    loose::is_recomputed(was, is)
        || is.generated.is_some() && sides.loose.has_column(&old.name, &is.name)
}

/// Whether the parent's column is as this one is to be, so that the parent's change makes it so.
fn parents_change(sides: &Sides<'_>, child: &Relation, column: &Column) -> bool {
    let is_alike = |parent: Column| {
        let facts = |it: &Column| {
            (
                it.type_name.clone(),
                it.collation.clone(),
                it.default.clone(),
                it.not_null,
                it.properties.get("statistics").map(str::to_owned),
                it.properties.get("storage").map(str::to_owned),
                it.properties.get("options").map(str::to_owned),
            )
        };
        facts(&parent) == facts(column)
    };
    parents_column(sides, child, column).is_some_and(is_alike)
}

/// The parents of a table, and its bound where it is a part of one.
fn parents(relation: &Relation) -> (Vec<String>, Option<&str>) {
    let parents = relation.properties.get("inherits");
    let all = parents.into_iter().flat_map(|it| it.split(", "));
    let bound = relation.properties.get("partition bound");
    (all.map(str::to_owned).collect(), bound)
}

/// Leaves parents and types, before they go or change themselves.
pub(super) fn leave(sides: &Sides<'_>, way: &mut Way) {
    for (old, new) in sides.kept() {
        let child = table(new);
        if typed::leaves(sides, old, new) {
            way.run(format!("ALTER TABLE {child} NOT OF"));
        }
        let ((was, was_bound), (is, is_bound)) = (parents(old), parents(new));
        for parent in was {
            if was_bound == is_bound && is.contains(&parent) {
                continue;
            }
            way.run(match was_bound {
                Some(_) => format!("ALTER TABLE {parent} DETACH PARTITION {child}"),
                None => format!("ALTER TABLE {child} NO INHERIT {parent}"),
            });
        }
    }
}

/// Joins parents.
fn join(old: &Relation, new: &Relation, unit: &mut Unit, way: &mut Way) {
    let child = table(new);
    let ((was, was_bound), (is, is_bound)) = (parents(old), parents(new));
    for parent in is {
        if was_bound == is_bound && was.contains(&parent) {
            continue;
        }
        if let Some(bound) = is_bound {
            unit.run_needing(format!(
                "ALTER TABLE {parent} ATTACH PARTITION {child} {bound}"
            ));
        } else {
            unit.run_needing(format!("ALTER TABLE {child} INHERIT {parent}"));
            way.note(format!(
                "table {}: what it has of {parent} was its own before, and stays when it leaves {parent}",
                new.name
            ));
        }
    }
}
