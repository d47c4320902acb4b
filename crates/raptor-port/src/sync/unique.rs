//! A unique index as a question: which rows would collide with the one that is about to be written?
//! `INSERT OR REPLACE` takes those out without firing a trigger.

use crate::error::{Error, ErrorKind, Result};
use crate::source::{Table, quoted, quoted_text};
use raptor_db::{Go, SnapshotReader};

/// What a trigger calls a row that is there; the table itself may be called as the row that is new.
pub(super) const ROW: &str = "raptor_row";

/// A unique index.
pub(super) struct Unique {
    parts: Vec<Part>,
    /// The rows that it is for, as it is written.
    condition: Option<String>,
}

/// What an index is over.
struct Part {
    /// A column, or an expression as it is written.
    of: Of,
    collation: String,
}

enum Of {
    Column(String),
    /// The row's number: no two rows share it, and so none collides.
    Number,
    Expression(String),
}

impl Unique {
    /// All of a table that rows can collide in without having the same number.
    pub(super) fn all(reader: &SnapshotReader, table: &Table) -> Result<Vec<Self>> {
        let list = format!(
            "SELECT name, partial FROM pragma_index_list({}) WHERE \"unique\" ORDER BY name",
            quoted_text(&table.name)
        );
        let mut names = Vec::new();
        let read = reader.each(&list, &[], |row| {
            let name = row.get(0).as_str().unwrap_or_default().to_owned();
            names.push((name, row.get(1).as_integer() == Some(1)));
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        let mut all = Vec::new();
        for (name, is_partial) in names {
            let unique = Self::read(reader, table, &name, is_partial)?;
            if !unique.parts.iter().any(|it| matches!(it.of, Of::Number)) {
                all.push(unique);
            }
        }
        Ok(all)
    }

    fn read(reader: &SnapshotReader, table: &Table, name: &str, is_partial: bool) -> Result<Self> {
        // What is written of it; keys of the table itself are over columns alone.
        let said = table.indexes.iter().find(|it| it.name == name);
        let ask = format!(
            "SELECT cid, name, coll FROM pragma_index_xinfo({}) WHERE \"key\" ORDER BY seqno",
            quoted_text(name)
        );
        let mut parts = Vec::new();
        let read = reader.each(&ask, &[], |row| {
            let expression = || {
                let column = said.and_then(|it| it.columns.get(parts.len()))?;
                column.expression.clone().map(Of::Expression)
            };
            let of = match (row.get(0).as_integer(), row.get(1).as_str()) {
                (Some(-1), _) => Some(Of::Number),
                (_, Some(column)) => Some(Of::Column(column.to_owned())),
                _ => expression(),
            };
            let collation = row.get(2).as_str().unwrap_or("BINARY").to_owned();
            parts.push(of.map(|of| Part { of, collation }));
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        let parts: Option<Vec<Part>> = parts.into_iter().collect();
        let condition = said.and_then(|it| it.condition.clone());
        let parts = parts.filter(|_| is_partial == condition.is_some());
        let parts = parts.ok_or_else(|| {
            let message = format!(
                "table {} cannot be followed: its unique index {name} is not understood, and so not which rows REPLACE would take out",
                table.name
            );
            Error::new(ErrorKind::Plan, message)
        })?;
        Ok(Self { parts, condition })
    }

    /// True for the rows that the new one would collide with.
    pub(super) fn collide(&self, table: &Table) -> String {
        let mut all: Vec<String> = Vec::new();
        for Part { of, collation } in &self.parts {
            let (one, other) = match of {
                Of::Column(name) => {
                    let name = quoted(name);
                    (format!("{ROW}.{name}"), format!("NEW.{name}"))
                }
                Of::Number => continue,
                Of::Expression(text) => (format!("({text})"), of_new(table, text)),
            };
            all.push(format!("{one} = {other} COLLATE {}", quoted(collation)));
        }
        if let Some(condition) = &self.condition {
            all.push(format!("({condition})"));
            all.push(of_new(table, condition));
        }
        all.join(" AND ")
    }

    /// ` OF a, b`: the columns that have to be written for rows to collide, where they can be named.
    pub(super) fn columns(uniques: &[Self], table: &Table) -> String {
        let mut names: Vec<String> = Vec::new();
        let is_computed = |name: &str| table.column(name).is_none_or(|it| it.generated.is_some());
        for unique in uniques {
            for part in &unique.parts {
                match &part.of {
                    Of::Column(name) if unique.condition.is_none() && !is_computed(name) => {
                        names.push(quoted(name));
                    }
                    _ => return String::new(),
                }
            }
        }
        names.sort();
        names.dedup();
        format!(" OF {}", names.join(", "))
    }
}

/// An expression of an index, which names columns without their table, over the new row.
fn of_new(table: &Table, expression: &str) -> String {
    let columns = table.columns.iter().map(|it| {
        let name = quoted(&it.name);
        format!("NEW.{name} AS {name}")
    });
    let columns: Vec<String> = columns.collect();
    format!("(SELECT {expression} FROM (SELECT {}))", columns.join(", "))
}
