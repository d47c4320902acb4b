//! The order of tables: those that others point at come first.

use super::Relations;
use crate::generate::words::Words;
use std::collections::BTreeSet;

/// All keys, parents before children as far as they make no circle.
pub(super) fn by_foreign_keys(relations: &Relations<'_>) -> Vec<String> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for key in relations.keys() {
        visit(key, relations, &mut seen, &mut order);
    }
    order
}

fn visit(
    key: &str,
    relations: &Relations<'_>,
    seen: &mut BTreeSet<String>,
    order: &mut Vec<String>,
) {
    if !seen.insert(key.to_owned()) {
        return;
    }
    let keys = relations[key].constraints.iter();
    for constraint in keys.filter(|it| it.kind == "foreign key") {
        let words = Words::of(&constraint.definition.to_ascii_lowercase());
        for parent in relations.keys().filter(|parent| words.has(parent)) {
            visit(parent, relations, seen, order);
        }
    }
    order.push(key.to_owned());
}
