//! The types a cast may name, and what SQLite does for each.

use super::Refusal;
use super::rewrite::{Rewrite, Type};
use crate::statement::lexer::TokenKind;

/// A type as it stands in the text, up to and with token `end`.
pub(super) struct Named {
    pub(super) end: usize,
    pub(super) ty: Cast,
}

/// A cast that SQLite can do: the call round its operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cast {
    pub(super) open: String,
    pub(super) close: String,
    pub(super) ty: Type,
}

impl Cast {
    fn call(function: &str, ty: Type) -> Self {
        Self {
            open: format!("{function}("),
            close: ")".to_owned(),
            ty,
        }
    }
}

/// An expression that is compared and ordered as a decimal, whatever it is compared with: the CAST
/// gives it TEXT affinity, so that numbers become text, and the collation orders by value.
pub(super) const NUMERIC_OPEN: &str = "(CAST(";
pub(super) const NUMERIC_CLOSE: &str = " AS TEXT) COLLATE decimal)";

/// Reads the type that begins at token `at`.
pub(super) fn read(rewrite: &Rewrite<'_>, at: usize) -> Result<Named, Refusal> {
    let mut end = at;
    if rewrite.is_word(end, "pg_catalog") && rewrite.is_symbol(end + 1, ".") {
        end += 2;
    }
    if rewrite.kind(end) != Some(TokenKind::Word) {
        return rewrite.refuse(
            at,
            format!(
                "a cast to {}, a type SQLite's stand-in does not know",
                rewrite.text(at)
            ),
        );
    }
    let mut name = rewrite.text(end).to_ascii_lowercase();
    for (first, second) in [("double", "precision"), ("character", "varying")] {
        if name == first && rewrite.is_word(end + 1, second) {
            name = format!("{first} {second}");
            end += 1;
        }
    }
    let mut modifiers = Vec::new();
    if rewrite.is_symbol(end + 1, "(") {
        let close = rewrite.partner(end + 1);
        modifiers = (end + 2..close)
            .map(|at| rewrite.text(at))
            .filter(|text| *text != ",")
            .collect();
        end = close;
    }
    for zone in [["with", "time", "zone"], ["without", "time", "zone"]] {
        if matches!(name.as_str(), "timestamp" | "time") && rewrite.are_words(end + 1, &zone) {
            name = format!("{name} {}", zone.join(" "));
            end += 3;
        }
    }
    let mut is_array = false;
    while rewrite.is_symbol(end + 1, "[") {
        is_array = true;
        end = rewrite.partner(end + 1);
    }
    let cast = if is_array {
        array(&name)
    } else {
        scalar(&name, &modifiers)
    };
    match cast {
        Some(ty) => Ok(Named { end, ty }),
        None => {
            let brackets = if is_array { "[]" } else { "" };
            rewrite.refuse(
                at,
                format!("the type {name}{brackets} has no stand-in on SQLite"),
            )
        }
    }
}

/// Whether the word alone, before a string, is a type: `date '2026-01-01'`.
pub(super) fn is_literal_prefix(word: &str) -> bool {
    [
        "date",
        "timestamptz",
        "uuid",
        "numeric",
        "jsonb",
        "json",
        "interval",
        "bool",
        "boolean",
        "bytea",
        "text",
        "timestamp",
        "time",
        "int",
        "integer",
        "bigint",
        "float8",
    ]
    .iter()
    .any(|name| word.eq_ignore_ascii_case(name))
}

fn scalar(name: &str, modifiers: &[&str]) -> Option<Cast> {
    let plain = modifiers.is_empty();
    Some(match name {
        "text" | "varchar" | "character varying" if plain => Cast::call("cast_text", Type::Text),
        "varchar" | "character varying" => Cast {
            open: "left(cast_text(".to_owned(),
            close: format!("), {})", modifiers.first()?),
            ty: Type::Text,
        },
        "bigint" | "int8" if plain => Cast::call("cast_bigint", Type::Integer),
        "integer" | "int" | "int4" if plain => Cast::call("cast_integer", Type::Integer),
        "smallint" | "int2" if plain => Cast::call("cast_smallint", Type::Integer),
        "double precision" | "float8" | "float" if plain => Cast::call("cast_double", Type::Double),
        "real" | "float4" if plain => Cast::call("cast_real", Type::Double),
        "numeric" | "decimal" | "dec" => {
            let scale = match modifiers {
                [] => String::new(),
                [precision] => format!(", {precision}, 0"),
                [precision, scale] => format!(", {precision}, {scale}"),
                _ => return None,
            };
            Cast {
                open: format!("{NUMERIC_OPEN}cast_numeric("),
                close: format!("{scale}){NUMERIC_CLOSE}"),
                ty: Type::Numeric,
            }
        }
        "boolean" | "bool" => Cast::call("cast_boolean", Type::Boolean),
        "uuid" => Cast::call("cast_uuid", Type::Other),
        "jsonb" => Cast::call("cast_jsonb", Type::Json),
        "timestamptz" | "timestamp with time zone" if plain => {
            Cast::call("cast_timestamptz", Type::Other)
        }
        "date" => Cast::call("cast_date", Type::Date),
        "bytea" => Cast::call("cast_bytea", Type::Other),
        "interval" if plain => Cast::call("cast_interval", Type::Interval),
        _ => return None,
    })
}

fn array(name: &str) -> Option<Cast> {
    let item = match name {
        "text" | "varchar" => "text",
        "bigint" | "int8" => "bigint",
        "integer" | "int" | "int4" => "integer",
        "uuid" => "uuid",
        _ => return None,
    };
    Some(Cast {
        open: "cast_array(".to_owned(),
        close: format!(", '{item}')"),
        ty: Type::Array,
    })
}
