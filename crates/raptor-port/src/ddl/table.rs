//! A table with its keys, indexes and checks.

use super::{Ddl, Made, Named, NewKey, NewTable, column, index};
use crate::decide::is_of_type;
use crate::names::Names as Given;
use crate::plan::{Choice, ColumnPlan, KeyPlan, Nocase, Plan, TablePlan};
use crate::source::{Key, Table, quoted, quoted_text};
use crate::translate::{self, Names};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn make(
    ddl: &mut Ddl,
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
    (given, indexes): (&mut Given, &BTreeMap<String, String>),
) {
    let columns = table.columns.iter().zip(&planned.columns);
    let columns: Vec<String> = columns
        .map(|(column, to)| column::make(ddl, plan, table, planned, (column, to), given))
        .collect();
    if let Some(why) = &table.unread {
        ddl.note(format!("table {}", table.name), format!("its text was not understood, so that checks and collations in it are to be looked at: {why}"));
    }
    let mut new = NewTable {
        of: table.name.clone(),
        name: planned.to.clone(),
        columns,
        numbers: numbers(plan, table, planned).map(|it| it.text),
        ..NewTable::default()
    };
    keys(&mut new, plan, table, planned, given);
    checks(ddl, &mut new, plan, table, planned);
    for index in &table.indexes {
        let name = indexes.get(&index.name).unwrap_or(&index.name);
        index::make(ddl, &mut new, plan, table, planned, (index, name));
    }
    ddl.tables.push(new);
}

/// What columns are called on Postgres.
pub(super) fn renamed(planned: &TablePlan, columns: &[String]) -> Vec<String> {
    let of = |name: &String| {
        let column = planned
            .columns
            .iter()
            .find(|it| it.name.eq_ignore_ascii_case(name));
        column.map_or_else(|| name.clone(), |it| it.to.clone())
    };
    columns.iter().map(of).collect()
}

fn keys(new: &mut NewTable, plan: &Plan, table: &Table, planned: &TablePlan, given: &mut Given) {
    let name = quoted(&planned.to);
    // What the file names itself, keys share with the table's other constraints.
    let checks = table.checks.iter().filter_map(|it| it.name.as_ref());
    let foreign = table.foreign_keys.iter().filter_map(|it| it.name.as_ref());
    let named: BTreeSet<&String> = checks.chain(foreign).collect();
    let mut add = |key: &Key, is_primary: bool| {
        let columns = renamed(planned, &key.columns);
        if plan.answers.nocase == Nocase::Lower
            && let Some(parts) = folded(planned, key, &columns)
        {
            let index = given.give(&format!("{}_{}_lower_key", planned.to, columns.join("_")));
            new.indexes.push(Named {
                text: format!("CREATE UNIQUE INDEX {} ON {name} ({parts})", quoted(&index)),
                name: index,
            });
            if !is_primary {
                return;
            }
        }
        let wanted = match is_primary {
            true => format!("{}_pkey", planned.to),
            false => format!("{}_{}_key", planned.to, columns.join("_")),
        };
        let mut key_name = given.give(key.name.as_ref().unwrap_or(&wanted));
        while named.contains(&key_name) {
            key_name = given.give(&wanted);
        }
        new.keys.push(NewKey {
            name: key_name,
            primary: is_primary,
            columns: list(&columns),
        });
    };
    if let Some(key) = &table.primary_key {
        add(key, planned.key == KeyPlan::Primary);
    }
    for key in &table.unique {
        // The primary key says it already.
        if table
            .primary_key
            .as_ref()
            .is_none_or(|primary| primary.columns != key.columns)
        {
            add(key, false);
        }
    }
}

/// Columns with commas between them.
pub(super) fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|it| quoted(it)).collect();
    names.join(", ")
}

/// The parts of a key of which one or more do not regard the case.
fn folded(planned: &TablePlan, key: &Key, columns: &[String]) -> Option<String> {
    let is_folded = |name: &String| {
        let of_name = |it: &&ColumnPlan| it.name.eq_ignore_ascii_case(name);
        planned
            .columns
            .iter()
            .find(of_name)
            .is_some_and(|it| it.chosen == Choice::Nocase)
    };
    if !key.columns.iter().any(is_folded) {
        return None;
    }
    let parts = key
        .columns
        .iter()
        .zip(columns)
        .map(|(name, to)| match is_folded(name) {
            true => format!("lower({})", quoted(to)),
            false => quoted(to),
        });
    Some(parts.collect::<Vec<_>>().join(", "))
}

/// Numbers go on behind the largest that was ever given.
pub(crate) fn numbers(plan: &Plan, table: &Table, planned: &TablePlan) -> Option<Made> {
    let mut columns = table.columns.iter().zip(&planned.columns);
    let (_, to) = columns
        .find(|(column, to)| column::is_identity(table, column, plan.conversion(to).kind))?;
    let name = quoted(&planned.to);
    let text = format!(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), greatest(last, 1), last > 0) \
         FROM (SELECT greatest(coalesce(max({column})::bigint, 0), {}) AS last FROM {name}) AS given",
        quoted_text(&name),
        quoted_text(&to.to),
        table.last_number.unwrap_or(0),
        column = quoted(&to.to)
    );
    Some(Made {
        of: table.name.clone(),
        text,
        things: Vec::new(),
    })
}

fn checks(ddl: &mut Ddl, new: &mut NewTable, plan: &Plan, table: &Table, planned: &TablePlan) {
    let names = Names::table(table, planned, &plan.answers);
    let mut given = Given::default();
    new.keys.iter().for_each(|it| given.keep(&it.name));
    for (number, check) in (1..).zip(&table.checks) {
        // `c IN (0, 1)` of a boolean, and `json_valid(c)` of a jsonb.
        if table
            .columns
            .iter()
            .zip(&planned.columns)
            .any(|(column, to)| {
                is_of_type(&check.expression, &column.name, plan.conversion(to).kind)
            })
        {
            continue;
        }
        let wanted = check.name.clone().unwrap_or_else(|| match &check.column {
            Some(column) => format!("{}_{column}_check", planned.to),
            None => format!("{}_check{number}", planned.to),
        });
        match translate::condition(&check.expression, &names) {
            Ok(condition) => new.checks.push(Named {
                name: given.give(&wanted),
                text: format!("CHECK ({condition})"),
            }),
            Err(why) => ddl.note(
                format!("check of {}", table.name),
                format!(
                    "{} is to be written by hand: {}",
                    check.expression, why.reason
                ),
            ),
        }
    }
}
