//! Names and texts as SQL writes them.

use crate::declaration::Name;

/// A name with quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name with its schema.
pub(crate) fn full(name: &Name) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text with quotes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The value of a setting; lists of names stay lists.
pub(crate) fn value(name: &str, value: &str) -> String {
    const LISTS: [&str; 4] = [
        "search_path",
        "session_preload_libraries",
        "local_preload_libraries",
        "temp_tablespaces",
    ];
    match LISTS.contains(&name) {
        true => {
            let names = value
                .split(',')
                .map(|it| quoted(it.trim().trim_matches('"')));
            names.collect::<Vec<_>>().join(", ")
        }
        false => literal(value),
    }
}

/// The same, compared: Postgres writes quotes around some names of a path, and a file may.
pub(crate) fn plain_value(name: &str, value: &str) -> String {
    match name {
        "search_path" => {
            let names = value.split(',').map(|it| it.trim().trim_matches('"'));
            names.collect::<Vec<_>>().join(", ")
        }
        _ => value.to_owned(),
    }
}
