//! Writes to the tables in which an engine keeps what there is.

use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{Name, Write};
use super::step::Step;

pub(super) const CATALOG: LintRule = LintRule::error(
    "catalog-write",
    "a table in which the engine keeps what there is, is written by hand",
)
.and_down();

/// SQLite's table of tables, under all of its names.
const OF_SQLITE: [&str; 4] = [
    "sqlite_schema",
    "sqlite_master",
    "sqlite_temp_schema",
    "sqlite_temp_master",
];

/// Whether the engine keeps there what there is.
fn is_catalog(table: &Name, scene: &Scene<'_>) -> bool {
    if !scene.is_postgres() {
        return OF_SQLITE.contains(&table.name.as_str());
    }
    let is_made = scene.schema.table(table).is_some_and(|it| it.is_made);
    match table.schema.as_deref() {
        Some(schema) => ["pg_catalog", "information_schema"].contains(&schema),
        None => table.name.starts_with("pg_") && !is_made,
    }
}

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, write: &Write<'_>) -> Option<Found> {
    if !is_catalog(&write.table, scene) {
        return None;
    }
    let table = &write.table;
    let problem = format!(
        "{table} is where the engine keeps what there is: nothing checks what is written there, and a mistake makes tables or the whole database unreadable."
    );
    let instead = if scene.is_postgres() {
        "The ALTER, CREATE or DROP that does it, which locks and checks what it has to."
    } else {
        "ALTER TABLE, or `-- raptor:rebuild` with the table's new text, which checks it."
    };
    Some(Found::new(&CATALOG, step, write.at, problem, instead))
}
