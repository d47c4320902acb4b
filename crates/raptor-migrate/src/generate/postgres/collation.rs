//! Collations: they are made and dropped. One that changes would need all that is sorted by it made
//! anew, and is noted.

use super::needs::{Unit, Units};
use super::{Sides, comment, q, same};
use crate::catalog::{Catalog, Other};
use crate::generate::name::string;

pub(super) fn write(sides: &Sides<'_>, units: &mut Units) {
    for new in all(sides.to) {
        let (Some(text), name) = (text(new), name(new)) else {
            continue;
        };
        let old = all(sides.from).find(|it| it.name == new.name);
        let mut unit = Unit::new(name);
        if old.is_none() {
            unit.run(text);
        }
        let had = old.and_then(|it| it.comment.as_deref());
        let said = comment(
            &format!("COLLATION {}", q(name)),
            had,
            new.comment.as_deref(),
        );
        said.into_iter().for_each(|it| unit.run(it));
        units.add(unit);
    }
}

/// Those that go, with the statements that drop them.
pub(super) fn drops(sides: &Sides<'_>) -> Vec<(String, String)> {
    let is_gone = |it: &&Other| text(it).is_some() && !all(sides.to).any(|new| new.name == it.name);
    let gone = all(sides.from).filter(is_gone).map(name);
    gone.map(|name| (name.to_owned(), format!("DROP COLLATION {}", q(name))))
        .collect()
}

/// Whether what differs about it is written.
pub(super) fn is_written(sides: &Sides<'_>, one: &Other) -> bool {
    let find = |side| all(side).find(|it| it.name == one.name);
    let is_same = match (find(sides.from), find(sides.to)) {
        (Some(old), Some(new)) => same(&old.properties, &new.properties),
        _ => true,
    };
    one.kind == "collation" && is_same && text(one).is_some()
}

fn all(side: &Catalog) -> impl Iterator<Item = &Other> {
    side.others.iter().filter(|it| it.kind == "collation")
}

/// Its name, without the encoding that a catalog tells with it.
fn name(collation: &Other) -> &str {
    let has_encoding = collation.properties.get("collencoding") != Some("-1");
    match collation.name.rsplit_once(" for ") {
        Some((name, _)) if has_encoding => name,
        _ => &collation.name,
    }
}

/// The statement that makes it; none where it is of a kind that is not known here.
fn text(collation: &Other) -> Option<String> {
    let fact = |name| collation.properties.get(name);
    // Each version of Postgres keeps it under another name.
    let locale = ["colllocale", "colliculocale", "collcollate"];
    let locale = || locale.into_iter().find_map(fact).map(string);
    let mut parts = match fact("collprovider")? {
        "i" => vec![format!("PROVIDER = icu, LOCALE = {}", locale()?)],
        "b" => vec![format!("PROVIDER = builtin, LOCALE = {}", locale()?)],
        "c" => vec![format!(
            "PROVIDER = libc, LC_COLLATE = {}, LC_CTYPE = {}",
            string(fact("collcollate")?),
            string(fact("collctype")?)
        )],
        _ => return None,
    };
    if fact("collisdeterministic") == Some("false") {
        parts.push("DETERMINISTIC = false".to_owned());
    }
    if let Some(rules) = fact("collicurules") {
        parts.push(format!("RULES = {}", string(rules)));
    }
    let name = q(name(collation));
    Some(format!("CREATE COLLATION {name} ({})", parts.join(", ")))
}
