//! Ways around the guard of a table: what is no table, and tables that show the rows of others as theirs.

use super::Wanted;
use crate::declaration::{Declaration, Kind, Name, Place, Rows, Table};
use crate::facts::{Acl, Facts, Object};
use std::collections::{BTreeMap, BTreeSet};

/// Refuses what shows rows that a line of the file says are hidden.
pub(super) fn hold(declared: &Declaration, there: &Facts, wanted: &mut Wanted) {
    kinds(declared, there, wanted);
    let resolver = declared.of_kind(Kind::Resolver).unwrap_or_default();
    for (name, table) in &declared.tables {
        for above in ancestors(name, there) {
            if let Some(above_is) = declared.tables.get(&above) {
                same_rows((name, table), (&above, above_is), resolver, wanted);
            }
        }
    }
}

fn kinds(declared: &Declaration, there: &Facts, wanted: &mut Wanted) {
    let kind = |name: &Name| there.relations.get(name).map(|it| it.kind);
    for (name, table) in &declared.tables {
        let is_guarded = table.tenant.is_some() || !table.rows.is_empty();
        let why = match kind(name) {
            Some('v') => format!("{name} is a view: it stands under `[views.…]`"),
            Some('m') if is_guarded => format!(
                "{name} is a materialized view, whose rows nothing guards: whoever reads it sees what its owner saw; \
                 without `tenant` and `rows` it is one that shows everything"
            ),
            Some('f') if is_guarded => format!(
                "{name} is a foreign table, whose rows nothing guards here; without `tenant` and `rows` it is one that \
                 shows everything"
            ),
            _ => continue,
        };
        wanted.refuse(table.place, why);
    }
    for (name, grants) in &declared.views {
        if let Some(is) = kind(name).filter(|it| *it != 'v') {
            let what = match is {
                'm' => "a materialized view, which shows what its owner saw, whoever asks",
                'f' => "a foreign table",
                'S' => "a sequence",
                _ => "a table",
            };
            let place = grants.values().next().map(|it| it.place);
            let whose = match is {
                'S' => "sequences",
                _ => "tables",
            };
            let why = format!("{name} is {what}: it stands under `[{whose}.…]`");
            wanted.refuse(place.unwrap_or_default(), why);
        }
    }
}

/// The tables that show the rows of this one as theirs, near and far.
fn ancestors(name: &Name, there: &Facts) -> BTreeSet<Name> {
    let (mut found, mut ahead) = (BTreeSet::new(), vec![name.clone()]);
    while let Some(it) = ahead.pop() {
        let parents = there.relations.get(&it).map(|it| &it.parents);
        for parent in parents.into_iter().flatten() {
            if found.insert(parent.clone()) {
                ahead.push(parent.clone());
            }
        }
    }
    found
}

/// What a role sees of a table it sees by way of the other, too.
fn same_rows(
    (name, table): (&Name, &Table),
    (above, above_is): (&Name, &Table),
    resolver: &str,
    wanted: &mut Wanted,
) {
    let ways = [(above, above_is, table), (name, table, above_is)];
    // Of a table without a guard nothing is hidden.
    for (through, is, of) in ways.into_iter().filter(|it| !it.2.rows.is_empty()) {
        for (role, place) in who_may(through, is, wanted) {
            let (here, there) = (seen(is, &role), seen(of, &role));
            // The resolver reads all of what it reads.
            if here != there && role != resolver {
                let why = format!(
                    "{role} sees rows of {0} by way of {through}, and not the same ones: {above} shows the rows of {name}, \
                     so that `rows.{role}` has to be the same for both",
                    if through == name { above } else { name }
                );
                wanted.refuse(place, why);
            }
        }
    }
}

/// Who may do something with a table, be it by a right that follows from something else.
fn who_may(name: &Name, table: &Table, wanted: &Wanted) -> BTreeMap<String, Place> {
    let acls = wanted.facts.acls.iter().filter(|it| match &it.object {
        Object::Relation(of) | Object::Column(of, _) => of == name,
        _ => false,
    });
    let place = |acl: &Acl| wanted.places.get(acl).copied().unwrap_or(table.place);
    acls.map(|acl| (acl.grantee.clone(), place(acl))).collect()
}

/// Which rows a role sees: all of a table that has no guard.
fn seen(table: &Table, role: &str) -> Option<BTreeSet<(String, String)>> {
    let which = match table.rows.get(role).map(|it| &it.it) {
        None if !table.rows.is_empty() => return Some(BTreeSet::new()),
        None | Some(Rows::All) => return None,
        Some(Rows::Of(which)) => which,
    };
    let pairs = which.iter().map(|it| (it.column.clone(), it.scope.clone()));
    Some(pairs.collect())
}
