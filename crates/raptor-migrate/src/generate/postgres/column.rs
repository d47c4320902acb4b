//! A column: how it is written, and how it changes.

use super::loose::is_retyped;
use super::options::changes;
use super::sequence::{anew, begins_anew, identity_changes, identity_options};
use super::tables::told_not_null;
use super::{Sides, is_inherited, q};
use crate::catalog::{Column, Identity, Relation};
use crate::generate::way::Way;
use crate::generate::words::Words;

/// A column as `CREATE TABLE` and `ADD COLUMN` have it.
pub(super) fn text(relation: &Relation, column: &Column) -> String {
    let mut text = format!("{} {}", q(&column.name), column.type_name);
    if column.properties.get("server options").is_some() {
        text.push_str(&super::options::foreign(
            column.properties.get("server options"),
        ));
    }
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    text.push_str(&rules(relation, column));
    text
}

/// What a column's values follow, behind its type; empty where they follow nothing.
pub(super) fn rules(relation: &Relation, column: &Column) -> String {
    let mut text = String::new();
    if let Some(generated) = &column.generated {
        let kept = if generated.stored {
            "STORED"
        } else {
            "VIRTUAL"
        };
        text.push_str(&format!(
            " GENERATED ALWAYS AS ({}) {kept}",
            generated.expression
        ));
    }
    if let Some(identity) = &column.identity {
        text.push_str(&format!(" {}", identity_text(relation, column, identity)));
    }
    if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    // A key and an identity say so themselves.
    let is_of_key = |it: &&crate::catalog::Constraint| {
        it.kind == "primary key" && it.columns.contains(&column.name)
    };
    let is_said = column.identity.is_some()
        || relation.constraints.iter().any(|it| is_of_key(&it))
        || told_not_null(relation, &column.name).is_some();
    if column.not_null && !is_said {
        text.push_str(" NOT NULL");
    }
    text
}

fn identity_text(relation: &Relation, column: &Column, identity: &Identity) -> String {
    let kind = if identity.always {
        "ALWAYS"
    } else {
        "BY DEFAULT"
    };
    let usual = format!("{}_{}_seq", relation.name, column.name);
    let mut options = identity_options(&identity.options);
    if identity.sequence != usual {
        options.insert(0, format!("SEQUENCE NAME {}", q(&identity.sequence)));
    }
    let options = match &options[..] {
        [] => String::new(),
        all => format!(" ({})", all.join(" ")),
    };
    format!("GENERATED {kind} AS IDENTITY{options}")
}

/// What is set on a column after it is there: `ALTER COLUMN` clauses.
pub(super) fn settings(old: Option<&Column>, new: &Column) -> Vec<String> {
    // With another type Postgres forgets how the values of the old one are kept.
    let is_forgotten = |name: &str| {
        matches!(name, "storage" | "compression") && old.is_some_and(|it| is_retyped(it, new))
    };
    let was = |name: &str| {
        let old = old.filter(|_| !is_forgotten(name));
        old.and_then(|it| it.properties.get(name))
    };
    let is = |name: &str| new.properties.get(name);
    let mut clauses = Vec::new();
    if was("statistics") != is("statistics") {
        clauses.push(format!(
            "SET STATISTICS {}",
            is("statistics").unwrap_or("-1")
        ));
    }
    if was("storage") != is("storage") {
        // The default of most types whose values can be long.
        let storage = is("storage").unwrap_or("extended").to_uppercase();
        clauses.push(format!("SET STORAGE {storage}"));
    }
    if was("compression") != is("compression") {
        clauses.push(format!(
            "SET COMPRESSION {}",
            is("compression").unwrap_or("default")
        ));
    }
    clauses.extend(changes("", was("options"), is("options")));
    if let Some(old) = old {
        let was = old.properties.get("server options");
        clauses.extend(super::options::foreign_changes(was, is("server options")));
    }
    clauses
}

/// Whether the default has to go before the type changes, or before what it calls goes.
pub(super) fn loses_default(
    sides: &Sides<'_>,
    relation: &Relation,
    old: &Column,
    new: &Column,
) -> bool {
    let Some(default) = &old.default else {
        return false;
    };
    is_retyped(old, new)
        || sides
            .loose
            .is_named(&Words::of(default), Some(&relation.name))
}

