//! Keys that are written in one way, so that two of them are never one to Postgres.
//!
//! Where they could be, as `1` and `'1'` in a column of texts, a change of one would take out the other.

use super::key::Place;
use crate::cell::read;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use raptor_db::{Go, RawRow, RawValue, SnapshotReader};

/// How the cells of a key are written, as far as they were seen.
pub(super) struct Uniform<'p> {
    table: &'p str,
    places: &'p [Place],
    forms: Vec<Option<String>>,
    refused: Option<Error>,
}

impl<'p> Uniform<'p> {
    pub(super) fn new(table: &'p str, places: &'p [Place]) -> Self {
        Self {
            table,
            places,
            forms: vec![None; places.len()],
            refused: None,
        }
    }

    /// Looks at the key of each row that a query answers.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`] for one that is written in another way than those before it.
    pub(super) fn look(&mut self, reader: &SnapshotReader, query: &str) -> Result<()> {
        let read = reader.each(query, &[], |row| {
            self.key(row);
            Ok(match self.refused {
                None => Go::On,
                Some(_) => Go::Enough,
            })
        });
        read.map_err(Error::source_file)?;
        self.refused.take().map_or(Ok(()), Err)
    }

    fn key(&mut self, row: &RawRow<'_>) {
        for (at, place) in self.places.iter().enumerate() {
            // What is no value of the type has no row on Postgres.
            if read(row.get(at), place.conversion).is_err() {
                return;
            }
            let form = form(row.get(at), place);
            let is_same = match (&form, &self.forms[at]) {
                (None, _) => false,
                (_, None) => true,
                (Some(form), Some(before)) => form == before,
            };
            if is_same {
                self.forms[at] = form;
                continue;
            }
            let message = format!(
                "table {} cannot be followed: of {}, which is a part of its key, Postgres may take two that SQLite tells apart for \
                 the same, as they are not all written in one way; a run without --sync rejects such rows by name",
                self.table, place.to
            );
            self.refused = Some(Error::new(ErrorKind::Plan, message));
            return;
        }
    }
}

/// How a cell is written: of those that are written so, no two are the same value of the type. None where that
/// cannot be said.
fn form(cell: RawValue<'_>, place: &Place) -> Option<String> {
    let kind = place.conversion.kind;
    let text = match cell {
        RawValue::Text(text) => text,
        RawValue::Integer(value) => return number(value.unsigned_abs(), kind, "integer"),
        RawValue::Real(value) => return fraction(value, kind),
        RawValue::Blob(_) => return Some("blob".to_owned()),
        RawValue::Null => return None,
    };
    let is_some = match kind {
        Kind::Text | Kind::Varchar(_) | Kind::Bytea => true,
        // Blanks at its end do not count.
        Kind::Char(_) => !text.ends_with(b" "),
        Kind::Uuid => text
            .iter()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-')),
        // Zones are ways to write one moment, and digits at the end are nothing.
        Kind::Date | Kind::Time | Kind::Timestamp | Kind::Timestamptz | Kind::Interval => {
            text.iter()
                .skip(1)
                .filter(|it| matches!(it, b'+' | b'-'))
                .count()
                <= 2
                && !text.contains(&b'+')
        }
        // SQLite folds these letters alone.
        Kind::Citext => place.folds && text.is_ascii(),
        Kind::Boolean | Kind::Smallint | Kind::Integer | Kind::Bigint => true,
        _ => false,
    };
    let mask = |text: &[u8]| -> String {
        let sign = |it: &u8| match it {
            b'0'..=b'9' => '0',
            b'a'..=b'f' if kind == Kind::Uuid => '0',
            it => char::from(*it),
        };
        text.iter().map(sign).collect()
    };
    let is_plain = |text: &[u8]| {
        let text = std::str::from_utf8(text).unwrap_or_default();
        text.parse::<i64>().is_ok_and(|it| it.to_string() == text)
    };
    is_some.then(|| match kind {
        Kind::Smallint | Kind::Integer | Kind::Bigint if is_plain(text) => "digits".to_owned(),
        Kind::Text | Kind::Varchar(_) | Kind::Char(_) | Kind::Citext | Kind::Bytea => {
            "text".to_owned()
        }
        _ => mask(text),
    })
}

/// Up to here doubles tell whole numbers apart.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// A whole number, where the type tells all of its size apart.
fn number(size: u64, kind: Kind, class: &str) -> Option<String> {
    let form = match kind {
        Kind::Text | Kind::Varchar(_) | Kind::Char(_) | Kind::Citext => class,
        Kind::Real if size >= 1 << 24 => return None,
        Kind::Double if size >= 1 << 53 => return None,
        _ => "number",
    };
    Some(form.to_owned())
}

/// A double; to SQLite, too, 1 and 1.0 are one. Others lose digits on their way into some types.
fn fraction(value: f64, kind: Kind) -> Option<String> {
    match kind {
        Kind::Double | Kind::Numeric(_) => Some("number".to_owned()),
        Kind::Text | Kind::Varchar(_) | Kind::Char(_) | Kind::Citext => Some("real".to_owned()),
        _ if value.fract() == 0.0 && value.abs() < WHOLE =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole, not below zero, and in range"
            )]
            number(value.abs() as u64, kind, "real")
        }
        _ => None,
    }
}
