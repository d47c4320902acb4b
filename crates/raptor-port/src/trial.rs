//! Reads every cell as what it is to become, and counts those that cannot be.

use crate::cell::{Value, has_equal_keys};
use crate::decide::SEVERAL;
use crate::error::{Error, Result};
use crate::kind::{Conversion, Epoch, Kind};
use crate::line::Line;
use crate::plan::{Answers, Choice, DirtyCells, Mode, Note, TablePlan};
use crate::source::{Source, Table};
use crate::words::counted;
use raptor_db::{Go, SnapshotReader};

/// What a table's cells would do on their way.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    rows: u64,
    rejects: u64,
    columns: Vec<Option<DirtyCells>>,
    /// Documents that are to be `jsonb` and have a key twice, by column.
    twice: Vec<u64>,
}

impl Trial {
    pub(crate) fn of(
        reader: &SnapshotReader,
        source: &Source,
        table: &Table,
        planned: &TablePlan,
        how: (Mode, &Answers),
    ) -> Result<Self> {
        let line = Line::new(source, table, planned, how);
        let mut trial = Self {
            rows: 0,
            rejects: 0,
            columns: vec![None; planned.columns.len()],
            twice: vec![0; planned.columns.len()],
        };
        let documents = line.columns.iter().enumerate();
        let documents = documents.filter(|(_, it)| it.conversion.kind == Kind::Jsonb);
        let documents: Vec<(usize, usize)> = documents.map(|(at, it)| (at, it.at)).collect();
        let read = reader.each(&line.query(""), &[], |row| {
            let mut is_rejected = false;
            for flaw in line.flaws(row) {
                is_rejected = true;
                let column = &mut trial.columns[flaw.column];
                match column {
                    Some(cells) => cells.count += 1,
                    None => {
                        *column = Some(DirtyCells {
                            count: 1,
                            first: format!("{}: {}", line.place(row), flaw.reason),
                        });
                    }
                }
            }
            for (carried, at) in &documents {
                if let Ok(Value::Json(text)) = line.value(row, *carried) {
                    trial.twice[*at] += u64::from(has_equal_keys(&text));
                }
            }
            trial.rows += 1;
            trial.rejects += u64::from(is_rejected);
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        Ok(trial)
    }

    /// Tells of columns that hold cells of several kinds what the cells are that no other type would hold.
    pub(crate) fn sample(
        reader: &SnapshotReader,
        source: &Source,
        table: &Table,
        planned: &mut TablePlan,
        how: (Mode, &Answers),
    ) -> Result<()> {
        let mut other = planned.clone();
        for column in &mut other.columns {
            column.chosen = match (column.alternatives.first(), &column.question) {
                (Some(likely), Some(text)) if text.starts_with(SEVERAL) => Choice::Own(*likely),
                _ => Choice::Skip,
            };
        }
        if other.columns.iter().all(|it| it.chosen == Choice::Skip) {
            return Ok(());
        }
        let trial = Self::of(reader, source, table, &other, how)?;
        let columns = planned.columns.iter_mut().zip(&other.columns);
        for ((column, other), cells) in columns.zip(trial.columns) {
            if let (Some(cells), Choice::Own(likely)) = (cells, other.chosen) {
                column.evidence = format!(
                    "{}; as {likely} {} of {} cells would be none, the first: {}",
                    column.evidence, cells.count, trial.rows, cells.first
                );
            }
        }
        Ok(())
    }

    /// Gives columns with cells that are no values of their type one that holds them, where that is of the
    /// same family, or where there are too many for mistakes; answers whether one was given.
    pub(crate) fn ease(&self, planned: &mut TablePlan) -> bool {
        let mut is_eased = self.keep_documents(planned);
        for (column, cells) in planned.columns.iter_mut().zip(&self.columns) {
            let (Some(cells), Choice::Own(own)) = (cells, column.chosen) else {
                continue;
            };
            let are_many = cells.count * 100 > self.rows;
            let wider = match own.kind {
                Kind::Numeric(Some(_)) => Conversion::plain(Kind::Numeric(None)),
                Kind::Smallint | Kind::Integer => Conversion::plain(Kind::Bigint),
                Kind::Varchar(_) => Conversion::plain(Kind::Text),
                // Numbers that were taken for days have a time of day.
                Kind::Date if own.epoch != Epoch::Text => Conversion {
                    kind: Kind::Timestamptz,
                    ..own
                },
                _ if are_many && own.kind != Kind::Text => Conversion::plain(Kind::Text),
                _ => continue,
            };
            column.evidence = format!(
                "{}; as {own} {} would be none, such as {}",
                column.evidence,
                counted(cells.count, "cell"),
                cells.first
            );
            column.alternatives.retain(|it| it.kind != wider.kind);
            column.alternatives.insert(0, own);
            column.chosen = Choice::Own(wider);
            is_eased = true;
        }
        is_eased
    }

    /// Has documents with a key twice kept as they are; answers whether there are any.
    fn keep_documents(&self, planned: &mut TablePlan) -> bool {
        let mut is_kept = false;
        for (column, count) in planned.columns.iter_mut().zip(&self.twice) {
            if *count > 0 {
                let json = Conversion::plain(Kind::Json);
                column.evidence.push_str(&format!(
                    "; {count} have a key twice, of which jsonb keeps the last alone"
                ));
                column.alternatives.retain(|it| *it != json);
                column
                    .alternatives
                    .insert(0, Conversion::plain(Kind::Jsonb));
                column.chosen = Choice::Own(json);
                is_kept = true;
            }
        }
        is_kept
    }

    /// Writes it into the plan; answers what is to be known of it.
    pub(crate) fn note(self, planned: &mut TablePlan) -> Vec<Note> {
        let twice = planned.columns.iter().zip(&self.twice);
        let twice = twice.filter(|(_, count)| **count > 0);
        let notes = twice.map(|(column, count)| Note {
            of: format!("column {}.{}", planned.name, column.name),
            text: format!(
                "has {} with a key twice, of which jsonb keeps the last alone",
                counted(*count, "document")
            ),
        });
        let notes = notes.collect();
        planned.rejects = self.rejects;
        for (column, cells) in planned.columns.iter_mut().zip(self.columns) {
            column.dirty = cells;
        }
        notes
    }
}
