//! Tables that SQLite takes and that are not what they look like.

use crate::lint::cost::dotted;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Column, ConstraintKind, Name, Reference, Statement, Table};
use crate::lint::step::Step;

pub(in crate::lint) const STRICT: LintRule = LintRule::warning(
    "sqlite-not-strict",
    "a table without STRICT keeps a value of any type in any column",
);
pub(in crate::lint) const NULL_KEY: LintRule = LintRule::warning(
    "sqlite-nullable-key",
    "a primary key that takes NULL, and more than one of them",
);
pub(in crate::lint) const NO_PARENT: LintRule = LintRule::error(
    "sqlite-foreign-key-mismatch",
    "a foreign key that SQLite takes and that fails with every write",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateTable(table) if !table.is_elsewhere => {
            if !table.is_derived {
                if !step.is_shared && !table.is_strict && !table.is_temporary {
                    out.push(loose(step, table));
                }
                out.extend(nullable(step, table));
            }
            for column in &table.columns {
                out.extend(of_column(step, scene, &table.name, column));
            }
            for constraint in &table.constraints {
                if let ConstraintKind::Foreign(columns, reference) = &constraint.kind {
                    out.extend(pointless(step, scene, &table.name, columns, reference));
                }
            }
        }
        Statement::AlterTable(alter) => {
            for (_, action) in &alter.actions {
                if let Action::AddColumn { column, .. } = action {
                    out.extend(of_column(step, scene, &alter.table, column));
                }
            }
        }
        _ => {}
    }
}

fn loose(step: &Step<'_>, table: &Table<'_>) -> Found {
    let name = &table.name;
    let problem = format!(
        "{name} is not STRICT: SQLite keeps a text in its INTEGER columns and a number in a column of an unknown type, without a word."
    );
    let instead =
        format!("CREATE TABLE {name} (…) STRICT; with the types INTEGER, REAL, TEXT and BLOB.");
    Found::new(&STRICT, step, name.at, problem, instead)
}

fn nullable(step: &Step<'_>, table: &Table<'_>) -> Option<Found> {
    if table.is_strict || table.without_rowid {
        return None;
    }
    let key = table.primary_key()?;
    let part = |name: &String| {
        table
            .columns
            .iter()
            .find(|column| column.name.text == *name)
    };
    let columns: Vec<&Column<'_>> = key.iter().filter_map(part).collect();
    // INTEGER PRIMARY KEY is the row's number, and NULL asks for the next one.
    let is_rowid = |column: &Column<'_>| {
        let word = column
            .kind
            .as_ref()
            .and_then(|kind| step.words.iter().find(|word| word.at == kind.at));
        word.is_some_and(|word| word.text.trim_matches('"').eq_ignore_ascii_case("integer"))
    };
    if let [only] = columns[..]
        && is_rowid(only)
    {
        return None;
    }
    let column = columns.into_iter().find(|column| !column.not_null)?;
    let of = dotted(&table.name, &column.name.to_string());
    let problem = format!(
        "{of} is in the primary key, and SQLite takes NULL there all the same, in as many rows as come; Postgres does not."
    );
    let instead = format!(
        "{} … NOT NULL; or STRICT or WITHOUT ROWID behind the table.",
        column.name
    );
    Some(Found::new(
        &NULL_KEY,
        step,
        column.name.at,
        problem,
        instead,
    ))
}

fn of_column(
    step: &Step<'_>,
    scene: &Scene<'_>,
    table: &Name,
    column: &Column<'_>,
) -> Option<Found> {
    let reference = column.references.as_ref()?;
    pointless(
        step,
        scene,
        table,
        std::slice::from_ref(&column.name.text),
        reference,
    )
}

/// A foreign key to a table that there never is, or to columns that are no key.
fn pointless(
    step: &Step<'_>,
    scene: &Scene<'_>,
    table: &Name,
    columns: &[String],
    reference: &Reference,
) -> Option<Found> {
    let parent = &reference.table;
    if parent.may_be(table) {
        return None;
    }
    let target = reference.columns.join(", ");
    let (problem, instead) = match scene.schema.table(parent) {
        None if !scene.finally.was_made(&parent.name) => (
            format!(
                "No revision makes {parent} on SQLite: it takes the foreign key all the same, and every write that fills {} of {table} fails.",
                columns.join(", ")
            ),
            format!(
                "CREATE TABLE {parent} below `-- raptor:up sqlite` too, or another name behind REFERENCES."
            ),
        ),
        // The key may be made further down.
        Some(known) if known.is_complete && !is_key(scene, parent, &reference.columns) => {
            let what = if target.is_empty() {
                "its primary key, which it has not".to_owned()
            } else {
                format!("({target}), which no UNIQUE and no PRIMARY KEY of it is")
            };
            (
                format!(
                    "The foreign key points at {parent} and {what}: SQLite takes it, and then every write to {table} fails with a mismatch."
                ),
                format!(
                    "CREATE UNIQUE INDEX … ON {parent} ({target}); before it, or the columns of its primary key."
                ),
            )
        }
        _ => return None,
    };
    Some(Found::new(&NO_PARENT, step, reference.at, problem, instead))
}

/// Whether the columns are a key, now or by a statement further down.
fn is_key(scene: &Scene<'_>, parent: &Name, columns: &[String]) -> bool {
    let known = scene.schema.table(parent);
    let is_now = known.is_some_and(|known| {
        if columns.is_empty() {
            known.primary_key().is_some()
        } else {
            known.is_unique(columns)
        }
    });
    let is_later = scene.later().iter().any(|later| match &later.statement {
        Statement::CreateIndex(index) => {
            index.is_unique
                && index.table.may_be(parent)
                && index.columns.len() == columns.len()
                && index.columns.iter().all(|it| columns.contains(it))
        }
        _ => false,
    });
    is_now || is_later
}
