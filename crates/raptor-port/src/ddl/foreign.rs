//! Foreign keys.

use super::table::{list, renamed};
use super::{Ddl, Named};
use crate::names::Names as Given;
use crate::plan::{Plan, TablePlan};
use crate::source::{ForeignKey, Source, Table, quoted};

pub(super) fn make(
    ddl: &mut Ddl,
    source: &Source,
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
) {
    let mut given = Given::default();
    let new = ddl.tables.iter().find(|it| it.of == table.name);
    for it in new.into_iter() {
        it.keys.iter().for_each(|key| given.keep(&key.name));
        it.checks.iter().for_each(|check| given.keep(&check.name));
    }
    for (at, key) in table.foreign_keys.iter().enumerate() {
        // Some tools declare one again whenever they make a table anew.
        if table.foreign_keys[..at].contains(key) {
            continue;
        }
        let of = format!("foreign key of {}", table.name);
        let parent = source.table(&key.parent);
        let Some((parent, to)) =
            parent.and_then(|parent| Some((parent, plan.table(&parent.name)?)))
        else {
            ddl.note(of, format!("points at {}, which is not there", key.parent));
            continue;
        };
        if to.skip.is_some() {
            ddl.note(of, format!("points at {}, which is left out", key.parent));
            continue;
        }
        let columns = key.parent_of(parent);
        if columns.len() != key.columns.len() || !is_key(parent, &columns) {
            ddl.note(
                of,
                format!(
                    "({}) points at ({}) of {}, which is no key there",
                    key.columns.join(", "),
                    columns.join(", "),
                    key.parent
                ),
            );
            continue;
        }
        let key = named(planned, key, to, &columns, &mut given);
        let new = ddl.tables.iter_mut().find(|it| it.of == table.name);
        new.into_iter()
            .for_each(|it| it.foreign_keys.push(key.clone()));
    }
}

/// Whether the columns are the primary key or a unique one of the table.
fn is_key(table: &Table, columns: &[String]) -> bool {
    let same = |key: &[String]| {
        key.len() == columns.len()
            && columns
                .iter()
                .all(|it| key.iter().any(|of| of.eq_ignore_ascii_case(it)))
    };
    let of_index = |index: &crate::source::Index| {
        let names: Option<Vec<String>> = index.columns.iter().map(|it| it.column.clone()).collect();
        index.unique && index.condition.is_none() && names.is_some_and(|names| same(&names))
    };
    table
        .primary_key
        .iter()
        .chain(&table.unique)
        .any(|key| same(&key.columns))
        || table.indexes.iter().any(of_index)
}

fn named(
    planned: &TablePlan,
    key: &ForeignKey,
    parent: &TablePlan,
    of_parent: &[String],
    given: &mut Given,
) -> Named {
    let columns = renamed(planned, &key.columns);
    let wanted = key
        .name
        .clone()
        .unwrap_or_else(|| format!("{}_{}_fkey", planned.to, columns.join("_")));
    let mut text = format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        list(&columns),
        quoted(&parent.to),
        list(&renamed(parent, of_parent))
    );
    for (when, action) in [("UPDATE", &key.on_update), ("DELETE", &key.on_delete)] {
        if !action.is_empty() && action != "NO ACTION" {
            text.push_str(&format!(" ON {when} {action}"));
        }
    }
    if key.deferrable {
        text.push_str(" DEFERRABLE");
    }
    if key.deferred {
        text.push_str(" INITIALLY DEFERRED");
    }
    let name = given.give(&wanted);
    Named { name, text }
}
