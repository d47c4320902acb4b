//! Unique constraints and primary keys of a table in use.

use crate::lint::claim::{Lock, Work};
use crate::lint::cost::dotted;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, ConstraintKind, Ident, Key, Name, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const UNIQUE: LintRule = LintRule::error(
    "unique-without-index",
    "a unique constraint is added and its index built while everybody waits",
)
.and_down();
pub(in crate::lint) const PRIMARY: LintRule = LintRule::error(
    "primary-key-without-index",
    "a primary key is added and its index built while everybody waits",
)
.and_down();
pub(in crate::lint) const NULLABLE: LintRule = LintRule::error(
    "primary-key-reads-table",
    "a primary key is made from an index on a column that may be NULL",
)
.and_down();
pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let Statement::AlterTable(alter) = &step.statement else {
        return;
    };
    let table = &alter.table;
    if scene.is_ours(table) {
        return;
    }
    for (_, action) in &alter.actions {
        match action {
            Action::AddConstraint(constraint) => {
                let name = constraint.name.as_ref();
                match &constraint.kind {
                    ConstraintKind::Unique(_, None) => {
                        let key = Key::read(&constraint.words);
                        out.push(built(&UNIQUE, step, constraint.at, table, name, &key));
                    }
                    ConstraintKind::Primary(_, None) => {
                        let key = Key::read(&constraint.words);
                        out.push(built(&PRIMARY, step, constraint.at, table, name, &key));
                    }
                    ConstraintKind::Primary(_, Some(index)) => {
                        out.extend(nullable(step, scene, constraint.at, table, index));
                    }
                    _ => {}
                }
            }
            Action::AddColumn { column, .. } => {
                let keys = [(&UNIQUE, column.unique), (&PRIMARY, column.primary_key)];
                for (rule, at) in keys {
                    let Some(at) = at else { continue };
                    let asked = column.asked(at);
                    let mut key = asked.map_or_else(Key::default, |it| Key::read(&it.words));
                    key.columns = format!("({})", column.name);
                    let name = asked.and_then(|it| it.name.as_ref());
                    out.push(built(rule, step, at, table, name, &key));
                }
            }
            _ => {}
        }
    }
}

fn built(
    rule: &'static LintRule,
    step: &Step<'_>,
    at: usize,
    table: &Name,
    name: Option<&Ident>,
    key: &Key,
) -> Found {
    let Key {
        columns,
        index,
        constraint,
    } = key;
    let what = if rule.name == UNIQUE.name {
        "UNIQUE"
    } else {
        "PRIMARY KEY"
    };
    let suffix = if rule.name == UNIQUE.name {
        "key"
    } else {
        "pkey"
    };
    let name = name.map_or_else(|| format!("{}_{suffix}", table.name), ToString::to_string);
    let problem = format!(
        "The index is built from all rows of {table}, and every read and write waits until that is done."
    );
    let instead = format!(
        "In a revision with tx=off: CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {columns}{index}; and in the next one\n\
         ALTER TABLE {table} ADD CONSTRAINT {name} {what} USING INDEX {name}{constraint};"
    );
    Found::new(rule, step, at, problem, instead)
        .locking(Lock::AccessExclusive, table)
        .working(Work::Indexes)
}

/// PRIMARY KEY USING INDEX makes its columns NOT NULL, for which the table is read.
fn nullable(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    index: &str,
) -> Option<Found> {
    let known = scene.schema.table(table)?;
    let columns = &known.indexes.get(index)?.columns;
    let column = columns
        .iter()
        .find(|column| known.columns.contains_key(*column) && !known.holds_no_null(column))?;
    let of = dotted(table, column);
    let problem = format!(
        "{of} may be NULL so far: to make it NOT NULL, Postgres reads the whole table, and every read and write waits meanwhile."
    );
    let instead = format!(
        "First bring {of} to NOT NULL: a CHECK ({column} IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next revision, and then this."
    );
    let found = Found::new(&NULLABLE, step, at, problem, instead);
    Some(
        found
            .locking(Lock::AccessExclusive, table)
            .working(Work::Reads),
    )
}
