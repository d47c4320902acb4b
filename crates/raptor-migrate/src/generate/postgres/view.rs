//! Views and materialized views.

use super::needs::{Unit, Units};
use super::{Sides, options, q, tables};
use crate::catalog::{Relation, RelationKind};
use crate::generate::way::Way;
use crate::generate::words::Words;

pub(super) fn is_view(relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::View | RelationKind::MaterializedView
    )
}

pub(super) fn write(sides: &Sides<'_>, units: &mut Units, way: &mut Way) {
    for new in sides.to.relations.iter().filter(|it| is_view(it)) {
        let old = sides.before(&new.name);
        let mut unit = Unit::new(&new.name);
        unit.words = Words::of(new.definition.as_deref().unwrap_or_default());
        let is_made = old.is_none_or(|old| old.definition != new.definition);
        if is_made {
            unit.run(text(new, old.is_some()));
        }
        let options = |it: &Relation| it.properties.get("options").map(str::to_owned);
        if let Some(old) = old.filter(|_| !is_made) {
            let (was, is) = (options(old), options(new));
            let name = q(&new.name);
            for clause in options::changes("", was.as_deref(), is.as_deref()) {
                unit.run(format!("ALTER {} {name} {clause}", word(new)));
            }
        }
        for column in &new.columns {
            let had = old.and_then(|it| it.column(&column.name));
            let had = had.and_then(|it| it.default.as_ref());
            let clause = match &column.default {
                default if default.as_ref() == had => continue,
                Some(default) => format!("SET DEFAULT {default}"),
                None => "DROP DEFAULT".to_owned(),
            };
            let (view, column) = (q(&new.name), q(&column.name));
            unit.run(format!("ALTER VIEW {view} ALTER COLUMN {column} {clause}"));
        }
        tables::indexes(sides, old, new, &mut unit, way);
        tables::after(sides, old, new, &mut unit, way);
        units.add(unit);
    }
}

pub(super) fn word(relation: &Relation) -> &'static str {
    match relation.kind {
        RelationKind::View => "VIEW",
        RelationKind::MaterializedView => "MATERIALIZED VIEW",
        RelationKind::ForeignTable => "FOREIGN TABLE",
        _ => "TABLE",
    }
}

fn text(view: &Relation, is_there: bool) -> String {
    let create = if is_there {
        "CREATE OR REPLACE"
    } else {
        "CREATE"
    };
    let with = options::with(
        view.properties.get("options"),
        view.properties.get("toast options"),
    );
    let with = with.map_or(String::new(), |it| format!(" WITH {it}"));
    let definition = view.definition.as_deref().unwrap_or_default();
    let definition = definition.trim().trim_end_matches(';');
    format!(
        "{create} {} {}{with} AS\n{definition}",
        word(view),
        q(&view.name)
    )
}
