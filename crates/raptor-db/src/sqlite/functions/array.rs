//! Arrays, kept as JSON text: `ANY`, subscripts, and the few functions on them.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{int4, is_null, text};
use super::cast::to_uuid;
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use serde_json::Value;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.lax("op_any", 1, any)?;
    to.strict("op_rows", 1, |ctx| {
        Ok(Out::Json(Value::Array(flat(read(ctx, 0)?)).to_string()))
    })?;
    to.lax("op_zip", super::ANY, zip)?;
    to.strict("op_element", 2, element)?;
    to.strict("cast_array", 2, cast)?;
    to.strict("cardinality", 1, |ctx| length(flat(read(ctx, 0)?).len()))?;
    to.strict("array_length", 2, array_length)?;
    to.lax("array_position", 2, position)?;
    to.strict("op_array_contains", 2, |ctx| {
        Ok(Out::Bool(contains(
            &flat(read(ctx, 0)?),
            &flat(read(ctx, 1)?),
        )))
    })?;
    to.strict("op_array_contained", 2, |ctx| {
        Ok(Out::Bool(contains(
            &flat(read(ctx, 1)?),
            &flat(read(ctx, 0)?),
        )))
    })?;
    to.strict("op_overlaps", 2, |ctx| {
        let (a, b) = (flat(read(ctx, 0)?), flat(read(ctx, 1)?));
        Ok(Out::Bool(
            a.iter().any(|item| !item.is_null() && b.contains(item)),
        ))
    })
}

fn length(items: usize) -> Answer {
    Ok(Out::Int(i64::try_from(items)?))
}

fn read(ctx: &Context<'_>, at: usize) -> Answer<Vec<Value>> {
    match ctx.get_raw(at) {
        ValueRef::Text(bytes) => match serde_json::from_slice(bytes) {
            Ok(Value::Array(items)) => Ok(items),
            _ => fail("malformed array: an array is bound from a Vec or written ARRAY[…]"),
        },
        _ => fail("no such operator: the operand is no array"),
    }
}

fn flat(items: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Array(inner) => all.extend(flat(inner)),
            item => all.push(item),
        }
    }
    all
}

/// What `IN (SELECT value FROM json_each(…))` must see: a NULL array makes the answer NULL, which
/// one NULL item does too.
fn any(ctx: &Context<'_>) -> Answer {
    if is_null(ctx, 0) {
        return Ok(Out::Json("[null]".to_owned()));
    }
    let items = read(ctx, 0)?;
    if items.iter().any(Value::is_array) {
        return Ok(Out::Json(Value::Array(flat(items)).to_string()));
    }
    Ok(Out::Same(ctx.get_arg(0)))
}

/// Several arrays side by side, the shorter ones padded with NULLs: `unnest(a, b)`.
fn zip(ctx: &Context<'_>) -> Answer {
    let columns = (0..ctx.len())
        .map(|at| {
            if is_null(ctx, at) {
                Ok(Vec::new())
            } else {
                read(ctx, at).map(flat)
            }
        })
        .collect::<Answer<Vec<_>>>()?;
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| -> Value {
        columns
            .iter()
            .map(|column| column.get(at).cloned().unwrap_or(Value::Null))
            .collect()
    };
    Ok(Out::Json((0..rows).map(row).collect::<Value>().to_string()))
}

/// Counted from 1; outside the array is NULL, and so is one subscript of two.
fn element(ctx: &Context<'_>) -> Answer {
    let at = int4(ctx, 1)?;
    let items = read(ctx, 0)?;
    let item = usize::try_from(at - 1)
        .ok()
        .and_then(|at| items.into_iter().nth(at));
    Ok(match item {
        None | Some(Value::Null) => Out::Null,
        Some(Value::String(text)) => Out::Plain(text),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(n) => Out::Int(n),
            None => return fail("the array holds what is neither text, bigint nor uuid"),
        },
        Some(_) => return fail("a subscript into an array of several dimensions"),
    })
}

fn array_length(ctx: &Context<'_>) -> Answer {
    let mut items = read(ctx, 0)?;
    for _ in 1..int4(ctx, 1)? {
        items = match items.into_iter().next() {
            Some(Value::Array(inner)) => inner,
            _ => return Ok(Out::Null),
        };
    }
    if items.is_empty() || int4(ctx, 1)? < 1 {
        return Ok(Out::Null);
    }
    length(items.len())
}

/// NULL is found as an item here, as `IS NOT DISTINCT FROM` would.
fn position(ctx: &Context<'_>) -> Answer {
    if is_null(ctx, 0) {
        return Ok(Out::Null);
    }
    let wanted = match ctx.get_raw(1) {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => n.into(),
        ValueRef::Text(_) => text(ctx, 1)?.into(),
        _ => return fail("no such function: array_position of this type"),
    };
    let found = read(ctx, 0)?.iter().position(|item| *item == wanted);
    found.map_or(Ok(Out::Null), |at| length(at + 1))
}

