//! Tables as they are when a revision has made them.

use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::schema::KnownTable;
use super::sql::{Action, ConstraintKind, Name, Statement, Table};
use super::step::Step;
use raptor_db::Engine;

pub(super) const NO_KEY: LintRule = LintRule::warning(
    "table-without-primary-key",
    "a table is made without a primary key",
);
pub(super) const UNDECLARED: LintRule = LintRule::error(
    "undeclared-table",
    "a table is made that the declaration of access does not name",
);
pub(super) const NO_INDEX: LintRule = LintRule::warning(
    "foreign-key-without-index",
    "a foreign key has no index: each delete of a parent row reads the whole table",
);

/// What is known of a table at the end of the revision, and at the end of the chain.
struct Ends<'a> {
    now: &'a KnownTable,
    finally: Option<&'a KnownTable>,
}

impl Ends<'_> {
    /// Whether it holds at either end: what is missing may be made by a later revision.
    fn either(&self, holds: impl Fn(&KnownTable) -> bool) -> bool {
        holds(self.now) || self.finally.is_some_and(holds)
    }
}

/// Looks at what one statement made, as it is at the end of the revision.
pub(super) fn look_back(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateTable(table) if !step.is_rebuild => {
            let Some(known) = ends(scene, &table.name) else {
                return;
            };
            let known = &known;
            out.extend(keyless(step, table, known));
            out.extend(undeclared(step, scene, table));
            for column in &table.columns {
                if let Some(reference) = &column.references {
                    let columns = [column.name.text.clone()];
                    out.extend(unindexed(step, known, reference.at, &columns));
                }
            }
            for constraint in &table.constraints {
                if let ConstraintKind::Foreign(columns, _) = &constraint.kind {
                    out.extend(unindexed(step, known, constraint.at, columns));
                }
            }
        }
        Statement::AlterTable(alter) => {
            // What indexes a table has that the chain did not make is not known.
            let known = ends(scene, &alter.table).filter(|known| known.now.is_complete);
            let Some(known) = &known else {
                return;
            };
            for (at, action) in &alter.actions {
                match action {
                    Action::AddConstraint(constraint) => {
                        if let ConstraintKind::Foreign(columns, _) = &constraint.kind {
                            out.extend(unindexed(step, known, *at, columns));
                        }
                    }
                    Action::AddColumn { column, .. } => {
                        if let Some(reference) = &column.references {
                            let columns = [column.name.text.clone()];
                            out.extend(unindexed(step, known, reference.at, &columns));
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn ends<'a>(scene: &Scene<'a>, name: &Name) -> Option<Ends<'a>> {
    Some(Ends {
        now: scene.schema.table(name)?,
        finally: scene.finally.table(name),
    })
}

fn keyless(step: &Step<'_>, table: &Table<'_>, known: &Ends<'_>) -> Option<Found> {
    let elsewhere = table.is_temporary || table.is_elsewhere || table.partition_of.is_some();
    let copied = table.like.as_ref().is_some_and(|(_, indexes)| *indexes);
    if elsewhere || copied || known.either(|it| it.primary_key().is_some()) {
        return None;
    }
    let name = &table.name;
    let problem =
        format!("Two rows of {name} can be the same, so that none of them can be meant alone.");
    let instead = "id uuid PRIMARY KEY, or the columns that are unique anyway: PRIMARY KEY (…).";
    Some(Found::new(&NO_KEY, step, name.at, problem, instead))
}

fn undeclared(step: &Step<'_>, scene: &Scene<'_>, table: &Table<'_>) -> Option<Found> {
    let declared = scene.declared?;
    let name = &table.name;
    let known = declared.contains(&name.name) || declared.contains(&name.to_string());
    if known || table.is_temporary {
        return None;
    }
    let problem = format!("The declaration of access does not say who may do what with {name}.");
    let instead = format!("Declare {name}, if only to say that the run-time login may not use it.");
    Some(Found::new(&UNDECLARED, step, name.at, problem, instead))
}

fn unindexed(step: &Step<'_>, known: &Ends<'_>, at: usize, columns: &[String]) -> Option<Found> {
    let indexed = known.either(|it| it.is_indexed(columns));
    if columns.is_empty() || indexed || known.now.is_partitioned {
        return None;
    }
    let (table, list) = (&known.now.name, columns.join(", "));
    let problem = format!(
        "No index of {table} begins with {list}: each delete of a row that it can point at, and each change of that row's key, reads all of {table}."
    );
    let instead = match step.engine {
        Engine::Postgres => format!(
            "CREATE INDEX ON {table} ({list}); in this revision if the table is new, and with CONCURRENTLY and a name in one with tx=off if it is not."
        ),
        Engine::Sqlite => format!(
            "CREATE INDEX {}_idx ON {table} ({list});",
            columns.join("_")
        ),
    };
    Some(Found::new(&NO_INDEX, step, at, problem, instead))
}
