//! Extensions, statistics, what goes at the end, and what is only noted.

use super::loose::needs;
use super::needs::{Unit, Units, order};
use super::{Sides, collation, comment, is_inherited, numbers, q, routine, same, sequence, types};
use crate::catalog::{Other, Type};
use crate::generate::way::Way;
use crate::generate::words::Words;

pub(super) fn extensions(sides: &Sides<'_>, units: &mut Units, way: &mut Way) {
    for new in &sides.to.extensions {
        let old = sides.from.extensions.iter().find(|it| it.name == new.name);
        let mut unit = Unit::new(&new.name);
        let name = q(&new.name);
        let schema = new.schema.as_ref();
        match old {
            None => {
                let schema = schema.map_or(String::new(), |it| format!(" SCHEMA {}", q(it)));
                unit.run(format!("CREATE EXTENSION IF NOT EXISTS {name}{schema}"));
            }
            Some(old) if old.schema != new.schema => match schema {
                Some(schema) => unit.run(format!("ALTER EXTENSION {name} SET SCHEMA {}", q(schema))),
                None => way.note(format!(
                    "extension {}: it is to be in this schema, which has no name here; ALTER EXTENSION {name} SET SCHEMA says so",
                    new.name
                )),
            },
            Some(_) => {}
        }
        units.add(unit);
    }
}

fn statistics(all: &[Other]) -> impl Iterator<Item = &Other> {
    all.iter().filter(|it| it.kind == "statistics")
}

fn statistics_go(sides: &Sides<'_>, old: &Other) -> bool {
    let now = statistics(&sides.to.others).find(|it| it.name == old.name);
    let words = Words::of(old.definition.as_deref().unwrap_or_default());
    now.is_none_or(|now| now.definition != old.definition) || sides.loose.is_named(&words, None)
}

/// Those that go, if only to come again.
pub(super) fn drop_statistics(sides: &Sides<'_>, way: &mut Way) {
    for old in statistics(&sides.from.others).filter(|it| statistics_go(sides, it)) {
        way.run(format!("DROP STATISTICS {}", q(&old.name)));
    }
}

pub(super) fn write(sides: &Sides<'_>, way: &mut Way) {
    for new in statistics(&sides.to.others) {
        make_statistics(sides, new, way);
    }
    drops(sides, way);
    notes(sides, way);
}

fn make_statistics(sides: &Sides<'_>, new: &Other, way: &mut Way) {
    let was = statistics(&sides.from.others).find(|it| it.name == new.name);
    let was = was.filter(|it| !statistics_go(sides, it));
    if was.is_none() {
        way.run(new.definition.clone().unwrap_or_default());
    }
    let name = q(&new.name);
    let had = was.and_then(|it| it.properties.get("target"));
    let has = new.properties.get("target");
    if had != has {
        way.run(format!(
            "ALTER STATISTICS {name} SET STATISTICS {}",
            has.unwrap_or("-1")
        ));
    }
    let had = was.and_then(|it| it.comment.as_deref());
    let said = comment(&format!("STATISTICS {name}"), had, new.comment.as_deref());
    said.into_iter().for_each(|it| way.run(it));
}

