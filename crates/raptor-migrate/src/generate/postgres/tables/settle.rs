//! What is settled when a table or view is there: its indexes, comments, grants and flags.

use crate::catalog::{Column, Constraint, Index, Relation, RelationKind};
use crate::generate::postgres::grants::{self, On};
use crate::generate::postgres::needs::Unit;
use crate::generate::postgres::sequence::is_unlike_its_table;
use crate::generate::postgres::view::{is_view, word};
use crate::generate::postgres::{Sides, comment, is_inherited, q};
use crate::generate::way::Way;

use super::comes_anew;
use super::keys::{constraint_goes, index_goes};

/// Indexes that come.
pub(in crate::generate::postgres) fn indexes(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    unit: &mut Unit,
    way: &mut Way,
) {
    for index in new
        .indexes
        .iter()
        .filter(|it| !is_inherited(&it.properties))
    {
        let was = was_index(sides, old, index);
        if was.is_none() && !index.of_constraint {
            let mut definition = index.definition.clone();
            if new.kind == RelationKind::PartitionedTable {
                // The parts get theirs with it.
                definition = definition.replacen(" ON ONLY ", " ON ", 1);
            }
            unit.run_needing(definition);
            let had = old.and_then(|it| it.indexes.iter().find(|it| it.name == index.name));
            let is_as_before = had.is_some_and(|it| it.definition == index.definition);
            if index.unique && old.is_some() && !is_view(new) && !is_as_before {
                way.note(format!(
                    "table {}, index {}: rows that are the same in it stop it, and are to be mended before",
                    new.name, index.name
                ));
            }
        }
        settle_index(was, index, new, unit);
    }
}

fn was_index<'r>(sides: &Sides<'_>, old: Option<&'r Relation>, index: &Index) -> Option<&'r Index> {
    let old = old?;
    let was = old.indexes.iter().find(|it| it.name == index.name)?;
    (!index_goes(sides, old, was)).then_some(was)
}

fn settle_index(was: Option<&Index>, index: &Index, relation: &Relation, unit: &mut Unit) {
    let had = |name: &str| was.and_then(|it| it.properties.get(name));
    let has = |name: &str| index.properties.get(name);
    let name = q(&index.name);
    let said = comment(
        &format!("INDEX {name}"),
        was.and_then(|it| it.comment.as_deref()),
        index.comment.as_deref(),
    );
    said.into_iter().for_each(|it| unit.run(it));
    if had("statistics") != has("statistics") {
        let olds = had("statistics").into_iter().flat_map(|it| it.split(", "));
        let news = has("statistics").into_iter().flat_map(|it| it.split(", "));
        let news: Vec<_> = news.filter_map(|it| it.split_once(": ")).collect();
        let gone = olds
            .filter_map(|it| it.split_once(": "))
            .filter(|(place, _)| !news.iter().any(|(other, _)| other == place))
            .map(|(place, _)| (place, "-1"));
        for (place, target) in gone.chain(news.iter().copied()) {
            unit.run(format!(
                "ALTER INDEX {name} ALTER COLUMN {place} SET STATISTICS {target}"
            ));
        }
    }
    let table = format!("{} {}", word(relation), q(&relation.name));
    match (had("clustered"), has("clustered")) {
        (None, Some(_)) => unit.run(format!("ALTER {table} CLUSTER ON {name}")),
        (Some(_), None) => unit.run(format!("ALTER {table} SET WITHOUT CLUSTER")),
        _ => {}
    }
    if had("replica identity").is_none() && has("replica identity").is_some() {
        unit.run(format!("ALTER {table} REPLICA IDENTITY USING INDEX {name}"));
    }
}

