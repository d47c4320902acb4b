//! Tables: those that come, and what comes to and changes about those that stay.

mod family;
mod keys;
mod not_null;
mod settle;
mod typed;

pub(super) use family::{brings, column_of_kept, leave};
pub(super) use keys::{constraint_goes, foreign_keys, index_goes, parent, pointed_at};
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
            None => {
                make(sides, new, &mut unit);
                family::beside_default(sides, new, way);
            }
        }
        indexes(sides, old, new, &mut unit, way);
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
            && let Some(parent) = family::parents_column(sides.to, new, it)
        {
            clauses.extend(own_default(&parent, it));
        }
        let parent = family::parents_column(sides.to, new, it);
        clauses.extend(column::settings(parent.as_ref(), it));
        alter(&table, it, clauses, unit);
    }
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
    // What a parent gets, its children get with it, and only then what is their own.
    unit.words
        .add(new.properties.get("inherits").unwrap_or_default());
    columns(sides, old, new, unit, way);
    typed::join(sides, old, new, unit, way);
    not_null::settle(sides, old, new, unit);
    constraints(sides, old, new, unit, way);
    family::join(sides, old, new, unit, way);
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

/// Constraints that come to a table that stays, but for foreign keys.
fn constraints(sides: &Sides<'_>, old: &Relation, new: &Relation, unit: &mut Unit, way: &mut Way) {
    let table = table(new);
    let is_due = |it: &&Constraint| it.kind != "foreign key" && it.kind != NOT_NULL;
    for constraint in new.constraints.iter().filter(is_due) {
        let was = old.constraints.iter().find(|it| it.name == constraint.name);
        if !is_own(constraint) {
            // A check of a parent that it joins has to be there before.
            if was.is_none() && family::brings(old, new) && constraint.kind == "check" {
                let text = constraint_text(constraint);
                unit.run_needing(format!("ALTER TABLE {table} ADD {text}"));
            }
            continue;
        }
        match was {
            Some(was) if !constraint_goes(sides, old, was) => {
                if !was.validated && constraint.validated {
                    let name = q(constraint.name.as_deref().unwrap_or_default());
                    unit.run(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"));
                    keys::must_fit(None, new, constraint, way);
                }
            }
            _ => {
                unit.run_needing(format!(
                    "ALTER TABLE {table} ADD {}",
                    constraint_text(constraint)
                ));
                keys::must_fit(was, new, constraint, way);
            }
        }
    }
}

fn columns(sides: &Sides<'_>, old: &Relation, new: &Relation, unit: &mut Unit, way: &mut Way) {
    let table = table(new);
    let mut came = Vec::new();
    for it in &new.columns {
        let was = old.column(&it.name);
        if let Some(was) = was.filter(|was| !comes_anew(sides, old, was, it)) {
            let arrived = family::arrived(sides, (old, was), new, it);
            let clauses = column::alter(sides, new, &arrived, it, way);
            alter(&table, it, clauses, unit);
            continue;
        }
        // A parent that it joins does not bring its columns along.
        let is_brought = is_inherited(&it.properties)
            && (was.is_some() || family::column_of_kept(sides.to, old, new, &it.name).is_some());
        if is_brought {
            continue;
        }
        if was.is_none() {
            came.push((it.name.as_str(), it.type_name.as_str()));
        }
        if it.not_null && it.default.is_none() && it.generated.is_none() && it.identity.is_none() {
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
pub(super) fn comes_anew(sides: &Sides<'_>, old: &Relation, was: &Column, is: &Column) -> bool {
    loose::is_recomputed(was, is)
        || is.generated.is_some() && sides.loose.has_column(&old.name, &is.name)
}
