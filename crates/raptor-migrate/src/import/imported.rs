//! What an import made, and what is to be known about it.

use super::to_do;
use crate::chain::Chain;
use crate::error::Result;
use crate::report::{Direction, counted};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// A chain taken over from Alembic.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Imported {
    /// `postgres`, `sqlite` or both: the engines whose sections were filled.
    pub engines: Vec<&'static str>,
    /// One file for each revision, parents before children.
    pub files: Vec<ImportedFile>,
    /// What is to be known of single revisions.
    pub notes: Vec<Note>,
    /// What is to be known of the whole.
    pub remarks: Vec<String>,
}

/// One file of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportedFile {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Something to be known of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// Its id.
    pub revision: String,
    /// The engine it is about.
    pub engine: &'static str,
    /// The direction it is about.
    pub direction: Direction,
    /// What class of thing it is.
    pub kind: NoteKind,
    /// The whole of it.
    pub text: String,
}

/// What a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoteKind {
    /// Its text is what an empty database got, as offline mode fails or writes something else.
    Recorded,
    /// It looks at rows and decides in Python; the text holds one of the ways it may go.
    Reads,
    /// Its offline text was taken, though it did something else on an empty database.
    Offline,
    /// Its text was not compared with what runs.
    Unproven,
    /// It cannot be taken back.
    Irreversible,
    /// A statement that the database got and the text does not hold.
    Dropped,
    /// A table of SQLite is built anew by its own statements, which rows that point at it may stop.
    ByHand,
}

impl NoteKind {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Recorded, "recorded on an empty database"),
        (Self::Reads, "looks at rows and decides in Python"),
        (
            Self::Offline,
            "taken from offline mode, though something else ran",
        ),
        (Self::Unproven, "not compared with what runs"),
        (Self::Irreversible, "cannot be taken back"),
        (Self::Dropped, "left out"),
        (Self::ByHand, "builds a table anew by hand"),
    ];
}

impl Imported {
    /// The files as a chain.
    ///
    /// # Errors
    /// As [`Chain::embedded`]; the files of [`import::alembic`](super::alembic) make one.
    pub fn chain(&self) -> Result<Chain> {
        let files: Vec<(&str, &str)> = self
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.text.as_str()))
            .collect();
        Chain::embedded(&files)
    }

    /// The ids of the revisions of which a note of that kind tells.
    pub fn noted(&self, kind: NoteKind) -> BTreeSet<&str> {
        let notes = self.notes.iter().filter(|note| note.kind == kind);
        notes.map(|note| note.revision.as_str()).collect()
    }

    /// How many files have a line `-- To do by hand: …`.
    pub fn unfinished(&self) -> usize {
        let files = self.files.iter();
        files.filter(|file| to_do::is_in(&file.text)).count()
    }

    fn told_of_unfinished(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, have) = match self.unfinished() {
            0 => return Ok(()),
            1 => ("1 file".to_owned(), "has"),
            count => (format!("{count} files"), "have"),
        };
        writeln!(
            f,
            "\n{count} {have} lines `{}…`: do what they say and take them away; `raptor migrate lint` \
             finds those that are left.",
            to_do::MARK
        )
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} taken over, for {}.",
            counted(self.files.len(), "revision"),
            self.engines.join(" and ")
        )?;
        for remark in &self.remarks {
            writeln!(f, "{remark}")?;
        }
        for (kind, title) in NoteKind::ALL {
            let notes: Vec<&Note> = self.notes.iter().filter(|note| note.kind == kind).collect();
            if notes.is_empty() {
                continue;
            }
            let (lines, ids) = (notes.len(), self.noted(kind).len());
            let of = match lines == ids {
                true => String::new(),
                false => format!(", {}", counted(lines, "line")),
            };
            writeln!(f, "\n{title} ({}{of}):", counted(ids, "revision"))?;
            for note in notes {
                writeln!(
                    f,
                    "  {} {} on {}: {}",
                    note.revision, note.direction, note.engine, note.text
                )?;
            }
        }
        self.told_of_unfinished(f)
    }
}
