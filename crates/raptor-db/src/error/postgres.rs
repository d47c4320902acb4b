//! SQLSTATE to [`ErrorKind`] (PostgreSQL manual, appendix A).

use super::{Error, ErrorKind};
use tokio_postgres::error::DbError;

/// Reads the driver's error; the server's own words are kept, its `DETAIL` beside them.
pub(crate) fn from_postgres(error: tokio_postgres::Error) -> Error {
    if let Some(db) = error.as_db_error() {
        return from_server(db);
    }
    let text = with_causes(&error);
    // A closed connection, a broken pipe and a failed handshake all end the connection; what is
    // left are this side's own mistakes in encoding and decoding.
    let kind = if text.contains("error serializing") || text.contains("error deserializing") {
        ErrorKind::Type
    } else if text.contains("authentication") || text.contains("password missing") {
        ErrorKind::Auth
    } else {
        ErrorKind::ConnectionLost
    };
    let message = match kind {
        ErrorKind::ConnectionLost => format!("the connection to Postgres is lost: {text}"),
        _ => text,
    };
    Error::new(kind, message).with_source(error)
}

fn with_causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

fn from_server(db: &DbError) -> Error {
    let code = db.code().code();
    let mut message = db.message().to_owned();
    if let Some(hint) = db.hint() {
        message = format!("{message} (hint: {hint})");
    }
    let mut columns: Vec<String> = db.column().map(str::to_owned).into_iter().collect();
    if columns.is_empty() && matches!(code, "23505" | "23503") {
        columns = db.detail().map(key_columns).unwrap_or_default();
    }
    Error::new(kind(code, db.message()), message)
        .with_code(code)
        .with_constraint(db.constraint().map(str::to_owned))
        .with_table(db.table().map(str::to_owned))
        .with_columns(columns)
        .with_detail(db.detail().map(str::to_owned))
}

fn kind(code: &str, message: &str) -> ErrorKind {
    match code {
        "23505" => ErrorKind::Unique,
        "23503" => ErrorKind::ForeignKey,
        "23502" => ErrorKind::NotNull,
        "23514" | "23P01" => ErrorKind::Check,
        "40001" | "40P01" => ErrorKind::Serialization,
        "55P03" => ErrorKind::Busy,
        "57014" if message.contains("timeout") => ErrorKind::Timeout,
        "57014" => ErrorKind::Cancelled,
        "25P03" | "57P05" => ErrorKind::Timeout,
        "42501" | "25006" => ErrorKind::Permission,
        "42804" | "42846" | "42P18" => ErrorKind::Type,
        "3D000" => ErrorKind::Configuration,
        "53300" | "53400" => ErrorKind::ConnectionLost,
        "0A000" => ErrorKind::Unsupported,
        _ if code.starts_with("22") => ErrorKind::Type,
        // PgBouncer 1.18 says it so.
        "08P01" if message.contains("authentication failed") || message == "no such user" => {
            ErrorKind::Auth
        }
        _ if code.starts_with("28") => ErrorKind::Auth,
        _ if code.starts_with("42") => ErrorKind::Syntax,
        _ if code.starts_with("08") || code.starts_with("57P") => ErrorKind::ConnectionLost,
        _ => ErrorKind::Other,
    }
}

/// The columns in `Key (a, b)=(1, 2) already exists.`; the values are dropped.
fn key_columns(detail: &str) -> Vec<String> {
    let Some(start) = detail.find("Key (") else {
        return Vec::new();
    };
    let rest = &detail[start + 5..];
    let Some(end) = rest.find(")=(") else {
        return Vec::new();
    };
    rest[..end]
        .split(", ")
        .map(|name| name.trim_matches('"').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::key_columns;

    #[test]
    fn key_columns_are_read_without_their_values() {
        assert_eq!(
            key_columns("Key (email)=(a@b.c) already exists."),
            ["email"]
        );
        assert_eq!(
            key_columns("Key (a, \"B\")=(1, 2) is not present in table \"t\"."),
            ["a", "B"]
        );
        assert!(key_columns("nothing of the kind").is_empty());
    }
}
