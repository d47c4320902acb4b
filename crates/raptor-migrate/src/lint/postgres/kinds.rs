//! Changes of a column's type.

use crate::lint::claim::{Lock, Work};
use crate::lint::cost::{dotted, of_type};
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Change, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const TYPE: LintRule = LintRule::error(
    "column-type",
    "a column's type is changed in a way that rewrites or reads the whole table",
)
.and_down();
pub(in crate::lint) const EXPRESSION: LintRule = LintRule::error(
    "generated-expression",
    "a generated column is worked out anew for every row",
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
    let known = scene.schema.table(table);
    for (at, action) in &alter.actions {
        let Action::AlterColumn(column, change) = action else {
            continue;
        };
        let of = dotted(table, &column.to_string());
        let (rule, problem, work) = match change {
            Change::Type {
                kind,
                using,
                collate,
            } => {
                let Some(work) = of_type(known, &column.text, kind, using.as_deref(), *collate)
                else {
                    continue;
                };
                let old = known
                    .and_then(|known| known.columns.get(&column.text))
                    .and_then(|it| it.kind.as_ref());
                let from = old.map_or_else(
                    || "a type that the chain does not say".to_owned(),
                    ToString::to_string,
                );
                (
                    &TYPE,
                    format!(
                        "{of} goes from {from} to {kind}: {}; every read and write waits until that is done.",
                        what(work)
                    ),
                    work,
                )
            }
            Change::SetExpression => (
                &EXPRESSION,
                format!(
                    "{of} is worked out anew and the whole table written anew; every read and write waits until that is done."
                ),
                Work::Rewrites,
            ),
            _ => continue,
        };
        let instead = if rule.name == EXPRESSION.name {
            format!(
                "Add a second generated column beside {column}, release what reads that one, and drop {column} in a later revision with phase=contract; VIRTUAL ones, from Postgres 18 on, keep nothing."
            )
        } else {
            format!(
                "Add a column of the new type beside {column}, keep both alike with a trigger, fill the old rows in batches, release what reads the new one, and drop {column} in a later revision with phase=contract."
            )
        };
        let found = Found::new(rule, step, *at, problem, instead);
        out.push(found.locking(Lock::AccessExclusive, table).working(work));
    }
}

fn what(work: Work) -> &'static str {
    match work {
        Work::MayRewrite => {
            "if its values do not stay byte for byte, the whole table is written anew"
        }
        Work::Indexes => "the values stay, but an index on them is built anew",
        Work::Reads => "the values stay, but a CHECK on the column is looked at for every row",
        Work::Rewrites | Work::Writes => "the whole table is written anew",
    }
}
