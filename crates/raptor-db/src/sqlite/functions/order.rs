//! `greatest` and `least`, which ignore NULLs (SQLite's own `max` and `min` of many do not).

use super::answer::{Answer, Mark, Out, fail};
use super::argument::{mark, utf8};
use super::{ANY, Registry};
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use std::cmp::Ordering;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.lax("greatest", ANY, |ctx| {
        pick(ctx, Ordering::Greater, comparison(ctx))
    })?;
    to.lax("least", ANY, |ctx| {
        pick(ctx, Ordering::Less, comparison(ctx))
    })?;
    to.lax("op_greatest_numeric", ANY, |ctx| {
        pick(ctx, Ordering::Greater, compare_decimals)
    })?;
    to.lax("op_least_numeric", ANY, |ctx| {
        pick(ctx, Ordering::Less, compare_decimals)
    })
}

/// Where one argument says that it is text, all are.
fn comparison(ctx: &Context<'_>) -> Compare {
    let is_text = (0..ctx.len()).any(|at| mark(ctx, at) == Mark::Plain);
    if is_text { by_bytes } else { compare }
}

/// Neither is NaN, which SQLite cannot keep; -0 equals 0.
fn doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

type Compare = fn(ValueRef<'_>, ValueRef<'_>) -> Answer<Ordering>;

fn pick(ctx: &Context<'_>, wanted: Ordering, compare: Compare) -> Answer {
    let mut best = None;
    for at in 0..ctx.len() {
        let value = ctx.get_raw(at);
        if matches!(value, ValueRef::Null) {
            continue;
        }
        best = match best {
            Some(found) if compare(value, ctx.get_raw(found))? != wanted => Some(found),
            _ => Some(at),
        };
    }
    Ok(best.map_or(Out::Null, |at| Out::Same(ctx.get_arg(at))))
}

fn by_bytes(a: ValueRef<'_>, b: ValueRef<'_>) -> Answer<Ordering> {
    match (a, b) {
        (ValueRef::Text(a), ValueRef::Text(b)) => Ok(a.cmp(b)),
        _ => compare(a, b),
    }
}

fn compare(a: ValueRef<'_>, b: ValueRef<'_>) -> Answer<Ordering> {
    Ok(match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a.cmp(&b),
        (ValueRef::Real(a), ValueRef::Real(b)) => doubles(a, b),
        (ValueRef::Integer(a), ValueRef::Real(b)) => doubles(super::argument::to_double(a), b),
        (ValueRef::Real(a), ValueRef::Integer(b)) => doubles(a, super::argument::to_double(b)),
        (ValueRef::Blob(a), ValueRef::Blob(b)) => a.cmp(b),
        (ValueRef::Text(a), ValueRef::Text(b)) => {
            let order = a.cmp(b);
            let decimals = || Some((decimal(a)?, decimal(b)?));
            if order != Ordering::Equal && decimals().is_some_and(|(a, b)| a.cmp(&b) != order) {
                return fail(
                    "greatest or least of texts that are numbers too: write ::numeric or ::text on the first argument",
                );
            }
            order
        }
        _ => {
            return fail(
                "greatest and least: the arguments cannot be matched, they are of different types",
            );
        }
    })
}

fn decimal(bytes: &[u8]) -> Option<crate::value::Decimal> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn compare_decimals(a: ValueRef<'_>, b: ValueRef<'_>) -> Answer<Ordering> {
    let read = |value: ValueRef<'_>| match value {
        ValueRef::Integer(v) => Ok(v.into()),
        ValueRef::Text(bytes) => super::decimal::parse(utf8(bytes)?),
        _ => {
            fail("greatest and least: the arguments cannot be matched, they are of different types")
        }
    };
    Ok(read(a)?.cmp(&read(b)?))
}
