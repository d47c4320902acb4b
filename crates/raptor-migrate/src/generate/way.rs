//! One direction while it is written: changes in their order, and notes.

use super::Change;
use std::fmt;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Way {
    pub(super) changes: Vec<Change>,
    pub(super) notes: Vec<Note>,
}

/// What a reader must know.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) text: String,
    /// It says that something goes with its rows, or that it may have got another name; on the way
    /// back that is what taking back means.
    pub(super) is_of_drop: bool,
}

impl Way {
    pub(super) fn run(&mut self, statement: impl Into<String>) {
        self.changes.push(Change::Statement(statement.into()));
    }

    /// What it cannot express, or what may stop it.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(Note {
            text: text.into(),
            is_of_drop: false,
        });
    }

    /// What goes with its rows.
    pub(super) fn gone(&mut self, text: impl Into<String>) {
        self.notes.push(Note {
            text: text.into(),
            is_of_drop: true,
        });
    }

    /// That a column may have got another name.
    pub(super) fn perhaps_renamed(&mut self, table: &str, old: &str, new: &str) {
        self.gone(format!(
            "table {table}: {old} goes and {new} of the same type comes, which may be meant as a new name: then write ALTER TABLE … RENAME COLUMN"
        ));
    }

    /// Whether a column of the same type comes for each that goes.
    pub(super) fn renames<'c>(
        &mut self,
        table: &str,
        gone: impl Iterator<Item = (&'c str, &'c str)>,
        new: &[(&str, &str)],
    ) {
        for (old, old_type) in gone {
            for (name, _) in new.iter().filter(|(_, new_type)| *new_type == old_type) {
                self.perhaps_renamed(table, old, name);
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = |f: &mut fmt::Formatter<'_>, text: &str| {
            // A comment at the end would swallow the semicolon.
            let is_open = text.lines().last().is_some_and(|line| line.contains("--"));
            writeln!(f, "{text}{};", if is_open { "\n" } else { "" })
        };
        match self {
            Self::Statement(text) => ended(f, text),
            Self::Rebuild { table, text } => {
                writeln!(f, "-- raptor:rebuild {table}")?;
                ended(f, text)
            }
        }
    }
}
