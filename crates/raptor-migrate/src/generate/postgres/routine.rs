//! Functions and procedures, by the statement that makes them.

use super::grants::{self, On};
use super::loose::{base, needs};
use super::needs::{Unit, Units};
use super::{Sides, aggregate, comment, same, types};
use crate::catalog::Routine;
use crate::generate::way::Way;

pub(super) fn write(sides: &Sides<'_>, units: &mut Units, way: &mut Way) {
    let mut makes_any = false;
    let all = sides.to.routines.iter();
    for new in all.filter(|it| !types::has_own(sides, it)) {
        let old = sides.from.routines.iter().find(|it| it.name == new.name);
        let old = old.filter(|_| !sides.loose.is_remade_routine(&new.name));
        let mut unit = Unit::new(&base(&new.name));
        unit.words = needs(new);
        if old.is_none_or(|old| !is_same(old, new)) {
            makes_any |= new.definition.is_some();
            unit.run(match &new.definition {
                Some(definition) => definition.trim_end().to_owned(),
                None => aggregate::text(new),
            });
        }
        let on = On {
            what: what(new),
            kind: "functions",
        };
        let had = old.and_then(|it| it.comment.as_deref());
        let said = comment(&on.what, had, new.comment.as_deref());
        said.into_iter().for_each(|it| unit.run(it));
        let had = old.map(|it| it.grants.as_slice());
        for statement in grants::change(&on, sides.from, had, &new.grants, way) {
            unit.run(statement);
        }
        units.add(unit);
    }
    if makes_any {
        // What a function is about may come after it.
        way.run("SET LOCAL check_function_bodies = off");
    }
}

/// Whether one that goes does so before the tables: it is about them.
pub(super) fn goes_early(sides: &Sides<'_>, old: &Routine) -> bool {
    sides.loose.is_of_relations(&needs(old), sides.from)
}

/// Those that go, if only to come again, before or after the tables.
pub(super) fn drop_some(sides: &Sides<'_>, is_early: bool, way: &mut Way) {
    for old in &sides.from.routines {
        let is_gone = !sides.to.routines.iter().any(|it| it.name == old.name);
        let is_remade = sides.loose.is_remade_routine(&old.name);
        let is_due = is_remade || (is_gone && is_early);
        let is_due = is_due && !types::has_own(sides, old);
        if is_due && goes_early(sides, old) == is_early {
            way.run(drop(old));
        }
    }
}

fn is_same(old: &Routine, new: &Routine) -> bool {
    let plain = |it: &Routine| Routine {
        comment: None,
        owner: None,
        grants: Vec::new(),
        definition: None,
        ..it.clone()
    };
    same(&plain(old), &plain(new))
}

/// What it is called in `DROP` and `GRANT`.
pub(super) fn what(routine: &Routine) -> String {
    format!("ROUTINE {}", routine.name)
}

/// `DROP …`.
pub(super) fn drop(routine: &Routine) -> String {
    let word = match routine.kind.as_str() {
        "procedure" => "PROCEDURE",
        "aggregate" => "ROUTINE",
        _ => "FUNCTION",
    };
    format!("DROP {word} {}", routine.name)
}