/// Comments, flags and grants.
pub(in crate::generate::postgres) fn after(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    unit: &mut Unit,
    way: &mut Way,
) {
    let name = q(&new.name);
    let word = word(new);
    flags(old, new, unit);
    let had = old.and_then(|it| it.comment.as_deref());
    let said = comment(&format!("{word} {name}"), had, new.comment.as_deref());
    said.into_iter().for_each(|it| unit.run(it));
    for column in &new.columns {
        let had = old.and_then(|it| it.column(&column.name));
        let had = had.filter(|_| {
            !(column.generated.is_some() && sides.loose.has_column(&new.name, &column.name))
        });
        let on = format!("COLUMN {name}.{}", q(&column.name));
        let had = had.and_then(|it| it.comment.as_deref());
        comment(&on, had, column.comment.as_deref())
            .into_iter()
            .for_each(|it| unit.run(it));
    }
    let is_due = |it: &&Constraint| it.kind != "foreign key" && it.kind != "trigger";
    for constraint in new.constraints.iter().filter(is_due) {
        constraint_comment(sides, old, new, constraint)
            .into_iter()
            .for_each(|it| unit.run(it));
    }
    let on = On {
        what: format!("TABLE {name}"),
        kind: "tables",
    };
    let had = old.map(|it| it.grants.as_slice());
    let statements = grants::change(&on, sides.from, had, &new.grants, way);
    // Taking a privilege on the table back takes it back on its columns.
    let takes_back = statements.iter().any(|it| it.starts_with("REVOKE"));
    statements.into_iter().for_each(|it| unit.run(it));
    for column in &new.columns {
        let was = old.and_then(|old| {
            let was = old.column(&column.name)?;
            // What comes anew has nothing yet.
            (!comes_anew(sides, old, was, column)).then_some(was)
        });
        let had = was.filter(|_| !takes_back).map(|it| it.grants.as_slice());
        for it in grants::of_column(&on, &column.name, had.unwrap_or_default(), &column.grants) {
            unit.run(it);
        }
        if let Some(was) = was.filter(|_| takes_back) {
            let gone: Vec<_> = was
                .grants
                .iter()
                .filter(|it| !column.grants.contains(it))
                .cloned()
                .collect();
            for it in grants::of_column(&on, &column.name, &gone, &[]) {
                unit.run(it);
            }
        }
        identity_sequence(sides, (old, was), (new, column), unit, way);
    }
}

/// The sequence of an identity: its name, its comment, how lasting it is, and who may use it.
fn identity_sequence(
    sides: &Sides<'_>,
    (old, was): (Option<&Relation>, Option<&Column>),
    (new, column): (&Relation, &Column),
    unit: &mut Unit,
    way: &mut Way,
) {
    let Some(identity) = &column.identity else {
        return;
    };
    let had = was.and_then(|it| it.identity.as_ref());
    if let Some(had) = had.filter(|it| it.sequence != identity.sequence) {
        let (old, new) = (q(&had.sequence), q(&identity.sequence));
        unit.run(format!("ALTER SEQUENCE {old} RENAME TO {new}"));
    }
    let on = On {
        what: format!("SEQUENCE {}", q(&identity.sequence)),
        kind: "sequences",
    };
    let is_unlogged = |it: &Relation| it.properties.get("persistence").is_some();
    // When its table changes, it follows.
    let stays = old.is_some_and(|old| is_unlogged(old) == is_unlogged(new));
    let was_unlike = had.is_some_and(|it| stays && is_unlike_its_table(&it.options));
    let is_unlike = is_unlike_its_table(&identity.options);
    if was_unlike != is_unlike {
        let word = match is_unlogged(new) != is_unlike {
            true => "UNLOGGED",
            false => "LOGGED",
        };
        unit.run(format!("ALTER {} SET {word}", on.what));
    }
    let remark = had.and_then(|it| it.comment.as_deref());
    let said = comment(&on.what, remark, identity.comment.as_deref());
    said.into_iter().for_each(|it| unit.run(it));
    let had = had.map(|it| it.grants.as_slice());
    for it in grants::change(&on, sides.from, had, &identity.grants, way) {
        unit.run(it);
    }
}

/// Also of a foreign key, once it is there.
pub(in crate::generate::postgres) fn constraint_comment(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    constraint: &Constraint,
) -> Option<String> {
    let was = old.and_then(|old| {
        let was = old
            .constraints
            .iter()
            .find(|it| it.name == constraint.name)?;
        (!constraint_goes(sides, old, was)).then_some(was)
    });
    let name = q(constraint.name.as_deref()?);
    let had = was.and_then(|it| it.comment.as_deref());
    comment(
        &format!("CONSTRAINT {name} ON {}", q(&new.name)),
        had,
        constraint.comment.as_deref(),
    )
}

fn flags(old: Option<&Relation>, new: &Relation, unit: &mut Unit) {
    let table = format!("{} {}", word(new), q(&new.name));
    if old.is_some_and(|it| it.row_security) != new.row_security {
        let verb = if new.row_security {
            "ENABLE"
        } else {
            "DISABLE"
        };
        unit.run(format!("ALTER {table} {verb} ROW LEVEL SECURITY"));
    }
    let identity = |it: &Relation| it.properties.get("replica identity").map(str::to_owned);
    let had = old.and_then(identity);
    match identity(new).as_deref() {
        // With the index.
        Some("index") => {}
        is if is == had.as_deref() => {}
        is => {
            let is = is.unwrap_or("default").to_uppercase();
            unit.run(format!("ALTER {table} REPLICA IDENTITY {is}"));
        }
    }
}
