//! What does not come along, as the plan has it: tables, columns, rows, and cells that come as something else.
//! Each is named, wherever somebody is told what came over.

use crate::plan::{Choice, ColumnPlan, Note, Plan, TablePlan};
use crate::run::TableDone;
use crate::source::{Source, TableKind};
use crate::words::{counted, few, length, were};

/// The columns of tables that are carried which do not come along. What is computed of others is no loss.
pub(crate) fn columns<'p>(
    source: &'p Source,
    plan: &'p Plan,
) -> impl Iterator<Item = (&'p TablePlan, &'p ColumnPlan)> {
    let columns = plan.columns();
    columns.filter(|(table, it)| it.chosen == Choice::Skip && !is_computed(source, table, it))
}

/// Whether a column is computed from others in the file.
pub(crate) fn is_computed(source: &Source, table: &TablePlan, column: &ColumnPlan) -> bool {
    let table = source.table(&table.name);
    let column = table.and_then(|it| it.column(&column.name));
    column.is_some_and(|it| it.generated.is_some())
}

/// The columns as `table.column`.
pub(crate) fn names(source: &Source, plan: &Plan) -> Vec<String> {
    columns(source, plan)
        .map(|(table, column)| format!("{}.{}", table.name, column.name))
        .collect()
}

/// Whether it is a table that a module of SQLite keeps for another one, and is left out with it.
pub(crate) fn is_inner(source: &Source, table: &TablePlan) -> bool {
    let is_shadow = source
        .table(&table.name)
        .is_some_and(|it| it.kind == TableKind::Shadow);
    is_shadow && table.skip.is_some()
}

/// One note for all of these.
pub(crate) fn inner(source: &Source, plan: &Plan) -> Option<Note> {
    let inner = plan.tables.iter().filter(|it| is_inner(source, it));
    let names: Vec<String> = inner.map(|it| it.name.clone()).collect();
    (!names.is_empty()).then(|| Note {
        of: counted(length(&names), "inner table"),
        text: format!("of SQLite's modules, left out: {}", few(&names)),
    })
}

/// A note for each table and column that is left out and that no other note names.
pub(crate) fn notes(source: &Source, plan: &Plan, told: &[&Note]) -> Vec<Note> {
    let is_told = |note: &Note| {
        let mut told = told.iter();
        told.any(|it| it.of == note.of && it.text.contains("left out"))
    };
    let tables = plan.tables.iter().filter(|it| !is_inner(source, it));
    let tables = tables.filter_map(|table| {
        let why = table.skip.as_ref()?;
        let of = format!("table {}", table.name);
        let text = format!("is left out: {why}");
        Some(Note { of, text })
    });
    let columns = columns(source, plan).map(|(table, column)| Note {
        of: format!("column {}.{}", table.name, column.name),
        text: match column.evidence.is_empty() {
            true => "is left out, as the plan has it".to_owned(),
            false => format!("is left out, as the plan has it: {}", column.evidence),
        },
    });
    let notes = tables.chain(columns).chain(inner(source, plan));
    notes.filter(|it| !is_told(it)).collect()
}

/// What is to be known of a table whose rows and cells did not all come as they were, as the plan lets it.
pub(crate) fn fate(table: &str, it: TableDone, allowed: u64) -> Vec<Note> {
    let note = |text| Note {
        of: format!("table {table}"),
        text,
    };
    let mut notes = Vec::new();
    if it.rejected > 0 && it.rejected <= allowed {
        let rejected = were(it.rejected, "row");
        notes.push(note(format!(
            "{rejected} rejected, as the plan allows: see raptor_port.rejected"
        )));
    }
    if it.changed > 0 {
        let changed = were(it.changed, "cell");
        notes.push(note(format!(
            "{changed} changed, as the plan has it: see raptor_port.rejected"
        )));
    }
    notes
}

/// What is missing of a table of which more rows were rejected.
pub(crate) fn beyond(table: &str, it: TableDone, allowed: u64) -> Option<Note> {
    (it.rejected > allowed).then(|| Note {
        of: format!("table {table}"),
        text: format!(
            "{} rejected, and the plan allows {allowed}: see raptor_port.rejected",
            were(it.rejected, "row")
        ),
    })
}
