//! Operators that SQLite lacks or reads in another way.

use super::rewrite::{Change, Rewrite, Type};
use super::{arithmetic, concat};
use crate::statement::lexer::TokenKind;
use std::ops::Range;

/// Operators that become calls of their two operands.
const CALLS: &[(&str, &str)] = &[
    ("@>", "op_contains"),
    ("<@", "op_contained"),
    ("?", "op_has_key"),
    ("?|", "op_has_any_key"),
    ("?&", "op_has_all_keys"),
    ("#>", "op_path"),
    ("#>>", "op_path_text"),
    ("&&", "op_overlaps"),
];

/// Operators that SQLite has, with Postgres's meaning (`->` and `->>` are registered functions).
const NATIVE: &[&str] = &[
    "=", "<>", "!=", "<", ">", "<=", ">=", "->", "->>", "&", "|", "<<", ">>",
];

/// The operators of one bracketed expression, inner brackets left out: they are done already.
pub(super) fn inside(rewrite: &mut Rewrite<'_>, range: Range<usize>) -> Change {
    for is_product in [true, false] {
        let mut at = range.start;
        while at < range.end {
            let is_operator =
                rewrite.kind(at) == Some(TokenKind::Operator) && !rewrite.is_changed(at);
            if is_operator && arithmetic::is_product(rewrite.text(at)) == is_product {
                operator(rewrite, at)?;
            }
            at = rewrite.partner(at) + 1;
        }
    }
    Ok(())
}

/// Values that are words.
pub(super) fn value(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    if at > 0 && rewrite.is_symbol(at - 1, ".") {
        return Ok(());
    }
    match rewrite.text(at).to_ascii_lowercase().as_str() {
        "current_timestamp" => instead(rewrite, at, "now()", Type::Other),
        "current_date" => instead(rewrite, at, "op_current_date()", Type::Date),
        _ => Ok(()),
    }
}

/// Operators that are words, and words that are refused.
pub(super) fn words(rewrite: &mut Rewrite<'_>) -> Change {
    for at in 0..rewrite.len() {
        match rewrite.kind(at) {
            Some(TokenKind::Word) => word(rewrite, at)?,
            Some(TokenKind::Operator) if rewrite.text(at) == "=>" && !rewrite.is_changed(at) => {
                return rewrite.refuse(at, "a named argument");
            }
            _ => {}
        }
    }
    arithmetic::refuse_loose_intervals(rewrite)
}

fn operator(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let symbol = rewrite.text(at);
    if let Some((_, function)) = CALLS.iter().find(|(known, _)| *known == symbol) {
        return call(rewrite, at, function);
    }
    match symbol {
        "+" | "-" | "*" | "/" | "%" => arithmetic::operator(rewrite, at),
        "||" => concat::operator(rewrite, at),
        "~" if at == 0 || !rewrite.ends_operand(at - 1) => Ok(()),
        "~" => matches(rewrite, at, "regexp", None),
        "!~" => matches(rewrite, at, "not regexp", None),
        "~*" => matches(rewrite, at, "regexp", Some("op_any_case(")),
        "!~*" => matches(rewrite, at, "not regexp", Some("op_any_case(")),
        "^" => rewrite.refuse(at, "the operator ^; write power(a, b)"),
        "#" => rewrite.refuse(at, "the operator #; SQLite has no exclusive or"),
        "~~" | "!~~" | "~~*" | "!~~*" => {
            rewrite.refuse(at, format!("the operator {symbol}; write LIKE or ILIKE"))
        }
        // The call it stands in makes it an argument, or nothing does.
        "=>" => Ok(()),
        _ if NATIVE.contains(&symbol) => Ok(()),
        _ => rewrite.refuse(
            at,
            format!("the operator {symbol}, which has no stand-in on SQLite"),
        ),
    }
}

/// `a @> b` becomes `op_contains(a, b)`.
fn call(rewrite: &mut Rewrite<'_>, at: usize, function: &str) -> Change {
    let left = at
        .checked_sub(1)
        .and_then(|end| rewrite.operand_before(end));
    let (Some(left), Some(right)) = (left, rewrite.operand_after(at + 1)) else {
        return rewrite.refuse(
            at,
            format!("the operator {} without two operands", rewrite.text(at)),
        );
    };
    let start = concat::chain_start(rewrite, *left.start());
    rewrite.replace(at, ",");
    let is_array = [&left, &right]
        .iter()
        .any(|operand| rewrite.type_of(operand) == Some(Type::Array));
    let function = match function {
        "op_contains" if is_array => "op_array_contains",
        "op_contained" if is_array => "op_array_contained",
        other => other,
    };
    let ty = match function {
        "op_path" => Type::Json,
        "op_path_text" => Type::Text,
        _ => Type::Boolean,
    };
    rewrite.wrap_typed(start..=*right.end(), format!("{function}("), ")", Some(ty));
    Ok(())
}

