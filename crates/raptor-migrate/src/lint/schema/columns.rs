//! Columns and constraints, as they are added to what is known of a table.

use super::table::{Check, Foreign, Known, KnownColumn, KnownKind, KnownTable};
use crate::lint::sql::{self, Column, Constraint, ConstraintKind, Word};
use raptor_db::Engine;

pub(super) fn add_column(table: &mut KnownTable, column: &Column<'_>, engine: Engine) {
    let known = KnownColumn {
        kind: column.kind.clone(),
        not_null: column.requires()
            || column.identity.is_some()
            || column.kind.as_ref().is_some_and(sql::Kind::is_serial),
        is_generated: column.generated.is_some(),
    };
    let name = column.name.text.clone();
    let of_table = table.name.name.clone();
    table.columns.insert(name.clone(), known);
    let mut put = |suffix: &str, kind: KnownKind| {
        let known = Known {
            kind,
            is_valid: true,
        };
        let name = match suffix {
            "pkey" => format!("{of_table}_pkey"),
            _ => format!("{of_table}_{name}_{suffix}"),
        };
        table.constraints.insert(name, known);
    };
    if column.primary_key.is_some() {
        put("pkey", KnownKind::Primary(vec![column.name.text.clone()]));
    }
    if column.unique.is_some() {
        put("key", KnownKind::Unique(vec![column.name.text.clone()]));
    }
    for (_, words) in &column.checks {
        put("check", KnownKind::Check(check(words, engine)));
    }
    if let Some(reference) = &column.references {
        let foreign = Foreign {
            columns: vec![column.name.text.clone()],
            parent: reference.table.clone(),
            on_delete: reference.on_delete,
        };
        put("fkey", KnownKind::Foreign(foreign));
    }
}

fn check(words: &[Word<'_>], engine: Engine) -> Check {
    Check::read(words, |word| sql::fold(word, engine))
}

/// Adds it to what is known of the table. `is_new`: no row breaks it.
pub(super) fn add_constraint(
    table: &mut KnownTable,
    constraint: &Constraint<'_>,
    is_new: bool,
    engine: Engine,
) {
    let (columns, suffix, kind) = match &constraint.kind {
        ConstraintKind::Check(words) => {
            (Vec::new(), "check", KnownKind::Check(check(words, engine)))
        }
        ConstraintKind::Unique(columns, index) => {
            let columns = of_index(table, columns, index.as_ref());
            (columns.clone(), "key", KnownKind::Unique(columns))
        }
        ConstraintKind::Primary(columns, index) => {
            let columns = of_index(table, columns, index.as_ref());
            for column in &columns {
                if let Some(known) = table.columns.get_mut(column) {
                    known.not_null = true;
                }
            }
            (Vec::new(), "pkey", KnownKind::Primary(columns))
        }
        ConstraintKind::Foreign(columns, reference) => {
            let foreign = Foreign {
                columns: columns.clone(),
                parent: reference.table.clone(),
                on_delete: reference.on_delete,
            };
            (columns.clone(), "fkey", KnownKind::Foreign(foreign))
        }
        ConstraintKind::Exclude => (Vec::new(), "excl", KnownKind::Exclude),
        ConstraintKind::NotNull(column) => {
            if !constraint.not_valid
                && let Some(known) = table.columns.get_mut(column)
            {
                known.not_null = true;
            }
            let check = Check {
                words: Vec::new(),
                not_null: vec![column.clone()],
            };
            (vec![column.clone()], "not_null", KnownKind::Check(check))
        }
    };
    let name = constraint.name.as_ref().map(|name| name.text.clone());
    let name = name.unwrap_or_else(|| {
        let mut parts = vec![table.name.name.clone()];
        parts.extend(columns);
        parts.push(suffix.to_owned());
        parts.join("_")
    });
    let is_valid = is_new || !constraint.not_valid;
    table.constraints.insert(name, Known { kind, is_valid });
}

/// The columns of a key; those of its index where it is made from one, which then is its own.
fn of_index(table: &mut KnownTable, columns: &[String], index: Option<&String>) -> Vec<String> {
    let index = index.and_then(|index| table.indexes.remove(index));
    index.map_or_else(|| columns.to_vec(), |index| index.columns)
}
