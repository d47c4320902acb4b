//! Columns that SQLite cannot add to a table, or to one that has rows, or cannot drop.

use crate::lint::cost::dotted;
use crate::lint::postgres::columns::REQUIRED;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Column, Ident, Name, Statement, Table, Word};
use crate::lint::step::Step;
use raptor_db::lexer::TokenKind;

pub(in crate::lint) const REFUSED: LintRule = LintRule::error(
    "sqlite-column-refused",
    "SQLite cannot add or drop such a column, or not in a table that has rows",
)
.and_down();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::AlterTable(alter) => {
            for (_, action) in &alter.actions {
                match action {
                    Action::AddColumn { column, .. } => {
                        out.extend(refused(step, scene, &alter.table, column));
                    }
                    Action::DropColumn { column, .. } => {
                        out.extend(kept(step, scene, &alter.table, column));
                    }
                    _ => {}
                }
            }
        }
        Statement::CreateTable(table) if step.is_rebuild => {
            for column in &table.columns {
                out.extend(rebuilt(step, scene, table, column));
            }
        }
        _ => {}
    }
}

fn refused(step: &Step<'_>, scene: &Scene<'_>, table: &Name, column: &Column<'_>) -> Option<Found> {
    let of = dotted(table, &column.name.to_string());
    let is_new = scene.is_ours(table);
    if column.not_null && !column.has_default() && !is_new {
        let problem = format!(
            "{of} is NOT NULL and has no default: SQLite refuses it as soon as the table has a row."
        );
        let name = &column.name;
        let instead = format!(
            "ALTER TABLE {table} ADD COLUMN {name} … NOT NULL DEFAULT …; or without NOT NULL, fill it, and then ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL;"
        );
        return Some(Found::new(
            &REQUIRED,
            step,
            column.name.at,
            problem,
            instead,
        ));
    }
    let default = column.default.as_deref().unwrap_or_default();
    let (why, always) = if column.primary_key.is_some() {
        ("is a primary key", true)
    } else if column.unique.is_some() {
        ("is UNIQUE", true)
    } else if column.generated.is_some_and(|(_, stored)| stored) {
        ("is generated and stored", false)
    } else if !is_constant(default) {
        ("has a default that is no constant", false)
    } else if column.references.is_some() && column.has_default() {
        ("is a foreign key with a default that is not NULL", false)
    } else {
        return None;
    };
    if is_new && !always {
        return None;
    }
    let when = if always {
        ""
    } else {
        " as soon as the table has a row"
    };
    let problem = format!("{of} {why}: SQLite refuses such a column{when}.");
    let instead = format!(
        "`-- raptor:rebuild {table}` with the column in the table's new text; for UNIQUE, add the column and CREATE UNIQUE INDEX."
    );
    Some(Found::new(&REFUSED, step, column.name.at, problem, instead))
}

/// A column that SQLite does not drop: it is part of a key or an index.
fn kept(step: &Step<'_>, scene: &Scene<'_>, table: &Name, column: &Ident) -> Option<Found> {
    let known = scene.schema.table(table)?;
    if !known.uses(&column.text) {
        return None;
    }
    let of = dotted(table, &column.to_string());
    let problem = format!("{of} is part of a key or an index: SQLite refuses to drop it.");
    let instead = format!(
        "DROP INDEX first, if it is in an index alone; else `-- raptor:rebuild {table}` with the table's text without it."
    );
    Some(Found::new(&REFUSED, step, column.at, problem, instead))
}

/// As SQLite sees it: a literal, with a sign or brackets, is one; a call, an operator or
/// `CURRENT_TIMESTAMP` is none.
fn is_constant(default: &[Word<'_>]) -> bool {
    let bare = match default {
        [open, inner @ .., close] if open.is_symbol("(") && close.is_symbol(")") => inner,
        all => all,
    };
    match bare {
        [] => true,
        [only] => {
            let now = only.is_any(&["current_timestamp", "current_date", "current_time"]);
            only.is_literal() || (only.kind == TokenKind::Word && !now)
        }
        [sign, number] => ["-", "+"].contains(&sign.text) && number.kind == TokenKind::Number,
        _ => false,
    }
}

/// A column of a rebuild that the old table does not have.
fn rebuilt(
    step: &Step<'_>,
    scene: &Scene<'_>,
    table: &Table<'_>,
    column: &Column<'_>,
) -> Option<Found> {
    let old = scene
        .schema
        .table(&table.name)
        .filter(|old| old.is_complete)?;
    let is_added = !old.columns.contains_key(&column.name.text);
    if !is_added || !column.not_null || column.has_default() || column.primary_key.is_some() {
        return None;
    }
    let of = dotted(&table.name, &column.name.to_string());
    let problem = format!(
        "{of} is new, NOT NULL and without a default: the old rows have nothing to put there, and the rebuild fails as soon as there is one."
    );
    let instead =
        "Give it a default; or add it first without NOT NULL, fill it, and rebuild the table then.";
    Some(Found::new(
        &REQUIRED,
        step,
        column.name.at,
        problem,
        instead,
    ))
}
