//! FORCE ROW LEVEL SECURITY, which holds for the owner too: a foreign key cannot be proved by an owner
//! whom a policy may hide rows from, nor can rows be counted. So it comes last, goes first, and is
//! taken off for as long as rows are looked at.

use super::table::is_own;
use super::tables::{constraint_goes, parent};
use super::{Sides, numbers, q, sequence};
use crate::catalog::{Constraint, Relation};
use crate::generate::way::Way;
use std::collections::HashSet;

/// Before anything else.
pub(super) fn off(sides: &Sides<'_>, way: &mut Way) {
    let looked_at = looked_at(sides);
    for (old, new) in sides.kept().filter(|(old, _)| old.force_row_security) {
        if !new.force_row_security || looked_at.contains(&old.name) {
            let table = q(&old.name);
            way.run(format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"));
        }
    }
}

/// After everything else.
pub(super) fn on(sides: &Sides<'_>, way: &mut Way) {
    let looked_at = looked_at(sides);
    for new in sides.to.relations.iter().filter(|it| it.force_row_security) {
        let stays = sides
            .before(&new.name)
            .is_some_and(|old| old.force_row_security);
        if !stays || looked_at.contains(&new.name) {
            let table = q(&new.name);
            way.run(format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"));
        }
    }
}

/// Tables whose rows are looked at on the way, and their children.
fn looked_at(sides: &Sides<'_>) -> HashSet<String> {
    let mut names: HashSet<String> = numbers::looked_at(sides).collect();
    for new in &sides.to.relations {
        for key in new
            .constraints
            .iter()
            .filter(|it| is_proved(sides, new, it))
        {
            names.insert(new.name.clone());
            names.extend(parent(key));
        }
    }
    loop {
        let before = names.len();
        for relation in &sides.to.relations {
            let parents = relation.properties.get("inherits").map(sequence::names);
            if parents.is_some_and(|all| all.iter().any(|it| names.contains(it))) {
                names.insert(relation.name.clone());
            }
        }
        if names.len() == before {
            return names;
        }
    }
}

/// Whether a foreign key is written, or what it says proved.
fn is_proved(sides: &Sides<'_>, new: &Relation, key: &Constraint) -> bool {
    if key.kind != "foreign key" || !is_own(key) {
        return false;
    }
    let Some(old) = sides.before(&new.name) else {
        return true;
    };
    let was = old.constraints.iter().find(|it| it.name == key.name);
    was.is_none_or(|was| constraint_goes(sides, old, was) || (!was.validated && key.validated))
}
