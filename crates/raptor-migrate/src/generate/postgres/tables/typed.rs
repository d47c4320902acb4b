//! Tables `OF` a composite type: such a table leaves its type while either changes.

use crate::catalog::{Catalog, Relation};
use crate::generate::postgres::needs::Unit;
use crate::generate::postgres::{Sides, q};
use crate::generate::way::Way;
use crate::generate::words::plain;

/// Whether a table leaves its type, if only to come back.
pub(super) fn leaves(sides: &Sides<'_>, old: &Relation, new: &Relation) -> bool {
    of(old).is_some_and(|was| {
        of(new) != Some(was) || attributes(sides.from, was) != attributes(sides.to, was)
    })
}

/// Comes to its type, or back to it.
pub(super) fn join(
    sides: &Sides<'_>,
    old: &Relation,
    new: &Relation,
    unit: &mut Unit,
    way: &mut Way,
) {
    let Some(is) = of(new) else {
        return;
    };
    if of(old) == Some(is) && !leaves(sides, old, new) {
        return;
    }
    let stays = old
        .columns
        .iter()
        .filter(|it| new.column(&it.name).is_some());
    let comes = new
        .columns
        .iter()
        .filter(|it| old.column(&it.name).is_none());
    let order = stays.chain(comes).map(|it| &it.name);
    if order.eq(new.columns.iter().map(|it| &it.name)) {
        unit.run_needing(format!("ALTER TABLE {} OF {is}", q(&new.name)));
    } else {
        way.note(format!(
            "table {}: it is to be a table OF {is}, whose columns stand in another order; make it anew by hand",
            new.name
        ));
    }
}

fn of(relation: &Relation) -> Option<&str> {
    relation.properties.get("of type")
}

/// What a type of the schema is made of, as far as its tables have it from it.
fn attributes(catalog: &Catalog, name: &str) -> Option<Vec<(String, String, Option<String>)>> {
    let name = plain(name);
    let found = catalog.types.iter().find(|it| it.name == name)?;
    let all = found.attributes.iter();
    let facts = all.map(|it| (it.name.clone(), it.type_name.clone(), it.collation.clone()));
    Some(facts.collect())
}
