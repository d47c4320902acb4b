//! Foreign keys, added without looking at the rows that are there, then validated.

use super::table::renamed;
use super::{Ddl, Held, list};
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
    for key in &table.foreign_keys {
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
        ddl.held
            .push(held(plan, table, planned, key, to, &columns, &mut given));
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

fn held(
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
    key: &ForeignKey,
    parent: &TablePlan,
    of_parent: &[String],
    given: &mut Given,
) -> Held {
    let schema = quoted(&plan.schema);
    let name = format!("{schema}.{}", quoted(&planned.to));
    let columns = renamed(planned, &key.columns);
    let wanted = key
        .name
        .clone()
        .unwrap_or_else(|| format!("{}_{}_fkey", planned.to, columns.join("_")));
    let constraint = given.give(&wanted);
    let mut text = format!(
        "ALTER TABLE {name} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {schema}.{} ({})",
        quoted(&constraint),
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
    text.push_str(" NOT VALID");
    Held {
        of: table.name.clone(),
        validate: format!(
            "ALTER TABLE {name} VALIDATE CONSTRAINT {}",
            quoted(&constraint)
        ),
        name: constraint,
        add: text,
    }
}
