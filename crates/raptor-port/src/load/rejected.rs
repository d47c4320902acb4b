//! Cells and rows that did not come along, with all that is needed to bring them in by hand.

use crate::cell::Reason;
use crate::line::{Line, hex};
use raptor_db::{RawRow, RawValue};
use sha2::{Digest, Sha256};

/// A cell that is no value of its type, and the row that it stands in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejected {
    /// Where the row stands in the file.
    pub(crate) place: String,
    /// The column; none where it is the row that is not taken.
    pub(crate) column: Option<String>,
    /// The class in which SQLite stores it.
    pub(crate) class: &'static str,
    pub(crate) value: Vec<u8>,
    pub(crate) reason: String,
    /// The whole row as JSON, where it did not come along.
    pub(crate) cells: Option<String>,
    /// What became of it: one of those below.
    pub(crate) outcome: &'static str,
}

/// The row did not come.
const REJECTED: &str = "rejected";
/// Another cell of such a row.
const PART: &str = "part";
/// The row came, and this cell of it was changed.
const CHANGED: &str = "changed";

impl Rejected {
    /// One for each flaw; the first has the whole row, unless the row came along without its cells.
    pub(crate) fn of(
        line: &Line,
        row: &RawRow<'_>,
        flaws: &[(usize, Reason)],
        came: bool,
    ) -> Vec<Self> {
        let place = line.place(row);
        let mut cells = (!came).then(|| cells(line, row));
        let one = |(carried, reason): &(usize, Reason)| {
            let value = row.get(*carried);
            let cells = cells.take();
            Self {
                place: place.clone(),
                column: Some(line.columns[*carried].name.clone()),
                class: class(value),
                value: bytes(value),
                reason: reason.to_string(),
                outcome: match (came, &cells) {
                    (true, _) => CHANGED,
                    (false, Some(_)) => REJECTED,
                    (false, None) => PART,
                },
                cells,
            }
        };
        flaws.iter().map(one).collect()
    }

    /// The whole row, for when Postgres does not take it.
    pub(crate) fn whole(line: &Line, row: &RawRow<'_>) -> Self {
        Self {
            place: line.place(row),
            column: None,
            class: "row",
            value: Vec::new(),
            reason: String::new(),
            cells: Some(cells(line, row)),
            outcome: REJECTED,
        }
    }

    /// Whether the row came, and this cell of it was changed.
    pub(crate) fn is_changed(&self) -> bool {
        self.outcome == CHANGED
    }

    /// Roughly how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        200 + self.value.len() + self.cells.as_ref().map_or(0, String::len)
    }
}

/// Of cells that are longer, in bytes, the file alone has all.
const LONG: usize = 1 << 22;

/// The row as a JSON object: numbers and texts as they are, what JSON cannot hold as `{"hex": "…"}`, and of very long
/// cells `{"bytes": …, "sha256": "…"}`.
fn cells(line: &Line, row: &RawRow<'_>) -> String {
    let cell = |(at, column): (usize, &crate::line::Carried)| {
        let hex = |bytes: &[u8]| match bytes.len() {
            ..=LONG => serde_json::json!({ "hex": hex(bytes) }),
            length => {
                let sum = hex(&Sha256::digest(bytes));
                serde_json::json!({ "bytes": length, "sha256": sum })
            }
        };
        let value = match row.get(at) {
            RawValue::Null => serde_json::Value::Null,
            RawValue::Integer(value) => value.into(),
            // Infinite ones are no numbers of JSON.
            RawValue::Real(value) => serde_json::Number::from_f64(value)
                .map_or_else(|| value.to_string().into(), serde_json::Value::Number),
            RawValue::Text(text) => match std::str::from_utf8(text) {
                Ok(text) if !text.contains('\0') && text.len() <= LONG => text.into(),
                _ => hex(text),
            },
            RawValue::Blob(blob) => hex(blob),
        };
        (column.name.clone(), value)
    };
    let columns = line.columns.iter().enumerate();
    // A row's number that goes along is no cell of it.
    let own = columns.filter(|(_, column)| column.at != usize::MAX);
    let object: serde_json::Map<_, _> = own.map(cell).collect();
    serde_json::Value::Object(object).to_string()
}

fn class(value: RawValue<'_>) -> &'static str {
    match value {
        RawValue::Null => "null",
        RawValue::Integer(_) => "integer",
        RawValue::Real(_) => "real",
        RawValue::Text(_) => "text",
        RawValue::Blob(_) => "blob",
    }
}

fn bytes(value: RawValue<'_>) -> Vec<u8> {
    match value {
        RawValue::Null => Vec::new(),
        RawValue::Integer(value) => value.to_string().into_bytes(),
        RawValue::Real(value) => format!("{value:?}").into_bytes(),
        RawValue::Text(bytes) | RawValue::Blob(bytes) => bytes.to_vec(),
    }
}
