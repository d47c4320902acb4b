//! Casts: each target type has a function that converts, or refuses, as Postgres's cast does.

use super::Refusal;
use super::piece::Pieces;
use crate::statement::lexer::TokenKind;

/// What a cast becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A call.
    Function(&'static str),
    /// Nothing: the bound form is the type's own already.
    Nothing,
}

const NUMERIC: &str = "raptor_numeric";

/// Type names of one word.
const TYPES: &[(&str, Target)] = &[
    ("text", Target::Function("raptor_text")),
    ("varchar", Target::Function("raptor_text")),
    ("name", Target::Function("raptor_text")),
    ("citext", Target::Nothing),
    ("int", Target::Function("raptor_int4")),
    ("int4", Target::Function("raptor_int4")),
    ("integer", Target::Function("raptor_int4")),
    ("int2", Target::Function("raptor_int2")),
    ("smallint", Target::Function("raptor_int2")),
    ("int8", Target::Function("raptor_int8")),
    ("bigint", Target::Function("raptor_int8")),
    ("float8", Target::Function("raptor_float8")),
    ("numeric", Target::Function(NUMERIC)),
    ("decimal", Target::Function(NUMERIC)),
    ("bool", Target::Function("raptor_bool")),
    ("boolean", Target::Function("raptor_bool")),
    ("uuid", Target::Function("raptor_uuid")),
    ("timestamptz", Target::Function("raptor_timestamptz")),
    ("date", Target::Function("raptor_date")),
    ("jsonb", Target::Function("raptor_jsonb")),
    ("bytea", Target::Function("raptor_bytea")),
];

/// The type of one word.
pub(super) fn single_word(word: &str) -> Option<Target> {
    TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, target)| *target)
}

/// `x::type` and `CAST(x AS type)`.
pub(super) fn casts(pieces: &mut Pieces) -> Result<(), Refusal> {
    let mut at = 0;
    while at < pieces.len() {
        if pieces.get(at).kind == TokenKind::Cast {
            postfix(pieces, at)?;
        } else if pieces.is_word(at, "cast") && pieces.call_paren(at).is_some() {
            spelt_out(pieces, at)?;
        }
        at += 1;
    }
    Ok(())
}

fn postfix(pieces: &mut Pieces, cast: usize) -> Result<(), Refusal> {
    let (target, end) = target(pieces, cast)?;
    let operand = pieces.prev(cast);
    let start = operand.and_then(|operand| pieces.operand_start(operand));
    let (Some(operand), Some(start)) = (operand, start) else {
        return pieces.refuse(
            cast,
            "what this cast applies to is not clear; put it into parentheses",
        );
    };
    pieces.remove(cast..=end);
    if let Target::Function(name) = target {
        pieces.wrap(start, operand, name);
        if name == NUMERIC {
            compare_by_value(pieces, start, operand + 3);
        }
    }
    Ok(())
}

/// A decimal is text here: with text's affinity and our collation it is compared by value, also
/// with a plain number beside it.
fn compare_by_value(pieces: &mut Pieces, start: usize, end: usize) {
    pieces.insert(end + 1, TokenKind::Punct, ")");
    pieces.insert(end + 1, TokenKind::Word, " AS TEXT) COLLATE decimal");
    pieces.insert(start, TokenKind::Word, "CAST(");
    pieces.insert(start, TokenKind::Punct, "(");
}

fn spelt_out(pieces: &mut Pieces, cast: usize) -> Result<(), Refusal> {
    let open = pieces.call_paren(cast).unwrap_or(cast);
    let Some(close) = pieces.close(open) else {
        return Ok(());
    };
    let Some(by) = pieces.at_depth(open + 1..close, |at| pieces.is_word(at, "as")) else {
        return pieces.refuse(cast, "this CAST has no AS");
    };
    let (target, end) = target(pieces, by)?;
    pieces.remove(by..=end);
    match target {
        Target::Function(name) => {
            name.clone_into(&mut pieces.get_mut(cast).text);
            if let (NUMERIC, Some(close)) = (name, pieces.close(open)) {
                compare_by_value(pieces, cast, close);
            }
        }
        Target::Nothing => pieces.remove(cast..=cast),
    }
    Ok(())
}

/// The type behind `before`, and its last piece.
fn target(pieces: &Pieces, before: usize) -> Result<(Target, usize), Refusal> {
    let Some(first) = pieces.next(before) else {
        return pieces.refuse(before, "a type is missing here");
    };
    let name = pieces.get(first).text.clone();
    let (target, mut end) = if let Some(end) = pieces.words(first, &["double", "precision"]) {
        (Some(Target::Function("raptor_float8")), end)
    } else if let Some(end) = pieces.words(first, &["timestamp", "with", "time", "zone"]) {
        (Some(Target::Function("raptor_timestamptz")), end)
    } else {
        (single_word(&name), first)
    };
    let bracket = pieces.next(end).filter(|at| pieces.is_symbol(*at, "["));
    if let Some(close) = bracket.and_then(|open| pieces.close(open)) {
        end = close;
        // Arrays are bound in the form SQLite keeps.
        return match name.to_ascii_lowercase().as_str() {
            "text" | "bigint" | "int8" | "uuid" => Ok((Target::Nothing, end)),
            _ => pieces.refuse(
                first,
                format!("SQLite keeps arrays of text, bigint and uuid, not of {name}"),
            ),
        };
    }
    if pieces.next(end).is_some_and(|at| pieces.is_symbol(at, "(")) {
        return pieces.refuse(first, format!("a cast to {name} with a length or scale is not done on SQLite; use left() or round()"));
    }
    match target {
        Some(target) => Ok((target, end)),
        None => pieces.refuse(first, format!("a cast to {name} is not done on SQLite")),
    }
}