/// A `text[]` without NULLs, as paths and keys are.
pub(super) fn strings(source: &str) -> Answer<Vec<String>> {
    let mut rest = source.trim();
    let value = if rest.starts_with('{') {
        literal(&mut rest)?
    } else {
        serde_json::from_str(source).map_err(|_| "malformed array literal")?
    };
    match convert(value, "text")? {
        Value::Array(items) => Ok(items
            .into_iter()
            .filter_map(|item| match item {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect()),
        _ => malformed(),
    }
}

/// Whether the second array's items are all among the first's; a NULL is among none.
fn contains(outer: &[Value], inner: &[Value]) -> bool {
    inner
        .iter()
        .all(|item| !item.is_null() && outer.contains(item))
}

/// To `text[]`, `bigint[]`, `integer[]` or `uuid[]`, from the JSON form or Postgres's literal.
fn cast(ctx: &Context<'_>) -> Answer {
    let (source, ty) = (text(ctx, 0)?, text(ctx, 1)?);
    let value = if source.trim_start().starts_with('{') {
        let mut rest = source.trim();
        let value = literal(&mut rest)?;
        if !rest.is_empty() {
            return malformed();
        }
        value
    } else {
        Value::Array(read(ctx, 0)?)
    };
    let value = convert(value, ty)?;
    if rectangle(&value).is_none() {
        return malformed();
    }
    Ok(Out::Text(value.to_string()))
}

fn malformed<T>() -> Answer<T> {
    fail("malformed array literal")
}

/// The lengths in each dimension, if all rows are as long.
fn rectangle(value: &Value) -> Option<Vec<usize>> {
    let Value::Array(items) = value else {
        return Some(Vec::new());
    };
    let mut inner = items.iter().map(rectangle);
    let first = inner.next().unwrap_or_else(|| Some(Vec::new()))?;
    inner
        .all(|next| next.as_ref() == Some(&first))
        .then(|| [vec![items.len()], first].concat())
}

fn convert(value: Value, ty: &str) -> Answer<Value> {
    Ok(match (value, ty) {
        (Value::Array(items), _) => Value::Array(
            items
                .into_iter()
                .map(|item| convert(item, ty))
                .collect::<Answer<_>>()?,
        ),
        (Value::Null, _) => Value::Null,
        (Value::String(text), "text") => text.into(),
        (Value::Number(number), "text") => number.to_string().into(),
        (Value::String(text), "uuid") => to_uuid(&text)?.into(),
        (Value::String(text), _) => match text.trim().parse::<i64>() {
            Ok(number) => ranged(number, ty)?,
            Err(_) => return fail(format!("invalid input syntax for type {ty}")),
        },
        (Value::Number(number), _) if number.is_i64() => {
            ranged(number.as_i64().unwrap_or_default(), ty)?
        }
        _ => return fail(format!("cannot cast the array's items to {ty}")),
    })
}

fn ranged(number: i64, ty: &str) -> Answer<Value> {
    if ty == "integer" && i32::try_from(number).is_err() {
        return fail("integer out of range");
    }
    Ok(number.into())
}

/// `{a, "b c", NULL, {…}}`.
fn literal(rest: &mut &str) -> Answer<Value> {
    *rest = rest
        .strip_prefix('{')
        .ok_or("malformed array literal")?
        .trim_start();
    let mut items = Vec::new();
    if let Some(tail) = rest.strip_prefix('}') {
        *rest = tail.trim_start();
        return Ok(Value::Array(items));
    }
    loop {
        items.push(if rest.starts_with('{') {
            literal(rest)?
        } else {
            item(rest)?
        });
        *rest = rest.trim_start();
        if let Some(tail) = rest.strip_prefix(',') {
            *rest = tail.trim_start();
        } else if let Some(tail) = rest.strip_prefix('}') {
            *rest = tail.trim_start();
            return Ok(Value::Array(items));
        } else {
            return malformed();
        }
    }
}

fn item(rest: &mut &str) -> Answer<Value> {
    let is_quoted = rest.starts_with('"');
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(usize::from(is_quoted));
    let end = loop {
        match chars.next() {
            Some((_, '\\')) => text.push(chars.next().ok_or("malformed array literal")?.1),
            Some((at, '"')) if is_quoted => break at + 1,
            Some((at, ',' | '}')) if !is_quoted => break at,
            Some((_, '"' | '{')) if !is_quoted => return malformed(),
            Some((_, c)) => text.push(c),
            None => return malformed(),
        }
    };
    *rest = &rest[end..];
    if is_quoted {
        return Ok(text.into());
    }
    let bare = text.trim_end();
    if bare.is_empty() {
        return malformed();
    }
    Ok(if bare.eq_ignore_ascii_case("null") {
        Value::Null
    } else {
        bare.into()
    })
}
