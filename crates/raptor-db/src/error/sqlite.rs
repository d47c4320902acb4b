//! SQLite's extended result codes to [`ErrorKind`] (<https://sqlite.org/rescode.html>).

use super::{Error, ErrorKind};
use rusqlite::ffi;

/// Reads the driver's error and takes table and column names out of SQLite's message.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            from_code(code.extended_code, message.as_deref())
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => {
            // Refused before it ran: what is wrong is the text.
            match from_code(error.extended_code, Some(&msg)) {
                error if error.kind() == ErrorKind::Type => Error::new(ErrorKind::Syntax, msg)
                    .with_code(format!("sqlite:{}", ffi::SQLITE_ERROR)),
                error => error,
            }
        }
        rusqlite::Error::QueryReturnedNoRows => Error::new(ErrorKind::NotFound, "no row"),
        rusqlite::Error::UserFunctionError(inner) => Error::new(ErrorKind::Type, inner.to_string()),
        rusqlite::Error::MultipleStatement => {
            Error::new(ErrorKind::Refused, "the text holds more than one statement")
        }
        other => {
            let message = other.to_string();
            Error::new(ErrorKind::Other, message).with_source(other)
        }
    }
}

fn from_code(code: i32, message: Option<&str>) -> Error {
    let message = message.unwrap_or_else(|| ffi::code_to_str(code));
    let (kind, subject) = classify(code, message);
    let mut error = Error::new(kind, message).with_code(format!("sqlite:{code}"));
    if kind == ErrorKind::Check {
        error = error.with_constraint(subject.map(str::to_owned));
    } else if let Some(subject) = subject {
        // A unique index over an expression is named; one over columns shows these instead.
        let index = subject
            .strip_prefix("index '")
            .and_then(|name| name.strip_suffix('\''));
        let (table, columns) = table_and_columns(subject);
        error = error
            .with_constraint(index.map(str::to_owned))
            .with_table(table)
            .with_columns(columns);
    }
    error
}

/// The kind, and what SQLite names after the colon.
fn classify(code: i32, message: &str) -> (ErrorKind, Option<&str>) {
    let subject = message
        .split_once("constraint failed: ")
        .map(|(_, subject)| subject);
    let kind = match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => ErrorKind::Unique,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKey,
        // A trigger's RAISE is the schema's own rule.
        ffi::SQLITE_CONSTRAINT_TRIGGER => ErrorKind::Check,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNull,
        ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::Check,
        ffi::SQLITE_CONSTRAINT_DATATYPE => return (ErrorKind::Type, None),
        ffi::SQLITE_BUSY_SNAPSHOT => ErrorKind::Serialization,
        _ => match code & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => ErrorKind::Busy,
            ffi::SQLITE_READONLY | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => ErrorKind::Permission,
            ffi::SQLITE_INTERRUPT => ErrorKind::Cancelled,
            ffi::SQLITE_MISMATCH | ffi::SQLITE_TOOBIG | ffi::SQLITE_RANGE => ErrorKind::Type,
            ffi::SQLITE_CONSTRAINT => ErrorKind::Check,
            ffi::SQLITE_CANTOPEN | ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_FULL => {
                ErrorKind::ConnectionLost
            }
            ffi::SQLITE_NOTADB => ErrorKind::Configuration,
            ffi::SQLITE_ERROR => of_text(message),
            _ => ErrorKind::Other,
        },
    };
    (kind, subject)
}

/// `SQLITE_ERROR` has no finer code: the words tell.
fn of_text(message: &str) -> ErrorKind {
    let syntax = [
        "syntax error",
        "no such table",
        "no such column",
        "no such function",
        "no such index",
        "no such view",
        "no such savepoint",
        "has no column named",
        "already exists",
        "unrecognized token",
        "incomplete input",
        "wrong number of arguments",
        "ambiguous column",
        "values for",
        "values were supplied",
        "sub-select returns",
        "duplicate column name",
        "no such collation",
        "term out of range",
        "misuse of",
        "unrecognized configuration parameter",
    ];
    if syntax.iter().any(|words| message.contains(words)) {
        ErrorKind::Syntax
    } else if message.contains("requested length too large")
        || message.contains("requested character")
        || message.contains("null character not permitted")
    {
        // Postgres counts these as a limit of the program (54000).
        ErrorKind::Other
    } else if message.contains("not authorized") {
        ErrorKind::Permission
    } else {
        // What is left of SQLITE_ERROR comes from functions that refuse their input.
        ErrorKind::Type
    }
}

/// `t.a, t.b` → `t` and `[a, b]`; `index 'i'` names neither.
fn table_and_columns(subject: &str) -> (Option<String>, Vec<String>) {
    let mut table = None;
    let mut columns = Vec::new();
    for part in subject.split(", ") {
        if let Some((of, column)) = part.split_once('.') {
            table = Some(of.to_owned());
            columns.push(column.to_owned());
        }
    }
    (table, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_message() {
        let error = from_code(
            ffi::SQLITE_CONSTRAINT_UNIQUE,
            Some("UNIQUE constraint failed: t.a, t.b"),
        );
        assert_eq!(error.kind(), ErrorKind::Unique);
        assert_eq!(
            (error.table(), error.columns()),
            (Some("t"), &["a".to_owned(), "b".to_owned()][..])
        );
        let error = from_code(
            ffi::SQLITE_CONSTRAINT_CHECK,
            Some("CHECK constraint failed: positive"),
        );
        assert_eq!(error.constraint(), Some("positive"));
    }
}
