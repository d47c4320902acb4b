//! What the dialect puts round an operand where SQLite would go on in silence and Postgres would not.

use super::Registry;
use super::answer::{Answer, Mark, Out, fail};
use super::argument::{int, is_canonical_instant, is_null, mark, type_name, utf8};
use super::text_form;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("op_number", 1, number)?;
    to.strict("op_divisor", 1, divisor)?;
    to.strict("op_operand", 1, operand)?;
    to.lax("op_limit", 1, |ctx| limit(ctx, -1, "LIMIT"))?;
    to.lax("op_offset", 1, |ctx| limit(ctx, 0, "OFFSET"))?;
    to.strict("op_true", 1, |ctx| Ok(Out::Bool(int(ctx, 0)? != 0)))
}

/// SQLite would read a text as the number it begins with.
fn number(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Integer(_) | ValueRef::Real(_) => Ok(Out::Same(ctx.get_arg(0))),
        other => fail(format!(
            "arithmetic on {}: SQLite has none; a decimal takes numeric_add, numeric_sub, numeric_mul or \
             numeric_div, a timestamptz an interval",
            type_name(other)
        )),
    }
}

/// SQLite would answer NULL.
fn divisor(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Integer(0) => fail("division by zero"),
        ValueRef::Real(v) if v == 0.0 => fail("division by zero"),
        _ => number(ctx),
    }
}

/// An operand of `||` that no cast and no literal says is text.
fn operand(ctx: &Context<'_>) -> Answer {
    match (ctx.get_raw(0), mark(ctx, 0)) {
        (_, Mark::Json) => fail("|| of jsonb: write ::jsonb or ::text on the operand"),
        (ValueRef::Text(bytes), Mark::None) if looks_like_json(bytes) => fail(
            "|| of a value that is a JSON object or array: write ::jsonb (or ::text) on the operand, so that SQLite knows which is meant",
        ),
        (ValueRef::Text(bytes), Mark::None) if is_canonical_instant(bytes) => {
            Ok(Out::Plain(text_form::of_instant(utf8(bytes)?)))
        }
        (ValueRef::Text(_), _) => Ok(Out::Same(ctx.get_arg(0))),
        (ValueRef::Blob(_), _) => Ok(Out::Same(ctx.get_arg(0))),
        _ => Ok(text_form::of(ctx, 0, text_form::TRUE_FALSE)?
            .map_or(Out::Null, |text| Out::Plain(text.into_owned()))),
    }
}

/// Whether the text is a JSON object or array, which a column may keep for `jsonb`.
pub(super) fn looks_like_json(bytes: &[u8]) -> bool {
    matches!(bytes, [b'{', .., b'}'] | [b'[', .., b']'])
        && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

/// `LIMIT NULL` is no limit; SQLite would take a negative one for none too.
fn limit(ctx: &Context<'_>, none: i64, clause: &str) -> Answer {
    if is_null(ctx, 0) {
        return Ok(Out::Int(none));
    }
    match int(ctx, 0)? {
        rows if rows < 0 => fail(format!("{clause} must not be negative")),
        rows => Ok(Out::Int(rows)),
    }
}
