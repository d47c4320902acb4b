//! Enums, domains, composites and ranges.

use super::grants::{self, On};
use super::loose::base;
use super::needs::{Unit, Units};
use super::sequence::names;
use super::tables::NOT_NULL;
use super::{Sides, comment, q, same, table};
use crate::catalog::{Column, Constraint, Routine, Type};
use crate::generate::name::string;
use crate::generate::way::Way;
use crate::generate::words::plain;

pub(super) fn write(sides: &Sides<'_>, units: &mut Units, way: &mut Way) {
    for new in &sides.to.types {
        let old = sides.from.types.iter().find(|it| it.name == new.name);
        let mut unit = Unit::new(&new.name);
        match old {
            None => {
                let Some(text) = text(new) else {
                    way.note(format!(
                        "type {}: a {} type is to be made by hand, with its functions",
                        new.name, new.kind
                    ));
                    continue;
                };
                unit.run_needing(text);
            }
            Some(old) => change(old, new, &mut unit, way),
        }
        let word = if new.kind == "domain" {
            "DOMAIN"
        } else {
            "TYPE"
        };
        let on = On {
            what: format!("TYPE {}", q(&new.name)),
            kind: "types",
        };
        let had = old.and_then(|it| it.comment.as_deref());
        let said = comment(
            &format!("{word} {}", q(&new.name)),
            had,
            new.comment.as_deref(),
        );
        said.into_iter().for_each(|it| unit.run(it));
        remarks(old, new, &mut unit);
        let had = old.map(|it| it.grants.as_slice());
        for statement in grants::change(&on, sides.from, had, &new.grants, way) {
            unit.run(statement);
        }
        units.add(unit);
    }
}

/// The comments of attributes and of a domain's constraints.
fn remarks(old: Option<&Type>, new: &Type, unit: &mut Unit) {
    let name = q(&new.name);
    for it in &new.attributes {
        let mut olds = old.into_iter().flat_map(|old| &old.attributes);
        let was = olds.find(|was| was.name == it.name);
        let had = was.and_then(|was| was.comment.as_deref());
        let on = format!("COLUMN {name}.{}", q(&it.name));
        let said = comment(&on, had, it.comment.as_deref());
        said.into_iter().for_each(|it| unit.run(it));
    }
    for it in &new.constraints {
        let mut olds = old.into_iter().flat_map(|old| &old.constraints);
        let is_it = |was: &Constraint| was.name == it.name || it.kind == NOT_NULL;
        let was = olds.find(|was| is_it(was) && was.definition == it.definition);
        let had = was.and_then(|was| was.comment.as_deref());
        let on = q(it.name.as_deref().unwrap_or_default());
        let on = format!("CONSTRAINT {on} ON DOMAIN {name}");
        let said = comment(&on, had, it.comment.as_deref());
        said.into_iter().for_each(|it| unit.run(it));
    }
}

/// Whether a type is one of those that only their own functions make, and goes or comes.
pub(super) fn is_by_hand(sides: &Sides<'_>, it: &Type) -> bool {
    let find = |all: &[Type]| all.iter().find(|one| one.name == it.name).cloned();
    let kind = |all: &[Type]| find(all).map(|one| one.kind);
    let (from, to) = (&sides.from.types, &sides.to.types);
    it.kind == "base" && kind(from) != kind(to)
}

/// Whether a routine is one of a base type's own that goes or comes: neither is there without the
/// other.
pub(super) fn has_own(sides: &Sides<'_>, routine: &Routine) -> bool {
    let (name, first) = (base(&routine.name), first_argument(&routine.name));
    let both = sides.from.types.iter().chain(&sides.to.types);
    let mut types = both.filter(|it| is_by_hand(sides, it));
    types.any(|it| {
        OWN.iter().any(|(fact, argument)| {
            let own = it.properties.get(fact).map(names).unwrap_or_default();
            own.last() == Some(&name) && (*argument).unwrap_or(&it.name) == first
        })
    })
}

/// The facts of a base type that are its functions, and what each takes first: none is the type.
const OWN: [(&str, Option<&str>); 8] = [
    ("typinput", Some("cstring")),
    ("typoutput", None),
    ("typreceive", Some("internal")),
    ("typsend", None),
    ("typmodin", Some("cstring[]")),
    ("typmodout", Some("integer")),
    ("typanalyze", Some("internal")),
    ("typsubscript", Some("internal")),
];

