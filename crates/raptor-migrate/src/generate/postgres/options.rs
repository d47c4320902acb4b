//! Lists of `name=value`, as storage parameters and the options of foreign tables are kept.

use crate::generate::name::string;

/// The pairs of such a list.
pub(super) fn pairs(list: Option<&str>) -> Vec<(&str, &str)> {
    let items = list.into_iter().flat_map(|list| list.split(", "));
    items
        .map(|item| item.split_once('=').unwrap_or((item, "true")))
        .collect()
}

/// `(a=1, b='x y')`; none where the list is empty.
pub(super) fn with(list: Option<&str>, toast: Option<&str>) -> Option<String> {
    let own = pairs(list)
        .into_iter()
        .map(|(name, value)| pair("", name, value));
    let toast = pairs(toast)
        .into_iter()
        .map(|(name, value)| pair("toast.", name, value));
    let all: Vec<String> = own.chain(toast).collect();
    (!all.is_empty()).then(|| format!("({})", all.join(", ")))
}

fn pair(prefix: &str, name: &str, value: &str) -> String {
    let is_plain = value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    if is_plain && !value.is_empty() {
        format!("{prefix}{name} = {value}")
    } else {
        format!("{prefix}{name} = {}", string(value))
    }
}

/// `SET (…)` and `RESET (…)`, where they differ.
pub(super) fn changes(prefix: &str, old: Option<&str>, new: Option<&str>) -> Vec<String> {
    let (old, new) = (pairs(old), pairs(new));
    let set = new.iter().filter(|it| !old.contains(it));
    let set: Vec<_> = set.map(|(name, value)| pair(prefix, name, value)).collect();
    let reset = old
        .iter()
        .filter(|(name, _)| !new.iter().any(|(other, _)| other == name));
    let reset: Vec<_> = reset.map(|(name, _)| format!("{prefix}{name}")).collect();
    let mut changes = Vec::new();
    if !set.is_empty() {
        changes.push(format!("SET ({})", set.join(", ")));
    }
    if !reset.is_empty() {
        changes.push(format!("RESET ({})", reset.join(", ")));
    }
    changes
}

/// ` OPTIONS (name 'value')`, of a foreign table or its column; empty where there are none.
pub(super) fn foreign(list: Option<&str>) -> String {
    let all: Vec<String> = pairs(list)
        .into_iter()
        .map(|(name, value)| format!("{} {}", super::q(name), string(value)))
        .collect();
    if all.is_empty() {
        return String::new();
    }
    format!(" OPTIONS ({})", all.join(", "))
}

/// `OPTIONS (SET name 'value')`, where they differ.
pub(super) fn foreign_changes(old: Option<&str>, new: Option<&str>) -> Option<String> {
    let (old, new) = (pairs(old), pairs(new));
    let mut parts = Vec::new();
    for (name, _) in &old {
        if !new.iter().any(|(other, _)| other == name) {
            parts.push(format!("DROP {}", super::q(name)));
        }
    }
    for (name, value) in new.iter().filter(|it| !old.contains(it)) {
        let is_there = old.iter().any(|(other, _)| other == name);
        let verb = if is_there { "SET" } else { "ADD" };
        parts.push(format!("{verb} {} {}", super::q(name), string(value)));
    }
    (!parts.is_empty()).then(|| format!("OPTIONS ({})", parts.join(", ")))
}