fn matches(rewrite: &mut Rewrite<'_>, at: usize, word: &'static str, open: Option<&str>) -> Change {
    let Some(pattern) = rewrite.operand_after(at + 1) else {
        return rewrite.refuse(at, "a match without a pattern");
    };
    if concat::chain_end(rewrite, *pattern.end()) > *pattern.end() {
        return rewrite.refuse(
            at,
            "a match whose pattern is put together; write it in parentheses, as Postgres reads (a ~ b) || c",
        );
    }
    rewrite.replace(at, format!(" {word} "));
    if let Some(open) = open {
        rewrite.wrap(pattern, open, ")");
    }
    Ok(())
}

fn word(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    if at > 0 && rewrite.is_symbol(at - 1, ".") {
        return Ok(());
    }
    match rewrite.text(at).to_ascii_lowercase().as_str() {
        "like" => like(rewrite, at, false),
        "ilike" => like(rewrite, at, true),
        "similar" if rewrite.is_word(at + 1, "to") => rewrite.refuse(at, "SIMILAR TO; write ~ and a regular expression"),
        "unknown" if at > 0 && rewrite.is_any_word(at - 1, &["is", "not"]) => {
            rewrite.replace(at, "null");
            Ok(())
        }
        "collate" => collate(rewrite, at),
        "at" if rewrite.are_words(at + 1, &["time", "zone"]) => {
            rewrite.refuse(at, "AT TIME ZONE, whose answer has no time zone; use date_trunc, extract and to_char in UTC")
        }
        "overlaps" => rewrite.refuse(at, "OVERLAPS; compare the ends"),
        "symmetric" => rewrite.refuse(at, "BETWEEN SYMMETRIC; write least and greatest"),
        word @ ("current_time" | "localtime" | "localtimestamp" | "current_user" | "session_user"
        | "current_role" | "current_schema" | "current_catalog") => {
            rewrite.refuse(at, format!("{word}, which has no stand-in on SQLite"))
        }
        _ => Ok(()),
    }
}

fn instead(rewrite: &mut Rewrite<'_>, at: usize, call: &'static str, ty: Type) -> Change {
    if rewrite.is_symbol(at + 1, "(") {
        return rewrite.refuse(at, format!("{} with a precision", rewrite.text(at)));
    }
    rewrite.replace(at, call);
    rewrite.wrap_typed(at..=at, "", "", Some(ty));
    Ok(())
}

/// SQLite's own LIKE, made case-sensitive by PRAGMA, serves literal patterns, for which it can use an
/// index. Every other goes to the registered function, which knows the backslash.
fn like(rewrite: &mut Rewrite<'_>, at: usize, any_case: bool) -> Change {
    let Some(pattern) = rewrite.operand_after(at + 1) else {
        return rewrite.refuse(at, "LIKE without a pattern");
    };
    let end = concat::chain_end(rewrite, *pattern.end());
    let escape = end + 1;
    let has_escape = rewrite.is_word(escape, "escape");
    if any_case {
        rewrite.replace(at, "like");
        if has_escape {
            return rewrite.refuse(escape, "ILIKE with ESCAPE; write lower(…) LIKE … ESCAPE …");
        }
        rewrite.wrap(*pattern.start()..=end, "", " escape 'ilike'");
        return Ok(());
    }
    let is_plain = end == at + 1
        && rewrite.kind(end) == Some(TokenKind::String)
        && !rewrite.text(end).contains('\\');
    if !has_escape && !is_plain {
        rewrite.wrap(*pattern.start()..=end, "", " escape '\\'");
    }
    Ok(())
}

/// Texts are in byte order on both engines (the databases are `C` or `C.UTF-8`).
fn collate(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    if ["\"C\"", "\"POSIX\"", "\"ucs_basic\"", "\"C.UTF-8\""].contains(&rewrite.text(at + 1)) {
        rewrite.replace(at + 1, "binary");
        return Ok(());
    }
    rewrite.refuse(
        at,
        format!(
            "the collation {}; both engines have \"C\"",
            rewrite.text(at + 1)
        ),
    )
}
