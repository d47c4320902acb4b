//! Constraints and indexes: which of them go, and foreign keys, which come when all tables are there.

use crate::catalog::{Constraint, Index, Relation};
use crate::generate::postgres::sequence::names;
use crate::generate::postgres::table::{constraint_text, is_own};
use crate::generate::postgres::{Sides, q};
use crate::generate::way::Way;
use crate::generate::words::{Words, plain};

/// Whether a constraint of a table that stays goes, if only to come again.
pub(in crate::generate::postgres) fn constraint_goes(
    sides: &Sides<'_>,
    old: &Relation,
    constraint: &Constraint,
) -> bool {
    let Some(new) = sides.to.relation(&old.name) else {
        return true;
    };
    let Some(now) = new.constraints.iter().find(|it| it.name == constraint.name) else {
        return true;
    };
    let text = |it: &Constraint| it.definition.trim_end_matches(" NOT VALID").to_owned();
    let differs = text(now) != text(constraint)
        || now.kind != constraint.kind
        || (constraint.validated && !now.validated)
        || (now.deferrable, now.deferred) != (constraint.deferrable, constraint.deferred);
    if differs || constraint.kind != "foreign key" {
        let of_generated = constraint
            .columns
            .iter()
            .any(|it| comes_anew(sides, old, it));
        let words = Words::of(&constraint.definition);
        let is_check = constraint.kind == "check" || constraint.kind == "exclusion";
        return differs
            || of_generated
            || (is_check && sides.loose.is_named(&words, Some(&old.name)));
    }
    let parent = parent(constraint);
    let of_loose = constraint
        .columns
        .iter()
        .any(|it| sides.loose.has_column(&old.name, it));
    let words = Words::of(&constraint.definition);
    let by_parent = parent.as_deref().is_some_and(|parent| {
        sides.loose.is_remade(parent)
            || rekeyed(sides, parent, &constraint.definition)
            || sides.from.relation(parent).is_some_and(|it| {
                let mut columns = it.columns.iter();
                columns.any(|it| words.has(&it.name) && sides.loose.has_column(parent, &it.name))
            })
    });
    of_loose || by_parent
}

/// Whether a column goes and comes again; what is over it goes with it.
fn comes_anew(sides: &Sides<'_>, relation: &Relation, column: &str) -> bool {
    sides.loose.has_column(&relation.name, column)
        && relation.column(column).is_some_and(|old| {
            let new = sides.to.relation(&relation.name);
            let new = new.and_then(|it| it.column(column));
            new.is_none_or(|new| new.generated.is_some() || old.generated.is_some())
        })
}

/// The table that a foreign key points at.
pub(in crate::generate::postgres) fn parent(constraint: &Constraint) -> Option<String> {
    let (_, rest) = constraint.definition.split_once(" REFERENCES ")?;
    Some(plain(rest.split('(').next()?.trim()))
}

/// Whether a table loses a key that a foreign key points at, if only to get it again.
fn rekeyed(sides: &Sides<'_>, table: &str, foreign_key: &str) -> bool {
    let Some(old) = sides.from.relation(table) else {
        return false;
    };
    let mut wanted = pointed_at(foreign_key);
    wanted.sort();
    let is_it = |it: &Constraint| {
        let mut columns = it.columns.clone();
        columns.sort();
        matches!(it.kind.as_str(), "primary key" | "unique") && columns == wanted
    };
    let is_index = |it: &Index| {
        let words = Words::of(&it.definition);
        it.unique && !it.of_constraint && wanted.iter().all(|name| words.has(name))
    };
    let mut keys = old.constraints.iter().filter(|it| is_it(it));
    let mut indexes = old.indexes.iter().filter(|it| is_index(it));
    keys.any(|it| constraint_goes(sides, old, it)) || indexes.any(|it| index_goes(sides, old, it))
}

/// The columns that a foreign key points at.
pub(in crate::generate::postgres) fn pointed_at(foreign_key: &str) -> Vec<String> {
    let rest = foreign_key.split_once(" REFERENCES ").map(|(_, it)| it);
    let inside = rest.and_then(|it| it.split_once('(')).map(|(_, it)| it);
    let inside = inside.and_then(|it| it.split_once(')')).map(|(it, _)| it);
    names(inside.unwrap_or_default())
}

/// Says that rows may not be as a constraint wants them which comes to a table that stays, or which
/// comes again and says something else.
pub(super) fn must_fit(
    was: Option<&Constraint>,
    new: &Relation,
    constraint: &Constraint,
    way: &mut Way,
) {
    // What a foreign key does to rows when they change is no matter.
    let rule = |it: &Constraint| {
        let parts = [" ON UPDATE ", " ON DELETE ", " DEFERRABLE"];
        let ends = parts.iter().filter_map(|part| it.definition.find(part));
        it.definition[..ends.min().unwrap_or(it.definition.len())].to_owned()
    };
    let is_as_before = was.is_some_and(|it| it.validated && rule(it) == rule(constraint));
    if constraint.validated && !is_as_before {
        way.note(format!(
            "table {}, constraint {}: rows that it does not allow stop it, and are to be mended before",
            new.name,
            constraint.name.as_deref().unwrap_or_default()
        ));
    }
}

/// Whether an index of a relation that stays goes, if only to come again. It joins and leaves the
/// parent's with its table.
pub(in crate::generate::postgres) fn index_goes(
    sides: &Sides<'_>,
    old: &Relation,
    index: &Index,
) -> bool {
    let new = sides.to.relation(&old.name);
    let now = new.and_then(|new| new.indexes.iter().find(|it| it.name == index.name));
    let Some(now) = now else {
        return true;
    };
    let words = Words::of(&index.definition);
    now.definition != index.definition
        || now.of_constraint != index.of_constraint
        || old
            .columns
            .iter()
            .any(|it| words.has(&it.name) && comes_anew(sides, old, &it.name))
        || names_remade(sides, old, &words)
}

/// Whether an expression calls what goes and comes again; columns that change their type are no
/// matter, as Postgres makes their indexes again.
fn names_remade(sides: &Sides<'_>, old: &Relation, words: &Words) -> bool {
    let mut without = words.clone();
    without.forget(&old.name);
    for column in &old.columns {
        without.forget(&column.name);
    }
    sides.loose.is_named(&without, None)
}

/// Those that come, and come again.
pub(in crate::generate::postgres) fn foreign_keys(sides: &Sides<'_>, way: &mut Way) {
    for new in &sides.to.relations {
        let old = sides.before(&new.name);
        for constraint in new
            .constraints
            .iter()
            .filter(|it| is_own(it) && it.kind == "foreign key")
        {
            let was = old.and_then(|old| {
                let found = old.constraints.iter().find(|it| it.name == constraint.name);
                found.map(|it| (old, it))
            });
            let table = q(&new.name);
            match was {
                Some((old, was)) if !constraint_goes(sides, old, was) => {
                    if !was.validated && constraint.validated {
                        let name = q(constraint.name.as_deref().unwrap_or_default());
                        way.run(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"));
                        must_fit(None, new, constraint, way);
                    }
                }
                was => {
                    way.run(format!(
                        "ALTER TABLE {table} ADD {}",
                        constraint_text(constraint)
                    ));
                    if old.is_some() {
                        must_fit(was.map(|(_, was)| was), new, constraint, way);
                    }
                }
            }
        }
    }
}
