//! The order of rows, and what makes them the same to `GROUP BY` and `DISTINCT`.

use crate::translate::compare::key;
use crate::translate::value::{Collation, Type, Value};
use crate::translate::{Said, no};
use sqlite3_parser::ast::{NullsOrder, SortOrder};

/// One part of an `ORDER BY`: NULL is before all else in SQLite, and behind it in Postgres.
pub(in crate::translate) fn term(
    value: &Value,
    order: Option<SortOrder>,
    nulls: Option<NullsOrder>,
) -> Said<String> {
    let is_descending = order == Some(SortOrder::Desc);
    let sql = match value.ty {
        _ if value.is_loose => {
            return no(format!(
                "rows are ordered by {}, in which SQLite may keep numbers and texts",
                value.said()
            ));
        }
        Type::Text => key(value, value.collation.unwrap_or(Collation::Binary)),
        Type::Json | Type::Jsonb | Type::Extract => {
            return no(format!(
                "rows are ordered by {}, which is JSON",
                value.said()
            ));
        }
        _ => value.sql.clone(),
    };
    let direction = if is_descending { " DESC" } else { "" };
    let nulls = match nulls {
        Some(NullsOrder::First) => " NULLS FIRST",
        Some(NullsOrder::Last) => " NULLS LAST",
        None if !value.is_nullable => "",
        None if is_descending => " NULLS LAST",
        None => " NULLS FIRST",
    };
    Ok(format!("{sql}{direction}{nulls}"))
}

/// What rows are grouped by: the same on both sides.
pub(in crate::translate) fn group_key(value: &Value) -> Said<String> {
    let is_nocase = value.collation.unwrap_or(Collation::Binary) != Collation::Binary;
    match value.ty {
        Type::Text if is_nocase || value.is_citext => no(format!(
            "rows are the same by {}, whose case does not count, and which of the texts stays depends on the order of rows",
            value.said()
        )),
        Type::Json | Type::Jsonb | Type::Extract => no(format!(
            "rows are the same by {}, which is JSON",
            value.said()
        )),
        _ if value.is_loose => no(format!(
            "rows are the same by {}, in which SQLite may keep numbers and texts",
            value.said()
        )),
        _ => Ok(value.sql.clone()),
    }
}