/// The clauses of `ALTER COLUMN` that make the one the other, in order.
pub(super) fn alter(
    sides: &Sides<'_>,
    relation: &Relation,
    old: &Column,
    new: &Column,
    way: &mut Way,
) -> Vec<String> {
    let mut clauses = Vec::new();
    let name = format!("table {}, column {}", relation.name, new.name);
    if old.generated.is_some() && new.generated.is_none() {
        clauses.push("DROP EXPRESSION".to_owned());
    }
    if is_retyped(old, new) && !is_inherited(&new.properties) {
        retype(&name, old, new, &mut clauses, way);
    }
    let lost = loses_default(sides, relation, old, new);
    if old.default.is_some() && new.default.is_none() && !lost {
        clauses.push("DROP DEFAULT".to_owned());
    }
    if old.not_null && !new.not_null {
        clauses.push("DROP NOT NULL".to_owned());
    }
    if !old.not_null && new.not_null {
        way.note(format!(
            "{name}: rows with NULL are to be filled before, as it refuses them"
        ));
        if told_not_null(relation, &new.name).is_none() {
            clauses.push("SET NOT NULL".to_owned());
        }
    }
    match &new.default {
        Some(default) if lost || old.default.as_ref() != Some(default) => {
            clauses.push(format!("SET DEFAULT {default}"));
        }
        _ => {}
    }
    identity(relation, old, new, &name, &mut clauses, way);
    clauses.extend(settings(Some(old), new));
    clauses
}

fn identity(
    relation: &Relation,
    old: &Column,
    new: &Column,
    name: &str,
    clauses: &mut Vec<String>,
    way: &mut Way,
) {
    match (&old.identity, &new.identity) {
        (None, Some(identity)) => {
            clauses.push(format!("ADD {}", identity_text(relation, new, identity)));
        }
        (Some(old), Some(new)) => {
            if old.always != new.always {
                let kind = if new.always { "ALWAYS" } else { "BY DEFAULT" };
                clauses.push(format!("SET GENERATED {kind}"));
            }
            let options = identity_changes(&old.options, &new.options);
            let mut options: Vec<_> = options.iter().map(|it| format!("SET {it}")).collect();
            if begins_anew(&old.options, &new.options) {
                options.push("RESTART".to_owned());
                way.note(anew(name));
            }
            // One without the other may be out of bounds.
            clauses.extend((!options.is_empty()).then(|| options.join(" ")));
        }
        _ => {}
    }
}

fn retype(name: &str, old: &Column, new: &Column, clauses: &mut Vec<String>, way: &mut Way) {
    let (was, is) = (old.type_name.as_str(), new.type_name.as_str());
    let collation = new.collation.as_ref();
    let collation = collation.map_or(String::new(), |it| format!(" COLLATE {it}"));
    let column = q(&new.name);
    let using = match () {
        () if casts_alone(was, is) => String::new(),
        () if casts_by_word(was, is) => format!(" USING {column}::{is}"),
        // Any value can be written as text, and read again.
        () => format!(" USING {column}::text::{is}"),
    };
    clauses.push(format!("SET DATA TYPE {is}{collation}{using}"));
    if was != is && !widens(was, is) {
        let cast = if using.is_empty() {
            ""
        } else {
            "; see to it that USING means what is wanted"
        };
        way.note(format!(
            "{name}: {was} becomes {is}; a value that does not fit is changed, or stops it{cast}"
        ));
    }
}

/// Types without what stands in brackets, in groups whose members Postgres converts on its own.
fn family(name: &str) -> Option<(&'static str, usize)> {
    let base = name.split('(').next().unwrap_or(name).trim();
    let is_plain = !name.ends_with("[]");
    const FAMILIES: [(&str, &[&str]); 3] = [
        (
            "number",
            &[
                "smallint",
                "integer",
                "bigint",
                "numeric",
                "real",
                "double precision",
            ],
        ),
        ("text", &["character", "character varying", "text"]),
        (
            "time",
            &[
                "date",
                "timestamp without time zone",
                "timestamp with time zone",
            ],
        ),
    ];
    let find = |(family, members): (&'static str, &[&str])| {
        let place = members.iter().position(|it| *it == base)?;
        Some((family, place))
    };
    FAMILIES.into_iter().filter(|_| is_plain).find_map(find)
}

/// Whether a value goes into the other type by assignment.
fn casts_alone(was: &str, is: &str) -> bool {
    let array = is.ends_with("[]") == was.ends_with("[]");
    match (family(was), family(is)) {
        (_, Some(("text", _))) => array || !is.ends_with("[]"),
        (Some((one, _)), Some((other, _))) => one == other,
        _ => was.split('(').next() == is.split('(').next(),
    }
}

/// Whether Postgres has a cast for it that has to be asked for.
fn casts_by_word(was: &str, is: &str) -> bool {
    let is_flag = |one: &str, other: &str| (one, other) == ("integer", "boolean");
    matches!(family(was), Some(("text", _))) || is_flag(was, is) || is_flag(is, was)
}

/// Whether every value fits the other type as it is.
fn widens(was: &str, is: &str) -> bool {
    if is == "text" || is == "character varying" {
        return true;
    }
    let length = |name: &str| -> Option<u64> {
        let inside = name.split_once('(')?.1.strip_suffix(')')?;
        inside.parse().ok()
    };
    match (family(was), family(is)) {
        (Some(("number", one)), Some(("number", other))) => {
            one < other && other < 3 || one < 3 && is == "numeric"
        }
        (Some(("text", 1)), Some(("text", 1))) => {
            length(was).is_some() && length(was) <= length(is)
        }
        _ => false,
    }
}
