//! What writes a whole table anew, or locks it by hand.

use crate::lint::claim::{Lock, Work};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Name, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const VACUUM_FULL: LintRule = LintRule::error(
    "vacuum-full",
    "VACUUM FULL writes the whole table anew while everybody waits",
)
.and_down();
pub(in crate::lint) const CLUSTER: LintRule = LintRule::error(
    "cluster",
    "CLUSTER writes the whole table anew while everybody waits",
)
.and_down();
pub(in crate::lint) const LOCK_TABLE: LintRule = LintRule::warning(
    "lock-table",
    "a table is locked by hand until the transaction ends",
)
.and_down();
pub(in crate::lint) const STORE: LintRule = LintRule::error(
    "table-storage",
    "a table is moved or kept another way, for which it is written anew",
)
.and_down();
pub(in crate::lint) const REFRESH: LintRule = LintRule::error(
    "refresh-without-concurrently",
    "a materialized view is filled anew while nobody can read it",
)
.and_down();
pub(in crate::lint) const UNLOGGED: LintRule = LintRule::warning(
    "unlogged-table",
    "an unlogged table is empty after a crash, and on every standby",
);

const REPACK: &str = "An extension such as pg_repack or pg_squeeze does the same while reads and writes go on; VACUUM without FULL lets the room be used again.";

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::Vacuum { full: true, tables }
            if tables.is_empty() || tables.iter().any(|table| !scene.is_ours(table)) =>
        {
            out.push(rewrite(&VACUUM_FULL, step, tables.first()));
        }
        Statement::Cluster(table) if table.as_ref().is_none_or(|table| !scene.is_ours(table)) => {
            out.push(rewrite(&CLUSTER, step, table.as_ref()));
        }
        Statement::Lock { tables, mode } => out.extend(locked(step, scene, tables, mode)),
        Statement::Refresh {
            view,
            concurrently: false,
        } if !scene.is_ours(view) => {
            out.push(refreshed(step, view));
        }
        Statement::AlterTable(alter) if !scene.is_ours(&alter.table) => {
            for (at, action) in &alter.actions {
                if let Action::Store(what) = action {
                    out.push(stored(step, *at, &alter.table, what));
                }
            }
        }
        Statement::CreateTable(table) => {
            if let Some(at) = table.unlogged {
                let name = &table.name;
                let problem =
                    format!("After a crash {name} is empty, and a standby never has its rows.");
                let instead = format!("CREATE TABLE {name} …, unless all of it can be made again.");
                out.push(Found::new(&UNLOGGED, step, at, problem, instead));
            }
        }
        _ => {}
    }
}

fn locked(step: &Step<'_>, scene: &Scene<'_>, tables: &[Name], mode: &str) -> Option<Found> {
    if ["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE"].contains(&mode) {
        return None;
    }
    let table = tables.iter().find(|table| !scene.is_ours(table))?;
    let problem = format!(
        "{table} stays locked in mode {mode} until the revision's transaction ends. A statement takes the lock it needs by itself."
    );
    let instead = "Leave it out; a data step that must see nothing change belongs into small batches, with `-- raptor:call`.";
    Some(Found::new(&LOCK_TABLE, step, table.at, problem, instead))
}

fn refreshed(step: &Step<'_>, view: &Name) -> Found {
    let problem =
        format!("Every read of {view} waits until its query has run and its rows are written.");
    let instead = format!(
        "REFRESH MATERIALIZED VIEW CONCURRENTLY {view}; which needs a unique index on {view}, without WHERE."
    );
    let found = Found::new(&REFRESH, step, step.start(), problem, instead);
    found
        .locking(Lock::AccessExclusive, view)
        .working(Work::Rewrites)
}

fn stored(step: &Step<'_>, at: usize, table: &Name, what: &str) -> Found {
    let problem =
        format!("{what} writes {table} anew, and every read and write waits until that is done.");
    let instead = "Make a new table that is kept so, copy the rows in batches, and change over; or do it while nobody works.";
    let found = Found::new(&STORE, step, at, problem, instead);
    found
        .locking(Lock::AccessExclusive, table)
        .working(Work::Rewrites)
}

fn rewrite(rule: &'static LintRule, step: &Step<'_>, table: Option<&Name>) -> Found {
    let on = table.map_or_else(|| "each table".to_owned(), ToString::to_string);
    let problem =
        format!("Writes {on} anew, and every read and write of it waits until that is done.");
    let found = Found::new(rule, step, step.start(), problem, REPACK).working(Work::Rewrites);
    match table {
        Some(table) => found.locking(Lock::AccessExclusive, table),
        None => Found {
            lock: Some(Lock::AccessExclusive),
            ..found
        },
    }
}
