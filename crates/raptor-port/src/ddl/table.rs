//! A table without its keys, then its keys, indexes and checks.

use super::{Ddl, Held, Made, column, index, list};
use crate::decide::is_of_type;
use crate::names::Names as Given;
use crate::plan::{Choice, ColumnPlan, KeyPlan, Nocase, Plan, TablePlan};
use crate::source::{Key, Table, quoted, quoted_text};
use crate::translate::{self, Names};

pub(super) fn make(
    ddl: &mut Ddl,
    plan: &Plan,
    table: &Table,
    planned: &TablePlan,
    given: &mut Given,
) {
    let name = plan.name_of(planned);
    let columns = table.columns.iter().zip(&planned.columns);
    let columns: Vec<String> = columns
        .map(|(column, to)| column::make(ddl, plan, table, planned, column, to))
        .collect();
    ddl.tables.push(format!(
        "CREATE TABLE {name} (\n    {}\n)",
        columns.join(",\n    ")
    ));
    if let Some(why) = &table.unread {
        ddl.note(format!("table {}", table.name), format!("its text was not understood, so that checks and collations in it are to be looked at: {why}"));
    }
    keys(ddl, plan, &name, table, planned, given);
    ddl.numbers.extend(numbers(plan, table, planned));
    checks(ddl, plan, &name, table, planned);
    for index in &table.indexes {
        index::make(ddl, plan, &name, table, planned, index, given);
    }
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

fn keys(
    ddl: &mut Ddl,
    plan: &Plan,
    name: &str,
    table: &Table,
    planned: &TablePlan,
    given: &mut Given,
) {
    let mut add = |key: &Key, is_primary: bool| {
        let columns = renamed(planned, &key.columns);
        if plan.answers.nocase == Nocase::Lower
            && let Some(parts) = folded(planned, key, &columns)
        {
            let index = given.give(&format!("{}_{}_lower_key", planned.to, columns.join("_")));
            let text = format!("CREATE UNIQUE INDEX {} ON {name} ({parts})", quoted(&index));
            ddl.indexes.push(Made {
                of: table.name.clone(),
                text,
            });
            if !is_primary {
                return;
            }
        }
        let (what, wanted) = match is_primary {
            true => ("PRIMARY KEY", format!("{}_pkey", planned.to)),
            false => (
                "UNIQUE",
                format!("{}_{}_key", planned.to, columns.join("_")),
            ),
        };
        let constraint = quoted(&given.give(&key.name.clone().unwrap_or(wanted)));
        let made = |text: String| Made {
            of: table.name.clone(),
            text,
        };
        let columns = list(&columns);
        ddl.indexes.push(made(format!(
            "CREATE UNIQUE INDEX {constraint} ON {name} ({columns})"
        )));
        ddl.keys.push(made(format!(
            "ALTER TABLE {name} ADD CONSTRAINT {constraint} {what} USING INDEX {constraint}"
        )));
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
    let name = plan.name_of(planned);
    let text = format!(
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), \
         greatest(coalesce(max({column})::bigint, 0), {}, 0) + 1, false) FROM {name}",
        quoted_text(&name),
        quoted_text(&to.to),
        table.last_number.unwrap_or(0),
        column = quoted(&to.to)
    );
    Some(Made {
        of: table.name.clone(),
        text,
    })
}

fn checks(ddl: &mut Ddl, plan: &Plan, name: &str, table: &Table, planned: &TablePlan) {
    let names = Names::table(table, planned, &plan.answers);
    let mut given = Given::default();
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
            Ok(condition) => {
                let constraint = given.give(&wanted);
                ddl.held.push(Held {
                    of: table.name.clone(),
                    add: format!(
                        "ALTER TABLE {name} ADD CONSTRAINT {} CHECK ({condition}) NOT VALID",
                        quoted(&constraint)
                    ),
                    validate: format!(
                        "ALTER TABLE {name} VALIDATE CONSTRAINT {}",
                        quoted(&constraint)
                    ),
                    name: constraint,
                });
            }
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
