//! Ways around the guard of a table: what is no table, and tables that show the rows of others as theirs.

use super::Wanted;
use crate::declaration::{At, Declaration, Name, Place, Rows, Table};
use crate::facts::Facts;
use std::collections::{BTreeMap, BTreeSet};

/// Refuses what shows rows that a line of the file says are hidden.
pub(super) fn hold(declared: &Declaration, there: &Facts, wanted: &mut Wanted) {
    kinds(declared, there, wanted);
    for (name, table) in &declared.tables {
        for above in ancestors(name, there) {
            if let Some(above_is) = declared.tables.get(&above) {
                same_rows((name, table), (&above, above_is), wanted);
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
    wanted: &mut Wanted,
) {
    let guarded = |of: &Table| !of.rows.is_empty();
    let mut refuse = |role: &String, place: Place, through: &Name, of: &Name| {
        let why = format!(
            "{role} sees rows of {of} by way of {through}, and not the same ones: {above} shows the rows of {name}, so \
             that `rows.{role}` has to be the same for both"
        );
        wanted.refuse(place, why);
    };
    let differs = |role: &str| rows(&table.rows, role) != rows(&above_is.rows, role);
    if guarded(table) {
        let through = above_is.grants.iter().filter(|(role, _)| differs(role));
        through.for_each(|(role, grant)| refuse(role, grant.place, above, name));
    }
    if guarded(above_is) {
        let through = table.grants.iter().filter(|(role, _)| differs(role));
        through.for_each(|(role, grant)| refuse(role, grant.place, name, above));
    }
}

fn rows<'a>(of: &'a BTreeMap<String, At<Rows>>, role: &str) -> Option<&'a Rows> {
    of.get(role).map(|it| &it.it)
}