/// What nothing needs any more: routines, sequences and types, those that others name last.
fn drops(sides: &Sides<'_>, way: &mut Way) {
    let mut gone: Vec<(String, Words, String)> = Vec::new();
    for old in &sides.from.types {
        if types::is_by_hand(sides, old) {
            way.note(format!(
                "type {}: a base type goes with its functions, and is to be dropped by hand (DROP TYPE … CASCADE)",
                old.name
            ));
        } else if !sides.to.types.iter().any(|it| it.name == old.name) {
            let word = if old.kind == "domain" {
                "DOMAIN"
            } else {
                "TYPE"
            };
            gone.push((
                old.name.clone(),
                type_words(old),
                format!("DROP {word} {}", q(&old.name)),
            ));
        }
    }
    for old in &sides.from.sequences {
        let stays = sides.to.sequences.iter().any(|it| it.name == old.name);
        // One that a column owns goes with it.
        let is_owned = old
            .owned_by
            .as_deref()
            .is_some_and(|it| sequence::goes(sides, it));
        if !stays && !is_owned && !numbers::goes_early(sides, old) {
            let text = format!("DROP SEQUENCE {}", q(&old.name));
            gone.push((old.name.clone(), Words::default(), text));
        }
    }
    for old in &sides.from.routines {
        let stays = sides.to.routines.iter().any(|it| it.name == old.name);
        if !stays && !routine::goes_early(sides, old) && !types::has_own(sides, old) {
            gone.push((
                super::loose::base(&old.name),
                needs(old),
                routine::drop(old),
            ));
        }
    }
    for (name, text) in collation::drops(sides) {
        gone.push((name, Words::default(), text));
    }
    let nodes: Vec<(&str, &Words)> = gone
        .iter()
        .map(|(name, words, _)| (name.as_str(), words))
        .collect();
    for place in order(&nodes).into_iter().rev() {
        way.run(gone[place].2.clone());
    }
    for old in &sides.from.extensions {
        if !sides.to.extensions.iter().any(|it| it.name == old.name) {
            way.gone(format!("extension {} goes", old.name));
            way.run(format!("DROP EXTENSION {}", q(&old.name)));
        }
    }
}

fn type_words(it: &Type) -> Words {
    let mut words = Words::of(it.base.as_deref().unwrap_or_default());
    words.add(it.default.as_deref().unwrap_or_default());
    words.add(it.collation.as_deref().unwrap_or_default());
    for constraint in &it.constraints {
        words.add(&constraint.definition);
    }
    for attribute in &it.attributes {
        words.add(&attribute.type_name);
        words.add(attribute.collation.as_deref().unwrap_or_default());
    }
    words
}

/// What differs and is not written.
fn notes(sides: &Sides<'_>, way: &mut Way) {
    let (from, to) = (sides.from, sides.to);
    let schema = (&from.schema, &to.schema);
    if let (Some(old), Some(new)) = schema
        && (old.comment != new.comment || old.grants != new.grants)
    {
        way.note("the schema: its comment or its grants differ, and are to be changed by hand");
    }
    if !same(&from.default_privileges, &to.default_privileges) {
        way.note("what ALTER DEFAULT PRIVILEGES says differs, and is to be said by hand");
    }
    let bare = |it: &Other| Other {
        owner: None,
        ..it.clone()
    };
    let others = |all: &[Other]| -> Vec<Other> {
        let is_by_hand = |it: &&Other| it.kind != "statistics" && !collation::is_written(sides, it);
        let all = all.iter().filter(is_by_hand);
        all.map(bare).collect()
    };
    let (olds, news) = (others(&from.others), others(&to.others));
    let beside = |all: &[Other], one: &Other| all.iter().any(|it| same(it, one));
    let mut told = Vec::new();
    for one in olds.iter().chain(&news) {
        let name = format!("{} {}", one.kind, one.name);
        let is_same = beside(&olds, one) && beside(&news, one);
        if !is_same && !told.contains(&name) {
            way.note(format!(
                "{name} differs, and is to be made, changed or dropped by hand"
            ));
            told.push(name);
        }
    }
    for (old, new) in sides.kept() {
        for constraint in &new.constraints {
            let was = old.constraints.iter().find(|it| it.name == constraint.name);
            let had = was.and_then(|it| it.properties.get("triggers"));
            if had != constraint.properties.get("triggers") {
                way.note(format!(
                    "table {}, constraint {}: the triggers that make it hold are switched on or off by hand",
                    new.name,
                    constraint.name.as_deref().unwrap_or_default()
                ));
            }
        }
        let invalid = new
            .indexes
            .iter()
            .filter(|it| !it.valid && !is_inherited(&it.properties));
        for index in invalid {
            way.note(format!("index {} is not valid", index.name));
        }
    }
}