/// The type of what `f(a, b)` takes first.
fn first_argument(routine: &str) -> String {
    let inside = routine.rsplit_once('(').map_or("", |(_, inside)| inside);
    plain(inside.split([',', ')']).next().unwrap_or_default())
}

fn text(new: &Type) -> Option<String> {
    let name = q(&new.name);
    match new.kind.as_str() {
        "enum" => {
            let labels: Vec<_> = new.labels.iter().map(|it| string(it)).collect();
            Some(format!(
                "CREATE TYPE {name} AS ENUM ({})",
                labels.join(", ")
            ))
        }
        "domain" => Some(domain(new)),
        "composite" => {
            let parts: Vec<_> = new.attributes.iter().map(attribute).collect();
            Some(format!("CREATE TYPE {name} AS ({})", parts.join(", ")))
        }
        "range" => Some(range(new)),
        "shell" => Some(format!("CREATE TYPE {name}")),
        _ => None,
    }
}

fn attribute(it: &Column) -> String {
    let collation = it.collation.as_ref();
    let collation = collation.map_or(String::new(), |it| format!(" COLLATE {it}"));
    format!("{} {}{collation}", q(&it.name), it.type_name)
}

fn domain(new: &Type) -> String {
    let base = new.base.as_deref().unwrap_or_default();
    let mut text = format!("CREATE DOMAIN {} AS {base}", q(&new.name));
    if let Some(collation) = &new.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = &new.default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if new.not_null && told_not_null(new).is_none() {
        text.push_str(" NOT NULL");
    }
    for constraint in &new.constraints {
        text.push_str(&format!(" {}", table::constraint_text(constraint)));
    }
    text
}

fn range(new: &Type) -> String {
    let mut parts = vec![format!(
        "SUBTYPE = {}",
        new.base.as_deref().unwrap_or_default()
    )];
    let facts = [
        ("SUBTYPE_OPCLASS", "operator class"),
        ("CANONICAL", "canonical"),
        ("SUBTYPE_DIFF", "difference"),
        ("MULTIRANGE_TYPE_NAME", "multirange"),
    ];
    for (word, fact) in facts {
        if let Some(value) = new.properties.get(fact) {
            parts.push(format!("{word} = {value}"));
        }
    }
    format!(
        "CREATE TYPE {} AS RANGE ({})",
        q(&new.name),
        parts.join(", ")
    )
}

fn change(old: &Type, new: &Type, unit: &mut Unit, way: &mut Way) {
    let facts = |it: &Type| {
        (
            it.kind.clone(),
            it.base.clone(),
            it.collation.clone(),
            it.properties.clone(),
        )
    };
    if facts(old) != facts(new) {
        way.note(format!(
            "type {}: its kind or what it is over differs; make another type, and let the columns change to it",
            new.name
        ));
        return;
    }
    match new.kind.as_str() {
        "enum" => labels(old, new, unit, way),
        "domain" => change_domain(old, new, unit, way),
        "composite" => attributes(old, new, unit, way),
        _ => {}
    }
}

fn labels(old: &Type, new: &Type, unit: &mut Unit, way: &mut Way) {
    let kept: Vec<_> = new
        .labels
        .iter()
        .filter(|it| old.labels.contains(it))
        .collect();
    if !kept.iter().copied().eq(old.labels.iter()) {
        way.note(format!(
            "type {}: Postgres takes no value out of an enum and moves none; {} are to become {} (ALTER TYPE … RENAME VALUE, or another type)",
            new.name,
            old.labels.join(", "),
            new.labels.join(", ")
        ));
    }
    let name = q(&new.name);
    for (place, label) in new.labels.iter().enumerate() {
        if old.labels.contains(label) {
            continue;
        }
        let where_to = match place.checked_sub(1) {
            Some(before) => format!(" AFTER {}", string(&new.labels[before])),
            None => match old.labels.first() {
                Some(first) => format!(" BEFORE {}", string(first)),
                None => String::new(),
            },
        };
        // It is there after a way back.
        let label_text = string(label);
        unit.run(format!(
            "ALTER TYPE {name} ADD VALUE IF NOT EXISTS {label_text}{where_to}"
        ));
        way.note(format!(
            "type {}: the new value {label} can be used by what runs after this revision, not within it; and it cannot be taken back",
            new.name
        ));
    }
}

/// The constraint that keeps NULL out of a domain, where it has a name of its own: from Postgres 17 on.
fn told_not_null(domain: &Type) -> Option<&Constraint> {
    domain.constraints.iter().find(|it| it.kind == NOT_NULL)
}

