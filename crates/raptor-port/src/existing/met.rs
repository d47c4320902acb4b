//! A plan that meets the schema that is there.

use super::{Target, TargetColumn, TargetTable};
use crate::decide::IN_ZONE;
use crate::kind::{Conversion, Epoch, Kind};
use crate::plan::{Choice, Note, Plan, TablePlan};
use crate::source::{Source, Table, TableKind};

impl Target {
    /// Gives each column the type that it has there, and tells what has no place.
    pub(crate) fn meet(&self, source: &Source, plan: &mut Plan) {
        let mut notes = Vec::new();
        for table in plan.tables.iter_mut().filter(|it| it.skip.is_none()) {
            let there = self.table(&table.name);
            if let Some(why) = left_out(source, table, there) {
                table.skip = Some(why.to_owned());
                notes.push(Note {
                    of: format!("table {}", table.name),
                    text: format!("is left out: {why}"),
                });
                continue;
            }
            let Some(there) = there else {
                let text = format!(
                    "is not in the schema there, and has {} here; `skip = \"why\"` leaves it out",
                    crate::words::counted(table.rows, "row")
                );
                notes.push(Note {
                    of: format!("table {}", table.name),
                    text,
                });
                continue;
            };
            table.to.clone_from(&there.name);
            table.replaces = there.rows;
            let of = source.table(&table.name);
            let is_computed = |name: &str| {
                let column = of.and_then(|it| it.column(name));
                column.is_some_and(|it| it.generated.is_some())
            };
            columns(table, there, is_computed, &mut notes);
        }
        plan.notes.extend(notes);
    }
}

/// Why a table is nothing to carry into the schema there.
fn left_out(
    source: &Source,
    planned: &TablePlan,
    there: Option<&TargetTable>,
) -> Option<&'static str> {
    let table = source.table(&planned.name)?;
    let Some(there) = there else {
        return match &table.kind {
            TableKind::Virtual { .. } => {
                Some("an index of a module of SQLite, which the schema there does not have")
            }
            _ if planned.rows == 0 => Some("it has no row, and the schema there does not have it"),
            _ => None,
        };
    };
    let words = planned
        .columns
        .iter()
        .filter_map(|it| there.column(&it.name));
    let has_words = words
        .map(|it| it.type_name.as_str())
        .any(|it| it == "tsvector");
    let triggers = source
        .triggers
        .iter()
        .filter(|it| it.table.eq_ignore_ascii_case(&table.name));
    let is_full_text = |it: &&Table| match &it.kind {
        TableKind::Virtual { module } => module.to_lowercase().starts_with("fts"),
        _ => false,
    };
    let mut feeds = triggers.filter(|trigger| {
        let mut indexes = source.tables.iter().filter(is_full_text);
        indexes.any(|it| trigger.text.contains(&it.name))
    });
    (has_words && feeds.next().is_some()).then_some(
        "an index of words, which is another one on each engine: the application makes it anew",
    )
}

fn columns(
    table: &mut TablePlan,
    there: &TargetTable,
    is_computed: impl Fn(&str) -> bool,
    notes: &mut Vec<Note>,
) {
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
            if !is_computed(&column.name) {
                notes.push(Note {
                    of,
                    text: "is computed there, so that what the file has in it is left out, and is not compared".to_owned(),
                });
            }
            continue;
        }
        if target.type_name == "tsvector" {
            column.chosen = Choice::Skip;
            notes.push(Note {
                of,
                text: "is an index of words there, which is another one on each engine, and is left out".to_owned(),
            });
            continue;
        }
        let column_was = column.chosen;
        let epoch = epoch(&column.chosen, &column.alternatives, target.kind);
        column.chosen = Choice::Own(Conversion {
            epoch,
            digits: target.digits,
            ..Conversion::plain(target.kind)
        });
        let is_naive = column_was == Choice::TimesWithoutZone;
        column.evidence = format!("{} there; {}", target.type_name, column.evidence);
        if is_naive && target.kind == Kind::Timestamptz {
            column.evidence.push_str(IN_ZONE);
        }
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
    notes.extend(unfilled(table, there));
}

/// The columns there that must not be NULL, and that nothing fills.
fn unfilled(table: &TablePlan, there: &TargetTable) -> Vec<Note> {
    let is_planned = |name: &str| {
        table
            .columns
            .iter()
            .any(|it| it.to == name && it.chosen != Choice::Skip)
    };
    let needed = there.columns.iter();
    let needed = needed.filter(|it| it.not_null && !it.has_default && !it.is_generated);
    let unfilled = needed.filter(|it| !is_planned(&it.name));
    let note = |it: &TargetColumn| Note {
        of: format!("column {}.{} there", there.name, it.name),
        text: "must not be NULL, and the file has nothing for it".to_owned(),
    };
    unfilled.map(note).collect()
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
