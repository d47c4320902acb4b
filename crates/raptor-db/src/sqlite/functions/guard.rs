//! What the dialect puts round an operand where SQLite would go on in silence and Postgres would not.

use super::Registry;
use super::answer::{Answer, Mark, Out, fail};
use super::argument::{double, int, is_canonical_instant, is_null, mark, type_name, utf8};
use super::text_form;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("op_number", 1, number)?;
    to.strict("op_divide", 2, divide)?;
    to.strict("op_modulo", 2, modulo)?;
    to.strict("op_operand", 1, operand)?;
    to.lax("op_limit", 1, |ctx| limit(ctx, -1, "LIMIT"))?;
    to.lax("op_offset", 1, |ctx| limit(ctx, 0, "OFFSET"))?;
    to.strict("op_true", 1, |ctx| Ok(Out::Bool(int(ctx, 0)? != 0)))
}

/// SQLite would read a text as the number it begins with.
fn number(ctx: &Context<'_>) -> Answer {
    match ctx.get_raw(0) {
        ValueRef::Integer(_) | ValueRef::Real(_) => Ok(Out::Same(ctx.get_arg(0))),
        other => no_arithmetic(other),
    }
}

fn no_arithmetic(value: ValueRef<'_>) -> Answer {
    fail(format!(
        "arithmetic on {}: SQLite has none; a decimal needs its ::numeric, \
             a timestamptz takes an interval",
        type_name(value)
    ))
}

/// SQLite would answer NULL for a division by zero.
fn divide(ctx: &Context<'_>) -> Answer {
    match (ctx.get_raw(0), ctx.get_raw(1)) {
        (ValueRef::Integer(_), ValueRef::Integer(0)) => fail("division by zero"),
        (ValueRef::Integer(a), ValueRef::Integer(b)) => match a.checked_div(b) {
            Some(quotient) => Ok(Out::Int(quotient)),
            None => fail("bigint out of range"),
        },
        (ValueRef::Integer(_) | ValueRef::Real(_), ValueRef::Integer(_) | ValueRef::Real(_)) => {
            let (a, b) = (double(ctx, 0)?, double(ctx, 1)?);
            if b == 0.0 {
                return fail("division by zero");
            }
            match a / b {
                quotient if quotient.is_infinite() && a.is_finite() => {
                    fail("value out of range: overflow")
                }
                quotient if quotient == 0.0 && a != 0.0 && b.is_finite() => {
                    fail("value out of range: underflow")
                }
                quotient => Ok(Out::Real(quotient)),
            }
        }
        (a, b) => no_arithmetic(if matches!(a, ValueRef::Integer(_) | ValueRef::Real(_)) {
            b
        } else {
            a
        }),
    }
}

fn modulo(ctx: &Context<'_>) -> Answer {
    match (ctx.get_raw(0), ctx.get_raw(1)) {
        (ValueRef::Integer(_), ValueRef::Integer(0)) => fail("division by zero"),
        // The least integer by -1 has no quotient, but a remainder.
        (ValueRef::Integer(a), ValueRef::Integer(b)) => Ok(Out::Int(a.checked_rem(b).unwrap_or(0))),
        (ValueRef::Real(_), _) | (_, ValueRef::Real(_)) => {
            fail("no such operator: double precision has no %; write x::numeric")
        }
        (a, b) => no_arithmetic(if matches!(a, ValueRef::Integer(_)) {
            b
        } else {
            a
        }),
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
