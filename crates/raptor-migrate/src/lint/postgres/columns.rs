//! Columns that are added to a table in use, and NOT NULL on those that are there.

use crate::lint::claim::{Lock, Work};
use crate::lint::cost::{Rewrite, dotted};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Change, Column, Ident, Name, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const REQUIRED: LintRule = LintRule::error(
    "required-column",
    "a NOT NULL column without a default is added to a table that has rows",
)
.and_down();
pub(in crate::lint) const REWRITING: LintRule = LintRule::error(
    "column-rewrites-table",
    "a column is added whose values have to be written into every row",
)
.and_down();
pub(in crate::lint) const SET_NOT_NULL: LintRule = LintRule::error(
    "set-not-null",
    "SET NOT NULL reads the whole table while nobody else can",
)
.and_down();
pub(in crate::lint) const DROP_NOT_NULL: LintRule = LintRule::warning(
    "drop-not-null",
    "a column may be NULL from now on, which the running release does not expect",
);

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    let Statement::AlterTable(alter) = &step.statement else {
        return;
    };
    if scene.is_ours(&alter.table) {
        return;
    }
    for (at, action) in &alter.actions {
        match action {
            Action::AddColumn { column, .. } => {
                out.extend(required(step, &alter.table, column));
                out.extend(rewriting(step, scene, &alter.table, column));
            }
            Action::AlterColumn(column, Change::SetNotNull) => {
                let known = scene.schema.table(&alter.table);
                if !known.is_some_and(|known| known.holds_no_null(&column.text)) {
                    out.push(set_not_null(step, scene, *at, &alter.table, column));
                }
            }
            Action::AlterColumn(column, Change::DropNotNull) => {
                let of = dotted(&alter.table, &column.to_string());
                let problem = format!(
                    "{of} may be NULL from here on, and the release that still runs may not know what to do with a NULL."
                );
                let instead = "Release first the code that takes a NULL there; then this.";
                out.push(
                    Found::new(&DROP_NOT_NULL, step, *at, problem, instead)
                        .locking(Lock::AccessExclusive, &alter.table),
                );
            }
            _ => {}
        }
    }
}

fn required(step: &Step<'_>, table: &Name, column: &Column<'_>) -> Option<Found> {
    if !column.requires() || column.has_default() {
        return None;
    }
    let (name, kind) = (&column.name, kind_of(column));
    let of = dotted(table, &name.to_string());
    let problem = format!(
        "{of} is NOT NULL and has no default: this fails as soon as the table has a row, and the running release, which does not know the column, could not insert any more."
    );
    let instead = format!(
        "With a constant: ALTER TABLE {table} ADD COLUMN {name} {kind} NOT NULL DEFAULT …; \
         without: add it as it is without NOT NULL, fill it in batches, and then\n{}",
        not_null_steps(table, name)
    );
    Some(
        Found::new(&REQUIRED, step, name.at, problem, instead)
            .locking(Lock::AccessExclusive, table),
    )
}

fn kind_of(column: &Column<'_>) -> String {
    column
        .kind
        .as_ref()
        .map_or_else(|| "text".to_owned(), ToString::to_string)
}

/// The way to NOT NULL that holds up nobody.
fn not_null_steps(table: &Name, column: &Ident) -> String {
    let constraint = format!("{}_{}_not_null", table.name, column.text);
    let constraint = Ident {
        text: constraint,
        at: 0,
    };
    format!(
        "ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IS NOT NULL) NOT VALID; and in the next revision\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};\n\
         ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\n\
         ALTER TABLE {table} DROP CONSTRAINT {constraint};"
    )
}

fn rewriting(
    step: &Step<'_>,
    scene: &Scene<'_>,
    table: &Name,
    column: &Column<'_>,
) -> Option<Found> {
    let rewrite = Rewrite::of(column, scene.schema)?;
    let name = &column.name;
    let of = dotted(table, &name.to_string());
    let why = match &rewrite {
        Rewrite::Volatile(function) => format!("{function}() gives every row a value of its own"),
        Rewrite::Unknown(function) => format!(
            "{function}() gives every row a value of its own, unless Postgres knows it as STABLE or IMMUTABLE"
        ),
        Rewrite::Serial => "a serial column gives every row a number of its own".to_owned(),
        Rewrite::Identity => "an identity column gives every row a number of its own".to_owned(),
        Rewrite::Stored => "a stored generated column is worked out for every row".to_owned(),
        Rewrite::Domain(domain) => {
            format!("the domain {domain} demands something, which is checked for every row")
        }
    };
    let writes = match rewrite {
        Rewrite::Unknown(_) => "can write",
        _ => "writes",
    };
    let problem = format!(
        "Adding {of} {writes} the whole table anew, as {why}; every read and write waits until that is done."
    );
    let instead = match &rewrite {
        Rewrite::Stored if scene.pg_version >= 18 => format!(
            "GENERATED ALWAYS AS (…) VIRTUAL keeps nothing and rewrites nothing; or add {name} as an ordinary column, fill it in batches, and keep it with a trigger."
        ),
        Rewrite::Stored => format!(
            "Add {name} as an ordinary column, keep it with a trigger, and fill the old rows in batches; or work it out in a view."
        ),
        Rewrite::Domain(_) => format!(
            "Give {name} the domain's own type, and its condition with ADD CONSTRAINT … CHECK (…) NOT VALID and VALIDATE CONSTRAINT in the next revision."
        ),
        _ => format!(
            "ALTER TABLE {table} ADD COLUMN {name} …; ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT …; the old rows in batches, with `-- raptor:call` in a revision with tx=off."
        ),
    };
    let found = Found::new(&REWRITING, step, name.at, problem, instead);
    Some(
        found
            .locking(Lock::AccessExclusive, table)
            .working(rewrite.work()),
    )
}

fn set_not_null(
    step: &Step<'_>,
    scene: &Scene<'_>,
    at: usize,
    table: &Name,
    column: &Ident,
) -> Found {
    let of = dotted(table, &column.to_string());
    let problem = format!(
        "To see that {of} holds no NULL, Postgres reads the whole table, and every read and write waits meanwhile. The chain knows no validated CHECK ({column} IS NOT NULL) that would spare it."
    );
    let instead = if scene.pg_version >= 18 {
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT … NOT NULL {column} NOT VALID; and in the next revision ALTER TABLE {table} VALIDATE CONSTRAINT …;"
        )
    } else {
        not_null_steps(table, column)
    };
    Found::new(&SET_NOT_NULL, step, at, problem, instead)
        .locking(Lock::AccessExclusive, table)
        .working(Work::Reads)
}
