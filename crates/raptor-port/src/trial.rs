//! Reads every cell as what it is to become, and counts those that cannot be.

use crate::error::{Error, Result};
use crate::line::Line;
use crate::plan::{Answers, DirtyCells, TablePlan};
use crate::source::{Source, Table};
use raptor_db::{Go, SnapshotReader};

/// What a table's cells would do on their way.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    rejects: u64,
    columns: Vec<Option<DirtyCells>>,
}

impl Trial {
    pub(crate) fn of(
        reader: &SnapshotReader,
        source: &Source,
        table: &Table,
        planned: &TablePlan,
        answers: &Answers,
    ) -> Result<Self> {
        let line = Line::new(source, table, planned, answers);
        let mut trial = Self {
            rejects: 0,
            columns: vec![None; planned.columns.len()],
        };
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
            trial.rejects += u64::from(is_rejected);
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        Ok(trial)
    }

    /// Writes it into the plan.
    pub(crate) fn note(self, planned: &mut TablePlan) {
        planned.rejects = self.rejects;
        for (column, cells) in planned.columns.iter_mut().zip(self.columns) {
            column.dirty = cells;
        }
    }
}
