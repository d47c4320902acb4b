//! Parents and children: who leaves whom and joins whom, and what a child has from its parents.

use super::typed;
use crate::catalog::{Catalog, Column, Relation};
use crate::generate::postgres::column::loses_default;
use crate::generate::postgres::needs::Unit;
use crate::generate::postgres::sequence::names;
use crate::generate::postgres::{Sides, q};
use crate::generate::way::Way;

/// The column that a column is inherited from.
pub(super) fn parents_column(side: &Catalog, child: &Relation, column: &Column) -> Option<Column> {
    let parents = names(child.properties.get("inherits")?);
    let mut parents = parents.iter().filter_map(|it| side.relation(it));
    parents.find_map(|it| it.column(&column.name)).cloned()
}

/// The column of that name of a parent that the child has before and after.
pub(in crate::generate::postgres) fn column_of_kept<'c>(
    side: &'c Catalog,
    old: &Relation,
    new: &Relation,
    column: &str,
) -> Option<(&'c Relation, &'c Column)> {
    let ((was, was_bound), (is, is_bound)) = (parents(old), parents(new));
    if was_bound != is_bound {
        return None;
    }
    let mut kept = is
        .iter()
        .filter(|it| was.contains(it))
        .flat_map(|it| names(it));
    kept.find_map(|parent| {
        let parent = side.relation(&parent)?;
        Some((parent, parent.column(column)?))
    })
}

/// What a column that stays has become by what its parent got: what it still differs in is its own.
pub(super) fn arrived(
    sides: &Sides<'_>,
    (old, was): (&Relation, &Column),
    new: &Relation,
    is: &Column,
) -> Column {
    let had = column_of_kept(sides.from, old, new, &was.name);
    let has = column_of_kept(sides.to, old, new, &was.name);
    let (Some((parent, had)), Some((_, has))) = (had, has) else {
        return was.clone();
    };
    let mut arrived = was.clone();
    if (&had.type_name, &had.collation) != (&has.type_name, &has.collation) {
        arrived.type_name = has.type_name.clone();
        arrived.collation = has.collation.clone();
        for name in ["storage", "compression"] {
            arrived.properties.0.remove(name);
        }
    }
    if had.default != has.default || loses_default(sides, parent, had, has) {
        arrived.default = has.default.clone();
    } else if loses_default(sides, old, was, is) {
        arrived.default = None;
    }
    if had.not_null != has.not_null {
        arrived.not_null = has.not_null;
    }
    for name in ["statistics", "storage", "compression", "options"] {
        if had.properties.get(name) != has.properties.get(name) {
            match has.properties.get(name) {
                Some(value) => arrived
                    .properties
                    .0
                    .insert(name.to_owned(), value.to_owned()),
                None => arrived.properties.0.remove(name),
            };
        }
    }
    arrived
}

/// The parents of a table, and its bound where it is a part of one.
pub(super) fn parents(relation: &Relation) -> (Vec<String>, Option<&str>) {
    let parents = relation.properties.get("inherits");
    let all = parents.into_iter().flat_map(|it| it.split(", "));
    let bound = relation.properties.get("partition bound");
    (all.map(str::to_owned).collect(), bound)
}

/// Whether the table joins a parent.
pub(in crate::generate::postgres) fn brings(old: &Relation, new: &Relation) -> bool {
    let ((was, was_bound), (is, is_bound)) = (parents(old), parents(new));
    is.iter()
        .any(|it| was_bound != is_bound || !was.contains(it))
}

/// Leaves parents and types, before they go or change themselves.
pub(in crate::generate::postgres) fn leave(sides: &Sides<'_>, way: &mut Way) {
    for (old, new) in sides.kept() {
        let child = q(&new.name);
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

/// Joins parents, when what they ask for is there.
pub(super) fn join(
    sides: &Sides<'_>,
    old: &Relation,
    new: &Relation,
    unit: &mut Unit,
    way: &mut Way,
) {
    let child = q(&new.name);
    let ((was, was_bound), (is, is_bound)) = (parents(old), parents(new));
    for parent in is {
        if was_bound == is_bound && was.contains(&parent) {
            continue;
        }
        if let Some(bound) = is_bound {
            unit.run_needing(format!(
                "ALTER TABLE {parent} ATTACH PARTITION {child} {bound}"
            ));
            way.note(format!(
                "table {}: its rows have to be such as {parent} puts into it",
                new.name
            ));
            beside_default(sides, new, way);
        } else {
            unit.run_needing(format!("ALTER TABLE {child} INHERIT {parent}"));
            way.note(format!(
                "table {}: what it has of {parent} was its own before, and stays when it leaves {parent}",
                new.name
            ));
        }
    }
}

/// Says that a part that comes stands beside one which may hold its rows.
pub(super) fn beside_default(sides: &Sides<'_>, new: &Relation, way: &mut Way) {
    let (parents_of, bound) = parents(new);
    if bound.is_none_or(|it| it == "DEFAULT") {
        return;
    }
    let is_rest = |it: &&Relation| {
        let (others, bound) = parents(it);
        bound == Some("DEFAULT") && others == parents_of && it.name != new.name
    };
    for rest in sides.kept().map(|(old, _)| old).filter(is_rest) {
        way.note(format!(
            "table {}: rows of {} that belong into it stop it, and are to be taken out before",
            new.name, rest.name
        ));
    }
}
