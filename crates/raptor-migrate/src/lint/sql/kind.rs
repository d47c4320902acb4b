//! The type of a column, under one name whatever way it is spelt.

use super::cursor::Cursor;
use std::fmt;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lint) struct Kind {
    /// Postgres's usual short name, such as `integer`, `varchar` or `timestamptz`.
    pub(in crate::lint) name: String,
    /// What stands in brackets behind it.
    pub(in crate::lint) arguments: Vec<String>,
    pub(in crate::lint) is_array: bool,
    pub(in crate::lint) at: usize,
}

const SPELLINGS: [(&str, &str); 20] = [
    ("int", "integer"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("int2", "smallint"),
    ("float8", "double precision"),
    ("float4", "real"),
    ("float", "double precision"),
    ("bool", "boolean"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("character varying", "varchar"),
    ("char varying", "varchar"),
    ("national character varying", "varchar"),
    ("national char varying", "varchar"),
    ("nchar varying", "varchar"),
    ("character", "char"),
    ("national character", "char"),
    ("national char", "char"),
    ("nchar", "char"),
    ("bit varying", "varbit"),
];

const SERIALS: [(&str, &str); 6] = [
    ("serial4", "serial"),
    ("serial8", "bigserial"),
    ("serial2", "smallserial"),
    ("serial", "serial"),
    ("bigserial", "bigserial"),
    ("smallserial", "smallserial"),
];

impl Kind {
    /// Reads the type that is next.
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Option<Self> {
        let at = cursor.place();
        let quoted = cursor.peek()?.text.starts_with('"');
        let name = cursor.name()?;
        let schema = name.schema.filter(|schema| schema != "pg_catalog");
        let mut name = match (schema, quoted) {
            (Some(schema), _) => format!("{schema}.{}", name.name),
            // "char" is one byte, and not char.
            (None, true) if name.name == "char" => "\"char\"".to_owned(),
            (None, _) => name.name,
        };
        while let Some(next) = follows(&name, cursor) {
            cursor.bump();
            name = format!("{name} {next}");
        }
        let mut arguments = arguments(cursor);
        if name == "timestamp" || name == "time" {
            if cursor.eat_all(&["with", "time", "zone"]) {
                name.push_str("tz");
            } else {
                cursor.eat_all(&["without", "time", "zone"]);
            }
        }
        if name == "interval" {
            while cursor.eat_any(&["year", "month", "day", "hour", "minute", "second", "to"]) {}
            if arguments.is_empty() {
                arguments = self::arguments(cursor);
            }
        }
        let mut is_array = cursor.eat("array");
        // SQLite reads `text[]` as a type of two words, of which the second is quoted.
        if cursor
            .peek()
            .is_some_and(|next| next.text.starts_with('[') && next.text.len() > 1)
        {
            cursor.bump();
            is_array = true;
        }
        while cursor.is_symbol("[") {
            cursor.group();
            is_array = true;
        }
        let known = SPELLINGS.iter().chain(&SERIALS);
        if let Some((_, usual)) = known.into_iter().find(|(spelt, _)| *spelt == name) {
            name = (*usual).to_owned();
        }
        if name == "char" && arguments.is_empty() {
            arguments.push("1".to_owned());
        }
        Some(Self {
            name,
            arguments,
            is_array,
            at,
        })
    }

    pub(in crate::lint) fn is_serial(&self) -> bool {
        SERIALS.iter().any(|(_, usual)| *usual == self.name)
    }

    /// The argument in that place as a number.
    pub(in crate::lint) fn number(&self, place: usize) -> Option<u32> {
        self.arguments.get(place)?.parse().ok()
    }
}

/// The next word where it belongs to a type's name.
fn follows(name: &str, cursor: &Cursor<'_, '_>) -> Option<&'static str> {
    let more: &[&str] = match name {
        "double" => &["precision"],
        "character" | "char" | "nchar" | "bit" | "national character" | "national char" => {
            &["varying"]
        }
        "national" => &["character", "char"],
        _ => &[],
    };
    more.iter().find(|word| cursor.is(word)).copied()
}

fn arguments(cursor: &mut Cursor<'_, '_>) -> Vec<String> {
    if !cursor.is_symbol("(") {
        return Vec::new();
    }
    let group = cursor.group().unwrap_or_default();
    let parts = super::word::split(group, ",");
    let text = |part: &&[super::Word<'_>]| part.iter().map(|word| word.text).collect::<String>();
    parts.iter().map(text).collect()
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.arguments.is_empty() {
            write!(f, "({})", self.arguments.join(", "))?;
        }
        f.write_str(if self.is_array { "[]" } else { "" })
    }
}
