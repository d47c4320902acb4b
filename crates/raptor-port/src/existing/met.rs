//! A plan that meets the schema that is there.

use super::{Target, TargetTable};
use crate::kind::{Conversion, Epoch, Kind};
use crate::plan::{Choice, Note, Plan, TablePlan};

impl Target {
    /// Gives each column the type that it has there, and tells what has no place.
    pub(crate) fn meet(&self, plan: &mut Plan) {
        let mut notes = Vec::new();
        for table in plan.tables.iter_mut().filter(|it| it.skip.is_none()) {
            let Some(there) = self.table(&table.name) else {
                let text = format!(
                    "is not in the schema there, and its {} rows have no place; `skip = \"why\"` leaves them out",
                    table.rows
                );
                notes.push(Note {
                    of: format!("table {}", table.name),
                    text,
                });
                continue;
            };
            table.to.clone_from(&there.name);
            table.replaces = there.rows;
            columns(table, there, &mut notes);
        }
        plan.notes.extend(notes);
    }
}

fn columns(table: &mut TablePlan, there: &TargetTable, notes: &mut Vec<Note>) {
    for column in &mut table.columns {
        let of = format!("column {}.{}", table.name, column.name);
        let Some(target) = there.column(&column.name) else {
            column.chosen = Choice::Skip;
            notes.push(Note {
                of,
                text: format!(
                    "has no place in {}, and is left out; `to` names another column",
                    there.name
                ),
            });
            continue;
        };
        column.to.clone_from(&target.name);
        if target.is_generated {
            column.chosen = Choice::Skip;
            continue;
        }
        let epoch = epoch(&column.chosen, &column.alternatives, target.kind);
        column.chosen = Choice::Own(Conversion {
            epoch,
            digits: target.digits,
            ..Conversion::plain(target.kind)
        });
        column.evidence = format!("{} there; {}", target.type_name, column.evidence);
        if target.kind == Kind::Real {
            let text = "is real there, which keeps six digits: what has more is rounded, and as it was in raptor_port.rejected";
            notes.push(Note {
                of,
                text: text.to_owned(),
            });
        }
        column.alternatives.clear();
        column.question = None;
    }
    let is_planned = |name: &str| {
        table
            .columns
            .iter()
            .any(|it| it.to == name && it.chosen != Choice::Skip)
    };
    for target in there
        .columns
        .iter()
        .filter(|it| it.not_null && !it.has_default && !it.is_generated)
    {
        if !is_planned(&target.name) {
            notes.push(Note {
                of: format!("column {}.{} there", there.name, target.name),
                text: "must not be NULL, and the file has nothing for it".to_owned(),
            });
        }
    }
}

/// How numbers count time, where evidence had an opinion.
fn epoch(chosen: &Choice, others: &[Conversion], kind: Kind) -> Epoch {
    let is_time = matches!(
        kind,
        Kind::Timestamp | Kind::Timestamptz | Kind::Date | Kind::Interval
    );
    let own = match chosen {
        Choice::Own(own) => Some(own),
        _ => None,
    };
    let counted = own
        .into_iter()
        .chain(others)
        .map(|it| it.epoch)
        .find(|it| *it != Epoch::Text);
    match counted {
        Some(epoch) if is_time => epoch,
        // Django keeps a duration as microseconds.
        None if kind == Kind::Interval => Epoch::Micros,
        _ => Epoch::Text,
    }
}
