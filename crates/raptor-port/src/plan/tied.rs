//! Both ends of a foreign key have one type.

use super::{Choice, Plan};
use crate::kind::{Conversion, Kind};
use crate::source::Source;
use std::collections::BTreeMap;

/// Columns that point at others get the type of what they point at; the wider of the two, where both are
/// integers. What stood in the plan before stays.
pub(super) fn follow(source: &Source, plan: &mut Plan, before: Option<&Plan>) {
    let place: BTreeMap<String, usize> = source
        .tables
        .iter()
        .enumerate()
        .map(|(at, it)| (it.name.to_lowercase(), at))
        .collect();
    let is_kept = |table: &str, column: &str| {
        before
            .and_then(|it| it.table(table))
            .and_then(|it| it.column(column))
            .is_some()
    };
    // A chain of keys is at most as long as there are tables.
    for _ in 0..source.tables.len() {
        let mut has_changed = false;
        for (at, table) in source.tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let Some(parent) = place.get(&key.parent.to_lowercase()).copied() else {
                    continue;
                };
                let of_parent = key.parent_of(&source.tables[parent]);
                for (child, of_parent) in key.columns.iter().zip(&of_parent) {
                    has_changed |= joined(plan, (at, child), (parent, of_parent), &is_kept);
                }
            }
        }
        if !has_changed {
            return;
        }
    }
}

/// Gives both ends of a foreign key one type; answers whether one has changed.
fn joined(
    plan: &mut Plan,
    child: (usize, &String),
    parent: (usize, &String),
    is_kept: &impl Fn(&str, &str) -> bool,
) -> bool {
    let find = |plan: &Plan, (table, name): (usize, &String)| {
        let columns = &plan.tables[table].columns;
        columns
            .iter()
            .position(|it| it.name.eq_ignore_ascii_case(name))
    };
    let (Some(of_child), Some(of_parent)) = (find(plan, child), find(plan, parent)) else {
        return false;
    };
    if unfolded(plan, (child.0, of_child), (parent.0, of_parent), is_kept) {
        return true;
    }
    let kind = |plan: &Plan, table: usize, column: usize| match plan.tables[table].columns[column]
        .chosen
    {
        Choice::Own(it) => Some(it),
        _ => None,
    };
    let (Some(low), Some(high)) = (
        kind(plan, child.0, of_child),
        kind(plan, parent.0, of_parent),
    ) else {
        return false;
    };
    let common = match (width(low.kind), width(high.kind)) {
        (Some(one), Some(two)) if one > two => low,
        _ => high,
    };
    let mut has_changed = false;
    for (table, column) in [(child.0, of_child), (parent.0, of_parent)] {
        let name = &plan.tables[table].name.clone();
        let it = &mut plan.tables[table].columns[column];
        if it.chosen == Choice::Own(common) || is_kept(name, &it.name) {
            continue;
        }
        let other = if table == child.0 && column == of_child {
            parent
        } else {
            child
        };
        it.chosen = Choice::Own(common);
        it.question = None;
        it.alternatives.retain(|it| *it != common);
        has_changed = true;
        let other_name = plan.tables[other.0].name.clone();
        let it = &mut plan.tables[table].columns[column];
        it.evidence = format!(
            "{}; the type of {other_name}.{}, to which it is tied",
            it.evidence, other.1
        );
    }
    has_changed
}

fn width(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Smallint => Some(1),
        Kind::Integer => Some(2),
        Kind::Bigint => Some(3),
        _ => None,
    }
}

/// Has a column that points at one that does not regard the case not regard it either, as both ends are
/// compared so; answers whether it has changed.
fn unfolded(
    plan: &mut Plan,
    child: (usize, usize),
    parent: (usize, usize),
    is_kept: &impl Fn(&str, &str) -> bool,
) -> bool {
    let of = &plan.tables[parent.0];
    let (name, to) = (&of.name, &of.columns[parent.1]);
    if to.chosen != Choice::Nocase {
        return false;
    }
    let of = format!("{name}.{}", to.name);
    let name = plan.tables[child.0].name.clone();
    let it = &mut plan.tables[child.0].columns[child.1];
    let is_text = |own: Conversion| matches!(own.kind, Kind::Text | Kind::Varchar(_));
    if !matches!(it.chosen, Choice::Own(own) if is_text(own)) || is_kept(&name, &it.name) {
        return false;
    }
    it.chosen = Choice::Nocase;
    it.question = None;
    it.evidence = format!(
        "{}; as {of}, to which it is tied, it does not regard the case",
        it.evidence
    );
    true
}