/// Gives the constraint of a domain that refuses NULL before and after the name that it is to have.
fn rename_not_null(old: &Type, new: &Type, unit: &mut Unit) {
    let name = |it: &Type| {
        let told = told_not_null(it).and_then(|it| it.name.clone());
        q(&told.unwrap_or_else(|| format!("{}_not_null", it.name)))
    };
    let (was, is) = (name(old), name(new));
    if old.not_null && new.not_null && was != is {
        let domain = q(&new.name);
        unit.run(format!(
            "ALTER DOMAIN {domain} RENAME CONSTRAINT {was} TO {is}"
        ));
    }
}

fn change_domain(old: &Type, new: &Type, unit: &mut Unit, way: &mut Way) {
    let name = q(&new.name);
    rename_not_null(old, new, unit);
    let is_both = old.not_null && new.not_null;
    let is_due = |it: &&Constraint| it.kind != NOT_NULL || !is_both;
    let mut alter = |clause: String| unit.run_needing(format!("ALTER DOMAIN {name} {clause}"));
    for constraint in old.constraints.iter().filter(is_due) {
        let now = new.constraints.iter().find(|it| it.name == constraint.name);
        let stays = now.is_some_and(|now| same(&now.definition, &constraint.definition));
        if let Some(gone) = constraint.name.as_ref().filter(|_| !stays) {
            alter(format!("DROP CONSTRAINT {}", q(gone)));
        }
    }
    if old.default != new.default {
        alter(match &new.default {
            Some(default) => format!("SET DEFAULT {default}"),
            None => "DROP DEFAULT".to_owned(),
        });
    }
    if old.not_null != new.not_null {
        let verb = if new.not_null { "SET" } else { "DROP" };
        if told_not_null(new).is_none() {
            alter(format!("{verb} NOT NULL"));
        }
        if new.not_null {
            way.note(format!(
                "type {}: rows with NULL are to be filled before, as it refuses them",
                new.name
            ));
        }
    }
    for constraint in new.constraints.iter().filter(is_due) {
        let was = old.constraints.iter().find(|it| it.name == constraint.name);
        let is_there = was.is_some_and(|was| same(&was.definition, &constraint.definition));
        if !is_there {
            alter(format!("ADD {}", table::constraint_text(constraint)));
            if constraint.kind != NOT_NULL {
                way.note(format!(
                    "type {}, constraint {}: rows that it does not allow stop it, and are to be mended before",
                    new.name,
                    constraint.name.as_deref().unwrap_or_default()
                ));
            }
        }
    }
}

fn attributes(old: &Type, new: &Type, unit: &mut Unit, way: &mut Way) {
    let name = q(&new.name);
    for it in &old.attributes {
        if !new.attributes.iter().any(|now| now.name == it.name) {
            way.gone(format!(
                "type {}: attribute {} goes with what it holds",
                new.name, it.name
            ));
            unit.run(format!("ALTER TYPE {name} DROP ATTRIBUTE {}", q(&it.name)));
        }
    }
    for it in &new.attributes {
        match old.attributes.iter().find(|was| was.name == it.name) {
            None => unit.run_needing(format!("ALTER TYPE {name} ADD ATTRIBUTE {}", attribute(it))),
            Some(was) if attribute(was) != attribute(it) => {
                let text = attribute(it);
                let rest = text.trim_start_matches(q(&it.name).as_str());
                way.note(format!(
                    "type {}, attribute {}: its type changes, which Postgres refuses while a table has a column of it",
                    new.name, it.name
                ));
                unit.run_needing(format!(
                    "ALTER TYPE {name} ALTER ATTRIBUTE {} TYPE{rest}",
                    q(&it.name)
                ));
            }
            Some(_) => {}
        }
    }
    let kept = old
        .attributes
        .iter()
        .filter(|it| new.attributes.iter().any(|now| now.name == it.name));
    let came = new
        .attributes
        .iter()
        .filter(|it| !old.attributes.iter().any(|was| was.name == it.name));
    let order: Vec<_> = kept.chain(came).map(|it| &it.name).collect();
    if !order
        .iter()
        .copied()
        .eq(new.attributes.iter().map(|it| &it.name))
    {
        way.note(format!(
            "type {}: its attributes stand in another order, which cannot be changed",
            new.name
        ));
    }
}
