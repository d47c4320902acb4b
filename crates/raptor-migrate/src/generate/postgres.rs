//! The way on Postgres. What depends on something that goes or changes its type goes before it and
//! comes again after it; a catalog does not say what depends on what, so names in definitions do.
//!
//! In order: what goes first (triggers, policies, views, keys, indexes, tables, columns), what comes
//! or changes in the order of its needs, foreign keys, what hangs on tables, what goes last.

mod aggregate;
mod collation;
mod column;
mod drops;
mod forced;
mod grants;
mod hanging;
mod last;
mod loose;
mod needs;
mod numbers;
mod options;
mod routine;
mod sequence;
mod table;
mod tables;
mod types;
mod view;
mod waiting;

pub(super) use waiting::without;

use super::name::ident;
use super::way::Way;
use crate::catalog::{Catalog, Relation};
use loose::Loose;
use needs::Units;
use serde::Serialize;

pub(super) fn way(from: &Catalog, to: &Catalog) -> Way {
    let sides = Sides {
        from,
        to,
        loose: Loose::between(from, to),
    };
    let mut way = Way::default();
    drops::first(&sides, &mut way);
    let mut units = Units::default();
    last::extensions(&sides, &mut units, &mut way);
    collation::write(&sides, &mut units);
    types::write(&sides, &mut units, &mut way);
    sequence::write(&sides, &mut units, &mut way);
    routine::write(&sides, &mut units, &mut way);
    tables::write(&sides, &mut units, &mut way);
    view::write(&sides, &mut units, &mut way);
    units.write(&mut way);
    tables::foreign_keys(&sides, &mut way);
    hanging::write(&sides, &mut way);
    sequence::owners(&sides, &mut way);
    numbers::write(&sides, &mut way);
    last::write(&sides, &mut way);
    forced::on(&sides, &mut way);
    way
}

/// Both catalogs, and what cannot stay as it is between them.
pub(super) struct Sides<'c> {
    from: &'c Catalog,
    to: &'c Catalog,
    loose: Loose,
}

impl<'c> Sides<'c> {
    /// Relations that go, also those that come again.
    fn dropped(&self) -> impl Iterator<Item = &'c Relation> + '_ {
        let all = self.from.relations.iter();
        all.filter(|it| self.to.relation(&it.name).is_none() || self.loose.is_remade(&it.name))
    }

    /// Relations that stay, as they were and as they are to be.
    fn kept(&self) -> impl Iterator<Item = (&'c Relation, &'c Relation)> + '_ {
        let both = self
            .from
            .relations
            .iter()
            .filter_map(|old| Some((old, self.to.relation(&old.name)?)));
        both.filter(|(old, _)| !self.loose.is_remade(&old.name))
    }

    /// What a relation was, if it stays.
    fn before(&self, name: &str) -> Option<&'c Relation> {
        let old = self.from.relation(name)?;
        (self.to.relation(name).is_some() && !self.loose.is_remade(name)).then_some(old)
    }
}

/// A name as Postgres takes it.
fn q(name: &str) -> String {
    ident(name, false)
}

/// Whether two things say the same in all their fields.
fn same<T: Serialize>(one: &T, other: &T) -> bool {
    match (serde_json::to_value(one), serde_json::to_value(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Whether a part is its parent's, which has it made and dropped.
fn is_inherited(properties: &crate::catalog::Properties) -> bool {
    properties.get("inherited") == Some("yes")
        || properties.get("part of").is_some()
        || properties.get("cloned").is_some()
}

/// `COMMENT ON`, where it differs.
fn comment(on: &str, old: Option<&str>, new: Option<&str>) -> Option<String> {
    if old == new {
        return None;
    }
    let text = new.map_or("NULL".to_owned(), super::name::string);
    Some(format!("COMMENT ON {on} IS {text}"))
}
